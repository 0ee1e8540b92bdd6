"""Sources of a song: upload, microphone, GTZAN clips, and demo music; and the song at hand.

A song is chosen once for all pages: a visitor's files stay in the session, a demo or a clip of
GTZAN in the address, too. The bar above the pages has the widgets where there is a song, the page
where there is none.
"""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from deepmusic import audio
from deepmusic.config import GTZAN_GENRES, current_deployment
from deepmusic.data import zipped
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.errors import DatasetError
from deepmusic.formatting import format_genre
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.ui import cache, demos, gtzan_clips, markdown, query_params, tab
from deepmusic.ui.song import SongFile

UPLOAD, RECORD, GTZAN, DEMO = "upload", "record", "gtzan", "demo"
_LABELS = {UPLOAD: "Upload", RECORD: "Record", GTZAN: "GTZAN clip", DEMO: "Demo clip"}
#: In the session: the songs that a visitor brought; and the parameters of the song at hand, which
#: stays until another one is brought.
_UPLOADS, _RECORDING, _STAYS = "uploaded_songs", "recorded_songs", "song_that_stays"
_PLACES = {UPLOAD: _UPLOADS, RECORD: _RECORDING}
#: In the session: which of several uploads is open, which was last, and names that songs were
#: given, by digest; the demo that was started by a button, and shall play.
_OPENED, _LAST, _NAMES, _STARTED = "opened_upload", "last_upload", "song_names", "started_demo"
#: In the session: sentences on what was wrong with the last upload.
_TOLD = "told_of_uploads"
#: Pages that show a song, and choose one where there is none.
CHOOSING = ("classify", "lesson", "compare", "recommend", "teach")
#: Songs that were chosen above the page that runs; None where it chooses itself.
_chosen: ContextVar[list[SongFile] | None] = ContextVar("chosen", default=None)
#: Uploads that are looked at.
MOST_SONGS = 100
LOOPBACK = re.compile(r"localhost|.*\.localhost|127(\.\d+){3}|::1")


# === The song at hand ===


def at_hand(page: str) -> SongFile | None:
    """Return the song that was chosen last, on any page, before its widgets are shown.

    None if there is none, or where Classify shows a table of several. The lesson begins with a
    demo piece.
    """
    chosen = choice(page)
    song = _kept(page, chosen.get("source"))
    st.session_state[_STAYS] = chosen if song else {}
    # What a page begins with is no choice for others.
    named = any(map(query_params.requested, ("source", DEMO, GTZAN)))
    if song is not None and (named or query_params.chosen_song().get("source")):
        query_params.carry(**chosen)
    return _find_demo() if song is None and page == "lesson" else song


def choice(page: str) -> dict[str, str]:
    """Return the parameters of a page's song; of that which the lesson begins with, as well.

    Where a file or a recording is asked for and not brought yet, they are those of the song before.
    """
    source = query_params.current("source")
    if source is None and page == "lesson":
        source = GTZAN if query_params.requested(GTZAN) else DEMO
    before: dict[str, str] = st.session_state.get(_STAYS, {})
    if source in _PLACES and not st.session_state.get(_PLACES[source]):
        # Whoever removes their file has no song.
        return before if before.get("source") not in (None, source) else {"source": source}
    detail = query_params.current(source) if source in (DEMO, GTZAN) else None
    return {name: text for name, text in (("source", source), (source, detail)) if text}


def _kept(page: str, source: str | None) -> SongFile | None:
    if source in _PLACES:
        songs = st.session_state.get(_PLACES[source], [])
        if source == UPLOAD and page == "classify" and is_table(songs):
            return None
        return _current(songs)
    if source == DEMO:
        return _find_demo()
    dataset = cache.gtzan() if source == GTZAN else None
    if dataset is None:
        return None
    track = query_params.current(GTZAN) or dataset.audio_tracks[0]
    return gtzan_clips.find(track) if track in dataset.audio_tracks else None


def is_table(songs: Sequence[SongFile]) -> bool:
    """Return whether Classify shows a table of uploads, since none of several is opened."""
    return len(songs) > 1 and opened() not in range(len(songs))


def opened() -> int | None:
    """Return the number of the upload that was opened among several."""
    number: int | None = st.session_state.get(_OPENED)
    return number


def open_upload(number: int | None) -> None:
    """Open one of several uploads, or with None the table of them all; a callback."""
    st.session_state[_OPENED] = number
    if number is not None:
        st.session_state[_LAST] = number


def _current(songs: Sequence[SongFile]) -> SongFile | None:
    """Return the upload that was opened last."""
    number = st.session_state.get(_LAST, 0)
    return songs[number if number < len(songs) else 0] if songs else None


def be_chosen(songs: list[SongFile] | None) -> None:
    """Let these be the songs of the page that runs, which shows no widgets for them then."""
    _chosen.set(songs)


def name_of(song: SongFile) -> str:
    """Return what a song is called: by its visitor, by its source, by its tags, or by its file."""
    names: dict[str, str] = st.session_state.get(_NAMES, {})
    return names.get(song.digest) or song.title or cache.tagged_name(song) or song.name


def rename(song: SongFile) -> None:
    """Show a field for the name of a visitor's song."""
    if song.title:
        return  # It has one: that of a demo piece, or of a clip.
    key = f"name_of_{song.digest}"
    st.text_input(
        "Its name",
        name_of(song),
        max_chars=100,
        key=key,
        # Not of the song: as long as its visitor is here, Streamlit keeps what a widget calls.
        on_change=_name,
        args=(song.digest, key),
    )


def _name(digest: str, key: str) -> None:
    names = st.session_state.get(_NAMES, {})
    st.session_state[_NAMES] = names | {digest: " ".join(st.session_state[key].split())}


def start_demo(genre: str) -> None:
    """Choose a genre's demo, and play it; a callback."""
    query_params.select(source=DEMO, demo=genre)
    st.session_state[_STARTED] = demos.file_name(genre)


def plays_at_once(song: SongFile) -> bool:
    """Return whether a button started this demo."""
    return bool(st.session_state.get(_STARTED) == song.name)


# === Widgets ===


def choose(*, is_narrow: bool = False) -> SongFile | None:
    """Show the widgets that choose a song, one below the other where the page is narrow."""
    return _current(choose_several("compare", is_narrow=is_narrow))


def choose_clip() -> SongFile | None:
    """Show the widgets that choose a song for the lesson, which begins with a demo."""
    return _current(choose_several("lesson")) or _find_demo()


def choose_several(page: str = "classify", *, is_narrow: bool = False) -> list[SongFile]:
    """Show the widgets that choose a song; return the songs, since there may be several uploads."""
    songs = _chosen.get()
    if songs is not None:
        return songs
    sources = [UPLOAD, RECORD, *([GTZAN] if cache.gtzan() else []), DEMO]
    default = UPLOAD
    if page == "lesson":
        default = GTZAN if query_params.requested(GTZAN) and GTZAN in sources else DEMO
    is_missed = tell_what_is_not_here()
    if is_narrow:
        left, right = st.container(), st.container()
    else:
        left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        source = query_params.choose(
            "source",
            sources,
            _LABELS,
            label="Source of the song",
            default=default,
            label_visibility="collapsed",
            on_change=lambda: st.session_state.setdefault(_UPLOADS, []),
        )
        if source == GTZAN:
            query_params.write("source", GTZAN)
    with right:
        if source == UPLOAD:
            return _upload(is_missed)
        song = _INPUTS[source]()
        return [song] if song else []


def tell_what_is_not_here() -> bool:
    """Say that a link's clip of GTZAN is not available, or that a reload forgot an upload.

    Whoever has chosen a source since misses none.

    Returns
    -------
    bool
        Whether an upload is missed.
    """
    source, clip = query_params.requested("source"), query_params.requested(GTZAN)
    is_missed = source == UPLOAD and _UPLOADS not in st.session_state
    if is_missed:
        tab.tell_lost(UPLOAD, "A reload forgets uploads. Choose your file again.")
        query_params.write("source", UPLOAD)  # Until a song is chosen, or another page.
    if source == RECORD and tab.lost(RECORD):
        st.info("Your recording was lost with the reload. Record it again.")
        query_params.write("source", RECORD)
    if source != GTZAN and (source or not clip):
        return is_missed
    dataset = cache.gtzan()
    if dataset is None or (clip and clip not in dataset.audio_tracks):
        cure = f"Set {ENVIRONMENT_VARIABLE} to its folder, or choose another song."
        st.info(
            f"This link leads to {markdown.plain(clip) if clip else 'a clip'} of GTZAN, which is "
            "not available here. "
            + ("Choose another song." if dataset or current_deployment().is_public else cure)
        )
    return is_missed


def _upload(is_missed: bool) -> list[SongFile]:
    limits = current_deployment().audio_limits
    megabytes = limits.max_bytes // 2**20
    key = "uploader"
    st.file_uploader(
        "Your songs",
        type=[suffix.removeprefix(".") for suffix in (*audio.SUFFIXES, ".zip")],
        key=key,
        max_upload_size=megabytes,
        accept_multiple_files=True,
        help="MP3, WAV, FLAC, OGG, Opus, AU, M4A, AAC or WebM, 3 s to "
        f"{limits.max_seconds / 60:.0f} min, up to {megabytes} MB; several, a folder dropped here, "
        f"or a ZIP, up to {MOST_SONGS} songs",
        on_change=_keep,
        args=(key, _UPLOADS),
    )
    for told in st.session_state.get(_TOLD, []):
        markdown.show_warning(told)
    songs: list[SongFile] = st.session_state.get(_UPLOADS, [])
    if songs or is_missed:
        query_params.write("source", UPLOAD)  # So that a reload, which forgets them, can say so.
    return songs


def _record() -> SongFile | None:
    address = urlsplit(st.context.url or "")
    if address.scheme == "http" and not LOOPBACK.fullmatch(address.hostname or ""):
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
    songs, told = _open_zips(files)
    if len(songs) > MOST_SONGS:
        told.append(f"The first {MOST_SONGS} of these {len(songs)} songs are looked at.")
    st.session_state[place], st.session_state[_TOLD] = songs[:MOST_SONGS], told
    tab.hold(UPLOAD if place == _UPLOADS else RECORD, [file.name for file in files])
    for name in (_OPENED, _LAST, "stopped_songs"):
        st.session_state.pop(name, None)


def _open_zips(files: Sequence[Any]) -> tuple[list[SongFile], list[str]]:
    """Return songs, those in ZIPs among them, and sentences on what else was there."""
    songs, told = [], []
    for file in files:
        if not file.name.lower().endswith(".zip"):
            songs.append(SongFile(file.name, file.getvalue()))
            continue
        try:
            found, passed_over = zipped.read_songs(file.getvalue(), file.name, most=MOST_SONGS)
        except DatasetError as error:
            told.append(str(error))
            continue
        songs += [SongFile(*one) for one in found]
        told += filter(None, [passed_over])
    return songs, told


def _demo() -> SongFile | None:
    query_params.choose(
        DEMO,
        GTZAN_GENRES,
        lambda genre: f"{format_genre(genre)}: {demos.TITLES[genre]}",
        label="A demo piece",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    return _find_demo()


def _find_demo() -> SongFile:
    genre = query_params.current(DEMO)
    return demos.song(genre if genre in GTZAN_GENRES else GTZAN_GENRES[0])


def _gtzan() -> SongFile | None:
    dataset = cache.gtzan()
    if dataset is None:
        return None
    track = query_params.choose(
        GTZAN,
        dataset.audio_tracks,
        lambda track: gtzan_clips.describe(dataset.tracks[track]),
        label="A clip of GTZAN",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    return gtzan_clips.find(track)


def ensure_song(page: str) -> None:
    """Choose a demo clip for a page that would open without a song."""
    source = query_params.chosen_song().get("source", UPLOAD)
    kept = _PLACES.get(source)
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
        content = gtzan_clips.read(path) if path else sound
        if content is None:
            return
        song = SongFile(path.name if path else f"{track}.wav", content)
        st.session_state[_UPLOADS] = [song]
        tab.hold(UPLOAD, [song.name])
    query_params.select("classify", **wanted)
    st.switch_page("pages/classify.py", query_params=wanted)


def open_recording(song: SongFile) -> None:
    """Go on to Classify with a recording that was made elsewhere."""
    st.session_state[_RECORDING] = [song]
    tab.hold(RECORD, [song.name])
    wanted = {"source": RECORD}
    query_params.select("classify", **wanted)
    st.switch_page("pages/classify.py", query_params=wanted)


_INPUTS = {RECORD: _record, GTZAN: _gtzan, DEMO: _demo}
