"""The demo music: ten pieces of 30 s, one a genre, in ``assets/demo_music``."""

from deepmusic.files import ASSETS

TITLES = {
    "blues": "Last Train, Slow Rain",
    "classical": "Andante for an Empty Hall",
    "country": "Gate Left Open",
    "disco": "Mirror Ball Avenue",
    "hiphop": "Palm Shadow Cruise",
    "jazz": "Second Set",
    "metal": "Iron Meridian",
    "pop": "Say It Like Summer",
    "reggae": "Harbour Road",
    "rock": "Gravel Road Engine",
}

#: Those whose genre the answer names as sure or probable, which stand first; a test holds it.
NAMED_RIGHT = ("jazz", "blues", "country", "classical", "disco", "rock")

MEDIA_TYPE = "audio/ogg"


def file_name(genre: str) -> str:
    """Return the name of a genre's piece, as pages show it."""
    return f"demo-{genre}.opus"


def read(genre: str) -> bytes:
    """Return a genre's piece, as Ogg Opus; raise `OSError` if it is not shipped."""
    return (ASSETS / "demo_music" / f"{genre}.opus").read_bytes()
