"""FFmpeg (PyAV) in child processes: sound decoded where a crash costs one file, not the program.

A child decodes one file at a time and is used again. It is ended where it crashes, takes more time
or memory than allowed, or where its answers are not wanted to the end.
"""

import atexit
import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

_WORKER = Path(__file__).with_name("pyav_worker.py")

#: Time that a file may take. An hour of MP3 takes five seconds of a processor.
CPU_SECONDS = 30
WALL_SECONDS = 300

#: Files that a child decodes before a fresh one takes over, so that no leak can grow.
_MOST_FILES = 500


class DecoderDied(Exception):
    """A child that ended before its file did, with the reason as a clause for people."""


@dataclass
class Report:
    """What FFmpeg said of a file.

    Attributes
    ----------
    seconds : float or None
        Length that the container states; None where FFmpeg estimated it.
    good, bad, corrupt : int
        Packets that gave sound, that gave an error, and that came marked as incomplete.
    gaps : int
        Errors between packets.
    streams : int
        Audio streams in the file, of which the first is decoded.
    log : list of str
        Its warnings.
    reason : str
        Why it could not go on; usually empty.
    """

    seconds: float | None = None
    good: int = 0
    bad: int = 0
    corrupt: int = 0
    gaps: int = 0
    streams: int = 0
    log: list[str] = field(default_factory=list)
    reason: str = ""


class _Child:
    def __init__(self) -> None:
        # Only bytes of a pipe reach it, and one thread is enough for so small arrays.
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.requests: IO[bytes] = self.process.stdin
        self.answers: IO[bytes] = self.process.stdout
        self.n_files = 0

    def end(self) -> int:
        """Kill the process, and return how it had ended or ends now."""
        self.process.kill()
        with contextlib.suppress(OSError):
            self.requests.close()
        self.answers.close()
        return self.process.wait()

    def decode(self, data: bytes, report: Report) -> Iterator[tuple[int, np.ndarray]]:
        self.n_files += 1
        try:
            self.requests.write(struct.pack("<QQ", len(data), CPU_SECONDS))
            self.requests.write(data)
            self.requests.flush()
        except OSError as error:
            raise EOFError from error
        rate, channels = 0, 1
        while True:
            kind, size = struct.unpack("<cI", self._read(5))
            content = self._read(size)
            if kind == b"F":
                rate, channels = struct.unpack("<II", content)
            elif kind == b"B":
                yield rate, np.frombuffer(content, "<f4").reshape(-1, channels)
            else:
                vars(report).update(json.loads(content))
                return

    def _read(self, size: int) -> bytes:
        content = self.answers.read(size)
        if len(content) < size:
            raise EOFError
        return content


class _Pool:
    """Children that wait for work, and a bound on those that work at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))
        self.idle: list[_Child] = []

    def start_one(self) -> None:
        with self.lock:
            if not self.idle:
                self.idle.append(_Child())

    def take(self) -> _Child:
        with self.lock:
            while self.idle:
                child = self.idle.pop()
                if child.process.poll() is None:
                    return child
                child.end()
        return _Child()

    def give_back(self, child: _Child) -> None:
        with self.lock:
            if child.n_files < _MOST_FILES:
                self.idle.append(child)
                return
        child.end()

    def close(self) -> None:
        with self.lock:
            while self.idle:
                self.idle.pop().end()


_pool = _Pool()
atexit.register(_pool.close)


def _forget_children_of_parent() -> None:
    global _pool
    _pool = _Pool()


os.register_at_fork(after_in_child=_forget_children_of_parent)


def start() -> None:
    """Start a child ahead of its first file, which saves that file 0.1 s or more."""
    _pool.start_one()


def decode(data: bytes, report: Report) -> Iterator[tuple[int, np.ndarray]]:
    """Decode the first audio stream of a file.

    Parameters
    ----------
    data : bytes
        A whole file.
    report : Report
        Filled in at the end.

    Yields
    ------
    int
        Sample rate of the block, in Hz.
    np.ndarray [shape=(n_frames, n_channels)], float32
        A block. Rate and channels may change between blocks.

    Raises
    ------
    DecoderDied
        If the child crashed, or needed more time or memory than a file may take.
    """
    pool = _pool
    with pool.slots:
        child = pool.take()
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.process.kill()

        alarm = threading.Timer(WALL_SECONDS, stop)
        alarm.daemon = True
        alarm.start()
        try:
            yield from child.decode(data, report)
        except EOFError as error:
            code = child.end()
            if late.is_set() or code == -signal.SIGXCPU:
                raise DecoderDied("decoding takes too long") from error
            raise DecoderDied("the decoder broke down on it") from error
        except BaseException:
            # Its other answers are not wanted.
            child.end()
            raise
        else:
            pool.give_back(child)
        finally:
            alarm.cancel()
    if report.reason == "memory":
        raise DecoderDied("decoding takes too much memory")
