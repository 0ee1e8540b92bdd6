"""Sources of a song: upload, microphone, GTZAN clips, and synthetic demo clips."""

from pathlib import Path

import streamlit as st

from deepmusic import audio
from deepmusic.config import GTZAN_GENRES, current_deployment
from deepmusic.data import Track
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.formatting import format_genre
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile

UPLOAD, RECORD, GTZAN, DEMO = "upload", "record", "gtzan", "demo"
_LABELS = {UPLOAD: "Upload", RECORD: "Record", GTZAN: "GTZAN clip", DEMO: "Demo clip"}
_KEPT = "song_of_"


def choose() -> SongFile | None:
    """Show the widgets that choose a song, and return it, if any is chosen."""
    sources = [UPLOAD, RECORD, *([GTZAN] if cache.gtzan() else []), DEMO]
    if query_params.requested("source") == GTZAN and GTZAN not in sources:
        cure = f"Set {ENVIRONMENT_VARIABLE} to its folder, or choose another song."
        st.info(
            "This link leads to a GTZAN clip, and GTZAN is not available here. "
            + ("Choose another song." if current_deployment().is_public else cure)
        )
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        source = query_params.choose(
            "source", sources, _LABELS, label="Source of the song", label_visibility="collapsed"
        )
    with right:
        return _INPUTS[source]()


def choose_clip() -> SongFile | None:
    """Show the widgets that choose a demo clip, or a clip of GTZAN where that is available."""
    source = DEMO
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


def _upload() -> SongFile | None:
    limits = current_deployment().audio_limits
    megabytes = limits.max_bytes // 2**20
    st.file_uploader(
        "A song: MP3, WAV, FLAC, OGG, Opus, AU, M4A or WebM, 3 s to "
        f"{limits.max_seconds / 60:.0f} min, up to {megabytes} MB",
        type=[suffix.removeprefix(".") for suffix in audio.SUFFIXES],
        key="uploader",
        max_upload_size=megabytes,
        on_change=_keep,
        args=("uploader",),
    )
    return st.session_state.get(_KEPT + "uploader")


def _record() -> SongFile | None:
    st.audio_input(
        "Click the microphone, let the music play for 10 s or more, and click again",
        sample_rate=audio.SAMPLE_RATE,
        key="recorder",
        on_change=_keep,
        args=("recorder",),
    )
    return st.session_state.get(_KEPT + "recorder")


def _keep(widget: str) -> None:
    """Keep a visitor's file over a switch of pages, until they remove it."""
    # It is predicted by the former, and compared with GTZAN's clips by the latter.
    cache.networks_ready(DEPLOYED_PROTOCOL)
    cache.networks_ready(BENCHMARK_PROTOCOL)
    file = st.session_state[widget]
    st.session_state[_KEPT + widget] = file and SongFile(file.name, file.getvalue())


def _demo() -> SongFile | None:
    genre = query_params.choose(
        DEMO,
        GTZAN_GENRES,
        lambda genre: f"Synthetic {format_genre(genre)} band",
        label="A synthetic band",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    from deepmusic.audio import bands

    return SongFile(
        f"synthetic-{genre}.wav",
        cache.demo_song(genre),
        f"**Synthetic**: computed, not recorded. {bands.BANDS[genre].description} "
        "The networks were trained on real recordings, so they may well be wrong.",
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
    return SongFile(path.name, data, _describe_part(dataset.tracks[track]), of_gtzan=True)


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
    kept = {UPLOAD: "uploader", RECORD: "recorder"}.get(source)
    if kept and not st.session_state.get(_KEPT + kept):
        query_params.select(page, source=DEMO, demo=GTZAN_GENRES[0])


def open_in_classify(data: str, track: str, path: Path) -> None:
    """Go on to Classify with a clip: name of its dataset as in a run's settings, id, and file."""
    if data == "gtzan":
        wanted = {"source": GTZAN, "gtzan": track}
    else:
        wanted = {"source": UPLOAD}
        content = _read(path)
        if content is None:
            return
        st.session_state[_KEPT + "uploader"] = SongFile(path.name, content)
    query_params.select("classify", **wanted)
    st.switch_page("pages/classify.py", query_params=wanted)


def _describe_track(track: Track) -> str:
    who = ", ".join(filter(None, (track.artist, track.title)))
    return f"{track.id}  {who}" if who else track.id


def _describe_part(track: Track) -> str:
    """Return the label of a clip, and its part for the networks, as Markdown."""
    known = {
        "train": "The networks were **trained on it**, so a correct prediction proves little.",
        "valid": "It is a **validation clip**, which decided when training stopped, so a correct "
        "prediction proves little.",
        "test": "It is a **test clip**: the networks were not trained on it.",
    }
    artist = " Artist and title after Sturm (2012)." if track.artist else ""
    genre = format_genre(track.genre)
    return f"GTZAN's label: **{genre}**. {known[cache.gtzan_part(track.id)]}{artist}"


_INPUTS = {UPLOAD: _upload, RECORD: _record, GTZAN: _gtzan, DEMO: _demo}
