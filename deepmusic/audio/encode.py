"""Encode samples as FLAC or WAV, and tell which bytes a browser plays."""

import hashlib
import io

import numpy as np
import soundfile

from deepmusic.audio.decode import foreign_container, is_mpeg_frame
from deepmusic.audio.song import Song


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode mono samples from -1 to 1 as FLAC, which every browser plays."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def encode_wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode mono samples from -1 to 1 as 16-bit WAV."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def digest_as_wav(song: Song) -> str:
    """Return the SHA-256 that a song would have as a 16-bit mono WAV file.

    Of a lossless copy of such a file (FLAC, AU), it is that of the WAV.
    """
    samples = np.rint(song.samples * 32768).clip(-32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, song.sample_rate, format="WAV", subtype="PCM_16")
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def browser_mime_type(data: bytes) -> str | None:
    """Tell the media type of sound that browsers play as it is; None if they need FLAC."""
    if data[:4] == b"RIFF":
        return "audio/wav"
    if data[:4] == b"fLaC":
        return "audio/flac"
    if data[:4] == b"OggS":
        return "audio/ogg"
    if data[:3] == b"ID3" or is_mpeg_frame(data):
        return "audio/mpeg"
    foreign = foreign_container(data)
    return {"mov": "audio/mp4", "matroska": "audio/webm", "aac": "audio/aac"}.get(
        foreign[0] if foreign else ""
    )
