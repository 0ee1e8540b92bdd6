"""Downloads from a server that fails or cheats; archives that reach out or hold something else."""

import errno
import hashlib
import io
import os
import shutil
import tarfile
import threading
import zipfile
from collections import namedtuple
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deepmusic.cli import main
from deepmusic.data import download, open_dataset
from deepmusic.errors import DatasetError
from deepmusic.files import acquire_lock

BY_HAND = "Fetch it yourself"


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


GOOD = {"genres/blues/blues.00000.wav": np.random.default_rng(0).bytes(300_000)}
DATA = tar_of(GOOD | {"genres/rock/rock.00001.wav": b"x"})


class Server:
    """Serves `DATA` under a path for each kind of misbehaviour, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{kind}/g.tar.gz"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request) -> None:
        kind = request.path.split("/")[1]
        self.asked.append(kind)
        if kind == "gone":
            request.send_error(404)
            return
        data = DATA[:-1] + b"?" if kind == "other" else DATA
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if kind == "drops" or (kind == "drops-once" and len(self.asked) == 1):
            data = data[:120_000]
        with suppress(OSError):
            request.wfile.write(data)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def data_here(tmp_path, monkeypatch):
    """An empty place for datasets; nobody waits before another try."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))
    for name in ("DEEPMUSIC_GTZAN", "DEEPMUSIC_FMA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


@pytest.fixture
def serve(server, monkeypatch):
    """Let the download of GTZAN ask for one kind of answer."""

    def serve(kind: str, data: bytes = DATA) -> None:
        checksum = f"sha256:{hashlib.sha256(data).hexdigest()}"
        source = replace(
            download.SOURCES["gtzan"],
            archives={server.url(kind): checksum},
            size=len(data),
            unpacked=400_000,
            by_hand=BY_HAND,
        )
        monkeypatch.setitem(download.SOURCES, "gtzan", source)

    return serve


def left_in(folder: Path) -> set[str]:
    """What lies there beside the lock and an empty folder for downloads."""
    return {
        path.name
        for path in folder.iterdir()
        if path.name != ".gtzan.lock" and not (path.name == ".gtzan-download" and not any_in(path))
    }


def any_in(folder: Path) -> bool:
    return any(folder.iterdir())


# --- Servers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fine", "drops-once"])
def test_it_is_fetched_checked_and_unpacked(kind, serve, data_here):
    serve(kind)
    seen = []
    path = download.get("gtzan", lambda *progress: seen.append(progress))
    assert path == data_here / "gtzan"
    assert open_dataset("gtzan").audio_tracks == ("blues.00000", "rock.00001")
    assert left_in(data_here) == {"gtzan"}
    assert ("downloading g.tar.gz", len(DATA), len(DATA)) in seen
    assert all(done <= of for phase, done, of in seen if "downloading" in phase)
    assert ("unpacking", 400_000, 400_000) in seen


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("gone", "answers 404"),
        ("other", "wrong checksum"),
        ("drops", "breaks off"),
    ],
)
def test_a_server_that_fails_or_cheats_is_named(kind, words, serve, server, data_here):
    serve(kind)
    with pytest.raises(DatasetError, match=words) as caught:
        download.get("gtzan")
    assert server.url(kind) in str(caught.value)
    assert f"{BY_HAND}; then deepmusic data download gtzan --from" in str(caught.value)
    assert left_in(data_here) == set()
    assert len(server.asked) == 3


def test_a_server_that_does_not_exist(serve, server, data_here):
    serve("fine")
    server.close()
    with pytest.raises(DatasetError, match="cannot be reached"):
        download.get("gtzan")


def test_a_whole_file_is_not_fetched_again_and_half_a_one_goes(serve, server, data_here):
    serve("fine")
    (data_here / ".gtzan-download").mkdir(parents=True)
    (data_here / ".gtzan-download" / "g.tar.gz").write_bytes(DATA)
    (data_here / ".gtzan-download" / "tmp1234").write_bytes(DATA[:1000])
    download.get("gtzan")
    assert server.asked == []
    assert left_in(data_here) == {"gtzan"}


@pytest.mark.parametrize("phase", ["downloading", "unpacking"])
def test_who_watches_can_stop_it(phase, serve, data_here):
    def stop(doing: str, done: int, of: int) -> None:
        if doing.startswith(phase):
            raise DatasetError("Enough.")

    serve("fine")
    with pytest.raises(DatasetError, match="Enough"):
        download.get("gtzan", stop)
    assert not (data_here / "gtzan").exists()
    assert not (data_here / ".gtzan-unpacking").exists()
    download.get("gtzan")


def test_a_full_disk_is_noticed_before(serve, server, monkeypatch):
    serve("fine")
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(500_000))
    with pytest.raises(DatasetError, match=r"needs 700 kB; 500 kB are free in .*Free some space"):
        download.get("gtzan")
    assert server.asked == []


def test_what_is_there_is_never_overwritten(serve, server, data_here):
    serve("fine")
    (data_here / "gtzan").mkdir(parents=True)
    for get in (download.get, lambda name: download.use(name, data_here)):
        with pytest.raises(DatasetError, match="is there already"):
            get("gtzan")
    assert server.asked == []


def test_two_cannot_fetch_at_once(serve, data_here):
    serve("fine")
    data_here.mkdir()
    with (
        acquire_lock(data_here / ".gtzan.lock"),
        pytest.raises(DatasetError, match="is being downloaded already"),
    ):
        download.get("gtzan")
    download.get("gtzan")


def test_only_faults_of_the_folder_are_told_as_such(serve, data_here, monkeypatch):
    serve("fine")
    data_here.write_text("no folder")
    with pytest.raises(DatasetError, match=r"data cannot be written \(.*Set DEEPMUSIC_DATA"):
        download.get("gtzan")
    data_here.unlink()

    def out_of_memory(*arguments, **options):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(shutil, "disk_usage", out_of_memory)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        download.get("gtzan")


# --- Archives ------------------------------------------------------------------------------------


def tar_with(kind: str, name: str = "genres/link", target: str = "/etc/passwd") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        entry = tarfile.TarInfo(name)
        entry.type = getattr(tarfile, kind)
        entry.linkname = target
        packed.addfile(entry)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        tar_of(GOOD | {"../outside.txt": b"x"}),
        tar_of(GOOD | {"genres/../../outside.txt": b"x"}),
        tar_with("SYMTYPE"),
        tar_with("LNKTYPE"),
        tar_with("FIFOTYPE"),
        tar_with("CHRTYPE"),
        DATA[: len(DATA) // 2],
        b"no archive",
        b"",
    ],
)
def test_what_reaches_out_or_is_damaged_is_refused_whole(data, tmp_path, data_here):
    archive = tmp_path / "a"
    archive.write_bytes(data)
    with pytest.raises(DatasetError, match="a cannot be unpacked"):
        download.use("gtzan", archive)
    assert left_in(data_here) == set()
    assert {path.name for path in tmp_path.iterdir()} == {"a", "data"}


@pytest.mark.parametrize(
    ("pack", "name"),
    [(tar_of, "{}/outside.txt"), (zip_of, "{}/outside.txt"), (zip_of, "../../outside.txt")],
)
def test_a_path_that_leads_out_stays_inside(pack, name, tmp_path, data_here):
    archive = tmp_path / "a"
    archive.write_bytes(pack(GOOD | {name.format(tmp_path): b"x"}))
    download.use("gtzan", archive)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "data"}
    assert left_in(data_here) == {"gtzan"}


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_another_dataset_is_refused_before_it_takes_the_place(pack, serve, tmp_path, data_here):
    data = pack({f"{genre}/{n}.wav": b"x" for genre in ("salsa", "tango") for n in range(3)})
    archive = tmp_path / "a"
    archive.write_bytes(data)
    for name in ("gtzan", "fma"):
        with pytest.raises(DatasetError, match=r"a does not hold (GTZAN|FMA small)"):
            download.use(name, archive)
    assert left_in(data_here) == {".fma.lock"}
    assert archive.exists()
    with pytest.raises(DatasetError, match="GTZAN is not available"):
        open_dataset("gtzan")


# --- What is on disk already ---------------------------------------------------------------------


def test_a_folder_on_disk_is_linked_and_found(toy_gtzan, data_here):
    result = CliRunner().invoke(main, ["data", "download", "gtzan", "--from", str(toy_gtzan)])
    assert result.exit_code == 0, result.output
    assert (data_here / "gtzan").resolve() == toy_gtzan.resolve()
    assert len(open_dataset("gtzan").audio_tracks) == 40


def test_an_archive_on_disk_is_unpacked_and_kept(tmp_path):
    archive = tmp_path / "genres.zip"
    archive.write_bytes(zip_of(GOOD))
    download.use("gtzan", archive)
    assert open_dataset("gtzan").audio_tracks == ("blues.00000",)
    assert archive.exists()


def test_fma_on_disk_is_found_but_not_its_table_alone(toy_fma, tmp_path, data_here):
    shutil.copytree(toy_fma / "fma_metadata", tmp_path / "half" / "fma_metadata")
    with pytest.raises(DatasetError, match="does not hold FMA"):
        download.use("fma", tmp_path / "half")
    download.use("fma", toy_fma)
    assert len(open_dataset("fma").tracks) == 48


def test_another_folder_is_refused(tmp_path, data_here, toy_fma):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "nowhere", toy_fma):
        with pytest.raises(DatasetError, match=r"does not hold GTZAN|There is nothing at"):
            download.use("gtzan", path)
        assert not (data_here / "gtzan").is_symlink()
    assert toy_fma.exists()


def test_gtzan_that_is_not_there_says_how_to_get_it():
    with pytest.raises(DatasetError, match="data download gtzan"):
        open_dataset("gtzan")


def test_a_terminal_sees_how_far_it_is(serve, monkeypatch):
    serve("fine")
    monkeypatch.setattr(
        "click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False
    )
    result = CliRunner().invoke(main, ["data", "download", "gtzan"])
    assert result.exit_code == 0, result.output
    assert "downloading g.tar.gz" in result.stderr and "unpacking" in result.stderr
    assert "400000/400000" in result.stderr
    assert "[" not in result.stdout
