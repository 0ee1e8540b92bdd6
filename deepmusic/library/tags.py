"""Tags of a sound file: title, artist, album, genre and cover, read by tinytag."""

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinytag import TinyTag

#: Bounds of one file, since its sizes and counts are whatever it says: bytes, and s of work.
_MAX_BYTES = 64 << 20
_MAX_SECONDS = 2.0

#: Characters of a tag that are kept.
_LONGEST = 500


@dataclass(frozen=True)
class Tags:
    """Tags of a file, empty where there are none; several values are joined by semicolons."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""


def read(source: Path | IO[bytes]) -> Tags:
    """Read a file's tags; a file without any, or with damaged ones, has empty ones."""
    found = _parse(source)
    if found is None:
        return Tags()
    return Tags(*(_text(found, key) for key in ("title", "artist", "album", "genre")))


def read_cover(source: Path | IO[bytes]) -> bytes | None:
    """Read the cover image in a file's tags (front cover first), or None if it has none."""
    found = _parse(source, image=True)
    image = found and (found.images.front_cover or found.images.any)
    return image.data if image else None


def _parse(source: Path | IO[bytes], *, image: bool = False) -> "TinyTag | None":
    from tinytag import TinyTag

    try:
        with open(source, "rb") if isinstance(source, Path) else _kept_open(source) as file:
            bounded: Any = _BoundedFile(file)
            with _time_limit():
                # By its content: a suffix may be wrong.
                return TinyTag.get(file_obj=_synchronised(bounded), duration=False, image=image)
    except Exception:  # Tags may be damaged in ways that tinytag has no word for.
        return None


def _text(found: "TinyTag", key: str) -> str:
    values = dict.fromkeys((getattr(found, key), *(found.other.get(key) or ())))
    words = (" ".join(value.split()) for value in values if value)
    return "; ".join(filter(None, words))[:_LONGEST]


class _BoundedFile:
    """A file that gives no more than it has, and `_MAX_BYTES` in all."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, _MAX_BYTES
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        rest = max(0, self._size - self._file.tell())
        # Whatever size a tag claims, so much memory would be taken.
        data = self._file.read(rest if size < 0 else min(size, rest))
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("the tags are too large")
        return data


def _synchronised(file: Any) -> Any:
    """Return a file whose ID3 tag is unsynchronised (ID3v2.4, 6.1) as its plain tag, else itself.

    tinytag takes such a tag as it stands.
    """
    head = file.read(10)
    file.seek(0)
    if not head.startswith(b"ID3") or len(head) < 10 or not head[5] & 0x80:
        return file
    body = file.read(10 + _size_of(head[6:]))[10:]
    body = b"".join(_frames(body)) if head[3] == 4 else body.replace(b"\xff\0", b"\xff")
    return io.BytesIO(head[:5] + bytes([head[5] & 0x7F]) + _seven_bits(len(body)) + body)


def _frames(body: bytes) -> Iterator[bytes]:
    """Yield the frames of an unsynchronised ID3v2.4 tag, plain."""
    while len(body) > 10 and body[0]:
        size, has_length = _size_of(body[4:8]), body[9] & 1
        data = body[10 + 4 * has_length : 10 + size].replace(b"\xff\0", b"\xff")
        yield body[:4] + _seven_bits(len(data)) + b"\0\0" + data
        body = body[10 + size :]


def _size_of(four: bytes) -> int:
    return sum((byte & 0x7F) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))


def _seven_bits(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


@contextmanager
def _kept_open(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file that is the caller's to close, and leave it where it was."""
    place = file.tell()
    try:
        yield file
    finally:
        file.seek(place)


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raise `TimeoutError` in this thread at a function call after `_MAX_SECONDS`."""
    deadline = time.monotonic() + _MAX_SECONDS
    before = sys.getprofile()

    def check(*_: object) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError("the tags take too long")

    sys.setprofile(check)
    try:
        yield
    finally:
        sys.setprofile(before)
