"""Atomic writes between threads, and locks that readers never keep from writers."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deepmusic.files import acquire_lock, is_locked, replacing, write_atomically


def test_threads_that_write_one_file_lose_nothing(tmp_path: Path) -> None:
    path, faults = tmp_path / "notes.json", []

    def write(letter: str) -> None:
        for _ in range(60):
            try:
                write_atomically(path, letter * 5000)
                if len(set(path.read_text())) != 1 or len(path.read_text()) != 5000:
                    faults.append("half a file")
            except OSError as error:
                faults.append(repr(error))

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert [found.name for found in tmp_path.iterdir()] == ["notes.json"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_atomically(path, "old")
    with pytest.raises(ValueError, match="no more"), replacing(path) as temporary:
        temporary.write_text("half of")
        raise ValueError("no more")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["table.csv"]


def test_names_of_files_keep_their_bytes(tmp_path: Path) -> None:
    write_atomically(tmp_path / "list.txt", "caf\udce9.wav")
    assert (tmp_path / "list.txt").read_bytes() == b"caf\xe9.wav"


def test_others_may_read_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "ours", "text")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_lock_is_held_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    assert not is_locked(path)
    with acquire_lock(path):
        assert is_locked(path)
        with pytest.raises(BlockingIOError):
            acquire_lock(path, wait=0.1)
    assert not is_locked(path)


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    code = (
        "import sys, pathlib; from deepmusic.files import acquire_lock; "
        "file = acquire_lock(pathlib.Path(sys.argv[1])); print('held', flush=True); "
        "sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    assert is_locked(path)
    process.kill()
    # Not waited for on purpose: the process is a zombie, and its lock is free all the same.
    acquire_lock(path).close()
    process.wait()


def test_who_looks_never_keeps_another_from_starting(tmp_path: Path) -> None:
    path, done = tmp_path / "library.lock", threading.Event()
    path.touch()

    def poll() -> None:
        while not done.is_set():
            is_locked(path)

    threads = [threading.Thread(target=poll) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            acquire_lock(path).close()
    finally:
        done.set()
        for thread in threads:
            thread.join()
