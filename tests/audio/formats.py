"""Sound files of every format, made for tests."""

import io

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
