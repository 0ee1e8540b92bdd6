"""Datasets opened by name or by path."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from deepmusic.data.dataset import Dataset
from deepmusic.data.fma import ENVIRONMENT_VARIABLE, Fma, is_fma
from deepmusic.data.fma_archive import FmaArchive, is_fma_archive
from deepmusic.data.folder import Folder
from deepmusic.data.gtzan import Gtzan, is_gtzan
from deepmusic.data.toy import Toy
from deepmusic.errors import DatasetError
from deepmusic.files import real_path


def _open_fma() -> Dataset:
    """Open FMA's log-mel archive where the variable names one, else its sound."""
    named = Path(os.environ.get(ENVIRONMENT_VARIABLE, ""))
    return FmaArchive(named) if named.is_file() else Fma.from_environment()


#: Datasets that have a name of their own; all others are named by their path.
NAMES: Mapping[str, Callable[[], Dataset]] = {
    "gtzan": Gtzan.from_environment,
    "fma": _open_fma,
    "toy": Toy,
}


def open_dataset(name: str, *, any_size: bool = False, as_classes: bool = False) -> Dataset:
    """Open a dataset by name or by path.

    Parameters
    ----------
    name : str
        ``gtzan`` or ``fma`` (from ``DEEPMUSIC_GTZAN`` or ``DEEPMUSIC_FMA``, or from where a
        download put it), ``toy``, or a path: of GTZAN's or FMA's audio or log-mels, of a folder
        with one subfolder a genre, or of a CSV with the columns path and genre.
    any_size : bool
        Whether music without two genres is a dataset too, to be checked and not to be learnt from.
    as_classes : bool
        Whether folders that hold sounds are classes, such as ``train`` and ``test``, and no split.

    Raises
    ------
    DatasetError
        If it is not available, or is none of these.

    Examples
    --------
    >>> dataset = open_dataset("toy")
    >>> len(dataset.tracks), dataset.genres[:3]
    (160, ('blues', 'classical', 'country'))
    """
    if name in NAMES:
        return NAMES[name]()
    path = Path(name)
    if not os.path.exists(path):  # Unlike `Path.exists`, no error for a name that is too long.
        raise DatasetError(
            f"There is nothing at {path}. Give {', '.join(NAMES)}, or the path of a dataset."
        )
    try:
        if is_fma(path):
            return Fma(path)
        if path.is_file() and is_fma_archive(path):
            return FmaArchive(path)
        if is_gtzan(path):
            return Gtzan(path)
        return Folder(path, any_size=any_size, as_classes=as_classes)
    except OSError as error:  # Such as a path to which no name can be added.
        raise DatasetError(f"{path} cannot be read ({error.strerror or error}).") from error


def absolute_name(name: str) -> str:
    """Return a name that means the same from any working directory."""
    return name if name in NAMES else str(real_path(name))
