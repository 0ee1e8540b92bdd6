"""How long runs take, and how long one waits for its turn."""

from collections.abc import Sequence
from statistics import mean

from deepmusic.formatting import format_duration
from deepmusic.runs import Run

#: Epochs of which the duration is averaged.
_LAST = 5


def epoch_seconds(run: Run) -> float | None:
    """Return the mean duration of the last epochs, without the first, in which it is compiled."""
    lately = [row["seconds"] for row in run.history()[1:][-_LAST:] if "seconds" in row]
    return mean(lately) if lately else None


def seconds_left(run: Run, known: Sequence[Run]) -> float | None:
    """Return how long a run will take to its end; None if no run tells.

    A run of no epoch takes as long as one of the same network on the same dataset took.
    """
    left = max(0, run.config.train.epochs - len(run.history()))
    if (own := epoch_seconds(run)) is not None:
        return left * own
    alike = [
        seconds
        for other in known
        if other.id != run.id
        and other.config.model.name == run.config.model.name
        and other.config.train.data == run.config.train.data
        and (seconds := epoch_seconds(other)) is not None
    ]
    return left * mean(alike) if alike else None


def describe(ahead: Sequence[Run], known: Sequence[Run], slots: int) -> str:
    """Return how many runs are ahead of one that waits, whose is next, and about how long."""
    if not ahead:
        return "waits for its turn: it is next"
    words = f"waits for its turn: {len(ahead)} ahead"
    lefts = [seconds_left(run, known) for run in ahead]
    if None not in lefts:
        words += f", about {format_duration(sum(filter(None, lefts)) / slots)}"
    return words
