"""Folders of music that came by a browser, stored so that they can be opened by their path."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from deepmusic.errors import DatasetError
from deepmusic.files import data_folder
from deepmusic.formatting import format_plain


def store(files: Iterable[tuple[str, bytes]]) -> Path:
    """Store the files of a folder in ``DEEPMUSIC_DATA/uploads``, and return its path there.

    Parameters
    ----------
    files : iterable of (str, bytes)
        Relative name, as a browser tells it (``music/rock/song.mp3``), and content. The same files
        are stored once.

    Raises
    ------
    DatasetError
        If there is no file in a subfolder, or the disk denies it.
    """
    parent = data_folder() / "uploads"
    digest, top = hashlib.sha256(), ""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=parent))
        try:
            for name, content in files:
                top, *below = _parts(name)
                path = temporary.joinpath(*below)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                digest.update(f"{name}\0{len(content)}\0".encode() + content)
            temporary.chmod(0o755)
            target = parent / f"{top[:100]}-{digest.hexdigest()[:8]}"
            if top:
                with suppress(OSError):  # It is there already.
                    os.rename(temporary, target)
                return target
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise DatasetError(
            f"{parent} cannot be written ({error.strerror}). Free some space, or set "
            "DEEPMUSIC_DATA to a folder that can be written."
        ) from error
    raise DatasetError("A folder with one subfolder per genre is needed. Received: no file.")


def _parts(name: str) -> list[str]:
    """Return the folder, the subfolders and the file of a relative name."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".")]
    if len(parts) < 2 or ".." in parts or "\0" in name:
        raise DatasetError(
            "A folder with one subfolder per genre is needed (music/rock/song.mp3). Received: "
            f"{format_plain(name)}"
        )
    return parts
