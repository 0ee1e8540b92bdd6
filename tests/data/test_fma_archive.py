"""FMA's log-mel archive, from its file to a trained network."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import FMA_GENRES, write_fma_archive

from deepmusic import models
from deepmusic.cli import main
from deepmusic.config import FRONT_ENDS
from deepmusic.data import Fma, FmaArchive, Gtzan, open_dataset
from deepmusic.errors import DatasetError
from deepmusic.protocols import FMA_PROTOCOL
from deepmusic.runs import list_runs
from deepmusic.training import recipes


def test_it_is_read_as_it_was_written(fma_archive):
    dataset = FmaArchive(fma_archive)
    assert dataset.genres == FMA_GENRES
    assert dataset.tracks["001003"].genre == "Experimental"
    split = dataset.split("own")
    assert split.name == str(FMA_PROTOCOL) == "fma_clips, own split"
    assert (len(split.train), len(split.valid), len(split.test)) == (32, 16, 16)
    assert split.part_of("000002") == "test"
    with np.load(fma_archive) as archive:
        found = dataset.log_mels(["001003", "000002"], FRONT_ENDS["fma"]).by_track
        np.testing.assert_array_equal(found["001003"], archive["logmel"][11])
        np.testing.assert_array_equal(found["000002"], archive["logmel"][2])


def test_an_archive_of_other_clips_names_itself(fma_archive, tmp_path):
    assert FmaArchive(fma_archive).name == "fma_clips"
    with np.load(fma_archive) as archive:
        np.savez(tmp_path / "other.npz", name="ballads", **archive)
    assert FmaArchive(tmp_path / "other.npz").split("own").name == "ballads, own split"


def test_it_has_one_front_end(fma_archive):
    dataset = FmaArchive(fma_archive)
    found = dataset.log_mels(["000002"], FRONT_ENDS["compact"])
    assert not found.by_track
    assert "the front end fma alone" in found.skipped[0].reason


def test_a_path_or_the_variable_opens_it(fma_archive, toy_fma, monkeypatch):
    assert isinstance(open_dataset(str(fma_archive)), FmaArchive)
    monkeypatch.setenv("DEEPMUSIC_FMA", str(fma_archive))
    assert isinstance(open_dataset("fma"), FmaArchive)
    monkeypatch.setenv("DEEPMUSIC_FMA", str(toy_fma))
    assert isinstance(open_dataset("fma"), Fma)


def test_an_archive_without_labels_is_gtzans(tmp_path):
    path = tmp_path / "gtzan.npz"
    np.savez(path, logmel=np.zeros((1, 128, 387), np.uint8), track=np.array(["blues.00000"]))
    assert isinstance(open_dataset(str(path)), Gtzan)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"part": np.array(["train"])}, "one entry a clip"),
        ({"genre": np.array(["Rock"] * 64)}, "two genres"),
        ({"logmel": np.zeros((64, 96, 128), np.uint8)}, r"Received: uint8 \(64, 96, 128\)"),
        ({"logmel": np.zeros((64, 128, 128))}, "Received: float64"),
    ],
)
def test_an_archive_of_another_form_is_refused(arrays, message, fma_archive, tmp_path):
    with np.load(fma_archive) as archive:
        np.savez(tmp_path / "other.npz", **(dict(archive) | arrays))
    with pytest.raises(DatasetError, match=message):
        dataset = FmaArchive(tmp_path / "other.npz")
        dataset.log_mels(dataset.tracks, dataset.mel)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "some.npz").write_bytes(b"no archive")
    with pytest.raises(DatasetError, match="not FMA's log-mel archive"):
        FmaArchive(tmp_path / "some.npz")


def test_networks_read_its_front_end_in_windows_of_ten_seconds(fma_archive):
    spec = models.spec("cnn_gru")
    sizes, recipe = recipes.for_dataset(spec.config, spec.train, FmaArchive(fma_archive))
    assert sizes.mel == FRONT_ENDS["fma"]
    assert sizes.window_seconds == pytest.approx(10, abs=0.1)
    assert (sizes.genres, recipe.windows_per_clip) == (FMA_GENRES, 3)
    pretrained = models.spec("musicnn")
    sizes, _ = recipes.for_dataset(pretrained.config, pretrained.train, FmaArchive(fma_archive))
    assert (sizes.mel, sizes.window_frames) == (pretrained.config.mel, 187)


def test_the_svm_learns_it(fma_archive, tmp_path):
    asked = ["train", "--model", "svm", "--data", str(fma_archive), "--out", str(tmp_path)]
    result = CliRunner().invoke(main, [*asked, "--json"])
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found["protocol"] == str(FMA_PROTOCOL)
    assert found["clip_accuracy"] == 1
    assert found["genres"] == list(FMA_GENRES)


@pytest.mark.slow
@pytest.mark.parametrize("n_genres", [3, 16])
def test_a_network_learns_and_is_tested_on_any_number_of_genres(n_genres, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    genres = [f"genre {place:02d}" for place in range(n_genres)]
    path = write_fma_archive(tmp_path / "clips.npz", genres)

    def run(*arguments):
        result = CliRunner().invoke(main, [*arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    asked = ["--model", "crnn", "--preset", "class", "--epochs", "1", "--no-augment"]
    run("train", "--data", str(path), *asked)
    (made,) = list_runs()
    assert made.evaluation["genres"] == genres
    assert len(made.evaluation["confusion"]) == n_genres
    assert made.evaluation["clips"] == 2 * n_genres
    found = json.loads(run("evaluate", made.id, "--json"))
    assert found["clip_accuracy"] == made.evaluation["clip_accuracy"]
