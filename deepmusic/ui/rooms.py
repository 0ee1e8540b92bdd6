"""Rooms in which a class votes on clips before the networks answer, in the server's memory.

Nothing here knows Streamlit: pages share one `Rooms`, and threads may.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from deepmusic.errors import RoomError

#: Letters of a code: none that is taken for another, and no vowels, so that no words arise.
_LETTERS = "BCDFGHJKMNPQRSTVWXZ"
_CODE_LENGTH = 4

#: At once; each room ends after some hours.
MOST_ROOMS, MOST_VOTERS, MOST_CLIPS = 50, 300, 30
HOURS = 4


@dataclass(frozen=True)
class Clip:
    """A clip that is voted on."""

    source: str  #: ``demo`` or ``gtzan``
    name: str  #: genre of a demo piece, or id of a track
    genre: str  #: what it is labelled


@dataclass(frozen=True)
class Moment:
    """A room as it is: which clip, how the votes stand, and whether the answers are shown."""

    position: int
    clip: Clip
    n_clips: int
    votes: Mapping[str, int]
    mine: str | None
    is_open: bool
    n_voters: int


@dataclass
class Room:
    """A quiz of some clips, each voted on once a device. Threads may share it.

    Attributes
    ----------
    code, host : str
        What students type, and what its owner's address has besides.
    clips : tuple of Clip
        In order.
    genres : tuple of str
        What can be voted for.
    """

    code: str
    host: str
    clips: tuple[Clip, ...]
    genres: tuple[str, ...]
    opened: float
    _position: int = 0
    _shown: set[int] = field(default_factory=set)
    _votes: list[dict[str, str]] = field(default_factory=list)
    _voters: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._votes = [{} for _ in self.clips]

    def vote(self, device: str, position: int, genre: str) -> None:
        """Count a device's vote for a clip; raise `RoomError` where it does not count."""
        if genre not in self.genres:
            raise RoomError(f"Vote for one of the genres shown. Received: {genre}")
        with self._lock:
            if position != self._position or position in self._shown:
                raise RoomError("The vote on this clip is over. Vote on the next one.")
            if device in self._votes[position]:
                raise RoomError(
                    f"This device has voted: {self._votes[position][device]}. One vote a device."
                )
            if device not in self._voters and len(self._voters) >= MOST_VOTERS:
                raise RoomError(f"{MOST_VOTERS} devices vote here already. Share one of theirs.")
            self._voters.add(device)
            self._votes[position][device] = genre

    def moment(self, device: str | None = None) -> Moment:
        """Return the room as it is, for one device."""
        with self._lock:
            votes = self._votes[self._position]
            return Moment(
                self._position,
                self.clips[self._position],
                len(self.clips),
                dict(Counter(votes.values())),
                votes.get(device) if device else None,
                self._position not in self._shown,
                len(self._voters),
            )

    def show(self) -> None:
        """End the vote on the clip, so that the answers may be shown."""
        with self._lock:
            self._shown.add(self._position)

    def go_on(self) -> None:
        """Go on to the next clip, if there is one."""
        with self._lock:
            self._shown.add(self._position)
            self._position = min(self._position + 1, len(self.clips) - 1)

    def is_over(self) -> bool:
        """Return whether the last clip's answers are shown."""
        with self._lock:
            return len(self.clips) - 1 in self._shown

    def results(self) -> list[tuple[Clip, Mapping[str, int]]]:
        """Return the clips whose answers were shown, with their votes by genre."""
        with self._lock:
            return [
                (self.clips[one], dict(Counter(self._votes[one].values())))
                for one in sorted(self._shown)
            ]


def choice(votes: Mapping[str, int]) -> str | None:
    """Return what a class chose: most votes, the first in the alphabet of several; or None."""
    return min(votes, key=lambda genre: (-votes[genre], genre)) if votes else None


class Rooms:
    """All rooms of a server. Threads may share it.

    Parameters
    ----------
    clock : callable
        Seconds of a steady clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    def open(self, clips: Sequence[Clip], genres: Sequence[str]) -> Room:
        """Open a room for some clips; raise `RoomError` if there are too many rooms."""
        if not 0 < len(clips) <= MOST_CLIPS:
            raise RoomError(f"A quiz has 1 to {MOST_CLIPS} clips. Received: {len(clips)}")
        with self._lock:
            self._forget()
            if len(self._rooms) >= MOST_ROOMS:
                raise RoomError(
                    f"{MOST_ROOMS} rooms are open, as many as this server holds. Join one, or try "
                    f"later: each closes after {HOURS} hours."
                )
            code = _code()
            while code in self._rooms:
                code = _code()
            room = Room(code, secrets.token_urlsafe(9), tuple(clips), tuple(genres), self._clock())
            self._rooms[code] = room
        return room

    def find(self, code: str) -> Room:
        """Return a room by its code, in letters of any case; raise `RoomError` without it."""
        with self._lock:
            self._forget()
            room = self._rooms.get(code.strip().upper())
        if room is None:
            raise RoomError(
                "There is no such room: its code is another, it has closed, or the server was "
                f"started anew. Ask for the code on the wall. Received: {code.strip()[:12]}"
            )
        return room

    def _forget(self) -> None:
        """Forget rooms whose hours are over."""
        now = self._clock()
        for code, room in list(self._rooms.items()):
            if now - room.opened > 3600 * HOURS:
                del self._rooms[code]


def _code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
