"""What an answer costs from a standing start. Run with ``python benchmarks/serving.py``.

Each measurement is a process of its own, and they take turns, so that a machine which is busy for a
while slows all of them. With ``--before FOLDER`` other checkouts are measured beside this one, in
the same run, by the same Python. Printed are minimum, median and maximum of

- ``import tensorflow`` alone, the yardstick of
- a cold ``deepmusic predict`` of a clip of 30 s: wall time, processor time, which moves less when
  other programs run, and memory at most;
- ``deepmusic predict`` of a folder, clips a second, the start included;
- a clip of 30 s to three networks' probabilities, warm, from the bytes of an MP3 and from samples,
  and beside it the paper's pipeline (``benchmarks/speed.py``) in the same process, round by round
  in turn;

and the dearest imports of ``predict``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import soundfile

from deepmusic.audio import synth
from deepmusic.config import GTZAN_GENRES
from deepmusic.files import ROOT

RATE, SECONDS = 22_050, 30

#: What runs in a checkout, after its benchmarks/speed.py was given the paper's networks.
WARM = """
import json, sys, time
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("speed", sys.argv[1])
speed = module_from_spec(spec)
spec.loader.exec_module(speed)
data = speed.song_bytes()
ours = speed.prediction.load_classifiers(list(speed.models.MODELS))
papers = {"cnn": speed.paper_cnn(), "crnn": speed.paper_crnn(), "cnn_gru": speed.paper_cnn_gru()}
song = speed.audio.load_song(data)
found = speed.measure(
    {
        "paper": lambda: speed.paper_pipeline(data, papers),
        "ours": lambda: speed.prediction.classify(speed.audio.load_song(data), ours),
        "paper, decoded": lambda: [
            network.predict(speed.paper_features(song.samples, name), verbose=0)
            for name, network in papers.items()
        ],
        "ours, decoded": lambda: speed.prediction.classify(song, ours),
    },
    int(sys.argv[2]),
)
print(json.dumps({name: times[0] for name, times in found.items()}))
"""


class Ran(NamedTuple):
    """What a process took, in s and MB, and what it said."""

    wall: float
    processor: float
    memory: float
    said: str


def run(checkout: Path, *arguments: object) -> Ran:
    """Run Python in a checkout."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=checkout,
            env=environment,
            stdout=output,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (output, errors):
            file.seek(0)
        said = errors.read().decode(errors="replace")
        if process.returncode:
            raise SystemExit(f"{checkout}, {arguments}: {said}")
        unit = 2**20 if sys.platform == "darwin" else 2**10
        processor = usage.ru_utime + usage.ru_stime
        return Ran(wall, processor, usage.ru_maxrss / unit, output.read().decode() + said)


def dearest_imports(checkout: Path, song: Path, n_rows: int = 10) -> Iterator[str]:
    """Yield the packages whose import takes longest in ``predict``, with all that they import."""
    said = run(checkout, "-X", "importtime", "-m", "deepmusic", "predict", song).said
    cost: dict[str, float] = {}
    for line in said.splitlines():
        cells = line.removeprefix("import time:").split("|")
        if len(cells) == 3 and cells[1].strip().isdigit() and "." not in cells[2].strip():
            cost[cells[2].strip()] = int(cells[1]) / 1000
    for name in sorted(cost, key=lambda one: -cost[one])[:n_rows]:
        yield f"{name:24} {cost[name]:8.0f} ms"


def write_songs(folder: Path, n_songs: int) -> list[Path]:
    """Write clips of 30 s as WAV, no two the same."""
    paths = []
    for number in range(n_songs):
        genre = GTZAN_GENRES[number % len(GTZAN_GENRES)]
        path = folder / f"{number:03d}-{genre}.wav"
        soundfile.write(path, synth.play(genre, seconds=SECONDS, seed=number), RATE)
        paths.append(path)
    return paths


def row(name: str, values: Sequence[float], unit: str, digits: int = 2) -> None:
    """Print minimum, median and maximum."""
    cells = "".join(
        f"{value:10,.{digits}f}" for value in (min(values), statistics.median(values), max(values))
    )
    print(f"{name:52}{cells} {unit}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--before", type=Path, nargs="*", default=[], help="other checkouts, to be measured too"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=11, help="warm clips in each repeat")
    parser.add_argument("--clips", type=int, default=60, help="clips in the folder")
    options = parser.parse_args()
    checkouts = {f"before, {path.name}": path.resolve() for path in options.before}
    checkouts["now"] = ROOT
    found: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        songs = write_songs(Path(folder), options.clips)
        for checkout in checkouts.values():  # So that no repeat reads from the disk.
            run(checkout, "-m", "deepmusic", "predict", songs[0])
        for _ in range(options.repeats):
            yardstick = run(ROOT, "-c", "import tensorflow")
            found["tensorflow"].append(yardstick.wall)
            found["tensorflow, CPU"].append(yardstick.processor)
            found["tensorflow, MB"].append(yardstick.memory)
            for name, checkout in checkouts.items():
                cold = run(checkout, "-m", "deepmusic", "predict", songs[0])
                found[f"cold, {name}"].append(cold.wall)
                found[f"cold, CPU, {name}"].append(cold.processor)
                found[f"cold, MB, {name}"].append(cold.memory)
                found[f"ratio, {name}"].append(cold.wall / yardstick.wall)
                found[f"ratio, CPU, {name}"].append(cold.processor / yardstick.processor)
            for name, checkout in checkouts.items():
                took = run(checkout, "-m", "deepmusic", "predict", folder)
                found[f"folder, {name}"].append(options.clips / took.wall)
                found[f"folder, CPU, {name}"].append(options.clips / took.processor)
                found[f"folder, MB, {name}"].append(took.memory)
            for name, checkout in checkouts.items():
                speed = checkout / "benchmarks" / "speed.py"
                lines = run(checkout, "-c", WARM, speed, options.rounds).said.splitlines()
                times = next(json.loads(line) for line in lines if line.startswith("{"))
                for form in ("", ", decoded"):
                    ours, paper = times["ours" + form], times["paper" + form]
                    found[f"warm{form}, {name}"].append(1000 * ours)
                    found[f"paper{form}, {name}"].append(1000 * paper)
                    found[f"faster{form}, {name}"].append(paper / ours)
        print(
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.repeats} repeats; "
            f"NumPy {np.__version__}\n{'':52}{'minimum':>10}{'median':>10}{'maximum':>10}"
        )
        row("import tensorflow", found["tensorflow"], "s")
        row("  processor", found["tensorflow, CPU"], "s")
        row("  memory", found["tensorflow, MB"], "MB", 0)
        for name in checkouts:
            print(f"\n{name}: {checkouts[name]}")
            row("cold predict of 30 s", found[f"cold, {name}"], "s")
            row("  processor", found[f"cold, CPU, {name}"], "s")
            row("  as a share of import tensorflow", found[f"ratio, {name}"], "")
            row("  processor as a share of it", found[f"ratio, CPU, {name}"], "")
            row("  memory", found[f"cold, MB, {name}"], "MB", 0)
            row(f"folder of {options.clips} clips", found[f"folder, {name}"], "clips a second", 1)
            row("  by processor time", found[f"folder, CPU, {name}"], "clips a second", 1)
            row("  memory", found[f"folder, MB, {name}"], "MB", 0)
            for form, words in (("", "MP3"), (", decoded", "samples")):
                title = f"30 s of {words} to three networks, warm"
                row(title, found[f"warm{form}, {name}"], "ms", 1)
                row("  the paper's pipeline beside it", found[f"paper{form}, {name}"], "ms", 1)
                row("  faster by", found[f"faster{form}, {name}"], "times", 1)
            print("dearest imports of predict:")
            for line in dearest_imports(checkouts[name], songs[0]):
                print(f"  {line}")


if __name__ == "__main__":
    main()
