"""Sound files below a folder, by one set of rules for every command and page."""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deepmusic.files import real_path
from deepmusic.formatting import format_name

#: Suffixes of sound files: what a file picker offers, and what a folder is searched for.
SUFFIXES = (
    *(".wav", ".wave", ".w64", ".au", ".snd", ".aif", ".aiff", ".aifc", ".caf", ".flac"),
    *(".ogg", ".oga", ".opus", ".mp2", ".mp3", ".m4a", ".m4b", ".mp4", ".aac", ".webm", ".mka"),
    *(".mkv", ".wma", ".wv", ".ac3", ".tta", ".ape"),
)

#: Folders of file servers, archives and file systems, with copies that nobody put there.
_SYSTEM_FOLDERS = {
    *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
    *("$recycle.bin", "recycler", "recycled", "system volume information", "lost+found"),
    *("__macosx", "network trash folder", "temporary items"),
}

#: Kinds of files that are no regular ones, by the test of `stat`.
_KINDS = {
    stat.S_ISFIFO: "pipe",
    stat.S_ISSOCK: "socket",
    stat.S_ISCHR: "device",
    stat.S_ISBLK: "device",
}

#: What is longer is a part of a name with a dot in it.
_LONGEST_SUFFIX = 8

#: Names of a kind, and kinds, that a sentence mentions.
_MENTIONED_NAMES, _MENTIONED_KINDS = 2, 8


@dataclass(frozen=True)
class SoundFiles:
    """Outcome of a search for sound files.

    Attributes
    ----------
    files : mapping of Path to Path
        The file as found below the folder, by its real path (without links); each file once. In
        order: those of a folder by name, then those of the folders in it.
    unreadable : mapping of Path to str
        Folders and files that cannot be read, and why.
    passed_over : mapping of str to list of Path
        What was found and left, by kind, such as ``.jpg``, ``hidden`` or ``pipe``.
    roots : tuple of Path
        Real paths of the folder and of those that links in it lead to: all that was searched.
    """

    files: Mapping[Path, Path] = field(default_factory=dict)
    unreadable: Mapping[Path, str] = field(default_factory=dict)
    passed_over: Mapping[str, list[Path]] = field(default_factory=dict)
    roots: tuple[Path, ...] = ()

    @property
    def remarks(self) -> list[str]:
        """What could not be read and what was passed over, a sentence each."""
        unreadable = [
            f"{path} cannot be read ({why}). Check its permissions."
            for path, why in self.unreadable.items()
        ]
        return unreadable + list(filter(None, [describe_passed_over(self.passed_over)]))


def find_sound_files(folder: Path | str) -> SoundFiles:
    """Find the sound files below a folder.

    Sound files are regular files with one of `SUFFIXES`, in capitals or not. Hidden files and
    folders, and system folders such as waste bins, are left, whatever the folder's own name is.
    Links are followed, but for those to a folder above; a file that can be reached
    in several ways is found once, without a link if possible.
    """
    search = _Search()
    # Links to folders come last, so that a song is found where it lies.
    search.linked.append(Path(folder))
    while search.linked:
        search.walk(search.linked.popleft())
    return SoundFiles(search.files, search.unreadable, search.passed_over, tuple(search.roots))


def describe_passed_over(passed_over: Mapping[str, Iterable[Path]]) -> str:
    """Return a sentence on what was passed over, by kind; empty for nothing.

    >>> describe_passed_over({".txt": [Path("a.txt")], "pipe": [Path("b.wav")]})
    '2 files were passed over: 1 .txt (a.txt), 1 pipe (b.wav).'
    """
    found = sorted(
        ((kind, list(paths)) for kind, paths in passed_over.items()),
        key=lambda item: (-len(item[1]), item[0]),
    )
    total = sum(len(paths) for _, paths in found)
    if not total:
        return ""
    kinds = []
    for kind, paths in found[:_MENTIONED_KINDS]:
        names = ", ".join(format_name(path.name) for path in paths[:_MENTIONED_NAMES])
        kinds.append(f"{len(paths)} {kind} ({names}{', ...' * (len(paths) > _MENTIONED_NAMES)})")
    more = sum(len(paths) for _, paths in found[_MENTIONED_KINDS:])
    kinds += [f"{more} others"] * bool(more)
    verb = "file was" if total == 1 else "files were"
    return f"{total} {verb} passed over: {', '.join(kinds)}."


class _Search:
    """State of a search; fields as of `SoundFiles`, and the links that are still to follow."""

    def __init__(self) -> None:
        self.files: dict[Path, Path] = {}
        self.unreadable: dict[Path, str] = {}
        self.passed_over: dict[str, list[Path]] = {}
        self.roots: list[Path] = []
        self.linked: deque[Path] = deque()
        self._visited: set[str] = set()

    def walk(self, folder: Path) -> None:
        """Search a folder and those in it, without recursion: paths may have 2000 parts."""
        root = real_path(folder)
        if str(root) in self._visited:
            return
        # Such a link would lead to all that lies beside, as one to / would.
        below = {*self.roots[:1], real_path(folder.parent)} if self.roots else ()
        if any(here.is_relative_to(root) for here in below):
            self._pass_over("link to a folder above", folder)
            return
        self.roots.append(root)
        stack = [(str(folder), str(root))]
        linked_files: list[os.DirEntry[str]] = []
        while stack:
            found, real = stack.pop()
            if real not in self._visited:
                self._visited.add(real)
                stack += reversed(list(self._search_folder(found, real, linked_files)))
        for entry in linked_files:
            self.files.setdefault(real_path(entry.path), Path(entry.path))

    def _search_folder(
        self, folder: str, real: str, linked_files: list[os.DirEntry[str]]
    ) -> Iterator[tuple[str, str]]:
        """Take the files of a folder; yield path and real path of each folder to search."""
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte in what someone typed.
            self.unreadable[Path(folder)] = getattr(error, "strerror", None) or str(error)
            return
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                self._pass_over("hidden", path)
            elif _is_folder(entry):
                if entry.name.lower() in _SYSTEM_FOLDERS:
                    self._pass_over("system folder", path)
                elif entry.is_symlink():
                    self.linked.append(path)
                else:
                    yield entry.path, os.path.join(real, entry.name)
            elif entry.is_symlink() and not os.path.exists(entry.path):
                self._pass_over("broken link", path)
            elif self._is_sound(entry, path):
                if entry.is_symlink():
                    linked_files.append(entry)
                else:
                    self.files.setdefault(Path(real, entry.name), path)

    def _is_sound(self, entry: os.DirEntry[str], path: Path) -> bool:
        """Tell whether this is a regular file with a suffix of sound; note what it is else."""
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            is_usual = 0 < len(suffix) <= _LONGEST_SUFFIX
            self._pass_over(format_name(suffix) if is_usual else "without a suffix", path)
            return False
        try:
            mode = entry.stat().st_mode
        except FileNotFoundError:  # It was deleted meanwhile.
            return False
        except OSError as error:
            self.unreadable[path] = error.strerror or str(error)
            return False
        if not stat.S_ISREG(mode):
            self._pass_over(next((k for test, k in _KINDS.items() if test(mode)), "other"), path)
            return False
        return True

    def _pass_over(self, kind: str, path: Path) -> None:
        self.passed_over.setdefault(kind, []).append(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # As of a link that leads to itself.
        return False
