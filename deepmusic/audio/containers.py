"""Containers of sound: their formats by the first bytes, and the tags around them."""

from dataclasses import dataclass

_APE_FOOTER = 32


@dataclass(frozen=True)
class Part:
    """Bytes that decode on their own: a file, or one of those that were joined.

    Attributes
    ----------
    format : str
        ``wav``, ``aiff``, ``au``, ``flac``, ``ogg``, ``caf``, ``w64``, ``mp3``, ``adts``, ``mp4``,
        ``matroska``, ``asf``, ``wavpack``, ``tta``, ``ape``, ``ac3``; empty if the first bytes do
        not tell.
    data : bytes
        Repaired where needed.
    seconds : float or None
        Length that the header claims; None where it claims nothing that can be checked.
    is_cut : bool
        Whether the container itself shows that its end is missing.
    surplus : int
        Bytes behind the sound that are neither sound nor a known tag.
    """

    format: str
    data: bytes
    seconds: float | None = None
    is_cut: bool = False
    surplus: int = 0


def detect_format(data: bytes) -> str:
    """Return the format that the first bytes tell, as `Part.format`; empty if they tell none."""
    start = bytes(data[:16])
    if start[:4] in (b"RIFF", b"RIFX", b"RF64") and start[8:12] == b"WAVE":
        return "wav"
    if start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if start == b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00":
        return "w64"
    if start[4:8] == b"ftyp":
        return "mp4"
    for magic, name in (
        (b".snd", "au"),
        (b"dns.", "au"),
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b"caff", "caf"),
        (b"\x1aE\xdf\xa3", "matroska"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
        (b"wvpk", "wavpack"),
        (b"TTA1", "tta"),
        (b"MAC ", "ape"),
        (b"\x0b\x77", "ac3"),
    ):
        if start.startswith(magic):
            return name
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0:
        # Eleven sync bits; the layer bits are 0 for AAC in ADTS, which has a twelfth.
        if start[1] & 0x06:
            return "mp3"
        return "adts" if start[1] & 0xF0 == 0xF0 else ""
    return ""


def id3_length(data: bytes) -> int:
    """Return the bytes of all ID3v2 tags at the start, 0 if they hide no known format."""
    position = 0
    while data[position : position + 3] == b"ID3" and len(data) >= position + 10:
        size = data[position + 6 : position + 10]
        if max(size) > 127:
            return 0
        footer = 10 if data[position + 5] & 0x10 else 0
        position += 10 + footer + sum(byte << 7 * (3 - i) for i, byte in enumerate(size))
    return position


def without_end_tags(data: bytes) -> bytes:
    """Return bytes without ID3v1 and APEv2 at their end."""
    for _ in range(4):
        if data[-128:-125] == b"TAG":
            data = data[:-128]
            continue
        footer = data[-_APE_FOOTER:]
        if footer[:8] != b"APETAGEX":
            break
        size = int.from_bytes(footer[12:16], "little")
        header = _APE_FOOTER if footer[23] & 0x80 else 0
        if not _APE_FOOTER <= size + header < len(data):
            break
        data = data[: -(size + header)]
    return data
