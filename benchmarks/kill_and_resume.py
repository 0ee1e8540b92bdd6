"""Does a run survive its worker's death? Run with ``python benchmarks/kill_and_resume.py``.

Trains on the toy dataset, kills the worker at random moments (SIGKILL: it cannot tidy up), and
checks that the run lists as interrupted at once and never again as running, that no complete epoch
is lost, and that the run ends with the curve of one that nothing disturbed. Exit code 1 if not.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic import models
from deepmusic.runs import FINISHED, INTERRUPTED, RUNNING, Run, list_runs
from deepmusic.training import recipes, worker
from deepmusic.training.callbacks import saved_epochs

#: One kill in so many comes while the worker starts up, the others while it trains.
STARTING_EVERY = 4
STARTING_SECONDS, TRAINING_SECONDS = 15.0, 3.0
#: Seconds in which a dead worker must not be listed as running again.
LOOK_SECONDS = 1.0
#: Curves are the same if no loss or accuracy differs by more (floating-point noise).
TOLERANCE = 0.01
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")


def complete_epochs(run: Run) -> int:
    """Count the epochs that have both a row and weights."""
    return max(saved_epochs(run), default=-1) + 1


def listed_state(run: Run) -> str:
    """Return the state that a list of the runs shows."""
    (row,) = (found.summary() for found in list_runs(run.path.parent))
    return row["state"]


def wait_until(condition: Callable[[], object], seconds: float = 600) -> float:
    """Wait until a condition holds, and return how long that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s in vain")
        time.sleep(0.01)
    return time.monotonic() - began


def wait_for_moment(run: Run, chance: random.Random, starting: bool) -> None:
    """Wait until a random moment, while the worker starts up or while it trains."""
    if starting:
        time.sleep(chance.uniform(0, STARTING_SECONDS))
        return
    # The first step comes seconds after the phase begins: the network is compiled before it.
    wait_until(lambda: run.progress.get("step"))
    time.sleep(chance.uniform(0, TRAINING_SECONDS))


def describe(run: Run) -> str:
    """Return the phase, or the epoch and step, of the worker."""
    progress = run.progress
    if "epoch" not in progress:
        return progress.get("phase", "waiting")
    return f"epoch {progress['epoch'] + 1}, step {progress['step']}/{progress['steps']}"


def kill(run: Run, chance: random.Random, starting: bool) -> tuple[str, list[str]]:
    """Start a run's worker and kill it; return a line of the table, and what was violated."""
    before = complete_epochs(run)
    violations = []
    began = time.monotonic()
    process = worker.start(run)
    try:
        wait_for_moment(run, chance, starting)
        doing = describe(run)
    finally:
        process.kill()
    waited = time.monotonic() - began
    if run.state == FINISHED:
        raise SystemExit("The run was finished before all kills were done: give more --epochs.")
    # Dead but not reaped, as under a server that never waits for it. On a busy machine the system
    # may take a while to end a process that steps back for others, and it holds its lock till then.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    died = time.monotonic() - began - waited
    state = listed_state(run)
    if state != INTERRUPTED:
        violations.append(f"a dead worker was listed as {state}")
    wait_until(lambda: listed_state(run) == INTERRUPTED)
    listed = time.monotonic() - began - waited
    later = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < later:
        if listed_state(run) == RUNNING:
            violations.append("a dead worker was listed as running later")
            break
    process.wait()
    after = complete_epochs(run)
    if after < before:
        violations.append(f"{before} epochs were complete, and {after} are left")
    times = f"{died * 1000:7.0f} ms {listed * 1000:7.0f} ms"
    line = f"{waited:8.1f} s  {doing:22} {times}  {before:6} {after:6}"
    return line, violations


def new_run(folder: Path, name: str, epochs: int, seed: int) -> Run:
    """Make a run on the toy dataset."""
    model, recipe = recipes.recipe(name, "class")
    recipe = recipe.changed(data="toy", epochs=epochs, patience=epochs, seed=seed)
    return worker.create(model, recipe, folder)


def finish(run: Run) -> None:
    """Train a run to its end."""
    process = worker.start(run)
    try:
        wait_until(lambda: process.poll() is not None)
    finally:
        process.kill()
    if run.state != FINISHED:
        raise RuntimeError(f"{run.id} is {run.state}: {run.error}{run.log_tail()}")


def difference(run: Run, other: Run) -> float:
    """Return the largest difference between two runs' curves."""
    return max(
        abs(mine[name] - others[name])
        for mine, others in zip(run.history(), other.history(), strict=True)
        for name in CURVES
    )


def main() -> None:
    """Kill, resume, compare, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=20, help="kills")
    parser.add_argument("--model", choices=list(models.MODELS), default="crnn")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the run and of the moments")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    violations: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        run, reference = (
            new_run(Path(folder, name), options.model, options.epochs, options.seed)
            for name in ("killed", "reference")
        )
        began = time.monotonic()
        print("kill    waited  killed in                  dead  interrupted  epochs before, after")
        for number in range(1, options.times + 1):
            line, violated = kill(run, chance, starting=number % STARTING_EVERY == 0)
            print(f"{number:4}{line}  {'; '.join(violated)}", flush=True)
            violations += violated
        finish(run)
        print(f"resumed and finished: {options.epochs} epochs, {time.monotonic() - began:.0f} s")
        if [row["epoch"] for row in run.history()] != list(range(options.epochs)):
            violations.append("the history lacks epochs, or has some twice")
        finish(reference)
        apart = difference(run, reference)
        print(f"largest difference from an undisturbed run, of {', '.join(CURVES)}: {apart:.2g}")
        print(f"kept epoch: {run.kept_epoch + 1}, undisturbed: {reference.kept_epoch + 1}")
        if apart > TOLERANCE:
            violations.append(f"the curves differ by {apart:.2g}")
    print(f"VIOLATED: {'; '.join(violations)}" if violations else "Nothing was violated.")
    sys.exit(bool(violations))


if __name__ == "__main__":
    main()
