"""Songs in a ZIP: read within limits, and nothing written."""

import io
import zipfile

import pytest

from deepmusic.data import zipped
from deepmusic.errors import DatasetError


def pack(**members: bytes) -> bytes:
    """Return a ZIP with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes, most=5, most_bytes=1000):
    return zipped.read_songs(data, "album.zip", most=most, most_bytes=most_bytes)


def test_folders_in_folders_are_flattened_and_other_files_told():
    data = pack(
        **{
            "b/c/two.MP3": b"2",
            "a.flac": b"1",
            "b/": b"",
            "b/notes.txt": b"-",
            "__MACOSX/._a.flac": b"-",
            "cover": b"-",
        }
    )
    songs, told = read(data)
    assert songs == [("a.flac", b"1"), ("two.MP3", b"2")]
    for word in ("3 files were passed over", "1 .txt (notes.txt)", "1 hidden", "without a suffix"):
        assert word in told


def test_songs_of_one_name_have_their_folder_s():
    songs, _ = read(pack(**{"x/CD1/01.mp3": b"1", "x/CD2/01.mp3": b"2", "x/CD2/02.mp3": b"3"}))
    assert [name for name, _ in songs] == ["CD1 - 01.mp3", "CD2 - 01.mp3", "02.mp3"]


def test_a_name_that_leads_outside_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    songs, _ = read(pack(**{"../../evil.mp3": b"1", "/etc/x.wav": b"2", "..\\up.ogg": b"3"}))
    assert sorted(name for name, _ in songs) == ["evil.mp3", "up.ogg", "x.wav"]
    assert list(tmp_path.iterdir()) == []


def test_a_bomb_is_refused_before_it_fills_the_memory():
    bomb = pack(**{f"{n}.wav": bytes(30 * 2**20) for n in range(3)})
    assert len(bomb) < 2**20
    with pytest.raises(DatasetError, match="unpack to no more than 10"):
        read(bomb, most_bytes=10 * 2**20)


def test_too_many_songs_are_refused():
    with pytest.raises(DatasetError, match="no more than 5 songs"):
        read(pack(**{f"{n}.mp3": b"" for n in range(6)}))


@pytest.mark.parametrize(
    "data", [b"", b"no zip", pack(**{"a.mp3": b"1" * 500})[:-30]], ids=["empty", "junk", "cut"]
)
def test_what_is_no_zip_is_refused_in_words(data):
    with pytest.raises(DatasetError, match=r"album\.zip must be a ZIP"):
        read(data)


def test_a_damaged_song_is_refused_in_words():
    data = bytearray(pack(**{"a.mp3": bytes(range(256)) * 3}))
    data[60] ^= 0xFF
    with pytest.raises(DatasetError, match="Pack it anew"):
        read(bytes(data))


def test_a_zip_without_sound_says_what_it_holds():
    with pytest.raises(DatasetError, match=r"sound files\. Received: none\. 1 file was passed"):
        read(pack(**{"a.txt": b""}))
