"""Open a dataset by name or by path."""

import os
from pathlib import Path

from deepmusic.data.dataset import Dataset, ExpectedFiles, LogMels, SkippedTrack, Split, Track
from deepmusic.data.fma import Fma, is_fma
from deepmusic.data.folder import Folder
from deepmusic.data.gtzan import Gtzan, is_gtzan
from deepmusic.data.toy import Toy
from deepmusic.errors import DatasetError

__all__ = [
    "NAMES",
    "Dataset",
    "ExpectedFiles",
    "Fma",
    "Folder",
    "Gtzan",
    "LogMels",
    "SkippedTrack",
    "Split",
    "Toy",
    "Track",
    "absolute_name",
    "open_dataset",
]

#: Datasets that have a name of their own; all others are named by their path.
NAMES = {"gtzan": Gtzan.from_environment, "fma": Fma.from_environment, "toy": Toy}


def open_dataset(name: str) -> Dataset:
    """Open a dataset by the name that stands in a run's settings.

    Parameters
    ----------
    name : str
        ``gtzan`` or ``fma`` (where ``DEEPMUSIC_GTZAN`` or ``DEEPMUSIC_FMA`` says, or where a
        download went), ``toy``, or a path: to GTZAN's audio or log-mels, to FMA, to a folder with
        one subfolder a genre, or to a CSV with path and genre.

    Raises
    ------
    DatasetError
        If it is not at hand, or is none of these.
    """
    if name in NAMES:
        return NAMES[name]()
    path = Path(name)
    if not os.path.exists(path):  # Unlike `Path.exists`, no error for a name that is too long.
        raise DatasetError(
            f"There is nothing at {path}. Give {', '.join(NAMES)}, or the path of a dataset."
        )
    if is_fma(path):
        return Fma(path)
    if is_gtzan(path):
        return Gtzan(path)
    return Folder(path)


def absolute_name(name: str) -> str:
    """Return a name that means the same from any working directory."""
    return name if name in NAMES else str(Path(name).resolve())
