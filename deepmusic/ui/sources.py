"""Where a song comes from: upload, microphone, GTZAN, or a synthetic band."""

from pathlib import Path

import streamlit as st

from deepmusic import audio, models, public
from deepmusic.config import GTZAN_GENRES
from deepmusic.datasets.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.ui import address, cache
from deepmusic.ui.cache import SongFile

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
    if address.asked("source") == GTZAN and GTZAN not in ways:
        cure = f"Set {ENVIRONMENT_VARIABLE} to the folder that holds it, or choose another song."
        st.info(
            "This link points at a clip of GTZAN, which is not at hand here. "
            + ("Choose another song." if public.is_public() else cure)
        )
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        way = st.segmented_control(
            "Where the song comes from",
            ways,
            required=True,
            format_func=_LABELS.get,
            key=address.key("source", ways),
            label_visibility="collapsed",
            persist_state="session",
        )
    with right:
        song = _INPUTS[way]()
    address.show("source", *([way] if way in (DEMO, GTZAN) else []))
    return song


def choose_clip() -> SongFile | None:
    """Let a visitor choose a clip that is at hand, so that a class can begin at once.

    A synthetic band, or a clip of GTZAN where that is there; the clip stands in the address.
    """
    ways = [DEMO, *([GTZAN] if cache.gtzan() else [])]
    way = DEMO
    if len(ways) > 1:
        way = st.segmented_control(
            "Where the clip comes from",
            ways,
            required=True,
            format_func=_LABELS.get,
            key=address.key("clip_from", ways[::-1] if address.asked(GTZAN) else ways),
            label_visibility="collapsed",
            persist_state="session",
        )
        address.drop(DEMO if way == GTZAN else GTZAN)
    song = _INPUTS[way]()
    address.show(way)
    return song


def _upload() -> SongFile | None:
    limits = public.audio_limits()
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
    """Keep what a visitor gave, and drop it when they take it away.

    Streamlit forgets uploads when the page is switched; this copy stays with the session.
    """
    file = st.session_state[widget]
    st.session_state[_KEPT + widget] = file and SongFile(file.name, file.getvalue())


def _demo() -> SongFile | None:
    genre = st.selectbox(
        "A synthetic band",
        GTZAN_GENRES,
        format_func=lambda genre: f"Synthetic {genre} band",
        key=address.key("demo", GTZAN_GENRES),
        label_visibility="collapsed",
        persist_state="session",
    )
    from deepmusic import synth

    return SongFile(
        f"synthetic-{genre}.wav",
        cache.demo_song(genre),
        f"**Synthetic**: computed, not recorded. {synth.BANDS[genre].description} "
        "The networks know real recordings only, so this may well fool them.",
    )


def _gtzan() -> SongFile | None:
    dataset = cache.gtzan()
    track = st.selectbox(
        "A clip of GTZAN",
        dataset.audio_tracks,
        format_func=lambda track: _describe_track(dataset.tracks[track]),
        key=address.key("gtzan", dataset.audio_tracks),
        label_visibility="collapsed",
        persist_state="session",
    )
    path = dataset.audio_path(track)
    try:
        data = path.read_bytes()
    except OSError as error:
        st.error(f"{path.name} cannot be read ({error.strerror}). Check the GTZAN folder.")
        return None
    return SongFile(path.name, data, _gtzan_remark(track), of_gtzan=True)


def open_in_classify(data: str, track: str, path: Path) -> None:
    """Go on to Classify with a clip of a collection.

    Parameters
    ----------
    data : str
        The collection, as in a run's settings; a clip of GTZAN gets an address of its own.
    track : str
        Its id.
    path : Path
        Its sound.
    """
    if data == "gtzan":
        # In the session too, where an earlier choice on that page would win over the address.
        wanted = {"source": GTZAN, "gtzan": track}
    else:
        wanted = {"source": UPLOAD}
        try:
            st.session_state[_KEPT + "uploader"] = SongFile(path.name, path.read_bytes())
        except OSError as error:
            st.error(f"{path.name} cannot be read ({error.strerror}). Check its folder.")
            return
    st.session_state.update(wanted)
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


def feature_model() -> str:
    """Let the visitor choose whose verdict leads; return its name. It stands in the address."""
    names = [models.ENSEMBLE, *models.MODELS]
    featured = st.segmented_control(
        "Whose verdict",
        names,
        required=True,
        format_func=models.title,
        key=address.key("model", names),
        label_visibility="collapsed",
        persist_state="session",
    )
    address.show("model")
    return featured
