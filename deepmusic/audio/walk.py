"""Sound files below a folder, by one set of rules for every command."""

import os
from collections.abc import Iterator
from pathlib import Path

#: Suffixes of sound files: what a file picker offers, and what a folder is searched for.
SUFFIXES = (
    *(".wav", ".au", ".aif", ".aiff", ".flac", ".mp3", ".ogg", ".oga", ".opus"),
    *(".m4a", ".mp4", ".aac", ".webm", ".mka"),
)

#: Folders of file servers, archives and file systems, with copies that nobody put there.
_SYSTEM_FOLDERS = {
    *("@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "__MACOSX", "lost+found")
}


def find_sound_files(folder: Path, unreadable: list[str] | None = None) -> Iterator[Path]:
    """Yield the sound files below a folder, those of each folder in order of their names.

    Hidden files and folders, and system folders such as waste bins, are skipped; links to folders
    are not followed. Pipes and devices are no sound files.

    Parameters
    ----------
    folder : Path
        Searched whatever its own name is.
    unreadable : list of str, optional
        Gets the folders that cannot be read.
    """

    def note(error: OSError) -> None:
        if unreadable is not None:
            unreadable.append(str(error.filename))

    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _SYSTEM_FOLDERS
        )
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file():
                yield path
