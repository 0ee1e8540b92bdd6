"""The walk over sound files."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from deepmusic.audio import SUFFIXES, find_sound_files
from deepmusic.audio.walk import describe_passed_over
from tests.names import DECODED


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_sound_files(folder).files.values()]


def passed_over(folder: Path) -> dict[str, list[str]]:
    kinds = find_sound_files(folder).passed_over
    return {kind: [path.name for path in paths] for kind, paths in kinds.items()}


def test_sound_files_are_found_in_order_and_the_rest_is_told(tmp_path):
    touch(tmp_path, "b.wav", "a.MP3", "c/d.flac", "c/e.txt", "c/README", ".f.wav", ".h/i.wav")
    touch(tmp_path, "folder.mp3/1.wav")
    assert found(tmp_path) == ["a.MP3", "b.wav", "c/d.flac", "folder.mp3/1.wav"]
    assert passed_over(tmp_path) == {
        "hidden": [".f.wav", ".h"],
        "without a suffix": ["README"],
        ".txt": ["e.txt"],
    }
    assert find_sound_files(tmp_path).roots == (tmp_path,)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_suffixes_count_in_capitals_too(suffix, tmp_path):
    touch(tmp_path, f"a{suffix}", f"b{suffix.upper()}", f"c{suffix}.part", suffix)
    assert found(tmp_path) == [f"a{suffix}", f"b{suffix.upper()}"]


@pytest.mark.parametrize(
    "name",
    [
        *("@eaDir", "#recycle", "$RECYCLE.BIN", "$Recycle.Bin", "System Volume Information"),
        *("__MACOSX", "lost+found", "LOST+FOUND", "@Recycle"),
    ],
)
def test_system_folders_are_left_but_searched_if_named(name, tmp_path):
    touch(tmp_path, f"rock/{name}/a.wav", "rock/b.wav")
    assert found(tmp_path) == ["rock/b.wav"]
    assert passed_over(tmp_path) == {"system folder": [name]}
    assert found(tmp_path / "rock" / name) == ["a.wav"]


def _make_socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # A socket's path has 108 bytes at most.
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "pipe"),
        (_make_socket, "socket"),
        (lambda path: path.symlink_to("/dev/zero"), "device"),
        (lambda path: path.symlink_to("nothing.wav"), "broken link"),
        (lambda path: path.symlink_to(path), "broken link"),
        (lambda path: path.write_text("x" * 9) and path.rename(f"{path}.xyz"), ".xyz"),
    ],
)
def test_what_is_no_regular_file_is_named_and_left(make, kind, tmp_path):
    touch(tmp_path, "a.wav")
    make(tmp_path / "song.mp3")
    assert found(tmp_path) == ["a.wav"]
    (names,) = passed_over(tmp_path).values()
    assert list(passed_over(tmp_path)) == [kind]
    assert names[0].startswith("song.mp3")
    assert f"1 {kind} (song.mp3" in find_sound_files(tmp_path).remarks[0]


def test_a_song_is_found_once_and_where_it_lies(tmp_path):
    music = tmp_path / "music"
    touch(music, "jazz/a.wav", "rock/b.wav")
    (music / "alias.wav").symlink_to("rock/b.wav")
    (music / "best").symlink_to("rock", target_is_directory=True)
    (music / "loop").symlink_to(".")
    (music / "rock" / "up").symlink_to("..")
    assert found(music) == ["jazz/a.wav", "rock/b.wav"]
    (tmp_path / "link").symlink_to("music")
    for spelling in (music / "." / "jazz" / "..", tmp_path / "link", f"{music}//"):
        assert list(find_sound_files(spelling).files) == list(find_sound_files(music).files)


def test_linked_folders_are_searched_but_for_those_above(tmp_path):
    touch(tmp_path, "music/a.wav", "disk/b.wav", "disk/c/d.wav", "other.wav")
    (tmp_path / "music" / "more").symlink_to(tmp_path / "disk")
    (tmp_path / "music" / "again").symlink_to(tmp_path / "disk" / "c")
    (tmp_path / "music" / "root").symlink_to("/")
    (tmp_path / "music" / "above").symlink_to(tmp_path)
    (tmp_path / "disk" / "back").symlink_to(tmp_path / "music")
    search = find_sound_files(tmp_path / "music")
    real = [str(path.relative_to(tmp_path)) for path in search.files]
    assert sorted(real) == ["disk/b.wav", "disk/c/d.wav", "music/a.wav"]
    assert sorted(passed_over(tmp_path / "music")["link to a folder above"]) == ["above", "root"]
    assert {tmp_path / "music", tmp_path / "disk"} <= set(search.roots)


@pytest.mark.parametrize("name", DECODED.values(), ids=DECODED)
def test_any_name_is_found_and_described(name, tmp_path):
    (tmp_path / name).touch()
    (tmp_path / f"{name[:-4]}.odd").touch()
    assert found(tmp_path) == [name]
    (remark,) = find_sound_files(tmp_path).remarks
    assert remark.isprintable()
    assert remark.encode()


def test_paths_may_be_deeper_than_recursion_and_longer_than_the_system_takes(tmp_path):
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(22):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("a.wav").touch()
    finally:
        os.chdir(here)
    deep = tmp_path
    for _ in range(1200):
        deep = deep / "e"
        deep.mkdir()
    touch(deep, "b.wav")
    search = find_sound_files(tmp_path)
    subprocess.run(["rm", "-rf", *tmp_path.iterdir()], check=True)  # Pytest's cleaner cannot.
    assert list(search.files.values()) == [deep / "b.wav"]
    (why,) = search.unreadable.values()
    assert why == "File name too long"


@pytest.mark.usefixtures("ordinary_user")
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_what_cannot_be_read_is_told(mode, tmp_path):
    touch(tmp_path, "a/b.wav", "a/c/d.wav", "e.wav")
    (tmp_path / "a").chmod(mode)
    try:
        search = find_sound_files(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o755)
    assert list(search.files) == [tmp_path / "e.wav"]
    expected = [tmp_path / "a"] if not mode else [tmp_path / "a" / "b.wav", tmp_path / "a" / "c"]
    assert list(search.unreadable) == expected
    assert "cannot be read (Permission denied)" in search.remarks[0]


@pytest.mark.parametrize("name", ["none", "x" * 300, "x/" * 3000, "a\0b", "file.wav"])
def test_what_is_no_folder_is_unreadable(name, tmp_path):
    touch(tmp_path, "file.wav")
    search = find_sound_files(tmp_path / name)
    assert not search.files
    assert list(search.unreadable) == [tmp_path / name]


def test_many_kinds_make_a_short_sentence():
    kinds = {f".{n}": [Path(f"{n}-{i}") for i in range(n)] for n in range(1, 11)}
    sentence = describe_passed_over(kinds)
    assert sentence.startswith("55 files were passed over: 10 .10 (10-0, 10-1, ...), 9 .9")
    assert sentence.endswith(", 3 .3 (3-0, 3-1, ...), 3 others.")
    assert describe_passed_over({"pipe": []}) == ""
