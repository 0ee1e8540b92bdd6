"""Program that decodes sound with PyAV (FFmpeg), one file after another, for `audio.ffmpeg`.

It is started as a script of its own: FFmpeg reads bytes of unknown origin, and may crash, hang or
take all memory; then this process ends, and nothing else. It imports nothing of the package, so
that it starts fast. FFmpeg is forbidden every protocol, and the process has no file descriptors
left to open a file or a connection with.

It reads requests from standard input and answers on standard output:
a request is the size and the CPU seconds allowed (8 + 8 bytes, little-endian), then the file;
an answer is a series of messages, each one letter, its size (4 bytes), and its content:
``F`` sample rate and channels (4 + 4 bytes) before the first block and wherever they change,
``B`` a block of interleaved 32-bit floats, ``E`` a JSON object about the whole, at its end.
"""

import io
import json
import os
import resource
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import av.logging
import av.subtitles
import av.video
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer

if TYPE_CHECKING:
    from av import AudioStream

    # At run time the class takes no parameter.
    Packet = av.Packet[AudioStream]
else:
    Packet = av.Packet

FORMATS = (
    "aac,ac3,eac3,aiff,amr,ape,asf,au,caf,dsf,flac,matroska,webm,mov,mp3,mpc,mpc8,ogg,tta,w64,"
    "wav,wv"
)
CODECS = (
    "aac,aac_fixed,aac_latm,ac3,ac3_fixed,eac3,alac,amrnb,amrwb,ape,dsd_lsbf,dsd_msbf,"
    "dsd_lsbf_planar,dsd_msbf_planar,flac,mp1,mp1float,mp2,mp2float,mp3,mp3float,mpc7,mpc8,opus,"
    "libopus,speex,libspeex,tta,vorbis,libvorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,wmavoice,"
    "gsm,gsm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,adpcm_swf,adpcm_yamaha,adpcm_g722,adpcm_g726,"
    "pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s8_planar,pcm_s16le,pcm_s16be,pcm_s16le_planar,"
    "pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_s64le,pcm_s64be,pcm_u16le,pcm_u16be,pcm_u24le,"
    "pcm_u24be,pcm_u32le,pcm_u32be,pcm_f16le,pcm_f24le,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be"
)

#: Frames of a block, gathered from the much smaller ones of the codecs.
_BLOCK = 1 << 15

#: A demuxer that fails is asked again, but not for ever: a broken chain of Ogg fails each time.
_MOST_DEMUX_ERRORS = 50

#: Packets that yield nothing, after which a file is given up.
_MOST_BAD_PACKETS = 10_000

#: Memory beyond what the process takes empty, and beyond the file itself.
_SPARE_BYTES = 768 * 2**20

#: Divisors that bring samples of integers to -1 to 1.
_SCALE = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63}


def main() -> None:
    """Answer requests until standard input ends."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    # Nothing that a library prints may reach the answers.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    av.logging.set_level(av.logging.WARNING)
    # Else the second equal damage would be silent.
    av.logging.set_skip_repeated(False)
    _warm_up()
    forbid_files()
    while len(header := requests.read(16)) == 16:
        size, cpu_seconds = struct.unpack("<QQ", header)
        data = requests.read(size)
        if len(data) < size:
            return
        limit_resources(size, cpu_seconds)
        report = Decoding(data, answers).run()
        _send(answers, b"E", json.dumps(report).encode())
        answers.flush()
        del data


def _warm_up() -> None:
    """Import what PyAV imports late: afterwards no file can be opened."""
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 1636, b"WAVE", b"fmt ", 16, 1, 1, 8000,
                         16000, 2, 16, b"data", 1600)  # fmt: skip
    Decoding(header + bytes(1600), io.BytesIO()).run()


def forbid_files() -> None:
    """Give up the means to open a file or a connection, to write one, and to leave a core."""
    highest = max(int(name) for name in os.listdir("/dev/fd") if name.isdigit())
    for limit, value in (
        (resource.RLIMIT_NOFILE, highest),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


def limit_resources(size: int, cpu_seconds: int) -> None:
    """Bound the processor time and the memory that one file may take."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 1 + cpu_seconds, hard))
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (EMPTY_BYTES + size + _SPARE_BYTES, hard))


def _address_space() -> int:
    """Return the bytes of address space of this process; a guess where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 2**30


EMPTY_BYTES = _address_space()


def _refuse(*args: object) -> None:
    raise PermissionError("a sound file may name no other file")


class Decoding:
    """One file on its way through FFmpeg."""

    def __init__(self, data: bytes, answers: BinaryIO) -> None:
        self.data = data
        self.answers = answers
        self.report: dict[str, Any] = {
            "seconds": None,
            "good": 0,
            "bad": 0,
            "corrupt": 0,
            "gaps": 0,
            "streams": 0,
            "log": [],
            "reason": "",
        }
        self.format: tuple[int, int] | None = None
        self.blocks: list[np.ndarray] = []
        self.n_gathered = 0

    def run(self) -> dict[str, Any]:
        """Decode, and return what is to be known of the file beside its samples."""
        with av.logging.Capture(local=True) as log:
            try:
                self._decode()
            except MemoryError:
                self.report["reason"] = "memory"
            except (av.error.FFmpegError, OSError, ValueError, RuntimeError) as error:
                self.report["reason"] = f"{type(error).__name__}: {error}"[:200]
        messages = [text.strip() for _, _, text in log]
        if any("Estimating duration" in text for text in messages):
            self.report["seconds"] = None
        self.report["log"] = messages[:20]
        return self.report

    def _decode(self) -> None:
        options = {
            "format_whitelist": FORMATS,
            "codec_whitelist": CODECS,
            "protocol_whitelist": "none",
        }
        with av.open(
            io.BytesIO(self.data),
            mode="r",
            options=options,
            io_open=_refuse,
            metadata_errors="replace",
        ) as container:
            streams = container.streams.audio
            self.report["streams"] = len(streams)
            if not streams:
                return
            stream = streams[0]
            if stream.codec_context is None or stream.codec_context.name not in CODECS.split(","):
                self.report["reason"] = "codec"
                return
            stream.codec_context.thread_count = 1
            if stream.duration is not None and stream.time_base is not None:
                self.report["seconds"] = float(stream.duration * stream.time_base)
            elif container.duration is not None and len(container.streams) == 1:
                self.report["seconds"] = container.duration / av.time_base
            for packet in self._packets(container, stream):
                self._decode_packet(packet)
                if self.report["bad"] > _MOST_BAD_PACKETS:
                    break
            self._flush()

    def _packets(self, container: InputContainer, stream: av.AudioStream) -> Iterator[Packet]:
        for _ in range(_MOST_DEMUX_ERRORS):
            try:
                yield from container.demux(stream)
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.report["gaps"] += 1
            else:
                return

    def _decode_packet(self, packet: Packet) -> None:
        try:
            frames = packet.decode()
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, ValueError):
            self.report["bad"] += 1
            return
        if packet.is_corrupt:
            self.report["corrupt"] += 1
        self.report["good"] += bool(frames)
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            self._gather(frame)

    def _gather(self, frame: av.AudioFrame) -> None:
        format_ = frame.sample_rate, frame.layout.nb_channels
        if format_ != self.format:
            self._flush()
            self.format = format_
            _send(self.answers, b"F", struct.pack("<II", *format_))
        for block in _samples(frame):
            self.blocks.append(block)
            self.n_gathered += len(block)
        if self.n_gathered * format_[1] >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self.blocks:
            block = np.concatenate(self.blocks) if len(self.blocks) > 1 else self.blocks[0]
            _send(self.answers, b"B", np.ascontiguousarray(block, dtype="<f4").data.cast("B"))
        self.blocks, self.n_gathered = [], 0


def _samples(frame: av.AudioFrame) -> list[np.ndarray]:
    """Return [frames, channels] of floats from -1 to 1."""
    n_channels = frame.layout.nb_channels
    if frame.format.is_planar and n_channels >= 8:
        # PyAV walks over the end of a list of planes when there are eight or more.
        to_packed = AudioResampler(format="flt", layout=frame.layout, rate=frame.sample_rate)
        frame.pts = None
        return [
            block
            for part in (frame, None)
            for f in to_packed.resample(part)
            for block in _samples(f)
        ]
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, n_channels)
    kind = frame.format.packed.name
    if kind in _SCALE:
        values = values.astype(np.float32) / np.float32(_SCALE[kind])
        if kind == "u8":
            values -= 1
    return [np.asarray(values, np.float32)]


def _send(answers: BinaryIO, kind: bytes, content: bytes | memoryview) -> None:
    answers.write(kind + struct.pack("<I", len(content)))
    answers.write(content)


if __name__ == "__main__":
    # The reader of the answers may be gone.
    with suppress(BrokenPipeError):
        main()
    os._exit(0)
