"""One contract for all datasets."""

import numpy as np
import pytest

from deepmusic.config import FRONT_ENDS
from deepmusic.data import (
    Fma,
    FmaArchive,
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
from deepmusic.protocols import ALL_CLIPS, Protocol

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]
KINDS = ["gtzan", "toy", "fma", "fma_archive", "folder", "csv"]


@pytest.fixture(params=KINDS)
def dataset(request):
    build = {
        "gtzan": lambda: Gtzan(request.getfixturevalue("toy_gtzan")),
        "toy": Toy,
        "fma": lambda: Fma(request.getfixturevalue("toy_fma")),
        "fma_archive": lambda: FmaArchive(request.getfixturevalue("fma_archive")),
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


def test_protocols_of_different_datasets_have_different_names(dataset):
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
    available = [track for track in usable if track in tracks_with_audio(dataset)] or usable
    wanted = ["a stranger", *available[2::-1]]
    log_mels = dataset.log_mels(wanted, dataset.mel)
    assert list(log_mels.by_track) == wanted[1:]
    assert [skipped.track for skipped in log_mels.skipped] == ["a stranger"]
    for log_mel in log_mels.by_track.values():
        assert log_mel.dtype == np.uint8
        assert log_mel.shape[0] == dataset.mel.n_mels
        assert log_mel.shape[1] >= dataset.window_frames


def test_it_can_be_prepared_and_then_log_mels_are_the_same(dataset, tmp_path, monkeypatch):
    if isinstance(dataset, (Gtzan, Fma)):
        monkeypatch.setattr(dataset, "_audio", dict(list(dataset._audio.items())[:3]))
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
