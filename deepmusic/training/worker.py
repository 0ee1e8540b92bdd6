"""Workers: processes that train one run each, and how they are started, queued and stopped.

A worker lives from the moment it is queued to the end of its run, in a session of its own, so that
it survives the page, the browser and the server that started it. It waits for its turn by itself,
without a manager, by lock files, which the system frees however a process ends.
"""

import errno
import itertools
import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from deepmusic.config import (
    FINETUNE,
    FROZEN,
    PUBLIC_VARIABLE,
    ModelConfig,
    RunConfig,
    TrainConfig,
    current_deployment,
)
from deepmusic.errors import DeepMusicError, RunError, require
from deepmusic.files import ROOT, acquire_lock, data_folder, runs_folder, write_atomically
from deepmusic.prediction.measures import read_shipped
from deepmusic.runs import ALIVE, DISK_FULL, FINISHED, Run, list_runs, new_name, weights

log = logging.getLogger(__name__)

#: Lock of a folder of runs, held by a worker that trains; the others wait in order. Where several
#: may train at once, there are more of them (`_take_slot`).
_SLOT = ".worker.lock"

#: Environment variable that says how many workers train at once.
SLOTS_VARIABLE = "DEEPMUSIC_TRAINING_SLOTS"

#: Libraries that decide a run's numbers.
_VERSIONED = ("keras", "tensorflow", "numpy", "librosa", "soxr", "scikit-learn")

_POLL_SECONDS = 0.3

_NICENESS = 10


def create(
    model: ModelConfig,
    train: TrainConfig,
    folder: Path | None = None,
    init: Run | None = None,
    *,
    owner: str = "",
) -> Run:
    """Make a run with a unique id, such as ``20261122-174803-crnn``, in a folder (`runs_folder`).

    It begins with the weights of `init`, a copy of which lies with it, or with fresh ones. With the
    name of an `owner`, the app lets no other visitor stop or delete it.

    Raises
    ------
    RunError
        If training is not allowed, the folder cannot be written, or `init` has no weights, is
        another network, or was trained under a protocol that may have shown it the test clips.
    ModelError
        If the pretrained network is missing that the run starts from.
    """
    refuse_if_forbidden()
    refuse_without_tensorflow()
    if train.transfer in (FROZEN, FINETUNE):
        read_shipped("musicnn.onnx")
    folder = folder or runs_folder()
    if init:
        _refuse_unfit(init, model, train)
        train = train.changed(init=init.path.resolve().name)
    config = RunConfig(model=model, train=train, versions=_library_versions())
    name = new_name(config, folder)
    stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{model.name}"
    for number in itertools.count(1):
        path = folder / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir(parents=True)
            run = Run.create(path, config)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(
                f"No run can be made in {folder} ({error.strerror}). Free some space, or set "
                "DEEPMUSIC_RUNS to a folder that can be written."
            ) from error
        if init:
            write_atomically(run.initial_path, weights.read_verified(init.weights_path))
        with suppress(RunError):  # Without a name of its own, it is called by its settings.
            run.write_notes(name, "")
        if owner:
            write_atomically(run.path / "owner.txt", owner)
        return run
    raise AssertionError("unreachable: there is always a next number")


def _refuse_unfit(init: Run, model: ModelConfig, train: TrainConfig) -> None:
    """Raise `RunError` if a run cannot begin with the weights of another one."""
    weights.read_verified(init.weights_path)
    own, other = init.config.model, init.config.train
    there, here = own.changed(genres=model.genres).model_dump(), model.model_dump()
    if differing := [name for name, value in here.items() if there[name] != value]:
        why = f", of another {', '.join(differing)}" if own.name == model.name else ""
        raise RunError(
            f"A training begins with weights of the same network, front end (mel) and sizes: "
            f"{model.name}. Received: {own.name} ({init.id}){why}. Choose another run, or leave "
            "--init out."
        )
    if train.is_tested and other.data == train.data and other.protocol != train.protocol:
        raise RunError(
            f"{init.id} was trained under {other.protocol}, and may know test clips of "
            f"{train.protocol}. Begin with a run of {train.protocol}, or train on all clips: "
            "--split all_clips"
        )


def _library_versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    found["backend"] = os.environ.get("KERAS_BACKEND", "tensorflow")
    for name in _VERSIONED:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def start(run: Run) -> subprocess.Popen[bytes]:
    """Start a worker for a run, new or to be resumed; it need not be waited for.

    Raises
    ------
    RunError
        If the run is finished or has a worker, training is not allowed, or no process can be
        started.
    """
    refuse_if_forbidden()
    state = run.state
    if state == FINISHED or state in ALIVE:
        raise RunError(f"{run.id} is {state}. Only an unfinished run can be resumed.")
    try:
        # The worker inherits the lock, and so holds it from its first moment to its last.
        with run.take_lock() as lock, (run.path / "output.txt").open("ab") as output:
            run.clear_ending()
            run.enqueue()
            return _spawn_training(run, lock, output)
    except OSError as error:
        raise RunError(
            f"{run.id} cannot be started ({error.strerror}). Free some space or memory, and "
            "resume it."
        ) from error


def _spawn_training(run: Run, lock: IO[bytes], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Run ``train`` in a process and session of its own, which inherits the lock."""
    folders = {"DEEPMUSIC_RUNS": runs_folder(), "DEEPMUSIC_DATA": data_folder()}
    for name in ("DEEPMUSIC_GTZAN", "DEEPMUSIC_FMA"):
        if os.environ.get(name):
            folders[name] = Path(os.environ[name])
    threads = {}
    if (slots := training_slots()) > 1 and "TF_NUM_INTRAOP_THREADS" not in os.environ:
        # Threads of workers beside each other would wait for the same cores.
        threads = {"TF_NUM_INTRAOP_THREADS": str(max(1, (os.cpu_count() or 1) // slots))}
    train = ["train", "--run", str(run.path.resolve()), "--lock", str(lock.fileno())]
    return subprocess.Popen(
        [sys.executable, "-m", "deepmusic", *train],
        cwd=ROOT,
        env=os.environ
        | threads
        | {name: str(folder.resolve()) for name, folder in folders.items()},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=[lock.fileno()],
    )


def stop(run: Run) -> None:
    """Ask a worker to stop after its last complete epoch; raise `RunError` if there is none."""
    if run.state not in ALIVE:
        raise RunError(f"{run.id} is {run.state}. Only a queued or running run can be stopped.")
    run.cancel()


def run_worker(run: Run, inherited: int | None = None) -> None:
    """Wait for a run's turn and train it in this process; its files tell how it ended.

    The run is new, or to be resumed; `inherited` is the file descriptor of its lock, if the parent
    process has taken it.

    Raises
    ------
    RunError
        If another worker has the run, it is finished, or training is not allowed.
    """
    refuse_if_forbidden()
    refuse_without_tensorflow()
    if run.state == FINISHED:
        raise RunError(f"{run.id} is finished. Start a new run instead.")
    with _adopt(inherited) if inherited else run.take_lock(), _logging_to(run.log_path):
        if not inherited:
            run.enqueue()
        try:
            _train_in_turn(run)
        except KeyboardInterrupt:
            run.cancel()
            log.info("stopped")
        except Exception as error:
            reason = _reason(error)
            log.exception("failed: %s", reason)
            run.fail(reason)
        finally:
            run.dequeue()


def _adopt(descriptor: int) -> IO[bytes]:
    """Open an inherited lock, which children of this process shall not inherit."""
    os.set_inheritable(descriptor, False)
    return os.fdopen(descriptor, "ab")


def _train_in_turn(run: Run) -> None:
    """Train when a slot is free; a stopped run is not reported as failed."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
    with _worker_slot(run) as granted:
        if not granted:
            log.info("stopped while waiting")
            return
        from deepmusic.data import open_dataset
        from deepmusic.training import loading

        try:
            dataset = open_dataset(run.config.train.data)
            parts = None
            if "keras" not in sys.modules:
                # Loading tells of its progress within a second, while TensorFlow takes many.
                parts = loading.load_parts(run, dataset)
                run.write_progress(phase="starting TensorFlow")
            from deepmusic.training import fit

            fit.train(run, dataset, parts)
            run.clear_ending()
        except loading.Stopped:
            log.info("stopped after epoch %d", len(run.history()))


@contextmanager
def _worker_slot(run: Run) -> Iterator[bool]:
    """Wait until no other run trains or was queued before; yield False if stopped meanwhile."""
    logged = False
    while not run.is_cancelled():
        slot = None
        if not _has_predecessor(run):
            slot = _take_slot(run.path.parent)
        if slot:
            with slot:
                run.dequeue()
                run.write_progress(phase="looking for the clips")
                yield True
            return
        if not logged:
            log.info("waiting for another run to end")
            logged = True
        time.sleep(_POLL_SECONDS)
    yield False


def training_slots() -> int:
    """Return how many workers train at once: as the environment says, or half of the cores."""
    wanted = os.environ.get(SLOTS_VARIABLE, "").strip()
    if wanted.isascii() and wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return max(1, (os.cpu_count() or 1) // 2)


def _take_slot(folder: Path) -> IO[bytes] | None:
    """Take the first free one of a folder's slots; None if a worker trains in each."""
    slots = training_slots()
    for number in range(slots):
        name = _SLOT if number == 0 else f".worker-{number}.lock"
        with suppress(BlockingIOError):
            return acquire_lock(folder / name, wait=_POLL_SECONDS / slots)
    return None


def _has_predecessor(run: Run) -> bool:
    """Tell whether a run that was queued earlier still waits."""
    mine = (run.ticket or 0, run.id)
    return any(
        other.ticket is not None and (other.ticket, other.id) < mine and other.is_locked()
        for other in list_runs(run.path.parent)
        if other.id != run.id
    )


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Log to a file, too."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    root = logging.getLogger("deepmusic")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def _reason(error: Exception) -> str:
    """Return why a run failed, and what to do."""
    if isinstance(error, DeepMusicError):
        return str(error)
    if isinstance(error, OSError) and (
        error.errno == errno.ENOSPC or "No space left" in str(error)
    ):
        return DISK_FULL
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "The memory is full. Choose a smaller batch size, or close other programs."
    return f"An unforeseen fault: {type(error).__name__}: {error}. The log says where."


def refuse_without_tensorflow() -> None:
    """Raise `MissingPackageError` where the packages of training are not installed."""
    require("tensorflow", "keras", "onnx", "tf2onnx")


def refuse_if_forbidden() -> None:
    """Raise `RunError` where training is not allowed."""
    if not current_deployment().may_train:
        raise RunError(
            f"Training is switched off here ({PUBLIC_VARIABLE}=1). Run DeepMusic on your own "
            "machine to train."
        )
