"""Tags of a sound file: title, artist, album, genre and cover, read by mutagen."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True)
class Tags:
    """Tags of a file, empty where there are none; several values are joined by semicolons."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""


_ID3 = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "genre": "TCON"}


def read(source: Path | IO[bytes]) -> Tags:
    """Read a file's tags; a file without any, or with damaged ones, has empty ones."""
    from mutagen import File

    try:
        # mutagen's one interface for all formats ("easy") knows most; WAV and AIFF have plain ID3.
        file = File(source, easy=True)
        return Tags(**{key: _text(file.tags or {}, key) for key in _ID3})
    except Exception:  # Tags may be damaged in ways that mutagen has no word for.
        return Tags()


def _text(tags: Any, key: str) -> str:
    values = tags.get(key) or tags.get(_ID3[key]) or []
    if isinstance(values, str):
        values = [values]
    return "; ".join(str(value).strip() for value in values if str(value).strip())


def read_cover(source: Path | IO[bytes]) -> bytes | None:
    """Read the cover image in a file's tags (front cover first), or None if it has none."""
    from mutagen import File

    try:
        file = File(source)
        tags = file.tags or {}
        images = list(getattr(file, "pictures", []))
        images += tags.getall("APIC") if hasattr(tags, "getall") else []
        images += _vorbis_images(tags)
        if images:
            return bytes(min(images, key=lambda image: image.type != 3).data)
        return bytes(tags["covr"][0]) if tags.get("covr") else None
    except Exception:  # As in `read`.
        return None


def _vorbis_images(tags: Any) -> list[Any]:
    """Images of OGG and Opus files, which keep them as text."""
    import base64

    from mutagen.flac import Picture

    texts = tags.get("metadata_block_picture") if hasattr(tags, "get") else None
    return [Picture(base64.b64decode(text)) for text in texts or []]
