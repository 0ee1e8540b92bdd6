"""``deepmusic predict``."""

import csv
import io
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from conftest import FMA_GENRES

from deepmusic import models
from deepmusic.audio import load_song, synth
from deepmusic.cli.predict import find_files
from deepmusic.formatting import parse_name
from deepmusic.prediction import Prediction, answer, classify, load_classifiers
from deepmusic.protocols import DEPLOYED_PROTOCOL
from tests.audio.hostile import HOSTILE
from tests.cli import run
from tests.names import DECODED, HARMFUL


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
    assert list(song["models"]) == [models.PRETRAINED, *expected]
    for name, heard in expected.items():
        stated = song["models"][name]
        assert stated["genre"] == heard.genre
        np.testing.assert_allclose(
            list(stated["probabilities"].values()), heard.song_probabilities, atol=1e-6
        )
        assert len(stated["windows"]) == len(heard.starts)


def test_json_lines_hold_the_same(folder):
    asked = ("predict", folder, "--model", "crnn")
    lines, whole = run(*asked, "--jsonl"), run(*asked, "--json")
    assert lines.exit_code == whole.exit_code == 0
    assert [json.loads(line) for line in lines.stdout.splitlines()] == json.loads(whole.stdout)


def test_fmas_genres_can_be_asked_for(tmp_path):
    soundfile.write(tmp_path / "song.wav", synth.play("rock", seconds=12), 22_050)
    (song,) = json.loads(run("predict", tmp_path / "song.wav", "--model", "fma", "--json").stdout)
    assert list(song["models"]) == ["fma"]
    assert song["genre"] in FMA_GENRES
    refused = run("predict", tmp_path / "song.wav", "--model", "fma", "--score")
    assert refused.exit_code == 2
    assert "GTZAN's" in refused.output


def test_folders_are_searched(folder):
    result = run("predict", folder, "--model", "crnn", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [Path(row["file"]).name for row in rows] == ["one.wav", "two.MP3"]
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
    assert result.stdout.startswith("one.wav  6.0 s  ")
    assert "(CRNN: " in result.stdout


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
    assert f"Received: {tmp_path}" in result.stderr


def test_the_help_has_an_example():
    assert "\n    deepmusic predict song.mp3\n" in run("predict", "--help").stdout


def test_arguments_mean_files_as_an_index_finds_them(tmp_path):
    """Repro 37: waste bins, hidden files and folders called like a song were tried too."""
    for name in ("a.wav", "b/c.MP3", "._a.wav", ".Trash-1000/old.wav", "__MACOSX/x.wav", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "Best of.mp3").mkdir()
    (tmp_path / "Best of.mp3" / "e.wav").touch()
    os.mkfifo(tmp_path / "pipe.wav")
    found = [tmp_path / "Best of.mp3" / "e.wav", tmp_path / "a.wav", tmp_path / "b" / "c.MP3"]
    assert sorted(find_files([str(tmp_path)]).files.values()) == found
    assert find_files([str(tmp_path)]).remarks[0].startswith("5 files were passed over: 2 hidden")
    asked = [f"{tmp_path}/[ab]*", "none.wav", "no*.wav", f"{tmp_path}/b/../a.wav"]
    files = [*found[1:], Path("none.wav"), Path("no*.wav")]
    assert list(find_files(asked).files.values()) == files


def test_a_name_as_long_as_a_list_is_a_file_that_is_not_there():
    """Repro 39: a name of more than 255 bytes ended in a traceback."""
    result = run("predict", "x" * 300 + ".wav", "--model", "crnn")
    assert result.exit_code == 2
    assert "cannot be read (File name too long)" in result.stderr


@pytest.mark.parametrize("name", DECODED.values(), ids=DECODED)
def test_any_name_is_printed_and_given_back(name, tmp_path, monkeypatch):
    """Repro 32: a name that is no UTF-8 ended the command, and all results were lost."""
    (tmp_path / "m").mkdir()
    path = tmp_path / "m" / name
    path.write_bytes(b"x" * 10)
    zeros = np.zeros(1)
    predicted = {
        "cnn": Prediction("cnn", ("rock", "pop"), zeros, zeros + 3, zeros, np.array([[1, 0]]))
    }
    answered = answer(predicted["cnn"], None, None)
    song = SimpleNamespace(
        notes=("cut off",),
        duration=6.0,
        predictions=predicted,
        model="cnn",
        answer=answered,
        probability=answered.probability,
    )
    recognizer = SimpleNamespace(predict=lambda path: song)
    monkeypatch.setattr("deepmusic.prediction.Recognizer", lambda *asked: recognizer)

    for options in ([], ["--json"], ["--csv"]):
        result = run("predict", tmp_path / "m", *options)
        assert result.exit_code == 0, result.output
        assert not HARMFUL & set(result.stdout_bytes.decode() + result.stderr_bytes.decode())
        assert result.stderr.count("\n") == 1
        if not options:
            assert parse_name(result.stdout.split("  6.0 s")[0]) == name
        elif options == ["--json"]:
            assert json.loads(result.stdout)[0]["file"] == str(path)
        else:
            (row,) = csv.DictReader(io.StringIO(result.stdout))
            assert parse_name(row["file"]) == str(path)


@pytest.mark.parametrize("name", DECODED.values(), ids=DECODED)
def test_any_name_is_refused_in_one_line(name, tmp_path):
    """Also as an argument that a shell put in for a pattern, which may begin with a dash."""
    path = tmp_path / name
    path.write_bytes(b"no sound")
    result = run("predict", path, "--model", "crnn")
    assert result.exit_code == 2
    assert not HARMFUL & set(result.stderr_bytes.decode())
    assert result.stderr.count("\n") == 2
    result = run("predict", f"-{name}")
    assert result.exit_code == 2
    assert not HARMFUL & set(result.stderr_bytes.decode())


def test_damage_is_reported(folder, music):
    soundfile.write(folder / "cut.flac", music, 22_050)
    data = (folder / "cut.flac").read_bytes()
    (folder / "cut.flac").write_bytes(data[: len(data) * 3 // 4])
    result = run("predict", folder / "cut.flac", "--model", "crnn")
    assert result.exit_code == 0
    assert "cut.flac: The file is damaged" in result.stderr


@pytest.mark.slow
def test_score_says_what_the_clips_were(toy_gtzan):
    result = run("predict", toy_gtzan, "--score", "--model", "crnn")
    assert result.exit_code == 0
    header, row = result.stdout.splitlines()[-2:]
    assert header.split() == ["train", "valid", "test", "all"]
    assert row.startswith("CRNN")
    assert row.endswith("of 40")


@pytest.mark.slow
def test_hostile_files_cost_themselves_alone(tmp_path, music):
    soundfile.write(tmp_path / "good.flac", music, 22_050)
    for name, (_, make) in HOSTILE.items():
        (tmp_path / name).write_bytes(make())
    result = run("predict", tmp_path, "--model", "crnn", "--jsonl")
    assert result.exit_code == 2
    songs = {Path(song["file"]).name: song for song in map(json.loads, result.stdout.splitlines())}
    assert set(songs) == {"good.flac", *(name for name, (is_song, _) in HOSTILE.items() if is_song)}
    assert songs["joined.mp3"]["duration"] == pytest.approx(12, abs=0.1)
    assert "Traceback" not in result.stderr
    for name, (is_song, _) in HOSTILE.items():
        assert is_song or f"{name} " in result.stderr


def test_what_was_cut_is_told_in_every_format(tmp_path, music):
    path = tmp_path / "cut.wav"
    soundfile.write(path, music, 22_050)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    result = run("predict", path, "--model", "crnn", "--json")
    ((note,),) = (song["notes"] for song in json.loads(result.stdout))
    assert "breaks off" in note
    assert note in result.stderr
    table = csv.DictReader(io.StringIO(run("predict", path, "--model", "crnn", "--csv").stdout))
    assert [row["notes"] for row in table] == [note]


def test_the_answer_and_its_certainty_are_in_every_style(folder, tmp_path):
    noise = 0.1 * np.random.default_rng(0).standard_normal(22_050 * 6)
    soundfile.write(folder / "noise.wav", noise, 22_050)
    asked = ("predict", folder / "one.wav", folder / "noise.wav")
    song, hiss = json.loads(run(*asked, "--json").stdout)
    assert hiss["certainty"] == "not_music"
    assert hiss["genre"] is None
    assert song["genre"] in song["models"]["musicnn"]["probabilities"]
    assert 0 <= song["probability"] <= 1
    assert set(song["content"]) == {"music", "singing", "speech"}
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--csv").stdout)))
    answers = [row for row in rows if row["certainty"]]
    assert [row["certainty"] for row in answers] == [song["certainty"], "not_music"]
    assert {row["model"] for row in answers} == {models.PRETRAINED}
    assert float(answers[0]["probability"]) == pytest.approx(song["probability"])
    assert "No music" in run(*asked).stdout.splitlines()[1]


def test_uncertain_songs_can_be_left_out(folder):
    noise = 0.1 * np.random.default_rng(0).standard_normal(22_050 * 6)
    soundfile.write(folder / "noise.wav", noise, 22_050)
    asked = ("predict", folder / "one.wav", folder / "noise.wav", "--jsonl", "--min-certainty")
    kept = run(*asked, "none_of_ten")
    assert [json.loads(line)["file"] for line in kept.stdout.splitlines()] == [
        str(folder / "one.wav")
    ]
    assert "1 not_music" in kept.stderr
    assert kept.exit_code == 0
    assert "is not one of" in run(*asked, "certain").output
