"""The toy dataset."""

import numpy as np
import pytest

from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data import Toy, open_dataset, toy
from deepmusic.errors import DatasetError

COMPACT = FRONT_ENDS["compact"]
SOME = ("blues.toy00", "metal.toy13")


@pytest.fixture(scope="module")
def log_mels():
    return Toy().log_mels(SOME, COMPACT)


def test_it_is_opened_by_name():
    assert isinstance(open_dataset("toy"), Toy)


def test_every_band_plays_as_often():
    dataset = Toy()
    genres = [track.genre for track in dataset.tracks.values()]
    assert dataset.genres == GTZAN_GENRES
    assert {genre: genres.count(genre) for genre in genres} == dict.fromkeys(GTZAN_GENRES, 16)
    assert all(track == found.id for track, found in dataset.tracks.items())
    assert all(track.startswith(f"{found.genre}.") for track, found in dataset.tracks.items())
    assert dataset.audio_path("blues.toy00") is None


def test_its_split_serves_every_genre_and_shares_no_clip():
    dataset = Toy()
    split = dataset.split("paper")
    assert split.name == "toy"
    assert [len(part) for part in (split.train, split.valid, split.test)] == [100, 30, 30]
    assert {*split.train, *split.valid, *split.test} == set(dataset.tracks)
    for part, count in ((split.train, 10), (split.valid, 3), (split.test, 3)):
        genres = [dataset.tracks[track].genre for track in part]
        assert {genre: genres.count(genre) for genre in genres} == dict.fromkeys(
            dataset.genres, count
        )


@pytest.mark.parametrize(("name", "fold"), [("fault_filtered", None), ("artist_folds", 1)])
def test_it_has_no_artists_to_keep_apart(name, fold):
    with pytest.raises(DatasetError, match=f"no split named {name!r}"):
        Toy().split(name, fold)


def test_log_mels_are_what_networks_read(log_mels):
    assert tuple(log_mels.by_track) == SOME
    assert log_mels.skipped == ()
    for log_mel in log_mels.by_track.values():
        assert log_mel.dtype == np.uint8
        assert log_mel.shape == (128, 103)
        assert log_mel.max() > 200
    first, second = log_mels.by_track.values()
    assert not np.array_equal(first, second)


def test_log_mels_are_the_same_each_time(log_mels):
    again = Toy().log_mels(reversed(SOME), COMPACT)
    for track in SOME:
        assert np.array_equal(log_mels.by_track[track], again.by_track[track])


def test_clips_are_synthesised_once_and_stored(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path))
    told = []
    first = Toy().log_mels(SOME, COMPACT, lambda *progress: told.append(progress))
    assert told == [(1, 2), (2, 2)]
    monkeypatch.setattr(toy, "_log_mel_of", None)
    again = Toy().log_mels(SOME, COMPACT, lambda *progress: told.append(progress))
    assert len(told) == 2
    for track in SOME:
        assert np.array_equal(first.by_track[track], again.by_track[track])


def test_clips_of_other_code_are_not_reused(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path))
    sound = Toy().log_mels(SOME[:1], COMPACT).by_track[SOME[0]]
    monkeypatch.setattr(toy, "_log_mel_of", lambda *facts: sound + 1)
    monkeypatch.setattr(toy, "_state_of_sound", lambda: "other")
    assert np.array_equal(Toy().log_mels(SOME[:1], COMPACT).by_track[SOME[0]], sound + 1)


def test_where_nothing_can_be_written_clips_are_made_each_time(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "file"))
    assert list(Toy().log_mels(SOME[:1], COMPACT).by_track) == [SOME[0]]


def test_all_frames_make_a_longer_log_mel():
    paper = Toy().log_mels(SOME[:1], FRONT_ENDS["paper"]).by_track[SOME[0]]
    assert paper.shape == (128, 345)


def test_an_unknown_track_is_skipped_and_no_failure(log_mels):
    mixed = Toy().log_mels((SOME[0], "blues.00000", "../secret"), COMPACT)
    assert list(mixed.by_track) == [SOME[0]]
    assert [skipped.track for skipped in mixed.skipped] == ["blues.00000", "../secret"]
    assert all("no such track" in skipped.reason for skipped in mixed.skipped)
