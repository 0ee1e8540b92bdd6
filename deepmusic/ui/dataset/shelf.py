"""Which collection the page shows, and what it keeps of it between reruns."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from deepmusic import audio, browse, confusion, launch
from deepmusic.charts.spectrogram import log_mel_png
from deepmusic.config import FRONT_ENDS
from deepmusic.datasets import Dataset, Gtzan, Toy, settled
from deepmusic.datasets.base import audible
from deepmusic.datasets.gtzan import read_facts
from deepmusic.datasets.splits import clip_of
from deepmusic.errors import DatasetError, DeepMusicError
from deepmusic.ui import address, cache

GTZAN, FMA, DEMO, OWN = "gtzan", "fma", "toy", "own"
_LABELS = {GTZAN: "GTZAN", FMA: "FMA small", DEMO: "Demo clips", OWN: "A folder of your own"}

COMPACT = FRONT_ENDS["compact"]

#: Pictures are computed for this many clips at once while someone waits.
_FEW = 400


@dataclass(frozen=True)
class Shelf:
    """The collection that was chosen.

    Attributes
    ----------
    data : str
        As in a run's settings.
    dataset : Dataset
        Of GTZAN without a file at hand: what is known of it.
    at_hand : bool
        Whether there is anything to see or hear of it.
    n_audible : int
        Clips that can be heard.
    """

    data: str
    dataset: Dataset
    at_hand: bool
    n_audible: int

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this collection from others in a cache."""
        return self.data, str(self.dataset.location)


def choose() -> Shelf | None:
    """Let a visitor choose a collection; None, with the reason shown, where it is not at hand."""
    names = [GTZAN, DEMO, *([FMA] if cache.collection(FMA) else [])]
    if launch.training_allowed():
        # A public demo names no paths of its machine.
        names.append(OWN)
    left, right = st.columns([3, 4], vertical_alignment="center")
    with left:
        name = st.segmented_control(
            "Collection",
            names,
            required=True,
            format_func=_LABELS.get,
            key=address.key("collection", names),
            label_visibility="collapsed",
            persist_state="session",
        )
    address.show("collection")
    data = name
    if name == OWN:
        data = right.text_input(
            "Path of the collection",
            placeholder="Path of a folder with one subfolder a genre, or of a CSV: path, genre",
            key="dataset_path",
            label_visibility="collapsed",
            persist_state="session",
        ).strip()
        if not data:
            st.info(
                "Type the path of a folder with one subfolder a genre (`rock/song.mp3`), or of a "
                "CSV with the columns `path` and `genre`. Nothing in it is changed. "
                "`python -m deepmusic train --data PATH` trains on it."
            )
            return None
        data = settled(data)
    try:
        dataset = cache.opened(data)
    except DatasetError as error:
        if name != GTZAN:
            st.error(str(error))
            return None
        dataset = Gtzan.facts_only()
    n_audible = len(dataset.tracks) if name == DEMO else len(audible(dataset))
    at_hand = bool(n_audible) or (isinstance(dataset, Gtzan) and dataset.has_pictures)
    shelf = Shelf(data, dataset, at_hand, n_audible)
    with right:
        if name != OWN:
            st.caption(_describe(shelf))
    return shelf


def _describe(shelf: Shelf) -> str:
    dataset = shelf.dataset
    counted = f"**{len(dataset.tracks):,} clips, {len(dataset.genres)} genres.** "
    if shelf.data == DEMO:
        return counted + "Played by DeepMusic's ten synthetic bands. No real music."
    if not shelf.at_hand:
        return counted + "Not at hand here; what is known of it is shown. *Get it* says how."
    return counted + f"{shelf.n_audible:,} can be heard here. {dataset.credit}"


# === What is known of its clips ===


@st.cache_data(show_spinner=False, max_entries=8)
def table_of(key: tuple[str, ...], split: str, fold: int | None, _dataset: Dataset) -> pd.DataFrame:
    """Return by track: ``genre``, ``artist``, ``title``, ``part`` and known ``fault``."""
    parts = _dataset.split(split, fold)
    of_clip: dict[str, str] = {}
    for part in ("train", "valid", "test"):
        for track in getattr(parts, part):
            of_clip.setdefault(clip_of(track), part)
    faults = confusion.known_faults(read_facts()) if isinstance(_dataset, Gtzan) else {}
    faults = dict(_dataset.known.unreadable) | faults
    return pd.DataFrame(
        {
            "genre": track.genre,
            "artist": track.artist,
            "title": track.title,
            "part": of_clip.get(track.id, "unused"),
            "fault": faults.get(track.id, ""),
        }
        for track in _dataset.tracks.values()
    ).set_index(pd.Index(_dataset.tracks, name="track"))


def default_fold(split: str) -> int | None:
    """Return the fold to show of a protocol that has some."""
    return 1 if split == "artist_folds" else None


@st.cache_data(show_spinner=False, max_entries=600)
def _drawn(key: tuple[str, ...], track: str, wide: bool, _dataset: Dataset) -> bytes | str:
    found = _dataset.pictures([track], COMPACT)
    if track in found.by_track:
        size = (1100, 150) if wide else (384, 128)
        return log_mel_png(found.by_track[track], *size)
    return found.problems[0].reason


def drawn(shelf: Shelf, track: str, wide: bool = False) -> bytes | str:
    """Return a clip's spectrogram as PNG, or the reason why there is none."""
    return _drawn(shelf.key, track, wide, shelf.dataset)


@st.cache_data(show_spinner=False, max_entries=32)
def _sound(key: tuple[str, ...], track: str, age: int, _dataset: Dataset) -> tuple[bytes, str]:
    if isinstance(_dataset, Toy):
        from deepmusic import synth
        from deepmusic.datasets import toy

        samples = synth.play(
            _dataset.tracks[track].genre, seconds=toy.SECONDS, seed=int(track[-2:])
        )
        return audio.encode_wav(samples, audio.SAMPLE_RATE), "audio/wav"
    data = _dataset.audio_path(track).read_bytes()
    mime_type = audio.browser_mime_type(data)
    if mime_type:
        return data, mime_type
    song = audio.load_song(data, name=track)
    return audio.encode_flac(song.samples, song.sample_rate), "audio/flac"


def sound(shelf: Shelf, track: str) -> tuple[bytes, str] | None:
    """Return a clip's sound and its media type; None, with the reason shown, if there is none."""
    path = shelf.dataset.audio_path(track)
    if path is None and shelf.data != DEMO:
        return None
    try:
        age = path.stat().st_mtime_ns if path else 0
        return _sound(shelf.key, track, age, shelf.dataset)
    except OSError as error:
        st.error(f"{path} cannot be read ({error.strerror}). Check its folder.")
    except DeepMusicError as error:
        st.error(str(error))
    return None


# === What is computed of all of it ===


def ready_pictures(shelf: Shelf) -> bool:
    """Tell whether pictures of all clips come quickly: archived, prepared, or few."""
    from deepmusic.store import Store

    dataset = shelf.dataset
    if isinstance(dataset, Gtzan) and dataset.has_pictures:
        return True
    return shelf.n_audible <= _FEW or len(Store.of(dataset, COMPACT).stamps()) > _FEW


@st.cache_resource(show_spinner=False, max_entries=2)
def _landscape(key: tuple[str, ...], n_audible: int, _dataset: Dataset) -> pd.DataFrame:
    return browse.draw_map(_dataset, _pictures(_dataset))


@st.cache_resource(show_spinner=False, max_entries=2)
def _sounds(
    key: tuple[str, ...], n_audible: int, _dataset: Dataset
) -> tuple[pd.DataFrame, pd.DataFrame]:
    pictures = _pictures(_dataset)
    spread = {track: browse.dynamics(picture) for track, picture in pictures.items()}
    return browse.spectra(pictures, _dataset), pd.DataFrame({"dynamics": spread})


def _pictures(dataset: Dataset) -> dict:
    if isinstance(dataset, Toy):
        # Three of each band are enough, and there in a second or two.
        tracks = [track for track in dataset.tracks if int(track[-2:]) < 3]
    else:
        tracks = list(dataset.tracks)
    pictures = dict(dataset.pictures(tracks, COMPACT).by_track)
    if not pictures:
        raise DatasetError("None of these clips can be used. *Check it* says why.")
    return pictures


def landscape(shelf: Shelf) -> pd.DataFrame:
    """Return the map of a collection; GTZAN's is shipped."""
    if isinstance(shelf.dataset, Gtzan):
        return browse.shipped_map()
    return _landscape(shelf.key, shelf.n_audible, shelf.dataset)


def sounds(shelf: Shelf) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return spectra by genre, and dynamics by track; GTZAN's are shipped."""
    if isinstance(shelf.dataset, Gtzan):
        return browse.shipped_spectra(), browse.shipped_map()[["dynamics"]]
    return _sounds(shelf.key, shelf.n_audible, shelf.dataset)
