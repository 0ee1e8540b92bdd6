"""Fixtures that several test modules share."""

import csv
import ctypes
import functools
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# One thread each, in child processes too, unless told otherwise: there are more processes than
# cores, and threads that wait for each other cost an eighth of the time.
os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    | dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    | dict(os.environ)
)

import numpy as np
import pytest
import soundfile

from deepmusic.audio import synth
from deepmusic.config import GTZAN_GENRES
from deepmusic.data import splits
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, read_facts
from deepmusic.files import acquire_lock

SAMPLE_RATE = 22_050


_MAIN = sys.modules["__main__"]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Take one process more than there are cores: those with a browser wait half of their time."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return n_cores + ("not slow" not in config.option.markexpr)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser's tests, the longest: a long file at the end keeps one core idle."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported, which stays and is much."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _same_main_module() -> Iterator[None]:
    """Put back what Streamlit's AppTest replaces: new processes begin by importing it."""
    yield
    sys.modules["__main__"] = _MAIN


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
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the downloads and log-mels of whoever tests out of the tests.

    The processes of one session share theirs: the toy set's log-mels take 10 s.
    """
    folder = _shared_by_all(tmp_path_factory) / "data"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPMUSIC_DATA", str(folder))
        yield


def _shared_by_all(factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the processes of one session share."""
    folder = factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shared"
    shared.mkdir(exist_ok=True)
    return shared


def _fill_once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], None]) -> Path:
    """Let the first process that asks for a shared folder fill it; all are to read it only."""
    root = _shared_by_all(factory) / name
    with acquire_lock(root.with_suffix(".lock"), wait=120):
        if not root.exists():
            unfinished = root.with_suffix(".unfinished")
            fill(unfinished)
            unfinished.rename(root)
    return root


@pytest.fixture(autouse=True, scope="session")
def _same_niceness() -> Iterator[None]:
    """Keep the process that tests as fast as it is: a worker steps back for others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "setpriority", lambda *args: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _components_once() -> Iterator[None]:
    """Look for Streamlit's components once: every AppTest would, in all installed packages."""
    with pytest.MonkeyPatch.context() as patch:
        if "streamlit" in sys.modules:
            from streamlit.components.v2 import manifest_scanner

            scan = functools.cache(manifest_scanner.scan_component_manifests)
            patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session")
def networks_once() -> Iterator[None]:
    """Load the shipped networks once: every indexing would, and that takes seconds."""
    from deepmusic.library import embeddings

    load = functools.cache(embeddings.load_networks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings, "load_networks", load)
        yield


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Take root's right to read everything, which this process may have, for a test."""
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    rights = (ctypes.c_uint32 * 6)()  # Effective, permitted and inheritable, twice.
    libc.capget(header, rights)
    before = rights[0]
    rights[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    if libc.capset(header, rights):
        pytest.skip("needs to give up the rights of root")
    yield
    rights[0] = before
    libc.capset(header, rights)


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
    return _fill_once(tmp_path_factory, "toy_gtzan", _synthesise_gtzan)


def _synthesise_gtzan(root: Path) -> None:
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


#: Headings of FMA's table of tracks, as it is published (some columns of 52).
FMA_HEADINGS = [
    ("", ""),
    ("album", "comments"),
    ("album", "title"),
    ("artist", "bio"),
    ("artist", "name"),
    ("set", "split"),
    ("set", "subset"),
    ("track", "duration"),
    ("track", "genre_top"),
    ("track", "genres"),
    ("track", "title"),
]
FMA_GENRES = (
    "Electronic",
    "Experimental",
    "Folk",
    "Hip-Hop",
    "Instrumental",
    "International",
    "Pop",
    "Rock",
)


@pytest.fixture(scope="session")
def toy_fma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up FMA small in its real layout: of every genre 4 to train, 1 to choose, 1 to test.

    Clips last 4 s. One is among those that are broken everywhere, and one is not available.
    """
    return _fill_once(tmp_path_factory, "toy_fma", _synthesise_fma)


def _synthesise_fma(root: Path) -> None:
    rows = [
        # Tracks of other subsets, which the table of FMA small holds too.
        ["3", "0", "AWOL", "", "AWOL", "training", "large", "168", "Hip-Hop", "[21]", "Electric"],
        ["5", "0", "AWOL", "", "AWOL", "training", "medium", "206", "Rock", "[21]", "This"],
        ["20", "0", "None", "", "Nicky", "training", "large", "311", "", "[76]", "Spiritual"],
    ]
    numbers = iter([2, 98565, *range(140, 400, 5), *range(98600, 98700)])
    for genre, band in zip(FMA_GENRES, GTZAN_GENRES, strict=False):
        for place in range(6):
            number = next(numbers)
            part = {4: "validation", 5: "test"}.get(place, "training")
            biography = f'<p>Born, "raised",\nand recorded {"in many towns " * 20_000}</p>'
            about = [biography if place == 0 else "", f"{genre} artist"]
            facts = [part, "small", "30", genre, "[1]", f"Song, no. {place}"]
            rows.append([str(number), "0", "Album", *about, *facts])
            path = root / "fma_small" / f"{number // 1000:03d}" / f"{number:06d}.mp3"
            path.parent.mkdir(parents=True, exist_ok=True)
            if number == 98565:
                path.touch()
            elif number != 140:
                sound = synth.play(band, seconds=4, seed=place, sample_rate=SAMPLE_RATE)
                soundfile.write(path, sound, SAMPLE_RATE, format="MP3")
    table = root / "fma_metadata" / "tracks.csv"
    table.parent.mkdir()
    with table.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([upper for upper, _ in FMA_HEADINGS])
        lines.writerow([lower for _, lower in FMA_HEADINGS])
        lines.writerow(["track_id"] + [""] * (len(FMA_HEADINGS) - 1))
        lines.writerows(rows)


def write_fma_archive(path: Path, genres: Sequence[str], clips: int = 8) -> Path:
    """Write an archive of FMA's form: of every genre, two clips each for validation and test.

    Each genre is loud in bands of its own, so that networks and the SVM can learn it.
    """
    rng, rows, log_mels = np.random.default_rng(0), [], []
    for place, genre in enumerate(genres):
        for clip in range(clips):
            part = {0: "valid", 1: "valid", 2: "test", 3: "test"}.get(clip, "train")
            log_mel = rng.integers(0, 120, (128, 128))
            bands = slice(128 * place // len(genres), 128 * (place + 1) // len(genres))
            log_mel[bands] += 130
            rows.append((f"{1000 * place + clip:06d}", genre, part))
            log_mels.append(log_mel)
    track, genre_of, part_of = map(np.array, zip(*rows, strict=True))
    np.savez_compressed(
        path,
        **{"logmel": np.array(log_mels, np.uint8), "track": track, "genre": genre_of},
        **{"part": part_of, "block": np.arange(len(rows))},
    )
    return path


@pytest.fixture(scope="session")
def fma_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FMA's log-mel archive, made up: eight genres of eight clips."""
    return write_fma_archive(tmp_path_factory.mktemp("fma") / "clips.npz", FMA_GENRES)
