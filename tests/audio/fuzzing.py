"""Broken sound, by the thousand: ``make fuzz``, or ``python tests/audio/fuzzing.py --cases 5000``.

Each case is drawn from its number alone, so that a failure can be looked at again
(``--only NUMBER``). Small real files of every format are mutated; some cases are built by hand.
A case runs in a process that may be killed, since libraries in C hang and crash without an
exception. It ends well if there is a prediction or an `AudioError`, in bounded time and memory.
"""

import argparse
import io
import multiprocessing
import random
import resource
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deepmusic.audio import synth
from deepmusic.errors import AudioError
from tests.audio.formats import FFMPEG_FORMATS, encode_with_pyav, id3

SECONDS = 4.5

#: What one case may take, on a slow and busy machine.
MOST_SECONDS, MOST_MEGABYTES = 120, 1200

_RATE = 22_050
_SUFFIXES = ("wav", "mp3", "flac", "ogg", "m4a", "txt")

# === Whole files ===


def encode(samples: np.ndarray, file_format: str, subtype: str | None = None, rate=_RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


@cache
def whole_files() -> dict[str, bytes]:
    """Return a few seconds of synthetic rock, in every format."""
    music = synth.play("rock", seconds=SECONDS, seed=0, sample_rate=_RATE)
    stereo = np.stack([music, 0.5 * music[::-1]], axis=1)
    twice = np.repeat(stereo, 2, axis=0)
    found = {
        "wav": encode(music, "WAV", "PCM_16"),
        "wav-24": encode(stereo, "WAV", "PCM_24"),
        "wav-float": encode(stereo, "WAV", "FLOAT"),
        "wav-adpcm": encode(music, "WAV", "IMA_ADPCM"),
        "au": encode(music, "AU", "PCM_16"),
        "aiff": encode(stereo, "AIFF", "PCM_16"),
        "flac": encode(twice, "FLAC", "PCM_16", 44_100),
        "mp3": encode(twice, "MP3", None, 44_100),
        "vorbis": encode(twice, "OGG", "VORBIS", 44_100),
        "opus": encode(music, "OGG", "OPUS", 24_000),
    }
    for kind, (container, codec, rate) in FFMPEG_FORMATS.items():
        found[kind] = encode_with_pyav(twice, container, codec, rate)
    surround = np.tile(twice[:, :1], (1, 8))
    for container, codec in (("adts", "aac"), ("webm", "libopus"), ("wv", "wavpack")):
        found[f"7.1 {codec}"] = encode_with_pyav(surround, container, codec, 48_000, layout="7.1")
    return found


# === What happens to them ===

_EXTREMES = [b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0"]


def _somewhere(data: bytearray, draw: random.Random) -> int:
    """Return a place, in the header every other time."""
    return draw.randrange(min(len(data), 128) if draw.random() < 0.5 else len(data))


def cut(data: bytearray, draw: random.Random) -> None:
    del data[_somewhere(data, draw) :]


def flip(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice([1, 1, 4, 16, 200])):
        data[_somewhere(data, draw)] ^= 1 << draw.randrange(8)


def scramble(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice([1, 4, 16])):
        data[_somewhere(data, draw)] = draw.randrange(256)


def blank(data: bytearray, draw: random.Random) -> None:
    start = _somewhere(data, draw)
    stop = min(len(data), start + draw.choice([4, 100, 10_000]))
    data[start:stop] = bytes([draw.choice([0, 255])]) * (stop - start)


def insert(data: bytearray, draw: random.Random) -> None:
    start = _somewhere(data, draw)
    data[start:start] = draw.randbytes(draw.choice([1, 4, 1000]))


def drop(data: bytearray, draw: random.Random) -> None:
    start = _somewhere(data, draw)
    del data[start : start + draw.choice([1, 4, 1000])]


def repeat(data: bytearray, draw: random.Random) -> None:
    start = _somewhere(data, draw)
    data[start:start] = data[start : start + 5000]


def exaggerate(data: bytearray, draw: random.Random) -> None:
    """Write a number that is as small or large as can be."""
    start = _somewhere(data, draw)
    data[start : start + 4] = draw.choice(_EXTREMES)


def splice(data: bytearray, draw: random.Random) -> None:
    """Go on in another file."""
    other = draw.choice(list(whole_files().values()))
    data[_somewhere(data, draw) :] = other[draw.randrange(len(other)) :]


MUTATIONS = (cut, flip, scramble, blank, insert, drop, repeat, exaggerate, splice)


@dataclass(frozen=True)
class Case:
    """One file: how it came about, how it is called, and its bytes."""

    kind: str
    name: str
    data: bytes


def case(number: int) -> Case:
    """Draw a mutated file."""
    draw = random.Random(number)
    kind, data = draw.choice(list(whole_files().items()))
    broken = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 5])):
        if broken:
            draw.choice(MUTATIONS)(broken, draw)
    return Case(kind, f"{number}.{draw.choice(_SUFFIXES)}", bytes(broken))


# === Built by hand ===


def _wave_header(channels=1, rate=_RATE, bits=16, align=2, size=0xFFFFFFFF, tag=1) -> bytes:
    """Return a WAV file of 1 s whose header says anything."""
    body = struct.pack("<HHIIHH", tag, channels, rate, (rate * align) & 0xFFFFFFFF, align, bits)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", size, b"WAVE", b"fmt ", len(body))
        + body
        + struct.pack("<4sI", b"data", size)
        + random.Random(0).randbytes(44_100)
    )


def _floats(value: float) -> bytes:
    music = synth.play("jazz", seconds=SECONDS, seed=0, sample_rate=_RATE).astype(np.float32)
    music[1000] = value
    return encode(music, "WAV", "FLOAT")


def _long(seconds: float, rate: int, channels: int, n_tones: int = 1) -> bytes:
    """Return FLAC of silence after a tone: as small as a long sound can be."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", rate, channels, "PCM_16", format="FLAC") as file:
        tone = synth.tone(440, seconds=1, sample_rate=rate)
        file.write(np.tile(tone[:, None], (n_tones, channels)))
        silence = np.zeros((rate, channels), np.int16)
        for _ in range(int(seconds) - n_tones):
            file.write(silence)
    return buffer.getvalue()


def _of_unknown_length(flac: bytes) -> bytes:
    """Return FLAC as it comes out of a pipe, whose header does not know how much follows."""
    data = bytearray(flac)
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return bytes(data)


def _tone(channels: int, rate: int, file_format: str = "WAV", seconds: float = SECONDS) -> bytes:
    tone = synth.tone(440, seconds=seconds, sample_rate=rate)
    return encode(np.tile(tone[:, None], (1, channels)), file_format, None, rate)


def _m4a_hour() -> bytes:
    return encode_with_pyav(np.zeros((3590 * 8_000, 2)), "ipod", "aac", 8_000, bit_rate=8_000)


def _copied(flac: bytes) -> bytes:
    """Return the packets of a FLAC file in Matroska."""
    import av

    buffer = io.BytesIO()
    with av.open(io.BytesIO(flac)) as source, av.open(buffer, "w", format="matroska") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return buffer.getvalue()


def _mka(seconds: float, rate: int, channels: int) -> bytes:
    return _copied(_long(seconds, rate, channels))


QUICK: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"R",
    "a megabyte of zeros": lambda: bytes(2**20),
    "a megabyte of chance": lambda: random.Random(0).randbytes(2**20),
    "text": lambda: b"I am a song, believe me.\n" * 1000,
    "HTML": lambda: b"<html><script>alert(1)</script></html>",
    "a zip archive": lambda: b"PK\x03\x04" + bytes(1000),
    "an image": lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "a playlist": lambda: b"#EXTM3U\nfile:///etc/passwd\n",
    "one sample, WAV": lambda: encode(np.ones(1), "WAV"),
    "one sample, FLAC": lambda: encode(np.ones(1), "FLAC"),
    "one sample, MP3": lambda: encode(np.ones(1), "MP3", None, 44_100),
    "one sample, OGG": lambda: encode(np.ones(1), "OGG"),
    "64 channels": lambda: _tone(64, _RATE),
    "1,024 channels": lambda: _tone(1024, 8_000, seconds=3.2),
    "8 kHz": lambda: _tone(1, 8_000),
    "192 kHz": lambda: _tone(2, 192_000),
    "1 Hz": lambda: encode(synth.tone(0.1, seconds=4, sample_rate=4), "WAV", None, 1),
    "2 GHz": lambda: _wave_header(rate=2_000_000_000),
    "NaN": lambda: _floats(np.nan),
    "infinity": lambda: _floats(np.inf),
    "a sample of 1e38": lambda: _floats(1e38),
    "a sample of 1e20": lambda: _floats(1e20),
    "a sample of 1e-40": lambda: _floats(1e-40),
    "no channel": lambda: _wave_header(channels=0),
    "65,535 channels": lambda: _wave_header(channels=65_535, align=65_535),
    "no sample rate": lambda: _wave_header(rate=0),
    "frames of no size": lambda: _wave_header(align=0),
    "samples of 0 bits": lambda: _wave_header(bits=0),
    "4 GB, says its header": lambda: _wave_header(),
    "an unknown codec": lambda: _wave_header(tag=0xBEEF),
    "two files in one": lambda: whole_files()["mp3"] + whole_files()["flac"],
    "a rare container (CAF)": lambda: encode(np.ones(9000), "CAF"),
    "a rare container (MAT)": lambda: encode(np.ones(9000), "MAT5"),
}

SLOW: dict[str, Callable[[], bytes]] = {
    "2 hours, FLAC": lambda: _long(7200, 8_000, 1),
    "1 hour, 44 kHz stereo, FLAC": lambda: _long(3600, 44_100, 2),
    "5 GB in a FLAC file": lambda: _long(900, 192_000, 8),
    "5 GB, and the header is silent on it": lambda: _of_unknown_length(_long(900, 192_000, 8)),
    "an hour, and the header is silent on it": lambda: _of_unknown_length(_long(3590, 8_000, 1)),
    "200 MB of WAV": lambda: _tone(1, 8_000, seconds=3590)[:44] + bytes(199 * 2**20),
    "1 hour, M4A": _m4a_hour,
    "2 hours, Matroska": lambda: _mka(7200, 8_000, 1),
    "5 GB in a Matroska file": lambda: _mka(900, 192_000, 8),
    "a cover of 100 MB before an MP3": lambda: id3(100 * 2**20) + whole_files()["mp3"],
    "13 million chunks, WAV": lambda: whole_files()["wav"][:12] + b"junk\0\0\0\0" * 13_000_000,
    "13 million chunks, AIFF": lambda: whole_files()["aiff"][:12] + b"junk\0\0\0\0" * 13_000_000,
    "13 million atoms, M4A": lambda: whole_files()["m4a"][:28] + b"\0\0\0\x08free" * 13_000_000,
    "100,000 links, Ogg": lambda: whole_files()["vorbis"][:4000] * 20_000,
    "100,000 files, FLAC": lambda: whole_files()["flac"][:8192] * 10_000,
    "100 MB of ID3 marks, MP3": lambda: (
        whole_files()["mp3"] + b"ID3\3\0\0\0\0\0\0\xff\xfb\x90\0" * 7_000_000
    ),
    "100 MB of chance behind MP3": lambda: (
        whole_files()["mp3"] + random.Random(0).randbytes(100 * 2**20)
    ),
}


# === Running them ===


@dataclass(frozen=True)
class Outcome:
    """How a case ended: ``predicted``, ``refused``, or what is wrong."""

    case: str
    kind: str
    ending: str
    words: str
    seconds: float
    megabytes: float
    size: int

    @property
    def is_well(self) -> bool:
        in_bounds = self.seconds < MOST_SECONDS and self.megabytes < MOST_MEGABYTES
        return self.ending in ("predicted", "refused") and in_bounds


def find(name: int | str) -> Case:
    if isinstance(name, int):
        return case(name)
    return Case("by hand", f"{name}.mp3", (QUICK | SLOW)[name]())


def judge(data: bytes, name: str, classifiers) -> tuple[str, str]:
    """Do with a file what the app does; return how it ended and what was said."""
    from deepmusic import prediction
    from deepmusic.audio import load_song
    from deepmusic.config import FRONT_ENDS

    try:
        song = load_song(data, name=name)
        log_mels = prediction.compute_log_mels(song, FRONT_ENDS["compact"])
        predictions = prediction.classify(song, classifiers, log_mels)
    except AudioError as error:
        return "refused", str(error).removeprefix(name).strip()
    assert song.samples.dtype == np.float32
    assert all(np.isfinite(clip.decibels).all() for clip in log_mels), "a log-mel of no numbers"
    for one in predictions.values():
        np.testing.assert_allclose(one.window_probabilities.sum(axis=1), 1, rtol=1e-3)
    return "predicted", ""


def _peak_megabytes() -> float:
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _limit_memory() -> None:
    """Let a case fail that takes more than `MOST_MEGABYTES` beside what is loaded."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        size = int(statm.read_text().split()[0]) * resource.getpagesize()
        most = size + MOST_MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _work(pipe, networks: Sequence[str]) -> None:
    """Judge the cases that come through a pipe, until there are no more."""
    from deepmusic import prediction

    classifiers = prediction.load_classifiers(networks)
    judge(whole_files()["wav"], "warm-up", classifiers)
    _limit_memory()
    while (name := pipe.recv()) is not None:
        it = find(name)
        before, began = _peak_megabytes(), time.perf_counter()
        try:
            ending, words = judge(it.data, it.name, classifiers)
        except BaseException as error:
            ending, words = type(error).__name__, str(error)[:200]
        taken = time.perf_counter() - began
        pipe.send((it.kind, ending, words, taken, _peak_megabytes() - before, len(it.data)))


def run(names: Sequence[int | str], networks: Sequence[str] = ("crnn",)) -> Iterator[Outcome]:
    """Judge cases in a process of their own, which is replaced where it hangs or crashes."""
    context = multiprocessing.get_context("spawn")
    worker = None
    for name in names:
        if worker is None:
            pipe, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(theirs, networks), daemon=True)
            worker.start()
            theirs.close()
        pipe.send(name)
        try:
            # Encoding a long file, and the worker's start, take their time too.
            if not pipe.poll(3 * MOST_SECONDS):
                raise TimeoutError
            yield Outcome(str(name), *pipe.recv())
        except (EOFError, OSError) as error:
            hung = isinstance(error, TimeoutError)
            worker.kill()
            worker.join()
            ending = "hung" if hung else f"crashed ({worker.exitcode})"
            yield Outcome(str(name), "", ending, "", 3 * MOST_SECONDS if hung else 0, 0, 0)
            worker = None
    if worker is not None:
        pipe.send(None)
        worker.join(30)


def print_table(outcomes: Sequence[Outcome]) -> None:
    """Print how the cases of each kind ended, and what cost most."""
    print(f"{'kind':12} {'cases':>6} {'predicted':>10} {'refused':>8} {'faults':>7} {'slowest':>9}")
    for kind in [*sorted({o.kind for o in outcomes}), None]:
        of_kind = [o for o in outcomes if kind is None or o.kind == kind]
        endings = Counter(o.ending if o.is_well else "fault" for o in of_kind)
        print(
            f"{kind or 'all':12} {len(of_kind):6} {endings['predicted']:10} "
            f"{endings['refused']:8} {endings['fault']:7} {max(o.seconds for o in of_kind):7.2f} s"
        )
    print(f"memory at most {max(o.megabytes for o in outcomes):.0f} MB above the start of a case")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=10, help="stop after this long")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", help="one case alone, by its number or name")
    parser.add_argument("--without-slow", action="store_true")
    options = parser.parse_args()
    names = [*QUICK, *({} if options.without_slow else SLOW)]
    names += range(options.first, options.first + options.cases)
    if options.only:
        names = [int(options.only) if options.only.isdigit() else options.only]
    began, outcomes = time.perf_counter(), []
    for outcome in run(names):
        outcomes.append(outcome)
        if outcome.kind == "by hand" or not outcome.is_well:
            print(
                f"{outcome.case:30} {outcome.size:>11,} B {outcome.seconds:7.2f} s "
                f"{outcome.megabytes:5.0f} MB  {outcome.ending}  {outcome.words[:90]}",
                flush=True,
            )
        if time.perf_counter() - began > 60 * options.minutes:
            print(f"Stopped after {options.minutes:g} minutes.")
            break
    print_table(outcomes)
    return sum(not outcome.is_well for outcome in outcomes) > 0


if __name__ == "__main__":
    sys.exit(main())
