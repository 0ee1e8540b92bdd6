"""Sources of a song: upload, microphone, GTZAN clips, and demo music."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from deepmusic import audio
from deepmusic.config import GTZAN_GENRES, current_deployment
from deepmusic.data import Track
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.formatting import format_genre
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.ui import cache, demos, markdown, query_params
from deepmusic.ui.song import SongFile

UPLOAD, RECORD, GTZAN, DEMO = "upload", "record", "gtzan", "demo"
_LABELS = {UPLOAD: "Upload", RECORD: "Record", GTZAN: "GTZAN clip", DEMO: "Demo clip"}
#: In the session: the songs that a visitor brought.
_UPLOADS, _RECORDING = "uploaded_songs", "recorded_songs"
#: Uploads that are looked at.
MOST_SONGS = 100
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127(\.\d+){3}|::1")


def choose() -> SongFile | None:
    """Show the widgets that choose a song, and return it, if any is chosen."""
    songs = choose_several(several=False)
    return songs[0] if songs else None


def choose_several(*, several: bool = True) -> list[SongFile]:
    """Show the widgets that choose a song; return the songs, since there may be several uploads."""
    sources = [UPLOAD, RECORD, *([GTZAN] if cache.gtzan() else []), DEMO]
    _tell_what_is_not_here()
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        source = query_params.choose(
            "source", sources, _LABELS, label="Source of the song", label_visibility="collapsed"
        )
    with right:
        if source == UPLOAD:
            return _upload(several=several)
        song = _INPUTS[source]()
        return [song] if song else []


def choose_clip() -> SongFile | None:
    """Show the widgets that choose a demo clip, or a clip of GTZAN where that is available."""
    source = DEMO
    _tell_what_is_not_here()
    if cache.gtzan():
        source = query_params.choose(
            "source",
            [DEMO, GTZAN],
            _LABELS,
            label="Source of the clip",
            default=GTZAN if query_params.requested(GTZAN) else DEMO,
            label_visibility="collapsed",
        )
        if source == GTZAN:
            query_params.write("source", GTZAN)
    return _INPUTS[source]()


def _tell_what_is_not_here() -> None:
    """Say that a link's clip of GTZAN is not available, or that a reload forgot an upload."""
    source, clip = query_params.requested("source"), query_params.requested(GTZAN)
    if source == UPLOAD and _UPLOADS not in st.session_state:
        st.info("A reload forgets uploads. Choose your file again.")
    if source != GTZAN and (source or not clip):
        return
    dataset = cache.gtzan()
    if dataset is None or (clip and clip not in dataset.audio_tracks):
        cure = f"Set {ENVIRONMENT_VARIABLE} to its folder, or choose another song."
        st.info(
            f"This link leads to {markdown.plain(clip) if clip else 'a clip'} of GTZAN, which is "
            "not available here. "
            + ("Choose another song." if dataset or current_deployment().is_public else cure)
        )


def _upload(*, several: bool) -> list[SongFile]:
    limits = current_deployment().audio_limits
    megabytes = limits.max_bytes // 2**20
    # A widget of one file and one of several are not the same to Streamlit.
    key = "uploader_of_several" if several else "uploader"
    st.file_uploader(
        "Your songs" if several else "Your song",
        type=[suffix.removeprefix(".") for suffix in audio.SUFFIXES],
        key=key,
        max_upload_size=megabytes,
        accept_multiple_files=several,
        help="MP3, WAV, FLAC, OGG, Opus, AU, M4A, AAC or WebM, 3 s to "
        f"{limits.max_seconds / 60:.0f} min, up to {megabytes} MB",
        on_change=_keep,
        args=(key, _UPLOADS),
    )
    songs: list[SongFile] = st.session_state.get(_UPLOADS, [])
    if songs:
        query_params.write("source", UPLOAD)  # So that a reload, which forgets them, can say so.
    return songs


def _record() -> SongFile | None:
    address = urlsplit(st.context.url or "")
    if address.scheme == "http" and not _LOOPBACK.fullmatch(address.hostname or ""):
        st.info(
            "Browsers open the microphone to **https** and **localhost** alone. Open this page by "
            "https, or upload a recording."
        )
        return None
    st.audio_input(
        "Click the microphone, let the music play for 10 s or more, and click again",
        sample_rate=audio.SAMPLE_RATE,
        key="recorder",
        on_change=_keep,
        args=("recorder", _RECORDING),
    )
    songs = st.session_state.get(_RECORDING)
    return songs[0] if songs else None


def _keep(widget: str, place: str) -> None:
    """Keep a visitor's files over a switch of pages, until they remove them."""
    # They are predicted by the former, and compared with GTZAN's clips by the latter.
    cache.networks_ready(DEPLOYED_PROTOCOL)
    cache.networks_ready(BENCHMARK_PROTOCOL)
    value = st.session_state[widget]
    files = value if isinstance(value, list) else [value] if value else []
    st.session_state[place] = [SongFile(file.name, file.getvalue()) for file in files[:MOST_SONGS]]


def _demo() -> SongFile | None:
    genre = query_params.choose(
        DEMO,
        GTZAN_GENRES,
        lambda genre: f"{format_genre(genre)}: {demos.TITLES[genre]}",
        label="A demo piece",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    return SongFile(
        demos.file_name(genre),
        demos.read(genre),
        f"**{demos.TITLES[genre]}**, demo music",
        "Written for this app and chosen so that the networks know it; played by sampled "
        "instruments.",
    )


def _gtzan() -> SongFile | None:
    dataset = cache.gtzan()
    if dataset is None:
        return None
    track = query_params.choose(
        GTZAN,
        dataset.audio_tracks,
        lambda track: _describe_track(dataset.tracks[track]),
        label="A clip of GTZAN",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    path = dataset.audio_path(track)
    if path is None or (data := _read(path)) is None:
        return None
    remark, details = _describe_part(dataset.tracks[track])
    return SongFile(path.name, data, remark, details, of_gtzan=True)


def _read(path: Path) -> bytes | None:
    """Read a sound file; show the error and return None if that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        markdown.show_error(f"{path.name} cannot be read ({error.strerror}). Check its folder.")
        return None


def ensure_song(page: str) -> None:
    """Choose a demo clip for a page that would open without a song."""
    source = query_params.chosen_song().get("source", UPLOAD)
    kept = {UPLOAD: _UPLOADS, RECORD: _RECORDING}.get(source)
    if kept and not st.session_state.get(kept):
        query_params.select(page, source=DEMO, demo=GTZAN_GENRES[0])


def open_in_classify(data: str, track: str, path: Path | None, sound: bytes = b"") -> None:
    """Go on to Classify with a clip.

    Parameters
    ----------
    data, track : str
        Name of its dataset as in a run's settings, and its id.
    path : Path, optional
        Of its file, if it has one.
    sound : bytes
        What is opened of a clip without a file.
    """
    if data == "gtzan":
        wanted = {"source": GTZAN, "gtzan": track}
    else:
        wanted = {"source": UPLOAD}
        content = _read(path) if path else sound
        if content is None:
            return
        st.session_state[_UPLOADS] = [SongFile(path.name if path else f"{track}.wav", content)]
    query_params.select("classify", **wanted)
    st.switch_page("pages/classify.py", query_params=wanted)


def _describe_track(track: Track) -> str:
    who = ", ".join(filter(None, (track.artist, track.title)))
    return f"{track.id}  {who}" if who else track.id


def _describe_part(track: Track) -> tuple[str, str]:
    """Return the label of a clip and its part for the networks, as Markdown, and more about it."""
    known = {
        "train": ("The networks were **trained on it**.", "So a correct prediction proves little."),
        "valid": (
            "It is a **validation clip**.",
            "It helped to decide when training stopped, so a correct prediction proves little.",
        ),
        "test": ("It is a **test clip**.", "The networks were not trained on it."),
    }
    part, details = known[cache.gtzan_part(track.id)]
    artist = " Artist and title after Sturm (2012)." if track.artist else ""
    return f"GTZAN's label: **{format_genre(track.genre)}**. {part}", f"{details}{artist}"


_INPUTS = {RECORD: _record, GTZAN: _gtzan, DEMO: _demo}
