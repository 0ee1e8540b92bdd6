"""A visitor's classes and their sounds, and what was learnt: kept in the session alone."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from deepmusic.data import uploads
from deepmusic.data.folder import is_part
from deepmusic.data.labelled import open_sounds
from deepmusic.prediction import OwnClasses
from deepmusic.ui import cache, demos
from deepmusic.ui.song import SongFile

_CLASSES, _LEARNT, _COUNT, _TOLD = "teach_classes", "teach_learnt", "teach_count", "teach_told"

#: Sounds of a class, and bytes of all, that are kept.
MOST_SOUNDS, MOST_BYTES = 50, 300 * 2**20

#: The example: classes, and the demo pieces whose passages are their sounds.
EXAMPLE = {
    "to dance to": ("disco", "hiphop", "pop", "reggae"),
    "to listen to": ("classical", "jazz", "blues", "country"),
}


@dataclass(frozen=True)
class Sound:
    """A sound of a class; of one recording if others have the same `recording`."""

    file: SongFile
    recording: str = ""


@dataclass
class OwnClass:
    """A class that is being made."""

    number: int
    name: str
    sounds: list[Sound] = field(default_factory=list)


@dataclass(frozen=True)
class Learnt:
    """Classes that can be tried; `taught` and `sounds` are missing where a file was opened."""

    classes: OwnClasses
    name: str
    taught: Any = None
    sounds: tuple[SongFile, ...] = ()
    faults: tuple[str, ...] = ()
    #: What was learnt from, to see whether it changed.
    state: Any = None


def classes() -> list[OwnClass]:
    """Return the classes; at first two without sounds."""
    if _CLASSES not in st.session_state:
        st.session_state[_CLASSES] = [OwnClass(new_number(), ""), OwnClass(new_number(), "")]
    return st.session_state[_CLASSES]


def new_number() -> int:
    """Return a number that no class or field had."""
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    return st.session_state[_COUNT]


def state() -> Any:
    """Return what there is to learn from."""
    return [(one.name, [sound.file.digest for sound in one.sounds]) for one in classes()]


def learnt() -> Learnt | None:
    """Return what was learnt or opened last."""
    return st.session_state.get(_LEARNT)


def keep(found: Learnt | None) -> None:
    """Keep what was learnt."""
    st.session_state[_LEARNT] = found
    st.session_state.pop("teach_cell", None)


def tell(*sentences: str) -> None:
    """Keep sentences to show once."""
    st.session_state[_TOLD] = [*st.session_state.get(_TOLD, []), *sentences]


def told() -> list[str]:
    """Return the sentences to show, once."""
    return st.session_state.pop(_TOLD, [])


# === Changes; callbacks ===


def add_class() -> None:
    """Add a class without sounds."""
    classes().append(OwnClass(new_number(), ""))


def remove_class(own: OwnClass) -> None:
    """Remove a class with its sounds."""
    classes().remove(own)


def start_anew() -> None:
    """Forget all classes and what was learnt."""
    for name in (_CLASSES, _LEARNT):
        st.session_state.pop(name, None)


def add_sounds(own: OwnClass, files: Iterable[tuple[str, bytes]]) -> None:
    """Add sounds to a class, as many as fit."""
    _add(own, [Sound(SongFile(name, data)) for name, data in files])


def _add(own: OwnClass, sounds: list[Sound]) -> None:
    size = sum(len(sound.file.data) for one in classes() for sound in one.sounds)
    for number, sound in enumerate(sounds):
        size += len(sound.file.data)
        if len(own.sounds) >= MOST_SOUNDS or size > MOST_BYTES:
            tell(
                f"{own.name or 'A class'}: {len(sounds) - number} sounds were left out; a class "
                f"takes {MOST_SOUNDS}, and all of them {MOST_BYTES >> 20} MB."
            )
            return
        own.sounds.append(sound)


def fill_with_example() -> None:
    """Take passages of the demo music as two classes, in place of what was there."""
    start_anew()
    st.session_state[_CLASSES] = [OwnClass(new_number(), name) for name in EXAMPLE]
    for own, genres in zip(classes(), EXAMPLE.values(), strict=True):
        for genre in genres:
            passages = cache.teach.demo_passages(genre)
            _add(own, [Sound(passage, demos.TITLES[genre]) for passage in passages])


def fill_from(files: list[tuple[str, bytes]], packed: bytes | None = None) -> None:
    """Take classes from a ZIP, or from files named such as ``music/rock/a.wav``.

    Raises `DatasetError` if they hold no two classes, or too much; what was there stays then.
    """
    if packed is None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in files:
                archive.writestr(name, data)
        packed = file.getvalue()
    source = io.BytesIO(packed)
    source.name = files[0][0].split("/")[0]
    found: dict[str, list[Sound]] = {}
    with open_sounds(source, most_bytes=MOST_BYTES) as (sounds, remarks):
        for sound in sounds:
            path = Path(sound.source) if not isinstance(sound.source, bytes) else Path()
            file_of = SongFile(path.name, path.read_bytes())
            found.setdefault(sound.label, []).append(Sound(file_of, sound.recording))
    start_anew()
    st.session_state[_CLASSES] = [OwnClass(new_number(), label) for label in found]
    for own in classes():
        _add(own, found[own.name])
    tell(*remarks)


def take_to_train() -> str:
    """Store the sounds as a folder, and choose it on Train for a CRNN; return its path.

    Raises `DatasetError` if the disk denies it.
    """
    path = uploads.store(
        (f"my classes/{_folder_of(one)}/{number:02d} {sound.file.name}", sound.file.data)
        for one in classes()
        for number, sound in enumerate(one.sounds, start=1)
    )
    found = str(path.absolute())
    st.session_state.update(train_data="own", train_path=found, networks_to_train=["crnn"])
    return found


def _folder_of(own: OwnClass) -> str:
    """Return a folder's name for a class, which no dataset takes for a part of a split."""
    name = own.name.replace("/", "-")
    return f"class {name}" if is_part(name) else name


def rename(own: OwnClass, key: str) -> None:
    """Take the name from its field."""
    own.name = st.session_state[key].strip()


def remove_sound(own: OwnClass, number: int) -> None:
    """Remove a sound from a class."""
    if number < len(own.sounds):
        del own.sounds[number]
