"""Splits, which must never move."""

import hashlib
from collections import defaultdict

import pytest
from sklearn.model_selection import train_test_split

from deepmusic.config import GTZAN_GENRES
from deepmusic.data import (
    Split,
    splits,
)
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import DatasetError
from deepmusic.protocols import FOLDS

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


# --- Splits --------------------------------------------------------------------------------------


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
