"""GTZAN in every shape it is found in, and its splits, which must never move."""

import hashlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.model_selection import train_test_split

from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data import Gtzan, Split, open_dataset, splits
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, read_facts
from deepmusic.data.logmels import read_archive
from deepmusic.errors import DatasetError
from deepmusic.protocols import FOLDS

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]
FACTS = read_facts()
PROTOCOLS = [("paper", None), ("fault_filtered", None)]
PROTOCOLS += [("artist_folds", fold) for fold in FOLDS]
LEAK = ("window_leak", None)

#: First 16 digits of the SHA-256 of each part's sorted ids. If one of these fails after an update
#: of scikit-learn, results before and after it do not compare: do not just paste the new value.
FROZEN = {
    ("paper", None): {
        "train": "d0178b220fc7c58a",
        "valid": "324310067474235e",
        "test": "87fe2921cb77d29f",
    },
    ("fault_filtered", None): {
        "train": "82df3d4426e1dc8a",
        "valid": "049e4ab67938aa22",
        "test": "54cd6cf4ad283da2",
    },
    ("artist_folds", 1): {
        "train": "bf3378f5be377bfa",
        "valid": "53dbae6537d6440f",
        "test": "d7ab3891fc354603",
    },
    ("artist_folds", 2): {
        "train": "a174740dc0c27cd1",
        "valid": "03922893d98c9ba6",
        "test": "25efc18813cd26a1",
    },
    ("artist_folds", 3): {
        "train": "05884bc4d9160ae6",
        "valid": "1abb088b9f14701a",
        "test": "12363df93603bae6",
    },
    ("window_leak", None): {
        "train": "86dcd6cedb615394",
        "valid": "3d36daec531848db",
        "test": "75affe4851cea9ec",
    },
}


def digest(tracks) -> str:
    return hashlib.sha256("\n".join(sorted(tracks)).encode()).hexdigest()[:16]


def parts(split: Split) -> dict[str, tuple[str, ...]]:
    return {"train": split.train, "valid": split.valid, "test": split.test}


def on_both_sides(split: Split, column: str) -> dict[str, set[str]]:
    """Return the tracks whose value of `column` is met in more than one part."""
    seen = defaultdict(lambda: defaultdict(set))
    for row in FACTS:
        part = split.part_of(row["track"])
        if part != "unused" and row[column]:
            seen[row[column]][part].add(row["track"])
    return {
        value: set.union(*by_part.values()) for value, by_part in seen.items() if len(by_part) > 1
    }


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


def test_the_collection_has_a_thousand_tracks(toy_gtzan):
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


def test_log_mels_of_a_toy_collection(toy_gtzan):
    dataset = Gtzan(toy_gtzan)
    asked = dataset.audio_tracks[::-1]
    compact, paper = (dataset.log_mels(asked, mel) for mel in (COMPACT, PAPER))
    assert compact.skipped == paper.skipped == ()
    assert list(compact.by_track) == list(paper.by_track) == list(asked)
    n_frames = 1 + 6 * 22_050 // 512
    assert {log_mel.shape for log_mel in paper.by_track.values()} == {(128, n_frames)}
    assert {log_mel.shape for log_mel in compact.by_track.values()} == {(128, 77)}
    assert {log_mel.dtype for log_mel in compact.by_track.values()} == {np.dtype(np.uint8)}


def test_the_toy_collection_serves_every_part(toy_gtzan):
    dataset = Gtzan(toy_gtzan)
    split = dataset.split("paper")
    for genre in GTZAN_GENRES:
        at_hand = [
            split.part_of(track)
            for track in dataset.audio_tracks
            if dataset.tracks[track].genre == genre
        ]
        assert sorted(at_hand) == ["test", "train", "train", "valid"]


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
    assert Gtzan.from_environment().root == toy_gtzan


@pytest.mark.parametrize("value", [None, ""])
def test_from_an_environment_that_names_none(value, monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, value)
    with pytest.raises(DatasetError, match=f"Set {ENVIRONMENT_VARIABLE}"):
        Gtzan.from_environment()


# --- Archives ------------------------------------------------------------------------------------


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


# --- Splits --------------------------------------------------------------------------------------


def test_facts_are_those_of_gtzan():
    assert [row["track"] for row in FACTS] == [
        f"{genre}.{number:05d}" for genre in GTZAN_GENRES for number in range(100)
    ]
    copies = len(FACTS) - len({row["wav_sha256"] for row in FACTS})
    assert copies == 14


@pytest.mark.parametrize(
    ("name", "fold", "sizes"),
    [
        ("paper", None, (600, 100, 300)),
        ("fault_filtered", None, (443, 197, 290)),
        ("artist_folds", 1, (500, 133, 315)),
        ("artist_folds", 2, (500, 132, 316)),
        ("artist_folds", 3, (505, 126, 317)),
    ],
)
def test_sizes(name, fold, sizes):
    assert tuple(map(len, parts(splits.make(FACTS, name, fold)).values())) == sizes


@pytest.mark.parametrize(("name", "fold"), PROTOCOLS)
def test_parts_are_disjoint_and_known(name, fold):
    split = splits.make(FACTS, name, fold)
    everything = [*split.train, *split.valid, *split.test]
    assert len(set(everything)) == len(everything)
    assert set(everything) <= {row["track"] for row in FACTS}
    for part, tracks in parts(split).items():
        assert {split.part_of(track) for track in tracks} == {part}
        assert {track.split(".")[0] for track in tracks} == set(GTZAN_GENRES)


@pytest.mark.parametrize(("name", "fold"), PROTOCOLS)
def test_parts_never_move(name, fold):
    split = splits.make(FACTS, name, fold)
    assert {part: digest(tracks) for part, tracks in parts(split).items()} == FROZEN[name, fold]


def test_the_papers_test_part_is_scikit_learns():
    tracks = [row["track"] for row in FACTS]
    _, test = train_test_split(
        tracks, test_size=0.3, random_state=42, stratify=[row["genre"] for row in FACTS]
    )
    split = splits.make(FACTS, "paper")
    assert list(split.test) == test
    for genre in GTZAN_GENRES:
        counts = [
            sum(track.startswith(f"{genre}.") for track in tracks)
            for tracks in parts(split).values()
        ]
        assert counts == [60, 10, 30]


def test_the_folds_test_every_kept_track_once():
    tested = [track for fold in FOLDS for track in splits.make(FACTS, "artist_folds", fold).test]
    assert sorted(tested) == sorted(row["track"] for row in FACTS if row["artist_fold"])
    assert len(tested) == 948


@pytest.mark.parametrize(("name", "fold"), PROTOCOLS[1:])
def test_no_recording_is_on_both_sides(name, fold):
    assert on_both_sides(splits.make(FACTS, name, fold), "wav_sha256") == {}


def test_the_papers_split_does_part_copies():
    """Eight of the 14 pairs of copies are parted, one reason why its scores flatter."""
    split = splits.make(FACTS, "paper")
    parted = on_both_sides(split, "wav_sha256").values()
    assert len(parted) == 8
    assert sum("test" in map(split.part_of, pair) for pair in parted) == 7


@pytest.mark.parametrize("fold", FOLDS)
def test_no_artist_group_is_on_both_sides_of_a_fold(fold):
    assert on_both_sides(splits.make(FACTS, "artist_folds", fold), "artist_group") == {}


@pytest.mark.parametrize(("fold", "n_artists"), [(1, 15), (2, 20), (3, 12)])
def test_some_artists_names_are_in_several_groups(fold, n_artists):
    """The folds are their authors': a name met in another fold has another group there."""
    split = splits.make(FACTS, "artist_folds", fold)
    shared = on_both_sides(split, "artist")
    tested = [name for name, tracks in shared.items() if tracks & set(split.test)]
    assert len(tested) == n_artists


def test_no_artist_is_on_both_sides_of_fault_filtered():
    split = splits.make(FACTS, "fault_filtered")
    assert on_both_sides(split, "artist") == {}
    # One group of the folds' authors holds two artists (KC and The Sunshine Band, and Peaches and
    # Herb), whom this split keeps apart.
    crossing = on_both_sides(split, "artist_group")
    assert crossing == {"138": {"disco.00049", "disco.00069", "disco.00073"}}


@pytest.mark.parametrize("name", ["random", "", "Paper"])
def test_an_unknown_split_is_refused(name):
    with pytest.raises(DatasetError, match="Choose one of: paper, fault_filtered, artist_folds"):
        splits.make(FACTS, name)


@pytest.mark.parametrize("fold", [None, 0, 4])
def test_an_unknown_fold_is_refused(fold):
    with pytest.raises(DatasetError, match=rf"fold={fold} must be one of \(1, 2, 3\)"):
        splits.make(FACTS, "artist_folds", fold)


def test_window_leak_never_moves():
    """Every genre is drawn as often, and no segment twice."""
    split = splits.make(FACTS, "window_leak")
    assert {part: len(ids) for part, ids in parts(split).items()} == {
        "train": 5400,
        "valid": 900,
        "test": 2700,
    }
    assert len({*split.train, *split.valid, *split.test}) == 9000
    assert {part: digest(ids) for part, ids in parts(split).items()} == FROZEN[LEAK]
    for ids in parts(split).values():
        genres = [segment.split(".")[0] for segment in ids]
        assert {genres.count(genre) for genre in GTZAN_GENRES} == {len(ids) // 10}


def test_window_leak_puts_clips_on_both_sides():
    split = splits.make(FACTS, "window_leak")
    learnt, tested = (
        {splits.clip_of(segment) for segment in ids}
        for ids in (split.train + split.valid, split.test)
    )
    assert len(tested) > 900
    assert len(tested & learnt) > 0.99 * len(tested)


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


def test_a_folder_that_only_looks_like_gtzan_is_ones_own(tmp_path):
    for genre in ("rock", "salsa"):
        path = tmp_path / genre / f"{genre}.1.wav"
        path.parent.mkdir()
        soundfile.write(path, tone(440, seconds=4), 22_050)
    np.savez(tmp_path / "features.npz", x=np.zeros(3))
    assert open_dataset(str(tmp_path)).genres == ("rock", "salsa")
    write_archive(tmp_path / "logmel.npz")
    (tmp_path / "features.npz").unlink()
    assert open_dataset(str(tmp_path)).name == "gtzan"
