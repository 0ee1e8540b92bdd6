"""Files that would crash, hijack or stall a careless decoder; made for tests."""

from collections.abc import Callable

import numpy as np

from deepmusic.audio.synth import play, tone
from tests.audio.formats import encode_with_pyav, encoded_mp3, encoded_tone, id3


def surround(container: str, codec: str, seconds: float = 4) -> bytes:
    """Return sound in eight channels, at which PyAV by itself crashes."""
    y = tone(400, seconds=seconds, sample_rate=48_000)
    channels = np.stack([y * (1 - i / 20) for i in range(8)], 1)
    return encode_with_pyav(channels, container, codec, 48_000, layout="7.1")


def sdp(port: int = 5004) -> bytes:
    """Return a session description, at which FFmpeg binds ports and waits."""
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", "c=IN IP4 127.0.0.1", "t=0 0"]
    return "\n".join([*lines, f"m=audio {port} RTP/AVP 0", ""]).encode()


def m3u8(target: str) -> bytes:
    """Return a playlist, at which FFmpeg opens other files and addresses."""
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{target}\n#EXT-X-ENDLIST\n".encode()


def concat(target: str) -> bytes:
    """Return a list of files, which FFmpeg plays one after another."""
    return f"ffconcat version 1.0\nfile {target}\n".encode()


def song() -> np.ndarray:
    return play("rock", seconds=6, sample_rate=44_100)


#: Name of the file, and whether there is a song in it.
HOSTILE: dict[str, tuple[bool, Callable[[], bytes]]] = {
    "seven.aac": (True, lambda: surround("adts", "aac")),
    "seven.webm": (True, lambda: surround("webm", "libopus")),
    "seven.wv": (True, lambda: surround("wv", "wavpack")),
    "cover.mp3": (True, lambda: id3(20 * 2**20) + encoded_mp3(song())),
    "joined.mp3": (True, lambda: encoded_mp3(song()) + encoded_mp3(song()[::-1])),
    "session.mp3": (False, sdp),
    "playlist.mp3": (False, lambda: m3u8("/etc/passwd")),
    "list.wav": (False, lambda: concat("good.flac")),
    "chunks.wav": (False, lambda: encoded_tone("wav")[:12] + b"junk\0\0\0\0" * 1_000_000),
    "bomb.flac": (
        False,
        lambda: encode_with_pyav(np.zeros(3700 * 8000, np.float32), "flac", "flac", 8000),
    ),
    "text.mp3": (False, lambda: b"I am a song, believe me.\n" * 100),
}
