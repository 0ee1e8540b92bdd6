"""Fixtures that several test modules share."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic import synth
from deepmusic.config import GTZAN_GENRES
from deepmusic.datasets import splits
from deepmusic.datasets.gtzan import ENVIRONMENT_VARIABLE, read_facts

SAMPLE_RATE = 22_050


@pytest.fixture(autouse=True)
def _no_runs_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the runs of whoever tests out of the tests."""
    monkeypatch.delenv("DEEPMUSIC_RUNS", raising=False)


@pytest.fixture(autouse=True)
def _no_library(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    """Keep the music library of whoever tests out of the tests."""
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(tmp_path_factory.getbasetemp() / "no library"))
    monkeypatch.delenv("DEEPMUSIC_PUBLIC", raising=False)


@pytest.fixture(autouse=True, scope="session")
def _same_niceness() -> Iterator[None]:
    """Keep the process that tests as fast as it is: a worker steps back for others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "setpriority", lambda *args: None)
        yield


@pytest.fixture(scope="session")
def networks_once() -> Iterator[None]:
    """Load the shipped networks once: every indexing would, and that takes seconds."""
    from deepmusic import embeddings

    load = functools.cache(embeddings.load_networks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings, "load_networks", load)
        yield


@pytest.fixture(scope="session")
def gtzan_root() -> Path:
    """Folder with real GTZAN audio and a log-mel archive."""
    root = os.environ.get(ENVIRONMENT_VARIABLE)
    if not root:
        pytest.skip(f"needs the real GTZAN: set {ENVIRONMENT_VARIABLE} to its folder")
    return Path(root)


@pytest.fixture(scope="session")
def music() -> np.ndarray:
    """Six seconds of synthetic rock at 22,050 Hz."""
    samples = synth.play("rock", seconds=6, seed=0, sample_rate=SAMPLE_RATE)
    samples.flags.writeable = False
    return samples


@pytest.fixture(scope="session")
def toy_gtzan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GTZAN of synthetic clips of 6 s: of every genre 2 to train, 1 to choose, 1 to test."""
    root = tmp_path_factory.mktemp("toy_gtzan")
    split = splits.make(read_facts(), "paper")
    for genre in GTZAN_GENRES:
        folder = root / "genres" / genre
        folder.mkdir(parents=True)
        for part, count in (("train", 2), ("valid", 1), ("test", 1)):
            of_genre = sorted(t for t in getattr(split, part) if t.startswith(f"{genre}."))
            for track in of_genre[:count]:
                clip = synth.play(
                    genre, seconds=6, seed=int(track.split(".")[1]), sample_rate=SAMPLE_RATE
                )
                soundfile.write(folder / f"{track}.wav", clip, SAMPLE_RATE)
    return root
