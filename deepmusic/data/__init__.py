"""Datasets: tracks, splits, log-mels, download, quality."""

from deepmusic.data.dataset import (
    Dataset,
    ExpectedFiles,
    LogMels,
    SkippedTrack,
    Track,
    load_part,
    tracks_with_audio,
)
from deepmusic.data.fma import Fma
from deepmusic.data.fma_archive import FmaArchive
from deepmusic.data.folder import Folder
from deepmusic.data.gtzan import Gtzan
from deepmusic.data.opening import NAMES, absolute_name, open_dataset
from deepmusic.data.splits import Split
from deepmusic.data.toy import Toy

__all__ = [
    "NAMES",
    "Dataset",
    "ExpectedFiles",
    "Fma",
    "FmaArchive",
    "Folder",
    "Gtzan",
    "LogMels",
    "SkippedTrack",
    "Split",
    "Toy",
    "Track",
    "absolute_name",
    "load_part",
    "open_dataset",
    "tracks_with_audio",
]
