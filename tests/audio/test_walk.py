"""The walk over sound files."""

import os

from deepmusic.audio import find_sound_files


def test_sound_files_alone_are_found_in_order(tmp_path):
    for name in ("b.wav", "a.MP3", "c/d.flac", "c/e.txt", ".f.wav", "@eaDir/g.wav", ".h/i.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp3").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nothing.wav")
    (tmp_path / "link").symlink_to(tmp_path / "c", target_is_directory=True)
    found = [str(path.relative_to(tmp_path)) for path in find_sound_files(tmp_path)]
    assert found == ["a.MP3", "b.wav", "c/d.flac"]


def test_a_folder_that_cannot_be_read_is_noted(tmp_path):
    unreadable: list[str] = []
    assert list(find_sound_files(tmp_path / "none", unreadable)) == []
    assert unreadable == [str(tmp_path / "none")]
