"""Maps, spectra and dynamics of a dataset, against what is known of made-up sound."""

import numpy as np
import pandas as pd
import pytest

from deepmusic.audio import features
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES, MelConfig
from deepmusic.data import Toy, explore
from deepmusic.data.gtzan import read_facts
from deepmusic.ui.dataset.front_end import _describe

COMPACT = FRONT_ENDS["compact"]


def log_mel(level: int, n_frames: int = 40) -> np.ndarray:
    return np.full((128, n_frames), level, np.uint8)


def test_bytes_become_decibels():
    assert explore.decibels(log_mel(255)).max() == pytest.approx(0)
    assert explore.decibels(log_mel(0)).min() == pytest.approx(-80)


def test_spectra_are_means_by_genre():
    log_mels = {"blues.toy00": log_mel(0), "blues.toy01": log_mel(255), "jazz.toy00": log_mel(51)}
    found = explore.spectra(log_mels, Toy())
    assert list(found.index) == ["blues", "jazz"]
    np.testing.assert_allclose(found.loc["blues"], -40, atol=1e-4)
    np.testing.assert_allclose(found.loc["jazz"], -64, atol=1e-4)


def test_dynamics_are_the_gap_of_loud_and_soft():
    halves = np.hstack([log_mel(255), log_mel(128)])
    expected = (255 - 128) * 80 / 255
    assert explore.dynamics(halves) == pytest.approx(expected, abs=0.01)
    assert explore.dynamics(log_mel(77)) == pytest.approx(0)


@pytest.mark.slow
def test_neighbours_stay_neighbours_on_the_map():
    rng = np.random.default_rng(0)
    vectors = {}
    for group in range(3):
        for number in range(20):
            vector = np.eye(8)[group] + 0.05 * rng.normal(size=8)
            vectors[f"{group}.{number}"] = vector / np.linalg.norm(vector)
    found = explore.flat_map(vectors)
    assert np.abs(found.to_numpy()).max() == pytest.approx(1)
    pd.testing.assert_frame_equal(found, explore.flat_map(vectors))
    groups = np.array([track[0] for track in found.index])
    apart = np.linalg.norm(found.to_numpy()[:, None] - found.to_numpy()[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (groups[apart.argmin(axis=1)] == groups).all()


@pytest.mark.parametrize("n_clips", [1, 2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_a_map_of_few_clips(n_clips):
    vectors = {str(n): np.eye(5)[n] for n in range(n_clips)}
    found = explore.flat_map(vectors)
    assert list(found.index) == list(vectors)
    assert np.isfinite(found.to_numpy()).all()


def test_ids_on_a_map_stay_as_they_are(tmp_path, monkeypatch):
    """FMA's 000002 is no number."""
    (tmp_path / "map.csv").write_text("track,x,y,dynamics\n000002,0.1,0.2,3\n")
    monkeypatch.setattr(explore, "SHIPPED", tmp_path)
    assert list(explore.shipped_map().index) == ["000002"]


def test_what_is_shipped_of_gtzan_fits_it():
    tracks = [row["track"] for row in read_facts()]
    placed = explore.shipped_map()
    assert set(tracks) - set(placed.index) == {"jazz.00054"}
    assert np.isfinite(placed.to_numpy()).all()
    spectra = explore.shipped_spectra()
    assert tuple(spectra.index) == GTZAN_GENRES
    assert spectra.shape == (10, 128)
    assert spectra.to_numpy().max() < 0


def test_the_shipped_spectra_are_those_of_the_archive(gtzan_root):
    from deepmusic.data import Gtzan

    dataset = Gtzan(gtzan_root)
    tracks = [track for track in dataset.tracks if track.startswith("metal")]
    found = explore.spectra(dataset.log_mels(tracks, COMPACT).by_track, dataset)
    np.testing.assert_allclose(
        found.loc["metal"], explore.shipped_spectra().loc["metal"], atol=0.006
    )


def test_filters_are_joined():
    table = pd.DataFrame(
        {
            "genre": ["rock", "rock", "jazz"],
            "artist": ["A", "B", "A"],
            "part": ["train", "test", "test"],
            "fault": ["", "the same file as x", ""],
        },
        index=["1", "2", "3"],
    )
    assert list(explore.filter_tracks(table).index) == ["1", "2", "3"]
    assert list(explore.filter_tracks(table, genres=["rock"]).index) == ["1", "2"]
    assert list(explore.filter_tracks(table, artist="A", part="test").index) == ["3"]
    assert list(explore.filter_tracks(table, fault="the same file").index) == ["2"]
    assert explore.filter_tracks(table, genres=["jazz"], fault="the same file").empty


# --- Front end -----------------------------------------------------------------------------------


def test_the_front_end_is_told_in_numbers():
    words = _describe(MelConfig(n_fft=1024, hop_length=256, n_mels=64))
    assert "**46 ms**" in words
    assert "**22 Hz**" in words
    assert "**11.6 ms**: 86 per second" in words
    assert "513 frequencies" in words


def test_bands_narrower_than_the_frequencies_are_counted():
    assert features.empty_bands(MelConfig()) == 0
    assert features.empty_bands(MelConfig(n_fft=256, n_mels=256)) > 50
