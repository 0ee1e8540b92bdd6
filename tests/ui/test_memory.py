"""Memory that songs took goes back to the machine."""

import subprocess
import sys

import pytest

#: Blocks of 64 KB between others that stay: an allocator that keeps them never gets to their end.
HOLES = """
import threading, time
from pathlib import Path
from deepmusic.ui.cache import memory
memory._PAUSE = 0.05
assert memory.give_back_freed()

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def take():
    kept, freed = [], []
    for _ in range(2_000):
        freed.append(bytearray(2**16))
        kept.append(bytearray(2**12))
    return kept

before = megabytes()
found = []
thread = threading.Thread(target=lambda: found.append(take()))
thread.start()
thread.join()
time.sleep(0.5)
print(megabytes() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_freed_between_what_stays_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) < 40, "of 125 MB, 8 MB stay"
