"""FFmpeg in its own process: what it may not do, and what happens when it breaks down."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from deepmusic.audio import ffmpeg, load_song
from deepmusic.audio.synth import tone
from deepmusic.config import AudioLimits
from deepmusic.errors import AudioError
from tests.audio.formats import (
    encode_with_pyav,
    encoded_mp3,
    encoded_tone,
    id3,
    loudest_frequency,
)
from tests.audio.hostile import concat, m3u8, sdp, surround


@pytest.fixture
def fresh_pool(monkeypatch):
    """Keep the children of a test apart from those of the others."""
    pool = ffmpeg._Pool()
    monkeypatch.setattr(ffmpeg, "_pool", pool)
    yield pool
    pool.close()


def a_second() -> bytes:
    return encoded_mp3(tone(440, seconds=1, sample_rate=44_100))


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("adts", "aac"),
        ("ipod", "aac"),
        ("ogg", "libopus"),
        ("webm", "libopus"),
        ("wv", "wavpack"),
        ("matroska", "flac"),
    ],
)
def test_eight_channels_do_not_crash(container, codec, fresh_pool):
    """PyAV by itself walks over the end of a list of planes there, which ends the process."""
    song = load_song(surround(container, codec))
    assert song.source_channels == 8
    assert loudest_frequency(song) == pytest.approx(400, abs=0.5)
    assert np.abs(song.samples[4000:-4000]).max() == pytest.approx(0.5 * 0.825, abs=0.08)


@pytest.fixture
def secret(tmp_path):
    """A sound file that nobody named."""
    path = tmp_path / "secret.wav"
    path.write_bytes(encoded_tone("wav"))
    return path


@pytest.mark.parametrize(
    "write",
    [
        lambda path, port: m3u8(str(path)),
        lambda path, port: m3u8(f"file://{path}"),
        lambda path, port: m3u8(path.name),
        lambda path, port: m3u8(f"http://127.0.0.1:{port}/a.mp3"),
        lambda path, port: concat(path.name),
        lambda path, port: concat(str(path)),
        lambda path, port: concat(f"http://127.0.0.1:{port}/"),
        lambda path, port: sdp(port),
        lambda path, port: b"RIFF\0\0\0\0WAVE" + m3u8(str(path)),
        lambda path, port: id3() + m3u8(str(path)),
    ],
)
@pytest.mark.parametrize("by_path", [False, True], ids=["bytes", "path"])
def test_no_file_and_no_address_in_the_bytes_is_opened(write, by_path, secret, monkeypatch):
    monkeypatch.chdir(secret.parent)
    with socket.socket() as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.05)
        port = server.getsockname()[1]
        data = write(secret, port)
        source = data
        if by_path:
            source = secret.with_name("list.mp3")
            source.write_bytes(data)
        began = time.monotonic()
        with pytest.raises(AudioError):
            load_song(source, name="list.mp3")
        assert time.monotonic() - began < 5
        with pytest.raises(TimeoutError):
            server.accept()
        # A port that FFmpeg had bound could not be bound again.
        datagrams.bind(("0.0.0.0", port))


def test_the_process_can_open_nothing(fresh_pool):
    fresh_pool.start_one()
    child = fresh_pool.take()
    list(child.decode(a_second(), ffmpeg.Report()))
    path = Path(f"/proc/{child.process.pid}/limits")
    limits = path.read_text() if path.exists() else ""
    fresh_pool.give_back(child)
    if not limits:
        pytest.skip("limits of processes are read on Linux")
    (line,) = (line for line in limits.splitlines() if line.startswith("Max open files"))
    used = len(os.listdir(f"/proc/{child.process.pid}/fd"))
    assert int(line.split()[3]) <= used


def use_worker(monkeypatch, tmp_path, text: str) -> None:
    """Let children run another program."""
    path = tmp_path / "worker.py"
    path.write_text(text)
    monkeypatch.setattr(ffmpeg, "_WORKER", path)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.abort()", "broke down"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "broke down"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "too long"),
        ("import sys; sys.stdout.buffer.write(b'F')", "broke down"),
        ("import time; time.sleep(60)", "too long"),
    ],
)
def test_a_child_that_dies_costs_one_song(program, reason, fresh_pool, monkeypatch, tmp_path):
    song = a_second()
    with monkeypatch.context() as patch:
        use_worker(patch, tmp_path, program)
        patch.setattr(ffmpeg, "WALL_SECONDS", 1)
        with pytest.raises(AudioError, match=rf"bad cannot be decoded: .*{reason}.*Save it anew"):
            load_song(song, name="bad")
    assert not fresh_pool.idle
    assert load_song(song).duration == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ("w.Decoding._decode = lambda self: [None for _ in iter(int, 1)]", "too long"),
        ("w.Decoding._decode = lambda self: bytearray(2**34)", "too much memory"),
    ],
)
def test_time_and_memory_are_bounded(patch, reason, fresh_pool, monkeypatch, tmp_path):
    monkeypatch.setattr(ffmpeg, "CPU_SECONDS", 0)
    folder = str(ffmpeg._WORKER.parent)
    start = f"import sys; sys.path.append({folder!r}); import pyav_worker as w; w._warm_up = int"
    use_worker(monkeypatch, tmp_path, f"{start}; {patch}; w.main()")
    with pytest.raises(ffmpeg.DecoderDied, match=reason):
        list(ffmpeg.decode(a_second(), ffmpeg.Report()))


def test_who_has_enough_ends_the_child(fresh_pool):
    data = encode_with_pyav(tone(440, seconds=60), "matroska", "flac", 22_050)
    blocks = ffmpeg.decode(data, ffmpeg.Report())
    rate, block = next(blocks)
    assert (rate, block.shape[1], block.dtype) == (22_050, 1, np.float32)
    blocks.close()
    assert fresh_pool.idle == []
    with pytest.raises(AudioError, match="lasts more than 2 s"):
        load_song(data, limits=AudioLimits(max_seconds=2))


def test_a_child_is_used_again(fresh_pool):
    ffmpeg.start()
    (child,) = fresh_pool.idle
    song = a_second()
    for _ in range(3):
        assert load_song(song).duration == pytest.approx(1, abs=0.1)
    assert fresh_pool.idle == [child]
    assert child.n_files == 3
    child.process.send_signal(signal.SIGKILL)
    child.process.wait()
    assert load_song(song).duration == pytest.approx(1, abs=0.1)


def test_songs_are_decoded_at_once(fresh_pool):
    songs = [encoded_mp3(tone(300 + 100 * i, seconds=2, sample_rate=44_100)) for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        pitches = [loudest_frequency(song) for song in pool.map(load_song, songs)]
    assert pitches == pytest.approx([300, 400, 500, 600, 700, 800], abs=0.5)
    assert 1 <= len(fresh_pool.idle) <= max(2, os.cpu_count() or 2)


def test_a_child_ends_with_its_parent():
    program = (
        "from deepmusic.audio import ffmpeg; ffmpeg.start(); import os, time\n"
        "print(ffmpeg._pool.idle[0].process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        try:
            # A zombie that nobody fetches has ended too.
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("the child outlives its parent")


def test_a_forked_process_has_children_of_its_own(fresh_pool):
    ffmpeg.start()
    pid = os.fork()
    if pid == 0:
        os._exit(len(ffmpeg._pool.idle))
    assert os.waitpid(pid, 0)[1] == 0
    assert len(fresh_pool.idle) == 1


def test_of_several_streams_the_first_is_used(tmp_path):
    import av

    path = tmp_path / "two.mka"
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("flac", rate=22_050, layout="mono") for _ in range(2)]
        for stream, pitch, seconds in zip(streams, (440, 880), (2, 4), strict=True):
            samples = (tone(pitch, seconds=seconds) * 32767).astype(np.int16)[None]
            for start in range(0, samples.shape[1], 4096):
                block = np.ascontiguousarray(samples[:, start : start + 4096])
                frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                frame.sample_rate, frame.pts = 22_050, start
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    song = load_song(path)
    assert song.note == "It holds 2 audio streams; the first was used."
    assert song.duration == pytest.approx(2, abs=0.01)
    assert loudest_frequency(song) == pytest.approx(440, abs=0.5)


def test_a_wav_of_millions_of_chunks_is_refused_at_once():
    data = encoded_tone("wav")[:12] + b"junk\0\0\0\0" * 2_000_000
    began = time.monotonic()
    with pytest.raises(AudioError, match="holds no sound"):
        load_song(data)
    assert time.monotonic() - began < 2


@pytest.mark.slow
def test_others_are_answered_while_one_decodes(fresh_pool):
    long = encode_with_pyav(np.tile(tone(440, seconds=60), 50), "matroska", "flac", 22_050)
    busy = threading.Thread(target=load_song, args=(long,))
    busy.start()
    short = a_second()
    n_answers = 0
    while busy.is_alive():
        load_song(short)
        n_answers += 1
    assert n_answers >= 3
