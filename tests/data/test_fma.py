"""FMA small, from its table to the pages."""

import json

import pytest
from click.testing import CliRunner
from conftest import FMA_GENRES

from deepmusic.cli import main
from deepmusic.config import FRONT_ENDS
from deepmusic.data import (
    Fma,
    open_dataset,
)
from deepmusic.errors import DatasetError
from deepmusic.evaluation.candidates import build_candidates
from deepmusic.evaluation.scores import score_candidate
from deepmusic.runs import list_runs

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]


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


def test_medium_and_large_contain_the_smaller_sets(toy_fma, tmp_path):
    (tmp_path / "fma_metadata").symlink_to(toy_fma / "fma_metadata")
    for subset, n_tracks in (("medium", 49), ("large", 50)):
        folder = tmp_path / f"fma_{subset}"
        (folder / "000").mkdir(parents=True)
        (folder / "000" / "000005.mp3").touch()
        fma = open_dataset(str(folder))
        assert isinstance(fma, Fma)
        assert fma.name == f"fma_{subset}"
        assert len(fma.tracks) == n_tracks
        assert fma.tracks["000005"].genre == "Rock"
        assert fma.audio_path("000005") == folder / "000" / "000005.mp3"
        assert fma.split("own").name == f"fma_{subset}, own split"


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


@pytest.mark.slow
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
        assert {"compare": "8 test clips", "confusion": "FMA small"}[page] in words
        assert "GTZAN" not in words
        if page == "confusion":
            (genres,) = (box.options for box in app.selectbox if box.label == "Label")
            assert genres == list(FMA_GENRES)
            assert len(app.get("audio")) == 1
