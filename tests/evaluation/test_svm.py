"""The classical baseline: what it reads, what it learns, and what it prints."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.fft import dct

from deepmusic.cli import main
from deepmusic.config import FRONT_ENDS
from deepmusic.data import LogMels, SkippedTrack, Split, Toy, Track
from deepmusic.errors import DatasetError
from deepmusic.evaluation import candidates, evaluate, svm
from deepmusic.runs import Run

GENRES = ("blues", "jazz", "rock")


class Bands:
    """Three genres that differ in where their sound lies: 4 clips train, 2 choose, 2 test."""

    name = "bands"
    genres = GENRES
    splits = ("paper",)
    mel = FRONT_ENDS["compact"]

    def __init__(self, missing=()):
        self._missing = set(missing)
        self.tracks = {
            f"{genre}.{number}": Track(f"{genre}.{number}", genre)
            for genre in GENRES
            for number in range(8)
        }

    def split(self, name, fold=None):
        numbers = {"train": range(4), "valid": range(4, 6), "test": range(6, 8)}
        return Split(
            name, *(tuple(f"{g}.{n}" for g in GENRES for n in part) for part in numbers.values())
        )

    def log_mels(self, tracks, mel, on_progress=None):
        found = {track: self._log_mel(track) for track in tracks if track not in self._missing}
        gone = tuple(SkippedTrack(track, "gone") for track in tracks if track in self._missing)
        return LogMels(found, gone)

    def _log_mel(self, track):
        genre, number = track.split(".")
        noise = np.random.default_rng(int(number)).integers(0, 60, (128, 50))
        noise[GENRES.index(genre) * 40 :][:40] += 150
        return noise.astype(np.uint8)


def test_a_clip_is_described_by_its_bands_and_mfccs():
    log_mel = np.random.default_rng(0).integers(0, 256, (128, 50)).astype(np.uint8)
    described = svm.describe(log_mel).reshape(6, 128 + 40)
    mfcc = dct(log_mel.astype(float), axis=0, norm="ortho")[:40]
    np.testing.assert_allclose(described[0, :128], log_mel.mean(axis=1))
    np.testing.assert_allclose(described[1, 128:], mfcc.std(axis=1))
    np.testing.assert_allclose(described[3, :128], np.percentile(log_mel, 90, axis=1))
    np.testing.assert_allclose(described[5, 128:], np.abs(np.diff(mfcc)).mean(axis=1))
    # A constant log-mel has but one coefficient, and no differences between frames.
    flat = svm.describe(np.full((128, 50), 9, np.uint8)).reshape(6, 168)
    np.testing.assert_allclose(flat[0, :129], [9] * 128 + [9 * np.sqrt(128)])
    np.testing.assert_allclose(flat[[1, 4, 5]], 0, atol=1e-12)


def test_it_learns_and_its_predictions_say_what_it_reached():
    predictions, found = svm.evaluate(Bands())
    assert found["clip_accuracy"] == 1.0
    assert found["clips_by_part"] == {"train": 12, "valid": 6, "test": 6}
    assert set(predictions["track"]) == set(Bands().split("paper").test)
    assert list(predictions.columns) == ["track", "genre", "start", *GENRES]
    np.testing.assert_allclose(predictions[list(GENRES)].sum(axis=1), 1)
    recounted = evaluate.summarize(predictions, GENRES)
    assert {key: found[key] for key in recounted} == recounted


def test_what_is_missing_is_left_out_and_an_empty_part_is_refused():
    _, found = svm.evaluate(Bands(missing=["blues.6"]))
    assert found["clips"] == 5
    with pytest.raises(DatasetError, match="No clip of the test part of paper"):
        svm.evaluate(Bands(missing=Bands().split("paper").test))


@pytest.mark.parametrize("n_gone", [1, 2])
def test_a_genre_without_usable_clips_is_refused(n_gone):
    """Repro 66: with one genre left, scikit-learn's error; with two, a genre nobody predicts."""
    gone = GENRES[:n_gone]
    missing = [track for track in Bands().split("paper").train if track.split(".")[0] in gone]
    with pytest.raises(DatasetError, match=f"Received none of: {', '.join(gone)}"):
        svm.evaluate(Bands(missing=missing))


class FewToys(Toy):
    """A third of the toy set: making the clips takes longest."""

    def split(self, name, fold=None):
        whole = super().split(name, fold)
        return Split(whole.name, whole.train[::3], whole.valid[::3], whole.test[::3])


@pytest.mark.slow
def test_it_learns_the_toy_set(tmp_path, monkeypatch):
    monkeypatch.setattr("deepmusic.data.open_dataset", {"toy": FewToys()}.get)
    result = CliRunner().invoke(
        main, ["train", "--model", "svm", "--data", "toy", "--out", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(str(tmp_path / "svm-toy"))
    found = json.loads((tmp_path / "svm-toy" / "evaluation.json").read_text())
    assert found["protocol"] == "toy"
    assert found["clips"] == 10
    assert found["clip_accuracy"] > 0.7
    kept = Run(tmp_path / "svm-toy")
    assert kept.evaluation == found
    assert set(kept.read_predictions()["track"]) == set(FewToys().split("paper").test)


def test_it_prints_a_table(monkeypatch, tmp_path):
    monkeypatch.setattr("deepmusic.data.open_dataset", lambda name: Bands())
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    result = CliRunner().invoke(main, ["train", "--model", "svm", "--split", "fault_filtered"])
    assert result.exit_code == 0, result.output
    path, heading, *lines = result.stdout.splitlines()
    assert path == str(tmp_path / "svm-fault_filtered")
    assert heading.startswith("SVM, protocol fault_filtered: 6 test clips")
    (line,) = (line for line in lines if line.startswith("clip accuracy"))
    assert line.split("  ")[-1] == "0.610 to 1.000"
    # It predicts whole clips.
    assert "window accuracy" not in result.stdout
    (found,) = candidates.find_candidates(tmp_path / "none", tmp_path)[0]
    assert (found.model, str(found.protocol), found.runs[0].id) == (
        *("svm", "fault_filtered", "svm-fault_filtered"),
    )


def test_it_prints_json_and_can_be_forbidden(monkeypatch, tmp_path):
    monkeypatch.setattr("deepmusic.data.open_dataset", lambda name: Bands())
    command = ["train", "--model", "svm", "--json", "--out", str(tmp_path)]
    (printed,) = json.loads(CliRunner().invoke(main, command).stdout)
    assert (printed["id"], printed["state"], printed["model"]) == ("svm-paper", "finished", "svm")
    assert printed["clip_accuracy"] == 1
    refused = CliRunner().invoke(main, command, env={"DEEPMUSIC_PUBLIC": "1"})
    assert refused.exit_code == 2
    assert "Training is switched off here" in refused.stderr


def test_options_of_networks_are_refused():
    for option in (["--epochs", "3"], ["--seed", "1"], ["--no-augment"], ["--background"]):
        result = CliRunner().invoke(main, ["train", "--model", "svm", *option])
        assert result.exit_code == 2
        assert "no seed" in result.output


@pytest.mark.slow
def test_it_reaches_a_floor_on_gtzan(gtzan_root):
    from deepmusic.data import Gtzan

    for protocol, floor in (("paper", 0.78), ("fault_filtered", 0.56)):
        assert svm.evaluate(Gtzan(gtzan_root), protocol)[1]["clip_accuracy"] > floor
