"""Encoding, and media types for browsers."""

import numpy as np
import pytest

from deepmusic.audio import load_song
from deepmusic.audio.encode import browser_mime_type, encode_flac, encode_wav
from tests.audio.formats import (
    AAC_HEADER,
    M4A_HEADER,
    WEBM_HEADER,
    encoded_tone,
    streamed_flac,
)


@pytest.mark.parametrize(
    ("encode", "mime_type"),
    [(encode_flac, "audio/flac"), (encode_wav, "audio/wav")],
)
def test_encoders_lose_no_more_than_16_bits(encode, mime_type, music):
    data = encode(music, 22_050)
    assert browser_mime_type(data) == mime_type
    song = load_song(data)
    assert song.source_sample_rate == 22_050
    np.testing.assert_allclose(song.samples, music, rtol=0, atol=2**-15)
    clipped = load_song(encode(3 * music, 22_050)).samples
    assert np.abs(clipped - np.clip(3 * music, -1, 1)).max() <= 2**-15


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (encoded_tone("wav", 0.1), "audio/wav"),
        (encoded_tone("wav-float", 0.1), "audio/wav"),
        (encoded_tone("flac", 0.1), "audio/flac"),
        (streamed_flac(), "audio/flac"),
        (encoded_tone("mp3", 0.1), "audio/mpeg"),
        (b"ID3\x04" + bytes(20), "audio/mpeg"),
        (encoded_tone("vorbis", 0.1), "audio/ogg"),
        (encoded_tone("opus", 0.1), "audio/ogg"),
        (M4A_HEADER, "audio/mp4"),
        (WEBM_HEADER, "audio/webm"),
        (AAC_HEADER, "audio/aac"),
        (encoded_tone("au", 0.1), None),
        (encoded_tone("aiff", 0.1), None),
        (b"", None),
        (b"text", None),
    ],
)
def test_media_type_for_browsers(data, mime_type):
    assert browser_mime_type(data) == mime_type
