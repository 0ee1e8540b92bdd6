"""Music of one's own that several test modules share."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS
from deepmusic.data import Dataset, Folder, logmels

N_CLIPS = 6


@pytest.fixture(scope="package")
def music(tmp_path_factory) -> Path:
    """Two genres in subfolders, six clips each, one of them deeper down."""
    root = tmp_path_factory.mktemp("my_music")
    for genre, pitch in (("Rock", 200), ("hiphop", 2000)):
        for number in range(N_CLIPS):
            path = root / genre / ("album" if number == 3 else ".") / f"{number} #{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, tone(pitch + 20 * number, seconds=4), 22_050)
    (root / "hiphop" / "cover.jpg").touch()
    (root / "hiphop" / ".hidden.wav").touch()
    (root / "loose.wav").touch()
    return root


@pytest.fixture(scope="package")
def table(music) -> Path:
    """The same as a CSV, with a split of its own."""
    path = music / "list.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "genre", "artist", "split"])
        for sound in sorted(music.rglob("[0-9]*.wav")):
            number = int(sound.name[0])
            part = {4: "val", 5: "test"}.get(number, "training")
            inside = sound.relative_to(music)
            rows.writerow([inside, inside.parts[0], f"artist {number}", part])
    return path


@pytest.fixture
def make_folder() -> Callable[..., Folder]:
    """Return a function that makes a dataset of tones: low and high."""

    def make(root: Path, n_clips: int = 3, seconds: float = 4.0) -> Folder:
        for genre, pitch in (("high", 2000), ("low", 200)):
            (root / genre).mkdir(parents=True, exist_ok=True)
            for number in range(n_clips):
                sound = tone(pitch + 10 * number, seconds=seconds)
                soundfile.write(root / genre / f"{number:03d}.wav", sound, 22_050)
        return Folder(root)

    return make


@pytest.fixture
def folder(tmp_path, make_folder) -> Folder:
    return make_folder(tmp_path / "music")


@pytest.fixture
def stored() -> Callable[[Dataset], dict[str, np.ndarray]]:
    """Return a function that reads what is on disk, without computing anything."""

    def read(dataset: Dataset) -> dict[str, np.ndarray]:
        files = logmels.LogMelFolder(dataset, FRONT_ENDS["compact"])
        found = {track: files.read(track, dataset.audio_path(track)) for track in dataset.tracks}
        return {track: log_mel for track, log_mel in found.items() if log_mel is not None}

    return read
