"""Sound files of every format, made for tests."""

import io
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from deepmusic import audio
from deepmusic.audio.synth import tone

#: Format, subtype and sample rate as soundfile wants them. Opus knows no 22,050 Hz.
FORMATS = {
    "wav": ("WAV", "PCM_16", 22_050),
    "wav-24-bit": ("WAV", "PCM_24", 44_100),
    "wav-float": ("WAV", "FLOAT", 44_100),
    "au": ("AU", "PCM_16", 22_050),
    "aiff": ("AIFF", "PCM_16", 44_100),
    "flac": ("FLAC", "PCM_16", 44_100),
    "mp3": ("MP3", None, 44_100),
    "vorbis": ("OGG", "VORBIS", 44_100),
    "opus": ("OGG", "OPUS", 48_000),
}
M4A_HEADER = b"\0\0\0\x20ftypM4A " + bytes(100)
WEBM_HEADER = b"\x1aE\xdf\xa3" + bytes(100)
AAC_HEADER = b"\xff\xf1" + bytes(100)
PLAYLIST = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def encoded(samples: np.ndarray, kind: str, sample_rate: int | None = None) -> bytes:
    file_format, subtype, usual_rate = FORMATS[kind]
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate or usual_rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def encoded_tone(kind: str, seconds: float = 3) -> bytes:
    sample_rate = FORMATS[kind][2]
    return encoded(tone(440, seconds=seconds, sample_rate=sample_rate), kind)


def streamed_flac() -> bytes:
    """FLAC as it comes out of a pipe: its header does not know how many samples follow."""
    data = bytearray(encoded_tone("flac"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return bytes(data)


def loudest_frequency(song: audio.Song) -> float:
    """Return the peak of the spectrum of the middle, in Hz, to a fraction of a Hz."""
    n = len(song.samples)
    middle = song.samples[n // 4 : -n // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 19))
    return spectrum.argmax() * song.sample_rate / (1 << 19)


# === Formats that libsndfile does not write ===

#: Container, codec and sample rate, as PyAV wants them.
FFMPEG_FORMATS = {
    "m4a": ("ipod", "aac", 44_100),
    "mp4": ("mp4", "aac", 44_100),
    "adts": ("adts", "aac", 44_100),
    "alac": ("ipod", "alac", 44_100),
    "webm": ("webm", "libopus", 48_000),
    "mka": ("matroska", "flac", 44_100),
    "mp2": ("mp2", "mp2", 44_100),
    "mp3-vbr": ("mp3", "libmp3lame", 44_100),
    "wma": ("asf", "wmav2", 44_100),
    "wavpack": ("wv", "wavpack", 44_100),
    "ac3": ("ac3", "ac3", 44_100),
    "tta": ("tta", "tta", 44_100),
    "flac-in-ogg": ("ogg", "flac", 44_100),
    "wav-mulaw": ("wav", "pcm_mulaw", 44_100),
    "aifc": ("aiff", "pcm_s16be", 44_100),
    "caf": ("caf", "pcm_s16le", 44_100),
    "w64": ("w64", "pcm_s16le", 44_100),
}

#: Frames that an encoder is given at once.
_BLOCK = 1 << 20


def encode_with_pyav(
    samples: np.ndarray,
    container: str,
    codec: str,
    sample_rate: int,
    *,
    layout: str | None = None,
    bit_rate: int | None = None,
    sample_format: str | None = None,
    options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None,
) -> bytes:
    """Return samples ([frames] or [frames, channels]) as a file in memory."""
    import av
    from av.audio.fifo import AudioFifo
    from av.audio.resampler import AudioResampler

    block = np.atleast_2d(np.asarray(samples, np.float32).T)
    layout = layout or ("mono" if len(block) == 1 else "stereo")
    with (
        tempfile.NamedTemporaryFile(suffix=f".{container}") as file,
        av.open(file.name, "w", format=container, options=options or {}) as output,
    ):
        stream = output.add_stream(codec, rate=sample_rate, layout=layout, options=codec_options)
        assert isinstance(stream, av.AudioStream)
        if bit_rate or codec.startswith("wma"):
            stream.bit_rate = bit_rate or 64_000
        if sample_format:
            stream.codec_context.format = sample_format
        stream.codec_context.open(strict=False)
        resampler = AudioResampler(stream.codec_context.format, layout, sample_rate)
        fifo = AudioFifo()
        size = stream.codec_context.frame_size or 4096
        position = 0
        # Hours at once would take gigabytes.
        for first in range(0, block.shape[1], _BLOCK):
            interleaved = block[:, first : first + _BLOCK].T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(interleaved), format="flt", layout=layout
            )
            frame.sample_rate = sample_rate
            for part in resampler.resample(frame):
                part.pts = None
                fifo.write(part)
            is_last = first + _BLOCK >= block.shape[1]
            while (part := fifo.read(size) or (fifo.read(0) if is_last else None)) is not None:
                part.pts, position = position, position + part.samples
                output.mux(stream.encode(part))
        output.mux(stream.encode(None))
        output.close()
        return Path(file.name).read_bytes()


def encoded_by_ffmpeg(kind: str, samples: np.ndarray | None = None, seconds: float = 3) -> bytes:
    """Return a tone, or these samples, in one of `FFMPEG_FORMATS`."""
    container, codec, sample_rate = FFMPEG_FORMATS[kind]
    if samples is None:
        samples = tone(440, seconds=seconds, sample_rate=sample_rate)
    return encode_with_pyav(samples, container, codec, sample_rate)


def encoded_mp3(
    samples: np.ndarray, sample_rate: int = 44_100, *, xing: bool = True, **codec: str
) -> bytes:
    """Return bare MPEG frames: no tag, and on demand no header that states the length."""
    options = {"write_xing": str(int(xing)), "id3v2_version": "0", "write_id3v1": "0"}
    return encode_with_pyav(
        samples, "mp3", "libmp3lame", sample_rate, options=options, codec_options=codec
    )


def id3(size: int = 100, version: int = 3) -> bytes:
    """Return an ID3v2 tag with a title, padded with zeros to a size."""
    frame = b"TIT2" + (5).to_bytes(4, "big") + b"\0\0\0Song"
    body = frame.ljust(size, b"\0")
    digits = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + digits + body


ID3V1 = b"TAG" + b"Title".ljust(125, b"\0")


def apev2(*, header: bool = True) -> bytes:
    """Return an APEv2 tag with a title."""
    item = (4).to_bytes(4, "little") + bytes(4) + b"Title\0Song"

    def frame(flags: int) -> bytes:
        numbers = (2000, len(item) + 32, 1, flags)
        return b"APETAGEX" + b"".join(n.to_bytes(4, "little") for n in numbers) + bytes(8)

    has_header = 1 << 31
    start = frame(has_header | 1 << 29) if header else b""
    return start + item + frame(has_header if header else 0)


def with_bytes(data: bytes, start: int, new: bytes) -> bytes:
    """Return the bytes with some of them overwritten."""
    return data[:start] + new + data[start + len(new) :]
