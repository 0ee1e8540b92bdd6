"""Ten pieces of 30 s, one a genre: each module has `compose`, which gives a score and its mix."""

from importlib import import_module

from mixer import Desk
from score import Score

GENRES = (
    *("blues", "classical", "country", "disco", "hiphop"),
    *("jazz", "metal", "pop", "reggae", "rock"),
)


def compose(genre: str) -> tuple[Score, Desk]:
    """Return a genre's piece."""
    return import_module(f"pieces.{genre}").compose()  # type: ignore[no-any-return]
