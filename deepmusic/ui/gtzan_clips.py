"""Clips of GTZAN as songs, and what is said of them."""

from pathlib import Path

from deepmusic.data import Track
from deepmusic.formatting import format_genre
from deepmusic.ui import cache, markdown
from deepmusic.ui.song import SongFile


def find(track: str) -> SongFile | None:
    """Return a clip of GTZAN; None if its sound cannot be read."""
    dataset = cache.gtzan()
    path = dataset.audio_path(track) if dataset else None
    if dataset is None or path is None or (data := read(path)) is None:
        return None
    facts = dataset.tracks[track]
    remark, details = _describe_part(facts)
    title = " - ".join(filter(None, (facts.artist, facts.title))) or track
    return SongFile(path.name, data, remark, details, of_gtzan=True, title=title)


def read(path: Path) -> bytes | None:
    """Read a sound file; show the error and return None if that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        markdown.show_error(f"{path.name} cannot be read ({error.strerror}). Check its folder.")
        return None


def describe(track: Track) -> str:
    """Return the label of a clip in a list of clips."""
    who = ", ".join(filter(None, (track.artist, track.title)))
    return f"{track.id}  {who}" if who else track.id


def _describe_part(track: Track) -> tuple[str, str]:
    """Return the label of a clip and its part for the networks, as Markdown, and more about it."""
    known = {
        "train": ("The networks were **trained on it**.", "So a correct prediction proves little."),
        "valid": (
            "It is a **validation clip**.",
            "It helped to decide when training stopped, so a correct prediction proves little.",
        ),
        "test": ("It is a **test clip**.", "The networks were not trained on it."),
    }
    part, details = known[cache.gtzan_part(track.id)]
    artist = " Artist and title after Sturm (2012)." if track.artist else ""
    return f"GTZAN's label: **{format_genre(track.genre)}**. {part}", f"{details}{artist}"
