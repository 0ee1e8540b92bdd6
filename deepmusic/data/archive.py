"""Log-mel archives: a dataset's ``compact`` log-mels in one ``.npz`` file, to pass on or to move.

They hold ``logmel``, uint8 [track, mel, frame], and ``track``, the ids.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from deepmusic.config import FRONT_ENDS
from deepmusic.data.dataset import Dataset
from deepmusic.data.logmels import IMPORTED, LogMelFolder
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import DatasetError
from deepmusic.files import replacing

_COMPACT = FRONT_ENDS["compact"]


def export_archive(
    dataset: Dataset, path: Path, on_progress: Progress = no_progress
) -> tuple[int, list[str]]:
    """Write the prepared log-mels of a dataset as one archive.

    Returns how many were written, and the tracks left out, since they are not as long as most;
    raises `DatasetError` if there is nothing to write, or it cannot be written.
    """
    folder, found = LogMelFolder(dataset, _COMPACT), {}
    for done, track in enumerate(dataset.tracks, start=1):
        log_mel = folder.read(track, dataset.audio_path(track))
        if log_mel is not None:
            found[track] = log_mel
        on_progress(done, len(dataset.tracks))
    if not found:
        raise DatasetError(
            f"There are no log-mels of {dataset.name} to export. Prepare it first: "
            "deepmusic data prepare"
        )
    ((usual, _),) = Counter(log_mel.shape[1] for log_mel in found.values()).most_common(1)
    same = {track: log_mel for track, log_mel in found.items() if log_mel.shape[1] == usual}
    try:
        with replacing(path) as temporary:
            log_mels, tracks = np.stack(list(same.values())), np.array(list(same))
            np.savez_compressed(temporary, logmel=log_mels, track=tracks)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written ({error.strerror or error}). Choose another folder, or free "
            "some space."
        ) from error
    return len(same), [track for track in found if track not in same]


def import_archive(
    dataset: Dataset, path: Path, on_progress: Progress = no_progress
) -> tuple[int, list[str]]:
    """Store an archive's log-mels as those of a dataset, in place of those there.

    Returns how many were imported, and the archive's tracks that the dataset does not have; raises
    `DatasetError`, and imports nothing, if the file is damaged or of another form.
    """
    folder, found = LogMelFolder(dataset, _COMPACT), read_archive(path)
    known = [track for track in found if track in dataset.tracks]
    for done, track in enumerate(known, start=1):
        folder.write(track, IMPORTED, found[track])
        on_progress(done, len(known))
    return len(known), [track for track in found if track not in dataset.tracks]


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Return the log-mels of an archive by track, uint8 [shape=(n_mels, n_frames)].

    Raises `DatasetError` if the file is damaged or of another form.
    """
    log_mels, tracks = _read(path, "logmel", "track")
    shape, n_mels = log_mels.shape, _COMPACT.n_mels
    if log_mels.dtype != np.uint8 or len(shape) != 3 or shape[:2] != (*tracks.shape, n_mels):
        raise DatasetError(
            f"{path}: logmel is {log_mels.dtype} {shape} for {tracks.size} tracks; expected "
            f"uint8 ({tracks.size}, {n_mels}, frames). Get the archive again."
        )
    return dict(zip(map(str, tracks), log_mels, strict=True))


def read_tracks(path: Path) -> list[str]:
    """Return the track ids of an archive, without its log-mels; errors as `read_archive`."""
    (tracks,) = _read(path, "track")
    return list(map(str, tracks.ravel()))


def _read(path: Path, *names: str) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            if missing := {"logmel", "track"} - set(archive.files):
                raise ValueError(f"it has no array {min(missing)}")
            return [archive[name] for name in names]
    except Exception as error:
        # NumPy and zipfile raise a dozen kinds of errors for damaged files.
        raise DatasetError(
            f"{path} is not a log-mel archive ({error}). It should hold the arrays logmel and "
            "track; get it again."
        ) from error
