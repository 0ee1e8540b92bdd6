"""Download of datasets: fetched, unpacked, checked, and only then found under their name."""

import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deepmusic.data.dataset import Dataset, tracks_with_audio
from deepmusic.data.fma import Fma
from deepmusic.data.gtzan import Gtzan
from deepmusic.errors import DatasetError
from deepmusic.files import acquire_lock, data_folder
from deepmusic.formatting import format_bytes

#: Called with the phase, the bytes done, and their total (0 if unknown). May raise, to stop.
Progress = Callable[[str, int, int], None]

_RETRIES = 2

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Source:
    """Facts of a dataset that can be downloaded.

    `opens` opens its folder, or raises `DatasetError`. `archives` are checksums by address, all
    unpacked into one folder; `size` and `unpacked` are about how many bytes they have together.
    """

    title: str
    opens: Callable[[Path], Dataset]
    archives: Mapping[str, str]
    size: int
    unpacked: int
    licence: str
    by_hand: str


_GTZAN = "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz"

_FMA = "https://os.unil.cloud.switch.ch/fma"

SOURCES = {
    "gtzan": Source(
        "GTZAN, 1000 clips of 30 s",
        Gtzan,
        {_GTZAN: "sha256:24347e0223d2ba798e0a558c4c172d9d4a19c00bb7963fe055d183dadb4ef2c6"},
        size=1_225_571_541,
        unpacked=1_330_000_000,
        licence="The recordings are commercial and without a licence: for study and research only, "
        "and not to be passed on.",
        by_hand="Get genres.tar.gz from huggingface.co/datasets/marsyas/gtzan (folder data), or "
        "andradaolteanu/gtzan-dataset-music-genre-classification from Kaggle",
    ),
    "fma": Source(
        "FMA small, 8,000 clips of 30 s",
        Fma,
        {
            f"{_FMA}/fma_metadata.zip": "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
            f"{_FMA}/fma_small.zip": "sha1:ade154f733639d52e35e32f5593efe5be76c6d70",
        },
        size=8_040_000_000,
        unpacked=9_500_000_000,
        licence="Each recording is under the free licence that its artist chose.",
        by_hand="Get fma_metadata.zip and fma_small.zip by the links at github.com/mdeff/fma and "
        "unpack both into one folder",
    ),
}


def get(name: str, on_progress: Progress = lambda *progress: None) -> Path:
    """Download a dataset, a key of `SOURCES`, into ``DEEPMUSIC_DATA``, and return its folder.

    Raises `DatasetError` if it is there already, the disk is too small, or the server does not send
    what it should. Archives that are whole are kept for the next try.
    """
    source = SOURCES[name]
    with _working(name) as target:
        folder = target.with_name(f".{name}-download")
        folder.mkdir(exist_ok=True)
        archives = [folder / url.rpartition("/")[2] for url in source.archives]
        for path in set(folder.iterdir()) - set(archives):
            path.unlink()  # half a file, of a download that was killed
        there = sum(path.stat().st_size for path in archives if path.exists())
        needed = source.size - there + source.unpacked
        if (free := shutil.disk_usage(folder).free) < needed:
            raise DatasetError(
                f"{source.title} needs {format_bytes(needed)}; {format_bytes(free)} are free in "
                f"{target.parent}. Free some space, or set DEEPMUSIC_DATA to a larger disk."
            )
        for url, path in zip(source.archives, archives, strict=True):
            _fetch(name, url, path, on_progress)
        _unpack_all(name, archives, target, on_progress)
        shutil.rmtree(folder)
    return target


def use(name: str, path: Path, on_progress: Progress = lambda *progress: None) -> Path:
    """Link a dataset's folder, or unpack its archive, in ``DEEPMUSIC_DATA``; return its path there.

    Raises `DatasetError` if it is not this dataset.
    """
    path = path.expanduser().resolve()
    with _working(name) as target:
        if path.is_file():
            _unpack_all(name, [path], target, on_progress)
        elif path.is_dir():
            _check(name, path, path)
            target.symlink_to(path, target_is_directory=True)
        else:
            raise DatasetError(f"There is nothing at {path}. Check the path.")
    return target


@contextmanager
def _working(name: str) -> Iterator[Path]:
    """Hold the lock on a dataset's download; yield its future folder, which does not exist yet."""
    target = data_folder().absolute() / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = acquire_lock(target.with_name(f".{name}.lock"))
    except BlockingIOError as error:
        raise DatasetError(f"{name} is being downloaded already. Wait for that to end.") from error
    except OSError as error:
        raise DatasetError(
            f"{target.parent} cannot be written ({error.strerror or error}). Set DEEPMUSIC_DATA to "
            "a folder that can be."
        ) from error
    with lock:
        if target.exists() or target.is_symlink():
            raise DatasetError(f"{target} is there already. Delete it to get it anew.")
        yield target


@dataclass
class _Bar:
    """Adapter from pooch's progress bar to `Progress`."""

    phase: str
    on_progress: Progress
    done: int = 0
    total: int = 0

    def update(self, size: int) -> None:
        self.done += size
        self.on_progress(self.phase, min(self.done, self.total or self.done), self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass


def _fetch(name: str, url: str, path: Path, on_progress: Progress) -> None:
    """Download an archive, unless it is there and whole."""
    import pooch
    import requests

    def fetch(url: str, file: str, fetcher: pooch.Pooch) -> None:
        pooch.HTTPDownloader(
            progressbar=_Bar(f"downloading {path.name}", on_progress),
            chunk_size=1 << 16,
            timeout=_TIMEOUT_SECONDS,
            # Not decompressed on the way: the checksum is the archive's.
            headers={"Accept-Encoding": "identity"},
        )(url, file, fetcher)

    pooch.get_logger().setLevel("ERROR")
    fetcher = pooch.create(
        path.parent,
        base_url="",
        urls={path.name: url},
        registry={path.name: SOURCES[name].archives[url]},
        retry_if_failed=_RETRIES,
    )
    try:
        fetcher.fetch(path.name, downloader=fetch)
        return
    except requests.RequestException as error:
        fault = "cannot be reached, or breaks off"
        if error.response is not None:
            fault = f"answers {error.response.status_code} ({error.response.reason})"
    except ValueError:
        fault = "sends another file (wrong checksum)"
    except OSError as error:
        why = error.strerror or error
        raise DatasetError(f"{path} cannot be written ({why}). Free some space.") from error
    raise DatasetError(
        f"{url} {fault}. Try again later, or by hand: {SOURCES[name].by_hand}; then "
        f"deepmusic data download {name} --from PATH"
    )


def _unpack_all(name: str, archives: list[Path], target: Path, on_progress: Progress) -> None:
    """Unpack archives side by side, and rename the folder if it holds the dataset."""
    beside = target.with_name(f".{name}-unpacking")
    shutil.rmtree(beside, ignore_errors=True)
    done, total = 0, SOURCES[name].unpacked
    try:
        for archive in archives:
            for size in _unpack(archive, beside):
                done += size
                on_progress("unpacking", min(done, total), total)
        on_progress("unpacking", total, total)  # The total was an estimate.
        _check(name, beside, archives[0])
        os.replace(beside, target)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as e:
        raise DatasetError(
            f"{archive} cannot be unpacked ({e}). Get the archive anew, or free some space."
        ) from e
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unpack(archive: Path, folder: Path) -> Iterator[int]:
    """Unpack an archive, never to outside of a folder, and yield the size of each file."""
    if tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            for entry in tar:
                tar.extract(entry, folder, filter="data")
                yield entry.size
    else:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                packed.extract(member, folder)
                yield member.file_size


def _check(name: str, folder: Path, source_path: Path) -> None:
    """Refuse a folder that does not hold this dataset."""
    source = SOURCES[name]
    try:
        dataset = source.opens(folder)
        if not (tracks_with_audio(dataset) or isinstance(dataset, Gtzan)):
            raise DatasetError("It has no audio.")
    except DatasetError as error:
        raise DatasetError(
            f"{source_path} does not hold {source.title}. Check the path."
        ) from error
