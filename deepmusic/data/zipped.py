"""Songs in a ZIP that came by a browser: read within limits, in memory, and never unpacked."""

import io
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import IO

from deepmusic.audio import SUFFIXES, describe_passed_over
from deepmusic.errors import DatasetError
from deepmusic.formatting import format_bytes, format_name

#: What the songs of a ZIP may take in memory, all together.
MOST_BYTES = 2**29

_BLOCK = 2**20


def read_songs(
    data: bytes, name: str, *, most: int, most_bytes: int = MOST_BYTES
) -> tuple[list[tuple[str, bytes]], str]:
    """Read the sound files of a ZIP, whatever folders they lie in.

    Parameters
    ----------
    data, name : bytes, str
        The ZIP, and what messages call it.
    most, most_bytes : int
        Largest number of sound files, and of the bytes that they unpack to.

    Returns
    -------
    (list of (str, bytes), str)
        Names without folders and contents, by path; and a sentence on what was passed over, empty
        if nothing was. Of files with one name, each has its folder's before it.

    Raises
    ------
    DatasetError
        If it is damaged, encrypted, too large, or holds no sound file.
    """
    passed_over: dict[str, list[Path]] = {}
    found: dict[PurePosixPath, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in sorted(archive.infolist(), key=lambda one: one.filename):
                path = PurePosixPath(member.filename.replace("\\", "/"))
                if member.is_dir():
                    continue
                if kind := _other_kind(path):
                    passed_over.setdefault(kind, []).append(Path(path.name))
                elif len(found) == most:
                    raise DatasetError(
                        f"{name} must hold no more than {most} songs. Received: more. Pack fewer."
                    )
                else:
                    with archive.open(member) as file:
                        found[path] = _read(file, most_bytes - sum(map(len, found.values())))
    except DatasetError:
        raise
    except OverflowError as error:
        raise DatasetError(
            f"{name} must unpack to no more than {format_bytes(most_bytes)}. Received: more. Pack "
            "fewer songs."
        ) from error
    except Exception as error:  # zipfile raises a dozen kinds of errors for damaged files.
        raise DatasetError(
            f"{name} must be a ZIP without a password. Reading it failed "
            f"({format_name(str(error))[:100]}). Pack it anew."
        ) from error
    told = describe_passed_over(passed_over)
    if not found:
        raise DatasetError(f"{name} must hold sound files. Received: none. {told}".rstrip())
    alike = Counter(path.name for path in found)
    names = [
        " - ".join([*path.parts[-2:-1], path.name]) if alike[path.name] > 1 else path.name
        for path in found
    ]
    return list(zip(names, found.values(), strict=True)), told


def _other_kind(path: PurePosixPath) -> str:
    """Return what a member is that is no song; empty for a song."""
    if any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts):
        return "hidden"
    suffix = path.suffix.lower()
    return "" if suffix in SUFFIXES else suffix or "file without a suffix"


def _read(file: IO[bytes], left: int) -> bytes:
    """Read a member block by block: the size that it claims need not be its own."""
    content = bytearray()
    while block := file.read(_BLOCK):
        content += block
        if len(content) > left:
            raise OverflowError
    return bytes(content)
