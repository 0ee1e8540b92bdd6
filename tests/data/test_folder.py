"""Datasets of one's own: folders and CSVs."""

import json
import os
import shutil

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from deepmusic import models
from deepmusic.audio.synth import tone
from deepmusic.cli import main
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data import (
    Folder,
    open_dataset,
    quality,
    tracks_with_audio,
)
from deepmusic.errors import DatasetError
from deepmusic.training import recipes

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]
N_CLIPS = 6


# --- Folders and lists ---------------------------------------------------------------------------


def test_a_folder_holds_sound_in_subfolders_and_nothing_else(music):
    folder = Folder(music)
    assert folder.genres == ("Rock", "hiphop")
    assert len(folder.tracks) == 2 * N_CLIPS
    assert folder.tracks["Rock/album/3 #3.wav"].title == "3 #3"
    assert folder.splits == ("paper",)
    assert folder.split("paper").name == f"{music.name}, by clip"


def test_a_list_says_artist_and_split(table):
    folder = Folder(table)
    assert folder.splits == ("own", "paper")
    split = folder.split("own")
    assert (len(split.train), len(split.valid), len(split.test)) == (8, 2, 2)
    assert {folder.tracks[track].artist for track in split.valid} == {"artist 4"}
    assert split.name == "list, own split"


def test_a_list_out_of_excel_is_read(music, tmp_path):
    path = music / "excel.csv"
    path.write_bytes("\ufeffPath;Genre\r\nRock/0 #0.wav;Röck\r\nhiphop/0 #0.wav;Hip\r\n".encode())
    folder = Folder(path)
    path.unlink()
    assert folder.genres == ("Hip", "Röck")
    assert folder.audio_path("Rock/0 #0.wav") == music / "Rock" / "0 #0.wav"


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\u2028", "\x85", "\x0b", "\x0c"])
def test_a_title_may_hold_any_break(mark, tmp_path):
    path = tmp_path / "list.csv"
    text = f'path,genre,title\r\na.wav,rock,"two{mark}lines"\r\nb.wav,pop,b\r\n'
    path.write_bytes(text.encode())
    folder = Folder(path)
    assert [track.title for track in folder.tracks.values()] == [f"two{mark}lines", "b"]


def test_a_path_that_is_too_long_is_not_available(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f"path,genre\n{'x' * 300}.wav,rock\nb.wav,pop\n")
    assert tracks_with_audio(Folder(path)) == {}
    with pytest.raises(DatasetError, match="There is nothing at"):
        open_dataset("x" * 300)


def test_a_split_without_validation_clips_draws_them_from_the_training_clips(tmp_path):
    path = tmp_path / "list.csv"
    rows = [
        f"{genre}/{n}.wav,{genre},{'test' if n > 6 else 'train'}"
        for genre in ("rock", "jazz")
        for n in range(10)
    ]
    path.write_text("path,genre,split\n" + "\n".join(rows))
    split = Folder(path).split("own")
    assert (len(split.train), len(split.valid)) == (12, 2)
    assert sorted(split.test) == [f"{g}/{n}.wav" for g in ("jazz", "rock") for n in (7, 8, 9)]


def test_folders_named_as_parts_are_a_split_and_no_genres(music, tmp_path):
    for part in ("train", "test"):
        shutil.copytree(music, tmp_path / part)
    folder = Folder(tmp_path)
    assert folder.genres == ("Rock", "hiphop")
    assert {track.split("/")[0] for track in folder.split("own").test} == {"test"}


def test_folders_of_systems_hold_no_music(music, tmp_path):
    root = tmp_path / "music"
    shutil.copytree(music, root)
    for sound in list(root.rglob("[0-9]*.wav")):
        (sound.parent / "@eaDir" / sound.name).mkdir(parents=True)
        (root / "pop.mp3" / sound.name).mkdir(parents=True, exist_ok=True)
    (root / "$RECYCLE.BIN").mkdir()
    (root / "$RECYCLE.BIN" / "x.wav").touch()
    assert list(Folder(root).tracks) == list(Folder(music).tracks)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no column genre and no path"),
        ("path,label\na.wav,rock\n", "has no column genre"),
        ("path,genre\na.wav,\n", "line 2: path or genre is empty"),
        ("path,genre\na.wav,rock\na.wav,pop\n", "line 3: a.wav is pop here and rock above"),
        ("path,genre,split\na.wav,rock,night\n", "split is 'night'"),
        (
            "path,genre,split\na.wav,rock,valid\nb.wav,pop,train\na.wav,rock,test\n",
            "line 4: a.wav is test here and valid above",
        ),
        ("path,genre,split\na.wav,rock,test\nb.wav,pop,\n", "marks clips as test only"),
        ('path,genre,title\na.wav,rock,"Heroes\nb.wav,pop,x\n', "line 2 cannot be read as CSV"),
        ("path,genre\na.wav,rock\n", "holds only rock; two genres are needed"),
        ("path,genre\na.wav,rock\nb.wav,track\n", "a genre cannot be called 'track'"),
    ],
)
def test_a_list_that_cannot_be_is_refused(text, words, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(DatasetError) as caught:
        Folder(path)
    assert words in str(caught.value)


def test_a_folder_without_music_says_how_it_should_be(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no music; two genres.*one subfolder a genre"):
        Folder(tmp_path)


def test_too_few_clips_of_a_genre_cannot_be_split(tmp_path):
    path = tmp_path / "list.csv"
    rows = [f"{number}.wav,rock" for number in range(20)] + ["x.wav,pop"]
    path.write_text("path,genre\n" + "\n".join(rows))
    with pytest.raises(DatasetError, match="has 1 clips of pop; 6 of each genre are needed"):
        Folder(path).split("paper")


def test_short_clips_are_named_and_left_out(tmp_path):
    (tmp_path / "rock").mkdir()
    soundfile.write(tmp_path / "rock" / "short.wav", tone(300, seconds=1), 22_050)
    soundfile.write(tmp_path / "rock" / "long.wav", tone(300, seconds=4), 22_050)
    (tmp_path / "pop").mkdir()
    (tmp_path / "pop" / "a.wav").touch()
    dataset = Folder(tmp_path)
    log_mels = dataset.log_mels(dataset.tracks, COMPACT).at_least(39)
    assert list(log_mels.by_track) == ["rock/long.wav"]
    reasons = {skipped.track: skipped.reason for skipped in log_mels.skipped}
    assert "a window has 39" in reasons["rock/short.wav"]
    assert "is empty" in reasons["pop/a.wav"]


def test_a_long_song_is_cut_into_clips(tmp_path):
    """Each clip of 30 s has its own loudest point, as it has when a song is classified."""
    (tmp_path / "rock").mkdir()
    (tmp_path / "pop").mkdir()
    song = np.concatenate([0.02 * tone(300, seconds=30), tone(300, seconds=30)])
    soundfile.write(tmp_path / "rock" / "song.wav", song, 22_050)
    (tmp_path / "pop" / "a.wav").touch()
    (log_mel,) = Folder(tmp_path).log_mels(["rock/song.wav"], COMPACT).by_track.values()
    assert log_mel.shape == (128, 2 * 387)
    assert log_mel[:, :387].max() == log_mel[:, 387:].max() == 255


def test_two_genres_of_ones_own_go_through_the_baseline(music, tmp_path):
    asked = ["train", "--model", "svm", "--data", str(music), "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found["genres"] == ["Rock", "hiphop"]
    assert found["protocol"] == f"{music.name}, by clip"


def test_a_network_learns_the_genres_of_its_dataset(music):
    config = recipes.for_dataset(models.spec("crnn").config, str(music))
    assert config.genres == ("Rock", "hiphop")
    assert recipes.for_dataset(config, "gtzan") == config
    assert models.spec("crnn").config.genres == GTZAN_GENRES
    assert recipes.default_split(str(music)) == "paper"
    assert recipes.default_split("toy") == "paper"


def test_names_that_are_no_utf_8_are_escaped_in_tables(music, tmp_path):
    root = tmp_path / "music"
    shutil.copytree(music, root)
    os.rename(root / "Rock", os.fsencode(root / "R") + b"\xf6ck")
    folder = Folder(root)
    assert folder.genres == (r"R\xf6ck", "hiphop")
    assert all(path.is_file() for path in tracks_with_audio(folder).values())
    soundless = tracks_with_audio(folder)[r"R\xf6ck/0 #0.wav"]
    soundless.write_text("no audio")
    report = quality.examine(folder, jobs=1)
    assert report.having("unreadable") == [r"R\xf6ck/0 #0.wav"]
    assert report.table.to_csv().encode()
