"""Memory that songs took goes back to the machine."""

import copy
import re
import subprocess
import sys
import time
import weakref
from contextlib import nullcontext
from types import SimpleNamespace
from urllib.request import urlopen

import numpy as np
import pytest
import streamlit as st
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from benchmarks.sessions import Session
from deepmusic import audio
from deepmusic.audio import encode, synth
from deepmusic.config import FRONT_ENDS
from deepmusic.errors import AudioError
from deepmusic.ui.cache import memory
from deepmusic.ui.cache.decoded import DecodedSongs
from deepmusic.ui.song import DecodedSong, SongFile
from tools.running_app import running_app

#: Blocks of 64 KB between others that stay: an allocator that keeps them never gets to their end.
HOLES = """
import threading, time
from pathlib import Path
from deepmusic.ui.cache import memory
memory._PAUSE = 0.05
memory.give_back_freed()

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


#: Blocks at the end of a thread's pool, which may keep 60 MB there.
END = """
import threading
from pathlib import Path
from deepmusic.ui.cache import memory

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def take():
    [bytearray(2**20) for _ in range(40)]
    found.append(megabytes() - before)
    memory.give_back_end()
    found.append(megabytes() - before)

memory.give_back_end()  # From here on the allocator maps no block below 32 MB.
before, found = megabytes(), []
thread = threading.Thread(target=take)
thread.start()
thread.join()
print(*found)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_freed_between_what_stays_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) < 40, "of 125 MB, 8 MB stay"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_freed_at_the_end_of_a_pool_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", END], capture_output=True, text=True, check=True, timeout=120
    )
    held, left = map(float, done.stdout.split())
    assert held > 35, "the allocator keeps 40 MB"
    assert left < 5


def test_copies_of_an_upload_share_its_bytes():
    memory.share_uploads()
    record = UploadedFileRec("1", "song.wav", "audio/wav", bytes(2**20))
    urls = FileURLs(file_id="1", upload_url="/1")
    copied = copy.deepcopy([UploadedFile(record, urls)])[0]
    assert copied.getvalue() is record.data
    assert (copied.name, copied.type, copied.size) == ("song.wav", "audio/wav", 2**20)
    assert copied._file_urls == urls
    assert copied == UploadedFile(record, urls)


def decoded(n_samples: int) -> DecodedSong:
    samples = np.linspace(-1, 1, n_samples, dtype=np.float32)
    return DecodedSong(audio.song_from_array(samples, sample_rate=22_050))


def test_decoded_songs_are_bounded_in_bytes_and_the_oldest_goes_first():
    songs = DecodedSongs(most_bytes=4 * 25_000, seconds=60)
    for key in "abc":
        songs.get(key, lambda: decoded(10_000))
    assert (len(songs), songs.n_bytes) == (2, 4 * 20_000)
    kept = songs.get("b", lambda: pytest.fail("it is there"))
    songs.get("d", lambda: decoded(10_000))
    assert songs.get("b", lambda: pytest.fail("it was used last")) is kept
    songs.get("long", lambda: decoded(100_000))
    assert (len(songs), songs.n_bytes) == (1, 4 * 100_000), "the last one stays"


def test_log_mels_count_as_bytes_of_a_song():
    one = decoded(70_000)
    before = one.n_bytes
    (clip,) = one.log_mels(FRONT_ENDS["compact"])
    assert one.n_bytes == before + clip.decibels.nbytes + clip.frames.nbytes


def test_samples_in_a_file_take_no_memory(monkeypatch):
    monkeypatch.setattr("deepmusic.audio.samples.MOST_IN_MEMORY", 50_000)
    long = decoded(70_000)
    assert long.n_bytes == 0
    (clip,) = long.log_mels(FRONT_ENDS["compact"])
    assert long.n_bytes == clip.decibels.nbytes + clip.frames.nbytes


def test_a_decoded_song_that_nobody_asks_for_is_let_go():
    songs = DecodedSongs(most_bytes=2**20, seconds=0.01)
    songs.get("a", lambda: decoded(10_000))
    time.sleep(0.02)
    songs.let_go()
    assert (len(songs), songs.n_bytes) == (0, 0)


def test_what_cannot_be_decoded_leaves_nothing_behind():
    songs = DecodedSongs(most_bytes=2**20, seconds=60)
    with pytest.raises(AudioError):
        songs.get("a", lambda: DecodedSong(audio.load_song(b"no sound")))
    assert len(songs) == 0


def test_the_widgets_of_who_left_hold_no_songs(monkeypatch):
    state, song_file = SessionState(), SongFile("brought.wav", b"sound")
    held = weakref.ref(song_file)
    widget = WidgetMetadata("1", str, str, "string_value", callback_args=(song_file,))
    state._new_widget_state.set_widget_metadata(widget)
    left = SimpleNamespace(session=SimpleNamespace(shutdown=lambda: None, session_state=state))
    manager = SimpleNamespace(
        _storage_lock=nullcontext(),
        _session_storage=SimpleNamespace(_cache=SimpleNamespace(expire=lambda: [("1", left)])),
    )
    monkeypatch.setattr(st.runtime, "exists", lambda: True)
    monkeypatch.setattr(st.runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    del song_file, widget
    assert held() is not None
    assert memory.forget_visitors() == 1
    assert held() is None


def held_bytes(address: str) -> dict[str, int]:
    """Return the bytes that a server of Streamlit says it holds, by kind."""
    text = urlopen(f"{address}/_stcore/metrics").read().decode()
    found = re.findall(r'^cache_memory_bytes{cache_type="(\w+)".*} (\d+)', text, re.MULTILINE)
    held: dict[str, int] = {}
    for kind, size in found:
        held[kind] = held.get(kind, 0) + int(size)
    return held


@pytest.mark.slow
def test_the_songs_of_who_left_are_gone_though_nobody_comes_after():
    data = encode.encode_wav(synth.play("rock", seconds=7, seed=4), 22_050)
    with running_app(
        STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="1", STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION="0"
    ) as app:
        visitor = Session(app.address)
        visitor.upload("brought.wav", data)
        assert "brought" in visitor.said
        assert held_bytes(app.address)["UploadedFileManager"] == len(data)
        visitor.close()
        deadline = time.monotonic() + 60
        while len(data) in held_bytes(app.address).values() and time.monotonic() < deadline:
            time.sleep(0.5)
        held = held_bytes(app.address)
    assert held.get("UploadedFileManager", 0) == 0
    assert held.get("st_memory_media_file_storage", 0) < len(data)
