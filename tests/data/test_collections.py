"""One contract for all collections, and what each kind of collection is made of."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from conftest import FMA_GENRES

from deepmusic import models
from deepmusic.audio.synth import tone
from deepmusic.cli import main
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data import (
    Fma,
    Folder,
    Gtzan,
    Toy,
    absolute_name,
    open_dataset,
    splits,
    tracks_with_audio,
)
from deepmusic.data.logmels import prepare
from deepmusic.errors import DatasetError
from deepmusic.evaluation.candidates import build_candidates
from deepmusic.evaluation.scores import score_candidate
from deepmusic.protocols import ALL_CLIPS, Protocol
from deepmusic.runs import list_runs
from deepmusic.training import recipes

COMPACT = FRONT_ENDS["compact"]
KINDS = ["gtzan", "toy", "fma", "folder", "csv"]
N_CLIPS = 6


@pytest.fixture(scope="module")
def music(tmp_path_factory) -> Path:
    """Two genres in subfolders, six clips each, one of them deeper down."""
    root = tmp_path_factory.mktemp("my_music")
    for genre, pitch in (("Rock", 200), ("hiphop", 2000)):
        for number in range(N_CLIPS):
            path = root / genre / ("album" if number == 3 else ".") / f"{number} #{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, tone(pitch + 20 * number, seconds=4), 22_050)
    (root / "hiphop" / "cover.jpg").touch()
    (root / "hiphop" / ".hidden.wav").touch()
    (root / "loose.wav").touch()
    return root


@pytest.fixture(scope="module")
def table(music) -> Path:
    """The same as a CSV, with a split of its own."""
    path = music / "list.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "genre", "artist", "split"])
        for sound in sorted(music.rglob("[0-9]*.wav")):
            number = int(sound.name[0])
            part = {4: "val", 5: "test"}.get(number, "training")
            inside = sound.relative_to(music)
            rows.writerow([inside, inside.parts[0], f"artist {number}", part])
    return path


@pytest.fixture(params=KINDS)
def dataset(request):
    build = {
        "gtzan": lambda: Gtzan(request.getfixturevalue("toy_gtzan")),
        "toy": Toy,
        "fma": lambda: Fma(request.getfixturevalue("toy_fma")),
        "folder": lambda: Folder(request.getfixturevalue("music")),
        "csv": lambda: Folder(request.getfixturevalue("table")),
    }
    return build[request.param]()


# --- The contract --------------------------------------------------------------------------------


def test_genres_are_those_of_the_tracks(dataset):
    assert len(dataset.genres) >= 2
    assert len(set(dataset.genres)) == len(dataset.genres)
    assert {track.genre for track in dataset.tracks.values()} == set(dataset.genres)
    assert dataset.name and dataset.credit


def test_tracks_are_known_by_their_id(dataset):
    for track_id, track in dataset.tracks.items():
        assert track.id == track_id
        assert track.recording == splits.clip_of(track_id) == track_id


def test_every_split_is_disjoint_and_of_known_tracks(dataset):
    assert dataset.splits
    for name in dataset.splits:
        split = dataset.split(name, fold=1 if name == "artist_folds" else None)
        everything = [*split.train, *split.valid, *split.test]
        assert len(set(everything)) == len(everything)
        assert all(split.train) and all(split.valid) and all(split.test)
        for part in ("train", "valid", "test"):
            tracks = getattr(split, part)
            assert {dataset.tracks[track].genre for track in tracks} == set(dataset.genres)
            assert {split.part_of(track) for track in tracks} == {part}
        assert split == dataset.split(name, fold=1 if name == "artist_folds" else None)


def test_all_clips_can_train_and_none_is_tested(dataset):
    split = dataset.split(ALL_CLIPS)
    assert sorted(split.train) == sorted(dataset.tracks)
    assert (split.valid, split.test) == ((), ())
    # It is no protocol: nobody is offered it as one.
    assert ALL_CLIPS not in dataset.splits


def test_another_split_is_refused(dataset):
    with pytest.raises(DatasetError, match="Choose"):
        dataset.split("no such split")


def test_protocols_of_different_collections_have_different_names(dataset):
    names = {
        dataset.split(name, 1 if name == "artist_folds" else None).name: name
        for name in dataset.splits
    }
    for full, short in names.items():
        protocol = Protocol.parse(full)
        assert str(protocol) == full
        assert protocol.is_of_gtzan == isinstance(dataset, Gtzan)
        assert protocol.cli_options.split()[1] == short
        assert protocol.description


def test_sound_is_found_by_id_alone(dataset):
    for track, path in tracks_with_audio(dataset).items():
        assert track in dataset.tracks
        assert path.is_file()
    for stranger in ("../../x", "/etc/passwd", "", "*", "rock/../rock.wav"):
        assert dataset.audio_path(stranger) is None


def test_log_mels_come_in_order_and_the_rest_is_named(dataset):
    usable = [track for track in dataset.tracks if track not in dataset.expected.unreadable]
    at_hand = [track for track in usable if track in tracks_with_audio(dataset)] or usable
    wanted = ["a stranger", *at_hand[2::-1]]
    log_mels = dataset.log_mels(wanted, COMPACT)
    assert list(log_mels.by_track) == wanted[1:]
    assert [skipped.track for skipped in log_mels.skipped] == ["a stranger"]
    for log_mel in log_mels.by_track.values():
        assert log_mel.dtype == np.uint8
        assert log_mel.shape[0] == COMPACT.n_mels
        assert log_mel.shape[1] >= 39


def test_it_can_be_prepared_and_then_log_mels_are_the_same(dataset, tmp_path, monkeypatch):
    if isinstance(dataset, Gtzan):
        monkeypatch.setattr(dataset, "_audio", dict(list(dataset._audio.items())[:3]))
    if isinstance(dataset, Fma):
        monkeypatch.setattr(dataset, "_at_hand", dict(list(dataset._at_hand.items())[:3]))
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path))
    tracks = [*tracks_with_audio(dataset)]
    before = dataset.log_mels(tracks, COMPACT)
    done = prepare(dataset, jobs=1)
    assert done.computed == len(before.by_track)
    assert done.missing == len(dataset.tracks) - len(tracks)
    after = dataset.log_mels(tracks, COMPACT)
    for track, log_mel in before.by_track.items():
        np.testing.assert_array_equal(log_mel, after.by_track[track])


def test_it_is_opened_by_its_path_from_anywhere(dataset, monkeypatch, tmp_path):
    if dataset.location is None:
        assert type(open_dataset(absolute_name(dataset.name))) is type(dataset)
        return
    monkeypatch.chdir(dataset.location.parent)
    name = absolute_name(dataset.location.name)
    monkeypatch.chdir(tmp_path)
    opened = open_dataset(name)
    assert type(opened) is type(dataset)
    assert list(opened.tracks) == list(dataset.tracks)
    assert opened.genres == dataset.genres


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


def test_a_path_that_is_too_long_is_not_at_hand(tmp_path):
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
        ('path,genre,title\na.wav,rock,"Heroes\nb.wav,pop,x\n', "quotation mark left open"),
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


# --- FMA -----------------------------------------------------------------------------------------


def test_fma_small_is_read_from_its_own_table(toy_fma):
    fma = Fma(toy_fma)
    assert fma.genres == FMA_GENRES
    assert len(fma.tracks) == 48
    first = fma.tracks["000002"]
    assert (first.genre, first.artist, first.title) == (
        "Electronic",
        "Electronic artist",
        "Song, no. 0",
    )
    assert fma.audio_path("000002") == toy_fma / "fma_small" / "000" / "000002.mp3"
    assert fma.audio_path("000140") is None
    split = fma.split("own")
    assert (len(split.train), len(split.valid), len(split.test)) == (32, 8, 8)
    assert split.name == "fma_small, own split"


def test_what_is_broken_in_every_copy_of_fma_is_named(toy_fma):
    log_mels = Fma(toy_fma).log_mels(["000002", "098565", "000140"], COMPACT)
    assert list(log_mels.by_track) == ["000002"]
    reasons = {skipped.track: skipped.reason for skipped in log_mels.skipped}
    assert reasons["098565"] == "this file is empty or cut off in every copy of FMA"
    assert "neither its audio nor its log-mel" in reasons["000140"]


@pytest.mark.parametrize("text", ["", "a,b\nc,d\n", "some text", ",set\n,subset\n"])
def test_another_table_is_refused(text, tmp_path):
    (tmp_path / "fma_metadata").mkdir()
    (tmp_path / "fma_metadata" / "tracks.csv").write_text(text)
    with pytest.raises(DatasetError, match=r"tracks\.csv is not FMA's table of tracks"):
        Fma(tmp_path)


def test_fma_that_is_not_there_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.delenv("DEEPMUSIC_FMA", raising=False)
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match="data download fma"):
        open_dataset("fma")
    with pytest.raises(DatasetError, match="Unpack fma_metadata"):
        Fma(tmp_path)


# --- Through the product -------------------------------------------------------------------------


def test_fma_goes_through_prepare_train_evaluate_and_compare(toy_fma, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DEEPMUSIC_FMA", str(toy_fma))

    def run(*arguments):
        result = CliRunner().invoke(main, list(map(str, arguments)))
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "46 computed" in run("data", "prepare", "--data", "fma", "--jobs", 1)
    run("train", "--data", "fma", "--model", "crnn", "--epochs", 1, "--preset", "class")
    (made,) = list_runs()
    assert made.config.model.genres == FMA_GENRES
    assert made.config.train.split == "own"
    assert made.evaluation["protocol"] == "fma_small, own split"
    assert made.evaluation["clips_by_part"] == {"train": 30, "valid": 8, "test": 8}
    assert made.read_predictions()["track"].str.len().eq(6).all()
    found = json.loads(run("evaluate", made.id, "--json"))
    assert list(found["per_genre"]) == list(FMA_GENRES)
    (score,) = map(score_candidate, build_candidates([], [made]))
    assert set(score.by_genre("recall")) == set(FMA_GENRES)
    (svm,) = json.loads(run("train", "--model", "svm", "--data", "fma", "--json"))
    assert svm["protocol"] == "fma_small, own split"
    assert len(svm["confusion"]) == len(FMA_GENRES)
    _look_at_pages(made, monkeypatch)


def _look_at_pages(made, monkeypatch):
    """Compare and Confusion show the run, and its clips can be heard."""
    from streamlit.testing.v1 import AppTest

    for page in ("compare", "confusion"):
        app = AppTest.from_file(f"../../pages/{page}.py", default_timeout=60)
        app.session_state["frame_is_up"] = True
        app.query_params["protocol"] = "fma_small, own split"
        app.run()
        assert not app.exception
        words = "\n".join(e.value for e in [*app.markdown, *app.caption])
        assert "fma\\_small, own split" in words
        assert "GTZAN" not in words
        if page == "confusion":
            assert app.selectbox(key="label").options == list(FMA_GENRES)
            assert len(app.get("audio")) == 1


def test_two_genres_of_ones_own_go_through_the_baseline(music, tmp_path):
    asked = ["train", "--model", "svm", "--data", str(music), "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found["genres"] == ["Rock", "hiphop"]
    assert found["protocol"] == f"{music.name}, by clip"


def test_a_network_learns_the_genres_of_its_collection(music):
    config = recipes.for_dataset(models.spec("crnn").config, str(music))
    assert config.genres == ("Rock", "hiphop")
    assert recipes.for_dataset(config, "gtzan") == config
    assert models.spec("crnn").config.genres == GTZAN_GENRES
    assert recipes.default_split(str(music)) == "paper"
    assert recipes.default_split("toy") == "paper"
