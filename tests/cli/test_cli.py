"""The command line, as a user types it."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from deepmusic import models
from deepmusic.audio import load_song
from deepmusic.cli import main
from deepmusic.prediction import classify, load_classifiers
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.runs import list_runs
from deepmusic.training import worker
from deepmusic.training.recipes import recipe


def run(*arguments, **options):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)


@pytest.fixture
def folder(tmp_path, music) -> Path:
    """Two songs, one of them deeper down, beside a text."""
    (tmp_path / "album").mkdir()
    soundfile.write(tmp_path / "one.wav", music, 22_050)
    soundfile.write(tmp_path / "album" / "two.MP3", music, 22_050, format="MP3")
    (tmp_path / "notes.txt").write_text("not a song")
    return tmp_path


def test_json_holds_what_the_library_says(folder):
    result = run("predict", folder / "one.wav", "--json")
    assert result.exit_code == 0, result.output
    (song,) = json.loads(result.stdout)
    networks = load_classifiers(list(models.MODELS), DEPLOYED_PROTOCOL)
    expected = classify(load_song(folder / "one.wav"), networks)
    assert list(song["models"]) == list(expected)
    for name, heard in expected.items():
        stated = song["models"][name]
        assert stated["genre"] == heard.genre
        np.testing.assert_allclose(
            list(stated["probabilities"].values()), heard.song_probabilities, atol=1e-6
        )
        assert len(stated["windows"]) == len(heard.starts)


def test_folders_are_searched(folder):
    result = run("predict", folder, "--model", "crnn", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [Path(row["file"]).name for row in rows] == ["two.MP3", "one.wav"]
    assert {row["model"] for row in rows} == {"crnn"}
    assert result.exit_code == 0


def test_names_that_begin_like_a_formula_are_not_calculated(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "one.wav").rename(folder / "=1+1.wav")
    result = run("predict", "=1+1.wav", "album/two.MP3", "--model", "crnn", "--csv")
    assert [row["file"] for row in csv.DictReader(io.StringIO(result.stdout))] == [
        "'=1+1.wav",
        "album/two.MP3",
    ]


def test_patterns_are_expanded_where_the_shell_did_not(folder):
    result = run("predict", folder / "*.wav", "--model", "crnn")
    assert result.exit_code == 0
    assert result.stdout.startswith("one.wav  6.0 s  CRNN: ")


def test_a_bad_file_is_reported_and_the_rest_go_on(folder):
    fake = folder / "fake.mp3"
    fake.write_text("this is no music")
    result = run("predict", fake, folder / "one.wav", folder / "none.wav", "--model", "crnn")
    assert result.exit_code == 2
    assert "one.wav" in result.stdout
    assert "fake.mp3 is not sound that can be read" in result.stderr
    assert "none.wav cannot be read" in result.stderr
    assert "2 of 3 files could not be used" in result.stderr


def test_a_folder_without_songs_fails(tmp_path):
    result = run("predict", tmp_path, "--model", "crnn")
    assert result.exit_code == 2
    assert "0 of 0 files" in result.stderr


def test_score_says_what_the_clips_were(toy_gtzan):
    result = run("predict", toy_gtzan, "--score", "--model", "crnn")
    assert result.exit_code == 0
    header, row = result.stdout.splitlines()[-2:]
    assert header.split() == ["train", "valid", "test", "all"]
    assert row.startswith("CRNN")
    assert row.endswith("of 40")


def test_train_needs_data(monkeypatch):
    monkeypatch.delenv("DEEPMUSIC_GTZAN", raising=False)
    result = run("train", "--model", "crnn")
    assert result.exit_code == 2
    assert "Set DEEPMUSIC_GTZAN" in result.stderr


def test_train_makes_a_run(toy_gtzan, tmp_path):
    result = run(
        *("train", "--model", "crnn", "--epochs", 1, "--seed", 3, "--out", tmp_path),
        env={"DEEPMUSIC_GTZAN": str(toy_gtzan)},
    )
    assert result.exit_code == 0, result.output
    (made,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert made.name.endswith("-crnn")
    settings = json.loads((made / "config.json").read_text())
    assert settings["train"]["seed"] == 3
    assert "CRNN      paper: window" in result.stdout
    assert "(10 test clips" in result.stdout


def test_a_fold_without_artist_folds_is_refused(toy_gtzan):
    result = run("train", "--fold", 1, env={"DEEPMUSIC_GTZAN": str(toy_gtzan)})
    assert result.exit_code == 2
    assert "fold=1 with split='paper'" in result.stderr


def test_train_on_the_toy_set(tmp_path):
    result = run("train", "--data", "toy", "--model", "crnn", "--epochs", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    (made,) = list_runs(tmp_path)
    assert made.state == "finished"
    assert made.config.train.windows_per_clip == recipe("crnn", "class")[1].windows_per_clip
    assert "CRNN      toy: window" in result.stdout
    assert "(30 test clips" in result.stdout


def test_train_prints_its_runs_as_json(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "start", lambda made: None)
    result = run(
        *("train", "--data", "toy", "--epochs", 2, "--repeats", 2),
        *("--background", "--json", "--out", tmp_path),
    )
    rows = json.loads(result.stdout)
    assert [row["model"] for row in rows] == [name for name in models.MODELS for _ in range(2)]
    assert {row["id"] for row in rows} == {made.id for made in list_runs(tmp_path)}
    assert {row["epoch"] for row in rows} == {0}


def test_what_comes_after_a_stopped_run_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "run_worker", lambda made: made.cancel())
    result = run("train", "--data", "toy", "--json", "--out", tmp_path)
    assert result.exit_code == 2
    assert "was stopped. Go on: python -m deepmusic runs resume" in result.stderr
    (made,) = list_runs(tmp_path)
    assert [row["state"] for row in json.loads(result.stdout)] == ["cancelled"] == [made.state]


def test_a_failed_training_says_why(tmp_path):
    elsewhere = {"DEEPMUSIC_GTZAN": str(tmp_path / "nothing")}
    result = run("train", "--model", "crnn", "--out", tmp_path, env=elsewhere)
    assert result.exit_code == 2
    (made,) = list_runs(tmp_path)
    assert made.state == "failed"
    assert f"{made.id} failed: " in result.stderr
    assert "holds neither GTZAN's audio nor a log-mel archive" in result.stderr


def test_a_path_that_leads_nowhere_makes_no_run(tmp_path):
    result = run("train", "--data", tmp_path / "nothing", "--model", "crnn", "--out", tmp_path)
    assert result.exit_code == 2
    assert f"There is nothing at {tmp_path / 'nothing'}" in result.stderr
    assert list_runs(tmp_path) == []


# === runs ===


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A run that was interrupted, in the folder of runs."""
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    return worker.create(*recipe("crnn", "class"))


def test_runs_list_as_objects(stored):
    result = run("runs", "list", "--json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert (row["id"], row["state"], row["epoch"]) == (stored.id, "interrupted", 0)
    assert row["epochs"] == stored.config.train.epochs


def test_runs_list_as_lines(stored):
    stored.fail("The disk is full.")
    result = run("runs", "list")
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert line.startswith(stored.id)
    assert "failed" in line
    assert "epoch 0/15" in line
    assert line.endswith("The disk is full.")


def test_no_runs_are_an_empty_list(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path / "none"))
    assert json.loads(run("runs", "list", "--json").stdout) == []


def test_runs_show_ends_with_the_log(stored):
    stored.log_path.write_text("".join(f"line {number}\n" for number in range(30)))
    result = run("runs", "show", stored.id)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "line 29"
    assert "line 3\n" not in result.stdout
    assert json.loads(run("runs", "show", stored.id, "--json").stdout)[0]["id"] == stored.id


def test_runs_delete(stored):
    result = run("runs", "delete", stored.id)
    assert result.exit_code == 0
    assert not stored.path.exists()


def test_a_run_that_does_not_train_cannot_be_stopped(stored):
    result = run("runs", "stop", stored.id)
    assert result.exit_code == 2
    assert "is interrupted, and has nothing to stop" in result.stderr


def test_a_finished_run_cannot_be_resumed(stored):
    stored.write_evaluation({})
    result = run("runs", "resume", stored.id)
    assert result.exit_code == 2
    assert "is finished" in result.stderr


def test_a_run_that_trains_is_not_deleted_or_resumed(stored):
    with stored.take_lock():
        for command in ("delete", "resume"):
            result = run("runs", command, stored.id)
            assert result.exit_code == 2
            assert "is queued" in result.stderr
    assert stored.path.exists()


@pytest.mark.parametrize("command", ["show", "stop", "resume", "delete"])
@pytest.mark.parametrize("run_id", ["none", "../outside"])
def test_an_unknown_run_is_refused(command, run_id, stored):
    (stored.path.parent.parent / "outside").mkdir(exist_ok=True)
    result = run("runs", command, run_id)
    assert result.exit_code == 2
    assert f"There is no run named {run_id!r}" in result.stderr


def test_training_can_be_switched_off(stored, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    for arguments in (["train", "--data", "toy"], ["runs", "resume", stored.id]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "Training is switched off here" in result.stderr


def test_a_song_is_timed(monkeypatch):
    monkeypatch.setattr(
        "deepmusic.prediction.latency.time_classifiers", lambda asked: {"crnn": 17.4}
    )
    monkeypatch.setattr("deepmusic.prediction.load_classifiers", lambda names: {})
    assert run("time").stdout == "CRNN         17 ms\n"


def test_results_prints_every_network():
    result = run("results")
    assert result.exit_code == 0
    for name in [*models.MODELS, models.ENSEMBLE]:
        assert models.title(name) in result.stdout
    assert result.stdout.count("300 test clips") == 4
