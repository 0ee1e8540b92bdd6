"""benchmarks/retrieval.py: the measures against what can be computed by hand, and the table."""

import importlib.util
import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deepmusic import models
from deepmusic.data import LogMels
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import DatasetError, RunError
from deepmusic.library import embeddings, known_clips
from deepmusic.library.known_clips import ALL_NETWORKS, MFCC
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_run

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "retrieval.py"
_SPEC = importlib.util.spec_from_file_location("retrieval", _FILE)
retrieval = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(retrieval)

ALL, RANDOM, TEST = retrieval.ALL, retrieval.RANDOM, retrieval.TEST


def test_average_precision_by_hand():
    found = retrieval.average_precision(np.array([True, False, True, False]))
    assert found == pytest.approx((1 + 2 / 3) / 2)
    assert retrieval.average_precision(np.array([False, False])) == 0


@pytest.mark.parametrize(("n_relevant", "n_candidates"), [(1, 1), (1, 4), (2, 5), (3, 6), (0, 3)])
def test_a_random_order_is_the_mean_over_all_orders(n_relevant, n_candidates):
    orders = itertools.combinations(range(n_candidates), n_relevant)
    scores = [
        retrieval.average_precision(np.isin(np.arange(n_candidates), order)) for order in orders
    ]
    expected = retrieval.expected_average_precision(n_relevant, n_candidates)
    assert expected == pytest.approx(np.mean(scores))


def test_neighbours_of_the_same_artist_do_not_count():
    genres = np.array(["jazz", "jazz", "rock", "jazz"])
    similarity = np.array([[1, 0.9, 0.8, 0.7]] * 4)
    alone, both = np.eye(4, dtype=bool), np.eye(4, dtype=bool)
    both[0, 1] = True
    query, pool = np.array([0]), np.arange(4)
    whole = retrieval.rank(similarity, genres, alone, query, pool)
    assert whole["average_precision"].tolist() == pytest.approx([(1 + 2 / 3) / 2])
    filtered = retrieval.rank(similarity, genres, both, query, pool)
    assert filtered["average_precision"].tolist() == [0.5], "rock stands before the other jazz"
    assert filtered["at_5"].tolist() == [0.5], "of two that are left"
    assert filtered["candidates"].tolist() == [2]
    chance = retrieval.rank(None, genres, both, query, pool)
    assert chance["at_10"].tolist() == [0.5]
    assert chance["average_precision"].tolist() == [pytest.approx(0.75)]


def test_artists_groups_and_copies_are_the_same_and_unknown_artists_are_not():
    rows = [("Queen", "1", "a"), ("QUEEN", "2", "b"), ("", "2", "c"), ("", "", "d"), ("", "", "d")]
    names = ("artist", "artist_group", "wav_sha256")
    alike = retrieval.same_artist([dict(zip(names, row, strict=True)) for row in rows])
    assert np.argwhere(np.triu(alike, 1)).tolist() == [[0, 1], [1, 2], [3, 4]]
    assert alike.diagonal().all()


@pytest.fixture(scope="module")
def measured():
    return retrieval.measure(BENCHMARK_PROTOCOL, TEST)


def test_the_goal_is_reached_on_clips_that_the_networks_never_saw(measured):
    assert measured[ALL_NETWORKS]["queries"] == 300
    assert measured[ALL_NETWORKS]["candidates"] < 300, "test clips only, without their own artists"
    assert measured[ALL_NETWORKS]["at_10"] >= 0.70
    low, high = measured[ALL_NETWORKS]["interval"]
    assert low < measured[ALL_NETWORKS]["at_10"] < high
    floor = measured[MFCC]["interval"][1]
    assert low > floor + 0.2, "well above the MFCC baseline"
    assert 0.05 < measured[RANDOM]["at_10"] < 0.11


def test_by_genre_adds_up_to_the_whole(measured):
    for row in measured.values():
        by_genre = list(row["by_genre"]["at_10"].values())
        assert len(by_genre) == 10
        assert np.mean(by_genre) == pytest.approx(row["at_10"]), "30 clips a genre"


@pytest.mark.slow
def test_known_labels_flatter(measured):
    whole = retrieval.measure(BENCHMARK_PROTOCOL, ALL)
    assert whole[ALL_NETWORKS]["candidates"] > 900
    for system in ("cnn", "crnn", "cnn_gru"):
        gain = whole[system]["at_10"] - measured[system]["at_10"]
        assert gain > 0.01


class SmallGtzan:
    """All of GTZAN's tracks but one, with a window each of noise."""

    def log_mels(self, tracks, mel):
        rng = np.random.default_rng(0)
        return LogMels(
            {
                track: rng.integers(0, 256, (mel.n_mels, 39), dtype=np.uint8)
                for track in tracks
                if track != "jazz.00054"
            }
        )


def test_what_is_stored_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "MODELS", {"crnn": models.MODELS["crnn"]})
    monkeypatch.setattr(embeddings, "NETWORKS", ("crnn",))
    retrieval.store(SmallGtzan(), (), tmp_path)
    names = [row["track"] for row in read_facts()]
    broken = names.index("jazz.00054")
    units = models.spec("crnn").config.dense_units
    for system, width in (("crnn", units), ("genres", 10), (MFCC, 80)):
        table = known_clips.read(system, BENCHMARK_PROTOCOL, tmp_path)
        assert table.shape == (1000, width)
        assert np.isnan(table[broken]).all()
        assert np.isfinite(np.delete(table, broken, axis=0)).all()
    vectors = known_clips.vectors(ALL_NETWORKS, BENCHMARK_PROTOCOL, tmp_path)
    np.testing.assert_allclose(np.linalg.norm(np.delete(vectors, broken, 0), axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_another_protocol_is_stored_from_runs_with_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "MODELS", {"crnn": models.MODELS["crnn"]})
    monkeypatch.setattr(embeddings, "NETWORKS", ("crnn",))
    shipped = shipped_run("crnn", Protocol("fault_filtered"))
    run = Run.create(tmp_path / "run", shipped.config)
    shutil.copy(shipped.history_path, run.history_path)
    for name in ("weights_path", "network_path"):
        shutil.copy(getattr(shipped_run("crnn"), name), getattr(run, name))
    retrieval.store(SmallGtzan(), [run], tmp_path / "stored")
    assert retrieval.protocols(tmp_path / "stored") == [
        BENCHMARK_PROTOCOL,
        Protocol("fault_filtered"),
    ]
    tested = known_clips.read("crnn", Protocol("fault_filtered"), tmp_path / "stored")
    assert (~np.isnan(tested[:, 0])).sum() == 290, "of other protocols, the test clips alone"
    monkeypatch.undo()
    with pytest.raises(RunError, match="no run of cnn, cnn_gru"):
        retrieval.store(SmallGtzan(), [run], tmp_path / "stored")


def test_an_incomplete_gtzan_is_not_stored(tmp_path):
    few = SmallGtzan()
    few.log_mels = lambda tracks, mel: SmallGtzan().log_mels(list(tracks)[:7], mel)
    with pytest.raises(DatasetError, match="993 of 1000 clips are not available"):
        retrieval.store(few, (), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_command_prints_what_was_measured(measured):
    result = CliRunner().invoke(retrieval.main, [])
    assert result.exit_code == 0, result.output
    assert "which the networks never learnt from" in result.stdout
    assert "FLATTER" in result.stdout
    for system, row in measured.items():
        figures = f"{row['at_5']:.3f}  {row['at_10']:.3f}"
        assert f"{retrieval.title(system):16} {figures}" in result.stdout
