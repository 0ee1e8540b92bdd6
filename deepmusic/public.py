"""What changes where DeepMusic stands open to everyone (``DEEPMUSIC_PUBLIC=1``).

A visitor of a public server may give it songs, smaller ones, and see what the networks hear. They
can neither train nor index, hear none of GTZAN's recordings, and read no folder's name.
"""

import os
import re

from deepmusic.config import AudioLimits

VARIABLE = "DEEPMUSIC_PUBLIC"

_AT_HOME = AudioLimits()
_IN_PUBLIC = AudioLimits(max_bytes=20 * 2**20, max_seconds=600)

#: An absolute path: its folders, each with a slash behind it.
_FOLDERS = re.compile(r"(?<![\w./:])/(?:[^\s/:;,()'\"]+/)+")


def is_public() -> bool:
    """Tell whether this is a public server; ``DEEPMUSIC_PUBLIC=1`` says so."""
    return os.environ.get(VARIABLE, "0").lower() not in ("", "0", "no", "false")


def audio_limits() -> AudioLimits:
    """Return how large and how long a song may be here."""
    return _IN_PUBLIC if is_public() else _AT_HOME


def without_folders(text: str) -> str:
    """Cut absolute paths down to the last name where the public reads along."""
    return _FOLDERS.sub("", text) if is_public() else text
