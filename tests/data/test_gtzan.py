"""GTZAN in every shape it is found in."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data import (
    Gtzan,
    open_dataset,
    splits,
)
from deepmusic.data.archive import read_archive
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, known_faults, read_facts
from deepmusic.errors import DatasetError

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]
FACTS = read_facts()


def write_archive(path: Path, tracks=("blues.00000", "jazz.00001"), **arrays) -> None:
    logmel = np.random.default_rng(0).integers(0, 256, (len(tracks), 128, 387)).astype(np.uint8)
    np.savez_compressed(path, **{"logmel": logmel, "track": np.array(tracks)} | arrays)


# --- Folders -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tree", [".", "genres", "genres_original", "Data/genres_original", "data/genres_original"]
)
def test_every_usual_tree_is_found(tree, tmp_path):
    for genre in GTZAN_GENRES:
        folder = tmp_path / tree / genre
        folder.mkdir(parents=True)
        (folder / f"{genre}.00007.wav").touch()
    (tmp_path / tree / "blues" / "notes.txt").touch()
    (tmp_path / tree / "blues" / "blues.00008.txt").touch()
    dataset = Gtzan(tmp_path)
    assert dataset.audio_tracks == tuple(f"{genre}.00007" for genre in GTZAN_GENRES)
    path = dataset.audio_path("rock.00007")
    assert path == tmp_path / tree / "rock" / "rock.00007.wav"


@pytest.mark.parametrize("suffix", [".wav", ".WAV", ".au", ".flac", ".mp3", ".ogg"])
def test_every_usual_suffix_is_read(suffix, tmp_path):
    folder = tmp_path / "genres" / "pop"
    folder.mkdir(parents=True)
    soundfile.write(folder / f"pop.00003{suffix}", tone(440, seconds=4), 22_050)
    log_mels = Gtzan(tmp_path).log_mels(["pop.00003"], COMPACT)
    assert log_mels.skipped == ()
    assert log_mels.by_track["pop.00003"].shape == (128, 51)


def test_gtzan_has_a_thousand_tracks(toy_gtzan):
    dataset = Gtzan(toy_gtzan)
    assert len(dataset.tracks) == 1000
    assert dataset.tracks["blues.00000"].artist == "John Lee Hooker"
    assert dataset.tracks["pop.00099"].genre == "pop"
    assert len(dataset.audio_tracks) == 40


def test_what_is_missing_or_corrupt_is_listed_and_the_rest_goes_on(tmp_path):
    folder = tmp_path / "genres" / "jazz"
    folder.mkdir(parents=True)
    soundfile.write(folder / "jazz.00000.wav", tone(440, seconds=4), 22_050)
    soundfile.write(folder / "jazz.00001.wav", np.zeros(88_200), 22_050)
    (folder / "jazz.00054.wav").write_text("no sound at all\n" * 50)
    (folder / "jazz.00055.wav").touch()
    (folder / "jazz.00056.wav").mkdir()
    asked = [f"jazz.{n:05d}" for n in (0, 1, 2, 54, 55, 56)]
    log_mels = Gtzan(tmp_path).log_mels(asked, COMPACT)
    assert list(log_mels.by_track) == ["jazz.00000"]
    reasons = {skipped.track: skipped.reason for skipped in log_mels.skipped}
    assert len(log_mels.skipped) == len(reasons) == 5
    assert "silent" in reasons["jazz.00001"]
    assert "neither its audio nor its log-mel" in reasons["jazz.00002"]
    assert "not sound that can be read" in reasons["jazz.00054"]
    assert "empty" in reasons["jazz.00055"]
    assert "directory" in reasons["jazz.00056"]


def test_log_mels_of_both_front_ends(toy_gtzan):
    dataset = Gtzan(toy_gtzan)
    asked = dataset.audio_tracks[::-1]
    compact, paper = (dataset.log_mels(asked, mel) for mel in (COMPACT, PAPER))
    assert compact.skipped == paper.skipped == ()
    assert list(compact.by_track) == list(paper.by_track) == list(asked)
    n_frames = 1 + 6 * 22_050 // 512
    assert {log_mel.shape for log_mel in paper.by_track.values()} == {(128, n_frames)}
    assert {log_mel.shape for log_mel in compact.by_track.values()} == {(128, 77)}
    assert {log_mel.dtype for log_mel in compact.by_track.values()} == {np.dtype(np.uint8)}


def test_the_toy_gtzan_serves_every_part(toy_gtzan):
    dataset = Gtzan(toy_gtzan)
    split = dataset.split("paper")
    for genre in GTZAN_GENRES:
        available = [
            split.part_of(track)
            for track in dataset.audio_tracks
            if dataset.tracks[track].genre == genre
        ]
        assert sorted(available) == ["test", "train", "train", "valid"]


@pytest.mark.parametrize("track", ["../../x", "/etc/passwd", "blues/../blues.00000", "", "blues.*"])
def test_an_id_from_outside_names_no_file(track, toy_gtzan):
    dataset = Gtzan(toy_gtzan)
    assert dataset.audio_path(track) is None
    log_mels = dataset.log_mels([track], COMPACT)
    assert not log_mels.by_track
    assert [skipped.track for skipped in log_mels.skipped] == [track]


@pytest.mark.parametrize("name", ["", "not_there"])
def test_a_folder_without_gtzan_names_the_variable(name, tmp_path):
    with pytest.raises(DatasetError, match=ENVIRONMENT_VARIABLE) as caught:
        Gtzan(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_from_environment(monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    assert Gtzan.from_environment().location == toy_gtzan


@pytest.mark.parametrize("value", [None, ""])
def test_from_an_environment_that_names_none(value, monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, value)
    with pytest.raises(DatasetError, match=f"Set {ENVIRONMENT_VARIABLE}"):
        Gtzan.from_environment()


# --- Archives ----


def test_an_archive_alone_works(tmp_path):
    path = tmp_path / "logmel.npz"
    write_archive(path)
    for root in (tmp_path, path):
        dataset = Gtzan(root)
        assert dataset.audio_tracks == ()
        assert dataset.audio_path("blues.00000") is None
        log_mels = dataset.log_mels(["jazz.00001", "jazz.00054", "blues.00000"], COMPACT)
        assert list(log_mels.by_track) == ["jazz.00001", "blues.00000"]
        assert [skipped.track for skipped in log_mels.skipped] == ["jazz.00054"]
        np.testing.assert_array_equal(
            log_mels.by_track["blues.00000"], read_archive(path)["blues.00000"]
        )


def test_an_archive_serves_only_the_front_end_it_was_made_with(tmp_path):
    write_archive(tmp_path / "logmel.npz")
    log_mels = Gtzan(tmp_path).log_mels(["blues.00000"], PAPER)
    assert not log_mels.by_track
    assert len(log_mels.skipped) == 1


def test_audio_fills_what_an_archive_lacks(tmp_path):
    write_archive(tmp_path / "logmel.npz")
    folder = tmp_path / "genres" / "blues"
    folder.mkdir(parents=True)
    for track in ("blues.00000", "blues.00001"):
        soundfile.write(folder / f"{track}.wav", tone(440, seconds=4), 22_050)
    log_mels = Gtzan(tmp_path).log_mels(["blues.00001", "blues.00000"], COMPACT)
    shapes = {track: log_mel.shape for track, log_mel in log_mels.by_track.items()}
    assert shapes == {"blues.00001": (128, 51), "blues.00000": (128, 387)}


def test_archive_and_audio_agree(gtzan_root):
    both, audio_only = Gtzan(gtzan_root), Gtzan(gtzan_root / "genres")
    assert both.audio_tracks == audio_only.audio_tracks
    asked = both.audio_tracks[::10]
    from_archive, from_audio = (dataset.log_mels(asked, COMPACT) for dataset in (both, audio_only))
    assert from_archive.skipped == from_audio.skipped == ()
    assert list(from_archive.by_track) == list(from_audio.by_track) == list(asked)
    for track in asked:
        archived, computed = from_archive.by_track[track], from_audio.by_track[track]
        assert archived.shape == computed.shape == (128, 387)
        assert np.corrcoef(archived.ravel(), computed.ravel())[0, 1] > 0.999


def test_facts_are_those_of_gtzan():
    assert [row["track"] for row in FACTS] == [
        f"{genre}.{number:05d}" for genre in GTZAN_GENRES for number in range(100)
    ]
    copies = len(FACTS) - len({row["wav_sha256"] for row in FACTS})
    assert copies == 14


def test_gtzan_has_fourteen_twins_and_one_across_labels():
    faults = known_faults()
    assert sum("same file" in words for words in faults.values()) == 28
    assert sum("left out" in words for words in faults.values()) == 70
    assert "the same file as rock.00016" in faults["metal.00058"]
    assert "blues.00000" not in faults


def test_segments_are_ninths_of_their_clip(tmp_path):
    write_archive(tmp_path / "logmel.npz")
    dataset = Gtzan(tmp_path)
    whole = dataset.log_mels(["blues.00000"], COMPACT).by_track["blues.00000"]
    ids = [splits.segment_id("blues.00000", number) for number in range(9)]
    log_mels = dataset.log_mels([*ids, "jazz.00054#2", "blues.00000#9"], COMPACT)
    assert list(log_mels.by_track) == ids
    np.testing.assert_array_equal(np.hstack(list(log_mels.by_track.values())), whole)
    reasons = {skipped.track: skipped.reason for skipped in log_mels.skipped}
    assert "neither its audio nor its log-mel" in reasons["jazz.00054#2"]
    assert reasons["blues.00000#9"] == "there is no such segment"


def test_segments_have_the_genre_of_their_clip_and_are_no_tracks(tmp_path):
    write_archive(tmp_path / "logmel.npz")
    tracks = Gtzan(tmp_path).tracks
    segment = tracks["blues.00000#3"]
    assert (segment.id, segment.genre, segment.artist) == (
        "blues.00000#3",
        "blues",
        "John Lee Hooker",
    )
    assert segment.recording == tracks["blues.00000"].recording == "blues.00000"
    assert len(tracks) == 1000
    assert "blues.00000#3" not in tracks
    for stranger in (
        "blues.00000#9",
        "blues.00000#",
        "blues.00000#-1",
        "x#1",
        "x",
        "rock.00000#3#3",
    ):
        with pytest.raises(KeyError):
            tracks[stranger]


def test_facts_are_read_once_and_cannot_be_changed():
    assert read_facts() is read_facts()
    with pytest.raises(TypeError):
        read_facts()[0]["genre"] = "rock"


@pytest.mark.parametrize(
    ("names", "is_gtzan"),
    [
        ([f"genres/{genre}/{genre}.00007.au" for genre in GTZAN_GENRES], True),
        ([f"{g}/{g}.{n:05d}.wav" for g in GTZAN_GENRES for n in (1, 2)] + ["rock/mine.wav"], True),
        ([f"{genre}/{genre}.00007.wav" for genre in GTZAN_GENRES[:9]], False),
        ([f"{genre}/{genre}.00100.wav" for genre in GTZAN_GENRES], False),
        ([f"{genre}/{genre}.7.wav" for genre in GTZAN_GENRES], False),
        ([f"{genre}/{genre}.00007.wav" for genre in GTZAN_GENRES] + ["salsa/a.wav"], False),
        ([f"{g}/{g}.00007.wav" for g in GTZAN_GENRES] + ["rock/1.wav", "rock/2.wav"], False),
        (["rock/rock.00001.wav", "salsa/salsa.00001.wav"], False),
    ],
    ids=range(8),
)
def test_gtzan_is_known_by_its_genres_and_ids(names, is_gtzan, tmp_path):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert (open_dataset(str(tmp_path)).name == "gtzan") is is_gtzan


def test_a_folder_that_only_looks_like_gtzan_is_ones_own(tmp_path):
    for genre in ("rock", "salsa"):
        path = tmp_path / genre / f"{genre}.1.wav"
        path.parent.mkdir()
        soundfile.write(path, tone(440, seconds=4), 22_050)
    np.savez(tmp_path / "features.npz", x=np.zeros(3))
    assert open_dataset(str(tmp_path)).genres == ("rock", "salsa")
    write_archive(tmp_path / "logmel.npz")
    assert open_dataset(str(tmp_path)).genres == ("rock", "salsa")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros(3)}, "no array"),
        ({"logmel": np.zeros((1, 128, 51), np.uint8), "track": ["song 1"]}, "'song 1'"),
    ],
)
def test_an_archive_of_something_else_is_refused_when_opened(arrays, words, tmp_path):
    path = tmp_path / "features.npz"
    np.savez(path, **arrays)
    for open_it in (Gtzan, lambda path: open_dataset(str(path))):
        with pytest.raises(DatasetError, match=words):
            open_it(path)
    with pytest.raises(DatasetError, match=words):
        Gtzan(tmp_path)
