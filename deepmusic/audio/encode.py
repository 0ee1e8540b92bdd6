"""Encode samples as FLAC or WAV, and find the media type of a sound file for browsers."""

import hashlib
import io

import numpy as np
import soundfile

from deepmusic.audio.containers import detect_format
from deepmusic.audio.song import Song

#: Media types that browsers play, by format.
_MEDIA_TYPES = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "mp4": "audio/mp4",
    "matroska": "audio/webm",
    "adts": "audio/aac",
}


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Return mono samples from -1 to 1 as FLAC, which every browser plays."""
    return _encode(np.clip(samples, -1, 1), sample_rate, "FLAC")


def encode_wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """Return mono samples from -1 to 1 as 16-bit WAV."""
    return _encode(np.clip(samples, -1, 1), sample_rate, "WAV")


def digest_as_wav(song: Song) -> str:
    """Return the SHA-256 of a song as a 16-bit mono WAV file, also where it came as FLAC or AU."""
    samples = np.rint(song.samples * 32768).clip(-32768, 32767).astype(np.int16)
    return hashlib.sha256(_encode(samples, song.sample_rate, "WAV")).hexdigest()


def browser_mime_type(data: bytes) -> str | None:
    """Return the media type of sound that browsers play as it is; None if they need FLAC."""
    return "audio/mpeg" if data[:3] == b"ID3" else _MEDIA_TYPES.get(detect_format(data))


def _encode(samples: np.ndarray, sample_rate: int, file_format: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format=file_format, subtype="PCM_16")
    return buffer.getvalue()
