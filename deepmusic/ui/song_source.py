"""Where a song comes from: upload, microphone, GTZAN, or a synthetic band."""

from pathlib import Path

import streamlit as st

from deepmusic import audio
from deepmusic.config import GTZAN_GENRES, current_deployment
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile

UPLOAD, RECORD, GTZAN, DEMO = "upload", "record", "gtzan", "demo"
_LABELS = {
    UPLOAD: "Upload",
    RECORD: "Record",
    GTZAN: "GTZAN clip",
    DEMO: "Demo clip",
}
_KEPT = "song_of_"


def choose() -> SongFile | None:
    """Show the ways to a song side by side, and return the song that was chosen, if any.

    The way and the clip stand in the address, so that a result can be shared.
    """
    ways = [UPLOAD, RECORD, *([GTZAN] if cache.gtzan() else []), DEMO]
    if query_params.requested("source") == GTZAN and GTZAN not in ways:
        cure = f"Set {ENVIRONMENT_VARIABLE} to the folder that holds it, or choose another song."
        st.info(
            "This link points at a clip of GTZAN, which is not at hand here. "
            + ("Choose another song." if current_deployment().is_public else cure)
        )
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        way = query_params.choose(
            "source", ways, _LABELS, label="Where the song comes from", label_visibility="collapsed"
        )
    with right:
        return _INPUTS[way]()


def choose_clip() -> SongFile | None:
    """Let a visitor choose a clip that is at hand, so that a class can begin at once.

    A synthetic band, or a clip of GTZAN where that is there; the clip stands in the address.
    """
    ways = [DEMO, *([GTZAN] if cache.gtzan() else [])]
    way = DEMO
    if len(ways) > 1:
        way = query_params.choose(
            "clip_from",
            ways,
            _LABELS,
            label="Where the clip comes from",
            default=GTZAN if query_params.requested(GTZAN) else DEMO,
            label_visibility="collapsed",
        )
        query_params.remove(DEMO if way == GTZAN else GTZAN)
    return _INPUTS[way]()


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
    """Keep what a visitor gave over a switch of pages, until they take it away."""
    # Next it is looked for among GTZAN's clips, by the networks of the tables.
    cache.networks_ready(DEPLOYED_PROTOCOL)
    cache.networks_ready(BENCHMARK_PROTOCOL)
    file = st.session_state[widget]
    st.session_state[_KEPT + widget] = file and SongFile(file.name, file.getvalue())


def _demo() -> SongFile | None:
    genre = query_params.choose(
        DEMO,
        GTZAN_GENRES,
        "Synthetic {} band".format,
        label="A synthetic band",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    from deepmusic.audio import bands

    return SongFile(
        f"synthetic-{genre}.wav",
        cache.demo_song(genre),
        f"**Synthetic**: computed, not recorded. {bands.BANDS[genre].description} "
        "The networks know real recordings only, so this may well fool them.",
    )


def _gtzan() -> SongFile | None:
    dataset = cache.gtzan()
    track = query_params.choose(
        GTZAN,
        dataset.audio_tracks,
        lambda track: _describe_track(dataset.tracks[track]),
        label="A clip of GTZAN",
        widget=st.selectbox,
        label_visibility="collapsed",
    )
    path = dataset.audio_path(track)
    try:
        data = path.read_bytes()
    except OSError as error:
        markdown.show_error(f"{path.name} cannot be read ({error.strerror}). Check its folder.")
        return None
    return SongFile(path.name, data, _gtzan_remark(track), of_gtzan=True)


def open_in_classify(data: str, track: str, path: Path) -> None:
    """Go on to Classify with a clip of a dataset.

    Parameters
    ----------
    data : str
        The dataset, as in a run's settings; a clip of GTZAN gets an address of its own.
    track : str
        Its id.
    path : Path
        Its sound.
    """
    if data == "gtzan":
        wanted = {"source": GTZAN, "gtzan": track}
    else:
        wanted = {"source": UPLOAD}
        try:
            st.session_state[_KEPT + "uploader"] = SongFile(path.name, path.read_bytes())
        except OSError as error:
            markdown.show_error(f"{path.name} cannot be read ({error.strerror}). Check its folder.")
            return
    query_params.select("classify", **wanted)
    st.switch_page("pages/classify.py", query_params=wanted)


def _describe_track(track) -> str:
    who = ", ".join(filter(None, (track.artist, track.title)))
    return f"{track.id}  {who}" if who else track.id


def _gtzan_remark(track: str) -> str:
    """Say the label, and what the clip was to the networks."""
    dataset = cache.gtzan()
    part = cache.gtzan_part(track)
    known = {
        "train": "The networks were **trained on this clip**, so a right answer proves little.",
        "valid": "This clip **chose when training stopped**, so a right answer proves little.",
        "test": "This is a **test clip**: the networks never saw it in training.",
    }
    artist = " Artist and title after Sturm (2012)." if dataset.tracks[track].artist else ""
    return f"GTZAN's label: **{dataset.tracks[track].genre}**. {known[part]}{artist}"


_INPUTS = {UPLOAD: _upload, RECORD: _record, GTZAN: _gtzan, DEMO: _demo}
