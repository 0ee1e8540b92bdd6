"""Labelled sounds of one's own: a folder, a list or a ZIP, whose subfolders are the classes."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from deepmusic.audio import SUFFIXES, find_sound_files
from deepmusic.data.dataset import Dataset
from deepmusic.data.folder import Folder, is_part
from deepmusic.data.opening import NAMES, open_dataset
from deepmusic.errors import DatasetError
from deepmusic.formatting import format_bytes, format_name

#: What a ZIP may hold: it is unpacked.
MOST_FILES, MOST_BYTES = 5000, 2**30

_BLOCK = 1 << 20


@dataclass(frozen=True)
class LabelledSound:
    """A sound with its class.

    Attributes
    ----------
    label : str
        Its class.
    name : str
        For people, such as ``guitar/one.wav``.
    source : Path or bytes
        Its file, or that file's content.
    recording : str
        Sounds of one recording (or one artist) are never learnt and tested apart; by default, each
        file is one.
    """

    label: str
    name: str
    source: Path | bytes
    recording: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "recording", self.recording or f"{self.label}/{self.name}")


@contextmanager
def open_sounds(
    source: str | Path | BinaryIO, *, most_bytes: int | None = None
) -> Iterator[tuple[list[LabelledSound], list[str]]]:
    """Open labelled sounds; yield them, and sentences on what was passed over.

    Parameters
    ----------
    source : str, Path or file object
        A folder with one subfolder a class, a ZIP of such a folder (by its path, or opened for
        reading bytes), a list with the columns path and genre, or the name of a dataset. Folders
        within a class are recordings, as are artists in a list. ``train`` and ``test`` are classes
        like others, unless they hold the folders of the classes.
    most_bytes : int, optional
        What a ZIP may unpack to; by default `MOST_BYTES`.

    Raises
    ------
    DatasetError
        If it is missing, damaged, too large, or holds no two classes.
    """
    if isinstance(source, (str, Path)):
        is_zip = Path(source).suffix.lower() == ".zip" and Path(source).is_file()
        if str(source) in NAMES or not (is_zip or zipfile.is_zipfile(source)):
            root = source if str(source) in NAMES else _descend(Path(source))
            yield _sounds(_open(str(root)))
            return
        name: str = str(source)
    else:
        name = str(getattr(source, "name", "The ZIP"))
    with tempfile.TemporaryDirectory(prefix="deepmusic-", ignore_cleanup_errors=True) as folder:
        # Named after the ZIP, since messages repeat it.
        root = Path(folder, format_name(PurePosixPath(name).stem or "zip")[:60].replace("/", "_"))
        passed_over = _unpack(source, name, root, most_bytes or MOST_BYTES)
        try:
            sounds, remarks = _sounds(_open(str(_descend(root))))
        except DatasetError as error:
            raise DatasetError(str(error).replace(f"{folder}/", "")) from error
        yield sounds, [*remarks, *passed_over]


def _open(name: str) -> Dataset:
    """Open a dataset; where it lacks classes, say so in the words of classes."""
    try:
        return open_dataset(name, as_classes=True)
    except DatasetError as error:
        if Path(name).suffix.lower() in SUFFIXES and Path(name).is_file():
            raise DatasetError(
                f"A folder with a folder of sounds for each class is needed. Received: {name}, "
                "which is one sound."
            ) from error
        if not Path(name).is_dir():
            raise
        files = [path.relative_to(name) for path in find_sound_files(Path(name)).files.values()]
        labels = sorted({format_name(path.parts[0]) for path in files if len(path.parts) > 1})
        if len(labels) > 1:
            raise
        found = f"only the class {labels[0]}" if labels else "no folder with sounds"
        raise DatasetError(
            f"{name} holds {found}; two classes are needed at least. Give each a folder of its "
            "sounds, such as guitar/one.wav and voice/two.wav."
        ) from error


def _sounds(dataset: Dataset) -> tuple[list[LabelledSound], list[str]]:
    within = {one.id: _folder_within(one.id, one.genre) for one in dataset.tracks.values()}
    folders: dict[str, set[str]] = {}
    for track in dataset.tracks.values():
        folders.setdefault(track.genre, set()).add(within[track.id])
    sounds = []
    for track in dataset.tracks.values():
        path = dataset.audio_path(track.id)
        if path is not None:
            # All sounds of a class in one folder within it are as if they were not.
            folder = within[track.id] if len(folders[track.genre]) > 1 else ""
            recording = track.artist or (folder and f"{track.genre}/{folder}")
            sounds.append(LabelledSound(track.genre, track.id, path, recording))
    remarks = list(dataset.remarks)
    if isinstance(dataset, Folder) and dataset.location and dataset.location.is_dir():
        inside = [path.name for path in dataset.location.iterdir() if path.is_dir()]
        tops = {PurePosixPath(track).parts[0] for track in dataset.tracks}
        empty = sorted(set(map(format_name, inside)) - tops)
        remarks += [f"The folder {name} holds no sound." for name in empty if name[0] != "."]
    return sounds, remarks


def _folder_within(track: str, label: str) -> str:
    """Return the folder within its class that holds a file, such as ``live`` of ``rock/live/a``."""
    parts = PurePosixPath(track).parts
    if parts[0] != label and is_part(parts[0]):
        parts = parts[1:]
    is_within = len(parts) > 2 and parts[0] == label and not is_part(parts[1])
    return parts[1] if is_within else ""


def _descend(root: Path) -> Path:
    """Return the folder that holds the classes, where others are around it and hold nothing else.

    A folder with a single class in it stays, so that the message can say so.
    """
    while root.is_dir():
        inside = [path for path in root.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        folders = [path for path in inside if path.is_dir()]
        if len(folders) != 1 or any(path.suffix.lower() in SUFFIXES for path in inside):
            break
        below = [path for path in folders[0].iterdir() if path.is_dir()]
        if len(below) < 1:
            break
        root = folders[0]
    return root


def _unpack(source: str | Path | BinaryIO, name: str, root: Path, most_bytes: int) -> list[str]:
    """Unpack the sound files of a ZIP, within limits; return sentences on the others."""
    root.mkdir()
    left, others = most_bytes, 0
    try:
        with zipfile.ZipFile(source) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MOST_FILES:
                raise DatasetError(
                    f"{name} holds {len(members)} files; the limit is {MOST_FILES}. Leave some out."
                )
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                # Hidden files, and paths out of the folder: "..", "/", "C:".
                if any(part.startswith((".", "__MACOSX", "/")) or ":" in part for part in parts):
                    continue
                path = root.joinpath(*parts)
                # A class without sound has a folder, too, so that it can be named.
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.suffix.lower() not in SUFFIXES:
                    others += 1
                    continue
                with archive.open(member) as packed, path.open("wb") as file:
                    # Counted as it comes: what a ZIP says of its sizes need not be true.
                    while block := packed.read(min(_BLOCK, left + 1)):
                        left -= len(block)
                        if left < 0:
                            raise DatasetError(
                                f"{name} unpacks to more than {format_bytes(most_bytes)}. Leave "
                                "some out."
                            )
                        file.write(block)
    except DatasetError:
        raise
    except Exception as error:
        # zipfile raises a dozen kinds of errors for damaged and encrypted files.
        raise DatasetError(
            f"{name} cannot be unpacked ({format_name(str(error))[:100]}). Pack it anew, without a "
            "password."
        ) from error
    if not others:
        return []
    noun = "file is no sound file, and was" if others == 1 else "files are no sound files, and were"
    return [f"{name}: {others} {noun} passed over."]
