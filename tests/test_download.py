"""Downloads from a server that breaks off, lies and cheats; archives that reach out."""

import hashlib
import io
import shutil
import stat
import tarfile
import threading
import zipfile
from collections import namedtuple
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from click.testing import CliRunner

from deepmusic import download
from deepmusic.__main__ import main
from deepmusic.datasets import open_dataset
from deepmusic.download import Archive, Source
from deepmusic.errors import DatasetError

BY_HAND = "Fetch it yourself"


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


NOISE = np.random.default_rng(0).bytes(300_000)
DATA = tar_of({"genres/blues/blues.00000.wav": NOISE, "genres/rock/rock.00001.wav": b"x"})


class Server:
    """Serves `DATA` under a path for each kind of misbehaviour, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{kind}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request) -> None:
        kind, wanted = unquote(request.path).strip("/"), request.headers.get("Range", "")
        self.asked.append((kind, wanted))
        if kind == "gone":
            request.send_error(404)
            return
        data = {"other": DATA[:-1] + b"?", "more": DATA + b"and more"}.get(kind, DATA)
        start = int(wanted[6:-1]) if wanted and kind != "no ranges" else 0
        rest = data[start:]
        if start >= len(data):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        if start:
            shift = 7 if kind == "wrong part" else 0
            request.send_header("Content-Range", f"bytes {start + shift}-{len(data) - 1}")
        length = len(rest)
        if kind == "says too much":
            length += 1000
        if kind == "says too little":
            length = min(length, 100_000)
        request.send_header("Content-Length", str(length))
        request.end_headers()
        if kind in ("drops", "no ranges", "wrong part") and len(self.asked) < 3:
            rest = rest[:120_000]
        if kind == "always drops":
            rest = b""
        with suppress(OSError):
            request.wfile.write(rest[:length])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download, "_WAIT_SECONDS", 0.01)
    server = Server()
    yield server
    server.close()


def source(*mirrors: str, **changes) -> Source:
    facts = {
        "checksum": f"sha256:{hashlib.sha256(DATA).hexdigest()}",
        "size": len(DATA),
        "unpacked": 400_000,
    }
    return Source("A small GTZAN", (Archive("g.tar.gz", mirrors, **facts | changes),), BY_HAND)


def get(server, tmp_path, *kinds: str, **changes) -> Path:
    wanted = source(*map(server.url, kinds), **changes)
    return download.get("gtzan", source=wanted, folder=tmp_path)


def is_whole(path: Path) -> bool:
    return (path / "genres" / "blues" / "blues.00000.wav").read_bytes() == NOISE


def left_in(folder: Path) -> set[str]:
    """What lies there beside locks and notes on how it went."""
    return {path.name for path in folder.iterdir()} - {".gtzan.lock", ".gtzan.json"}


# --- Servers -------------------------------------------------------------------------------------


def test_it_is_fetched_checked_and_unpacked(server, tmp_path):
    seen = []
    wanted = source(server.url("fine"))
    tell = lambda *progress: seen.append(progress)  # noqa: E731
    path = download.get("gtzan", source=wanted, folder=tmp_path, on_progress=tell)
    assert path == tmp_path / "gtzan"
    assert is_whole(path)
    assert left_in(tmp_path) == {"gtzan"}
    assert ("downloading g.tar.gz", len(DATA), len(DATA)) in seen
    assert download.state("gtzan", tmp_path)["phase"] == "done"


@pytest.mark.parametrize("size", [len(DATA), None])
def test_a_server_that_breaks_off_is_asked_for_the_rest(size, server, tmp_path):
    assert is_whole(get(server, tmp_path, "drops", size=size))
    assert [wanted for _, wanted in server.asked] == ["", "bytes=120000-", "bytes=240000-"]


def test_a_server_without_ranges_starts_over(server, tmp_path):
    assert is_whole(get(server, tmp_path, "no ranges"))


def test_a_server_that_says_too_little_is_asked_again(server, tmp_path):
    assert is_whole(get(server, tmp_path, "says too little"))
    assert len(server.asked) == 1 + len(DATA) // 100_000


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("gone", "answers 404"),
        ("other", "wrong checksum"),
        ("more", "sends more than"),
        ("always drops", "breaks off"),
        ("wrong part", "another part than was asked for"),
    ],
)
def test_a_server_that_fails_or_cheats_is_named(kind, words, server, tmp_path):
    with pytest.raises(DatasetError) as caught:
        get(server, tmp_path, kind)
    assert server.url(kind) in str(caught.value)
    assert words in str(caught.value)
    assert BY_HAND in str(caught.value)
    assert not (tmp_path / "gtzan").exists()
    assert download.state("gtzan", tmp_path)["error"] == str(caught.value)


def test_a_server_that_says_too_much_has_sent_everything(server, tmp_path):
    assert is_whole(get(server, tmp_path, "says too much"))


@pytest.mark.parametrize("bad", ["gone", "other", "more", "always drops", "wrong part"])
def test_the_next_mirror_is_asked(bad, server, tmp_path):
    assert is_whole(get(server, tmp_path, bad, "fine"))


def test_a_mirror_that_does_not_exist_is_passed_over(server, tmp_path):
    wanted = source("http://127.0.0.1:9/g.tar.gz", server.url("fine"))
    assert is_whole(download.get("gtzan", source=wanted, folder=tmp_path))


def test_a_later_try_goes_on(server, tmp_path):
    (tmp_path / "g.tar.gz.part").write_bytes(DATA[:200_000])
    assert is_whole(get(server, tmp_path, "fine"))
    assert server.asked == [("fine", "bytes=200000-")]


def test_what_was_left_damaged_is_fetched_anew(server, tmp_path):
    (tmp_path / "g.tar.gz.part").write_bytes(b"?" * 200_000)
    with pytest.raises(DatasetError, match="wrong checksum"):
        get(server, tmp_path, "fine")
    assert is_whole(get(server, tmp_path, "fine"))


def test_a_whole_file_is_not_fetched_again(server, tmp_path):
    (tmp_path / "g.tar.gz").write_bytes(DATA)
    assert is_whole(get(server, tmp_path, "fine"))
    assert server.asked == []


def test_a_stop_keeps_what_has_come(server, tmp_path):
    def stop(phase: str, done: int, of: int) -> None:
        download.stop("gtzan", tmp_path)

    wanted = source(server.url("fine"))
    with pytest.raises(download.Stopped, match="start again to go on"):
        download.get("gtzan", source=wanted, folder=tmp_path, on_progress=stop)
    assert (tmp_path / "g.tar.gz.part").exists()
    assert is_whole(get(server, tmp_path, "fine"))


def test_a_full_disk_is_noticed_before(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(500_000))
    with pytest.raises(DatasetError, match=r"needs 0\.0 GB here.*Free some space"):
        get(server, tmp_path, "fine")
    assert server.asked == []


def test_what_is_there_is_never_overwritten(server, tmp_path):
    (tmp_path / "gtzan").mkdir()
    with pytest.raises(DatasetError, match="is there already"):
        get(server, tmp_path, "fine")
    assert server.asked == []


def test_two_cannot_fetch_at_once(server, tmp_path):
    with download._alone("gtzan", tmp_path):
        assert download.state("gtzan", tmp_path)["running"]
        with pytest.raises(DatasetError, match="is being fetched already"):
            get(server, tmp_path, "fine")
    assert not download.state("gtzan", tmp_path)["running"]


# --- Archives ------------------------------------------------------------------------------------


def tar_with(kind: str, name: str = "genres/link", target: str = "/etc/passwd") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        good = tarfile.TarInfo("genres/good.txt")
        packed.addfile(good, io.BytesIO())
        entry = tarfile.TarInfo(name)
        entry.type = getattr(tarfile, kind)
        entry.linkname = target
        packed.addfile(entry)
    return buffer.getvalue()


def zip_with(name: str, mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("genres/good.txt", "good")
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        packed.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        tar_of({"genres/good.txt": b"", "../outside.txt": b"x"}),
        tar_of({"genres/good.txt": b"", "genres/../../outside.txt": b"x"}),
        tar_of({"genres/good.txt": b"", "/tmp/outside.txt": b"x"}),
        tar_with("SYMTYPE"),
        tar_with("SYMTYPE", target="good.txt"),
        tar_with("LNKTYPE"),
        tar_with("FIFOTYPE"),
        tar_with("CHRTYPE"),
        zip_with("../outside.txt"),
        zip_with("/tmp/outside.txt"),
        zip_with("genres\\..\\..\\outside.txt"),
        zip_with("genres/link", stat.S_IFLNK | 0o777),
    ],
)
def test_what_reaches_out_is_refused_whole(data, tmp_path):
    archive, folder = tmp_path / "a", tmp_path / "data"
    archive.write_bytes(data)
    with pytest.raises(DatasetError, match=r"leads out of its folder|is a link or a device"):
        download.unpack([archive], folder / "gtzan")
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "outside.txt").exists()


def test_an_archive_that_swells_is_refused(tmp_path):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(tar_of({"a": bytes(3_000_000)}))
    assert archive.stat().st_size < 10_000
    with pytest.raises(DatasetError, match="unpacks to more than it should"):
        download.unpack([archive], tmp_path / "gtzan", most=1_000_000)
    assert not (tmp_path / "gtzan").exists()


@pytest.mark.parametrize("data", [DATA[: len(DATA) // 2], b"no archive", b""])
def test_a_damaged_archive_leaves_nothing(data, tmp_path):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(data)
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        download.unpack([archive], tmp_path / "gtzan")
    assert left_in(tmp_path) == {"a.tar.gz"}


# --- What is on disk already ---------------------------------------------------------------------


@pytest.fixture
def data_here(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DEEPMUSIC_GTZAN", raising=False)
    return tmp_path / "data"


def test_a_folder_on_disk_is_linked_and_found(toy_gtzan, data_here):
    result = CliRunner().invoke(main, ["data", "download", "gtzan", "--from", str(toy_gtzan)])
    assert result.exit_code == 0, result.output
    assert (data_here / "gtzan").resolve() == toy_gtzan.resolve()
    assert len(open_dataset("gtzan").audio_tracks) == 40


def test_an_archive_on_disk_is_unpacked_and_kept(tmp_path, data_here):
    archive = tmp_path / "genres.tar.gz"
    archive.write_bytes(DATA)
    download.use("gtzan", archive)
    assert open_dataset("gtzan").audio_tracks == ("blues.00000", "rock.00001")
    assert archive.exists()


def test_fma_on_disk_is_found(toy_fma, data_here, monkeypatch):
    monkeypatch.delenv("DEEPMUSIC_FMA", raising=False)
    download.use("fma", toy_fma)
    assert len(open_dataset("fma").tracks) == 48


def test_another_folder_is_refused(tmp_path, data_here, toy_fma):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "nowhere", toy_fma):
        with pytest.raises(DatasetError, match=r"does not hold GTZAN|There is nothing at"):
            download.use("gtzan", path)
        assert not (data_here / "gtzan").is_symlink()
    assert toy_fma.exists()


def test_gtzan_that_is_not_there_says_how_to_get_it(data_here):
    with pytest.raises(DatasetError, match="data download gtzan"):
        open_dataset("gtzan")
