"""Cached datasets."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import streamlit as st

from deepmusic import models
from deepmusic.config import current_deployment
from deepmusic.data import Dataset, Gtzan, opening
from deepmusic.errors import DatasetError
from deepmusic.files import data_folder


def dataset_version(data: str) -> str:
    """Return a digest that changes when files of a dataset come or go, or its CSV is edited.

    Parameters
    ----------
    data : str
        Name or path of the dataset, as in a run's settings.
    """
    variable = {"gtzan": "DEEPMUSIC_GTZAN", "fma": "DEEPMUSIC_FMA"}.get(data)
    root = Path(os.environ.get(variable) or data_folder() / data) if variable else Path(data)
    digest = hashlib.sha256()
    # A folder's time changes with the names in it.
    folders = [root]
    while folders:
        path = folders.pop()
        with suppress(OSError, ValueError):  # ValueError: a NUL byte in what someone typed.
            facts = path.stat()
            digest.update(os.fsencode(path.absolute()))
            digest.update(f"\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode())
            with os.scandir(path) as listing:
                below = sorted(one.path for one in listing if one.is_dir(follow_symlinks=False))
            folders += map(Path, below)
    return digest.hexdigest()


@st.cache_resource(show_spinner=False, max_entries=8, ttl=60)
def _open_dataset(data: str, version: str) -> Dataset:
    return opening.open_dataset(data)


def open_dataset(data: str) -> Dataset:
    """Open a dataset as `deepmusic.data.open_dataset` does; in public, the toy set alone."""
    if data != "toy" and not current_deployment().plays_dataset:
        raise DatasetError("Recordings and folders of this server are not open to the public.")
    return _open_dataset(data, dataset_version(data))


def find_dataset(data: str) -> Dataset | None:
    """Open a dataset; None if it is not available, or not open to the public."""
    try:
        return open_dataset(data)
    except DatasetError:
        return None


def gtzan() -> Gtzan | None:
    """Open GTZAN; None unless its audio is available and open to the public."""
    dataset = find_dataset("gtzan")
    return dataset if isinstance(dataset, Gtzan) and dataset.audio_tracks else None


@st.cache_data(show_spinner=False)
def gtzan_part(track: str) -> str:
    """Return the part of a GTZAN track for the shipped networks: train, valid, test or unused."""
    from deepmusic.runs import shipped_run

    recipe = shipped_run(next(iter(models.MODELS))).config.train
    return Gtzan.facts_only().split(recipe.split, recipe.fold).part_of(track)
