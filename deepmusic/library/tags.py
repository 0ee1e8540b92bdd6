"""Tags of a sound file: title, artist, album, genre and cover, read by mutagen."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True)
class Tags:
    """Tags of a file; empty where there are none.

    Attributes
    ----------
    title, artist, album, genre : str
        Several values of one tag stand side by side, with semicolons between.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""


def read(source: Path | IO[bytes]) -> Tags:
    """Read a file's tags; a file without any, or with damaged ones, has empty ones."""
    from mutagen import File

    try:
        # mutagen's one interface for all formats ("easy") knows most; WAV and AIFF have plain ID3.
        file = File(source, easy=True)
        return Tags(**{key: _text(file, key) for key in ("title", "artist", "album", "genre")})
    except Exception:  # Tags may be damaged in ways that mutagen has no word for.
        return Tags()


_ID3 = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "genre": "TCON"}


def _text(file: Any, key: str) -> str:
    tags = getattr(file, "tags", None)
    if not tags:
        return ""
    values = tags.get(key) or tags.get(_ID3[key]) or []
    if isinstance(values, str):
        values = [values]
    return "; ".join(str(value).strip() for value in values if str(value).strip())


def read_cover(source: Path | IO[bytes]) -> bytes | None:
    """Return the picture in a file's tags (front cover first), or None if it has none."""
    from mutagen import File

    try:
        file = File(source)
        tags = file.tags or {}
        found = list(getattr(file, "pictures", []))
        found += tags.getall("APIC") if hasattr(tags, "getall") else []
        found += _vorbis_pictures(tags)
        if found:
            return bytes(min(found, key=lambda log_mel: log_mel.type != 3).data)
        return bytes(tags["covr"][0]) if tags.get("covr") else None
    except Exception:  # As in `read`.
        return None


def _vorbis_pictures(tags: Any) -> list[Any]:
    """Return the pictures of OGG and Opus files, which keep them as text."""
    import base64

    from mutagen.flac import Picture

    if not hasattr(tags, "get") or not (texts := tags.get("metadata_block_picture")):
        return []
    return [Picture(base64.b64decode(text)) for text in texts]
