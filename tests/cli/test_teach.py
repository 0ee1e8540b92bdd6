"""``deepmusic teach`` and ``deepmusic predict --classes``."""

import csv
import io
import json
import shutil

import pytest
import soundfile

from deepmusic.audio import synth
from tests.cli import run


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Two classes of three synthetic clips of 4 s each."""
    root = tmp_path_factory.mktemp("sounds")
    for genre in ("classical", "metal"):
        (root / genre).mkdir()
        for seed in range(3):
            clip = synth.play(genre, seconds=4, seed=seed)
            soundfile.write(root / genre / f"{seed}.wav", clip, 22_050)
    return root


@pytest.fixture(scope="module")
def taught(sounds):
    path = sounds.parent / "my.zip"
    result = run("teach", sounds, "-o", path, "--json")
    assert result.exit_code == 0, result.output
    return path, json.loads(result.stdout)


def test_what_was_learnt_is_printed(taught):
    _, printed = taught
    assert printed["labels"] == ["classical", "metal"]
    assert sum(map(sum, printed["confusion"])) == 6
    assert printed["accuracy"] == 1
    assert {row["label"] for row in printed["tested"]} == {"classical", "metal"}


def test_songs_are_predicted_by_it(taught, tmp_path):
    path, _ = taught
    for genre in ("classical", "metal"):
        clip = synth.play(genre, seconds=4, seed=9)
        soundfile.write(tmp_path / f"{genre}.wav", clip, 22_050)
    songs = json.loads(run("predict", tmp_path, "--classes", path, "--json").stdout)
    assert [song["label"] for song in songs] == ["classical", "metal"]
    rows = list(
        csv.DictReader(io.StringIO(run("predict", tmp_path, "--classes", path, "--csv").stdout))
    )
    assert [row["class"] for row in rows] == ["classical", "metal"]
    assert float(rows[0]["p: classical"]) > 0.5
    text = run("predict", tmp_path / "metal.wav", "--classes", path).stdout
    assert text.startswith("metal.wav  4.0 s  metal ")


def test_a_sound_that_was_learnt_proves_nothing(taught, sounds):
    path, _ = taught
    told = run("predict", sounds / "metal" / "0.wav", "--classes", path)
    assert told.exit_code == 0
    assert "taught with this very sound" in told.stderr


def test_a_zip_is_a_folder_and_text_names_warnings(sounds, tmp_path):
    shutil.make_archive(str(tmp_path / "sounds"), "zip", sounds.parent, sounds.name)
    result = run("teach", tmp_path / "sounds.zip", "-o", tmp_path / "my.zip")
    assert result.exit_code == 0, result.output
    assert "Right on 6 of 6 sounds" in result.stdout


def test_a_fault_is_one_sentence(taught, sounds, tmp_path):
    path, _ = taught
    (tmp_path / "bad.zip").write_bytes(path.read_bytes()[:500])
    song = sounds / "metal" / "0.wav"
    for words, *arguments in (
        ("two classes", "teach", sounds / "metal", "-o", tmp_path / "x.zip"),
        ("nothing at", "teach", tmp_path / "none", "-o", tmp_path / "x.zip"),
        ("is one sound", "teach", song, "-o", tmp_path / "x.zip"),
        ("were taught", "teach", path, "-o", tmp_path / "x.zip"),
        ("cannot be written", "teach", sounds, "-o", tmp_path / "no folder" / "x.zip"),
        ("is damaged", "predict", song, "--classes", tmp_path / "bad.zip"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1, result.stderr
        assert words in result.stderr
    archive = shutil.make_archive(str(tmp_path / "sounds"), "zip", sounds)
    over = run("teach", archive, "-o", archive)
    assert over.exit_code == 2
    assert "no file of classes" in over.stderr
    both = run("predict", song, "--classes", path, "--model", "cnn")
    assert both.exit_code == 2
    assert "--classes goes without" in both.stderr
