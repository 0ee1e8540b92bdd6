"""Log-mel archives: written, read, and refused where they are damaged."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS
from deepmusic.data import (
    Gtzan,
)
from deepmusic.data.archive import export_archive, import_archive, read_archive, read_tracks
from deepmusic.data.logmels import prepare
from deepmusic.errors import DatasetError

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))


def write_archive(path: Path, tracks=("blues.00000", "jazz.00001"), **arrays) -> None:
    logmel = np.random.default_rng(0).integers(0, 256, (len(tracks), 128, 387)).astype(np.uint8)
    np.savez_compressed(path, **{"logmel": logmel, "track": np.array(tracks)} | arrays)


@pytest.mark.parametrize(
    "arrays",
    [
        {"logmel": np.zeros((2, 128, 387), np.float32)},
        {"logmel": np.zeros((2, 64, 387), np.uint8)},
        {"logmel": np.zeros((3, 128, 387), np.uint8)},
        {"logmel": np.zeros((2, 128), np.uint8)},
        {"track": np.array("blues.00000")},
        {"track": np.array([["blues.00000"], ["jazz.00001"]])},
    ],
)
def test_an_archive_of_another_form_is_refused(arrays, tmp_path):
    path = tmp_path / "logmel.npz"
    write_archive(path, **arrays)
    with pytest.raises(DatasetError, match=r"logmel\.npz: logmel is .* expected uint8"):
        read_archive(path)


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "logmel.npz"
    write_archive(path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[3000:3100] = bytes(100)
    for data in (whole[: len(whole) // 2], bytes(flipped), b"", b"some text", b"PK\3\4 and more"):
        path.write_bytes(data)
        with pytest.raises(DatasetError, match=r"logmel\.npz is not a log-mel archive"):
            Gtzan(tmp_path).log_mels(["blues.00000"], COMPACT)


def test_another_npz_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, something=np.zeros(3))
    with pytest.raises(DatasetError, match="not a log-mel archive"):
        read_archive(path)
    np.savez(path, logmel=np.zeros(3), track=np.array([None]))
    with pytest.raises(DatasetError, match="not a log-mel archive"):
        read_archive(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DatasetError, match="not a log-mel archive"):
        read_archive(path)


def test_an_archive_leads_back_to_the_same_log_mels(folder, tmp_path, make_folder, stored):
    prepare(folder, jobs=1)
    path = tmp_path / "logmel.npz"
    assert export_archive(folder, path) == (6, [])
    with np.load(path, allow_pickle=False) as archive:
        assert archive["logmel"].dtype == np.uint8
        assert archive["logmel"].shape == (6, 128, 51)
        assert list(archive["track"]) == list(folder.tracks)
    assert list(read_archive(path)) == list(folder.tracks)
    other = make_folder(tmp_path / "other")
    os.utime(other.audio_path("low/000.wav"), (5, 5))
    assert import_archive(other, path) == (6, [])
    assert prepare(other, jobs=1).computed == 0
    for track, log_mel in stored(other).items():
        np.testing.assert_array_equal(log_mel, read_archive(path)[track])


def test_an_archive_replaces_what_was_computed(folder, tmp_path, stored):
    folder_of = prepare(folder, jobs=1).folder
    path = tmp_path / "logmel.npz"
    flat = np.full((1, 128, 51), 7, np.uint8)
    np.savez(path, logmel=flat, track=np.array(["low/000.wav"]))
    assert import_archive(folder, path) == (1, [])
    assert (stored(folder)["low/000.wav"] == 7).all()
    assert len(list(folder_of.iterdir())) == 6
    assert prepare(folder, jobs=1).kept == 6


def test_clips_of_another_length_are_left_out_of_an_archive(folder, tmp_path):
    soundfile.write(folder.audio_path("low/001.wav"), tone(200, seconds=5.0), 22_050)
    prepare(folder, jobs=1)
    assert export_archive(folder, tmp_path / "a.npz") == (5, ["low/001.wav"])


def test_nothing_prepared_is_nothing_to_export(folder, tmp_path):
    with pytest.raises(DatasetError, match="Prepare it first"):
        export_archive(folder, tmp_path / "a.npz")


def test_a_damaged_archive_leaves_all_as_it_was(folder, tmp_path):
    done = prepare(folder, jobs=1)
    path = tmp_path / "logmel.npz"
    export_archive(folder, path)
    tracks = [*folder.tracks]
    # The last row is missing.
    logmel = np.stack(list(read_archive(path).values()))
    np.savez_compressed(path, logmel=logmel[:5], track=np.array(tracks))
    before = sorted(done.folder.iterdir())
    with pytest.raises(DatasetError, match="expected uint8"):
        import_archive(folder, path)
    whole = tmp_path / "whole.npz"
    export_archive(folder, whole)
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    whole.write_bytes(data)
    with pytest.raises(DatasetError, match="not a log-mel archive"):
        import_archive(folder, whole)
    assert sorted(done.folder.iterdir()) == before


def test_tracks_of_another_dataset_are_named(folder, tmp_path):
    path = tmp_path / "logmel.npz"
    np.savez(path, logmel=np.zeros((1, 128, 51), np.uint8), track=np.array(["blues.00000"]))
    assert import_archive(folder, path) == (0, ["blues.00000"])


def test_tracks_are_read_without_their_log_mels(tmp_path):
    write_archive(tmp_path / "a.npz")
    assert read_tracks(tmp_path / "a.npz") == ["blues.00000", "jazz.00001"]
    np.savez(tmp_path / "b.npz", track=np.array(["blues.00000"]))
    with pytest.raises(DatasetError, match="no array logmel"):
        read_tracks(tmp_path / "b.npz")
