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


def write_tree(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize(
    ("train", "valid", "test"),
    [
        ("train", "valid", "test"),
        ("Training", None, "Testing"),
        ("TRAIN_SET", "Validation", "test data"),
        ("train", "dev", "test"),
        ("training", "val", "test-set"),
    ],
)
@pytest.mark.parametrize("layout", ["{part}/{genre}/{n}.wav", "{genre}/{part}/cd/{n}.wav"])
def test_a_split_by_folders_is_used(layout, train, valid, test, tmp_path):
    counts = {train: 8, valid: 2, test: 3}
    write_tree(
        tmp_path,
        *(
            layout.format(part=part, genre=genre, n=n)
            for part, count in counts.items()
            for genre in ("rock", "jazz")
            for n in range(count)
            if part
        ),
    )
    folder = Folder(tmp_path)
    assert (folder.genres, folder.splits) == (("jazz", "rock"), ("own", "paper"))
    split = folder.split("own")
    sizes = [len(tracks) for tracks in split.parts.values()]
    assert sizes == ([16, 4, 6] if valid else [13, 3, 6])
    assert all(test in track.split("/") for track in split.test)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("train/rock/a.wav", "train/jazz/b.wav"), "marks clips as train only"),
        (("test/rock/a.wav", "valid/rock/b.wav", "test/jazz/b.wav"), "as test and valid only"),
        (("train/rock/a.wav", "test/jazz/b.wav", "more/jazz/c.wav"), "more/jazz/c.wav lies outs"),
        (("rock/a.wav", "jazz/b.wav", "test/rock/c.wav"), "jazz/b.wav lies outside"),
        (("rock/train/a.wav", "rock/test/b.wav", "jazz/c.wav"), "jazz/c.wav lies outside"),
        (("train/a.wav", "test/b.wav"), "holds no music"),
    ],
)
def test_half_a_split_by_folders_is_refused(names, words, tmp_path):
    write_tree(tmp_path, *names)
    with pytest.raises(DatasetError) as caught:
        Folder(tmp_path)
    assert words in str(caught.value)


def test_a_genre_or_an_album_may_be_called_like_a_part(tmp_path):
    write_tree(tmp_path, "rock/Test/a.wav", "rock/b.wav", "test/c.wav", "jazz/d.wav")
    folder = Folder(tmp_path)
    assert (folder.genres, folder.splits) == (("jazz", "rock", "test"), ("paper",))


def test_validation_clips_are_drawn_by_artist(tmp_path):
    path = tmp_path / "list.csv"
    rows = [
        f"{genre}/{n}.wav,{genre},{genre} {n // 4 if n < 28 else 'x'},{'test' if n >= 28 else 'tr'}"
        for genre in ("rock", "jazz")
        for n in range(32)
    ]
    path.write_text("path,genre,artist,split\n" + "\n".join(rows).replace(",tr\n", ",train\n"))
    folder = Folder(path)
    split = folder.split("own")
    assert [len(tracks) for tracks in split.parts.values()] == [48, 8, 8]
    artists = [{folder.tracks[t].artist for t in part} for part in (split.train, split.valid)]
    assert not artists[0] & artists[1]
    assert {folder.tracks[track].genre for track in split.valid} == {"rock", "jazz"}


def test_where_each_genre_has_one_artist_validation_clips_are_drawn_by_clip(tmp_path):
    path = tmp_path / "list.csv"
    rows = [
        f"{g}/{n}.wav,{g},{g}'s artist,{'train' if n < 14 else 'test'}"
        for g in ("rock", "jazz")
        for n in range(20)
    ]
    path.write_text("path,genre,artist,split\n" + "\n".join(rows))
    assert len(Folder(path).split("own").valid) == 4


def test_two_spellings_of_a_path_are_one(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("path,genre\na.wav,rock\n./a.wav,rock\nb//c.wav,pop\n")
    assert list(Folder(path).tracks) == ["a.wav", "b/c.wav"]
    path.write_text("path,genre\na.wav,rock\n./a.wav,pop\n")
    with pytest.raises(DatasetError, match=r"line 3: a\.wav is pop here and rock above"):
        Folder(path)


@pytest.mark.parametrize("name", ["song.wav", "loose", "one genre", "list.csv"])
@pytest.mark.parametrize("near", ["--near", "--no-near"])
def test_any_music_can_be_checked(name, near, music, tmp_path):
    """One file, files without a genre, one genre, a list without genres."""
    sound = next(music.rglob("0 #0.wav"))
    for copy in ("song.wav", "loose/a.wav", "one genre/rock/a.wav"):
        (tmp_path / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sound, tmp_path / copy)
    (tmp_path / "list.csv").write_text("path\nsong.wav\n")
    asked = ["data", "check", "--data", str(tmp_path / name), near, "--jobs", "1"]
    result = CliRunner().invoke(main, asked)
    assert (result.exit_code, result.exception) == (0, None), result.output
    assert "1 available, 1 readable" in result.output
    if name != "song.wav":
        with pytest.raises(DatasetError, match=r"two genres are needed|no column genre"):
            open_dataset(str(tmp_path / name))


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
        ("path,genre\na.wav,\n", "line 2: genre is empty"),
        ("path,genre\na.wav,rock\na.wav,pop\n", "line 3: a.wav is pop here and rock above"),
        ("path,genre,split\na.wav,rock,night\n", "split is 'night'"),
        (
            "path,genre,split\na.wav,rock,valid\nb.wav,pop,train\na.wav,rock,test\n",
            "line 4: a.wav is test here and valid above",
        ),
        ("path,genre,split\na.wav,rock,test\nb.wav,pop,\n", "marks clips as test only"),
        (
            "path,genre,split\na.wav,rock,test\nb.wav,pop,train\nc.wav,pop,\n",
            "c.wav and 0 others have no split",
        ),
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
    spec = models.spec("crnn")
    config, recipe = recipes.for_dataset(spec.config, spec.train, Folder(music))
    assert config.genres == ("Rock", "hiphop")
    assert (config.mel, config.window_frames) == (COMPACT, 39)
    assert recipe == spec.train
    assert recipes.for_dataset(config, recipe, Folder(music)) == (config, recipe)
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


def test_a_quotation_mark_left_open_is_told(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('path,genre,title\na.wav,rock,"Heroes\nb.wav,pop,x\n')
    folder = Folder(path)
    assert [track.title for track in folder.tracks.values()] == ['"Heroes', "x"]
    assert len(folder.remarks) == 1
    assert "list.csv, line 2" in folder.remarks[0]
