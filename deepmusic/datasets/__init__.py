"""Collections of music: what tracks they hold, where they lie, how they are split."""

from pathlib import Path

from deepmusic.datasets.base import Dataset, Pictures, Problem, Split, Track
from deepmusic.datasets.gtzan import Gtzan
from deepmusic.datasets.toy import Toy

__all__ = ["Dataset", "Gtzan", "Pictures", "Problem", "Split", "Toy", "Track", "open_dataset"]


def open_dataset(name: str) -> Dataset:
    """Open a collection by the name that stands in a run's settings.

    Parameters
    ----------
    name : str
        ``gtzan`` (the folder that ``DEEPMUSIC_GTZAN`` names), ``toy``, or a path to GTZAN's audio
        or log-mels.

    Raises
    ------
    DatasetError
        If it is not at hand.
    """
    if name == "gtzan":
        return Gtzan.from_environment()
    if name == "toy":
        return Toy()
    return Gtzan(Path(name))
