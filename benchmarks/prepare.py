"""How fast are log-mels computed? Run with ``python benchmarks/prepare.py [--copies 5]``.

Prepares the GTZAN clips that DEEPMUSIC_GTZAN has as sound, written as WAV, with one process, with
two, and on a Dask cluster of two local workers (joblib's dask backend); then compares every log-mel
with the archive, where there is one. Each way is timed a second time, its processes warm.
Exit code 1 if log-mels differ between the ways, or from the archive by more than 1 of 255 on
average over any clip.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# One process is to mean one core.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import soundfile

from deepmusic.config import FRONT_ENDS
from deepmusic.data import Gtzan, logmels
from deepmusic.data.archive import read_archive
from deepmusic.data.gtzan import find_root

COMPACT = FRONT_ENDS["compact"]


def write_wavs(source: Gtzan, folder: Path, copies: int) -> Gtzan:
    """Write the sound as WAV; each copy of a clip takes the name of a track without sound."""
    names = {
        genre: iter([t for t in source.tracks if t.startswith(genre)]) for genre in source.genres
    }
    for _ in range(copies):
        for track in source.audio_tracks:
            genre = source.tracks[track].genre
            samples, rate = soundfile.read(source.audio_path(track), dtype="int16")
            name = track if copies == 1 else next(names[genre])
            path = folder / "genres" / genre / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, rate, subtype="PCM_16")
    return Gtzan(folder)


def timed(words: str, dataset: Gtzan, folder: Path, **options) -> dict[str, np.ndarray]:
    """Prepare twice, say how fast, and return the log-mels."""
    speeds = []
    for number in range(2):
        os.environ["DEEPMUSIC_DATA"] = str(folder / f"{words}-{number}")
        began = time.process_time()
        done = logmels.prepare(dataset, **options)
        speeds.append(done.computed / done.seconds)
        cpu_ms = 1000 * (time.process_time() - began) / done.computed
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{words:32} {done.computed} clips: {speeds[0]:6.1f} clips/s from a cold start, "
        f"{speeds[1]:6.1f} warm; this process took {cpu_ms:.1f} ms of CPU a clip then, and holds "
        f"{memory:.0f} MB at most",
        flush=True,
    )
    return dict(logmels.load(dataset, dataset.audio_tracks, COMPACT).by_track)


def compare(log_mels: dict[str, np.ndarray], root: Path) -> float | None:
    """Print how far log-mels lie from the archive's; return the worst clip's mean difference."""
    archives = sorted(root.glob("*.npz"))
    if not archives:
        print("no archive to compare with")
        return None
    archive = read_archive(archives[0])
    gaps = np.stack([np.abs(p.astype(int) - archive[t]) for t, p in log_mels.items()])
    means = gaps.mean(axis=(1, 2))
    print(
        f"against the archive, of 255 steps: mean {gaps.mean():.3f}, worst clip {means.max():.3f}; "
        f"{100 * (gaps <= 1).mean():.2f} % of all points within 1, largest {gaps.max()}"
    )
    return float(means.max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=1, help="of each clip, for a longer run")
    copies = parser.parse_args().copies
    source = Gtzan(find_root() or sys.exit("Set DEEPMUSIC_GTZAN to the folder that holds GTZAN."))
    folder = Path(tempfile.mkdtemp(prefix="deepmusic-benchmark-"))
    try:
        dataset = write_wavs(source, folder, copies)
        print(f"{len(dataset.audio_tracks)} WAV files, {os.cpu_count()} cores")
        one = timed("1 process", dataset, folder, jobs=1)
        two = timed("2 processes", dataset, folder, jobs=2)
        from distributed import LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
            far = timed(
                "Dask cluster of 2 workers", dataset, folder, cluster=cluster.scheduler_address
            )
        same = all(
            np.array_equal(one[track], other[track]) for other in (two, far) for track in one
        )
        print(f"all three ways give the same log-mels: {same}")
        worst = compare(one, source.location) if copies == 1 else None
        return 0 if same and (worst is None or worst <= 1) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
