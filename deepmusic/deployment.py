"""Rights of visitors: all at home, few on a public server (``DEEPMUSIC_PUBLIC=1``).

Visitors of a public server may give it songs, smaller ones, and see what the networks predict. They
can neither train nor index, hear none of GTZAN's recordings, and read no folder's name.
"""

import os
import re
from dataclasses import dataclass

from deepmusic.config import AudioLimits

VARIABLE = "DEEPMUSIC_PUBLIC"

#: An absolute path: its folders, each with a slash behind it.
_FOLDERS = re.compile(r"(?<![\w./:])/(?:[^\s/:;,()'\"]+/)+")


@dataclass(frozen=True)
class Deployment:
    """Rights of whoever reaches the app, or starts a command.

    Attributes
    ----------
    is_public : bool
        Whether strangers reach it, so that no folder's name is shown.
    audio_limits : AudioLimits
        How large and how long a song may be.
    may_train : bool
        Whether to train networks, and to delete or rename runs.
    may_index : bool
        Whether folders of this machine may be indexed and read.
    plays_dataset : bool
        Whether recordings of a dataset are played.
    """

    is_public: bool
    audio_limits: AudioLimits
    may_train: bool
    may_index: bool
    plays_dataset: bool


_AT_HOME = Deployment(
    is_public=False, audio_limits=AudioLimits(), may_train=True, may_index=True, plays_dataset=True
)
_IN_PUBLIC = Deployment(
    is_public=True,
    audio_limits=AudioLimits(max_bytes=20 * 2**20, max_seconds=600),
    may_train=False,
    may_index=False,
    plays_dataset=False,
)


def current() -> Deployment:
    """Return the rights here; any value but ``0``, ``no``, ``false`` or nothing means public."""
    value = os.environ.get(VARIABLE, "").strip().lower()
    return _AT_HOME if value in ("", "0", "no", "false") else _IN_PUBLIC


def without_folders(text: str) -> str:
    """Cut absolute paths down to the last name where the public reads along."""
    return _FOLDERS.sub("", text) if current().is_public else text
