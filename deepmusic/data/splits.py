"""Train, validation and test tracks of each protocol (protocols are never mixed in one table).

`paper`
    70/30 by clip, stratified, scikit-learn's seed 42, as in the paper's notebooks; unlike there,
    the validation clips are taken from the training clips: 600 / 100 / 300. Of GTZAN's 14 pairs of
    identical files, 8 are in different parts, 7 of them with one copy in test.
`fault_filtered`
    Kereliuk, Sturm and Larsen 2015: 443 / 197 / 290 clips, no artist or replica on both sides.
`artist_folds`
    Foleiss and Tavares 2020: three folds with the authors' groups of artists kept apart. One fold
    is the test part; a fifth of the groups of the other two is for validation. By Sturm's names,
    some artists (Bob Marley among them) are in several groups, and so on both sides.
`window_leak`
    Wrong on purpose, to show how much leakage flatters: each clip is cut into nine segments of
    3.3 s, drawn 60/10/30 at random, so that a network can recognise the recording instead of the
    genre. What its tables call a clip is one segment.
`all_clips`
    Every clip is for training: for networks that classify music from elsewhere. No table may show
    their scores on the same dataset.

Other datasets know `all_clips`, `paper` (drawn in the same way over their own clips) and, where a
split was published with them, `own`; their protocols carry the dataset's name.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from deepmusic.errors import DatasetError
from deepmusic.protocols import (
    ALL_CLIPS,
    ARTIST_FOLDS,
    FAULT_FILTERED,
    FOLDS,
    PAPER,
    SPLITS,
    WINDOW_LEAK,
    Protocol,
)

#: Segments of a clip in `window_leak`: 43 of `compact`'s 387 frames each, room for one window.
SEGMENTS_PER_CLIP = 9

#: Clips of a genre that `by_clip` needs to put one into each part.
LEAST_CLIPS = 6

_SEGMENT_MARK = "#"

_SEED = 42


@dataclass(frozen=True)
class Split:
    """Train, validation and test tracks of a protocol.

    Attributes
    ----------
    name : str
        Protocol, such as ``paper`` or ``artist_folds, fold 1``.
    train, valid, test : tuple of str
        Track ids. No id is in two parts.
    """

    name: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]

    @classmethod
    def of_parts(cls, name: str, part_of: Mapping[str, str]) -> "Split":
        """Return a split by the part of each track; others than the three parts are left out."""
        parts = ("train", "valid", "test")
        return cls(name, *(tuple(t for t, p in part_of.items() if p == part) for part in parts))

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Track ids by part: ``train``, ``valid``, ``test``."""
        return {"train": self.train, "valid": self.valid, "test": self.test}

    @cached_property
    def _part_of(self) -> dict[str, str]:
        return {track: part for part, tracks in self.parts.items() for track in tracks}

    def part_of(self, track: str) -> str:
        """Return ``train``, ``valid``, ``test``, or ``unused`` for a track left out."""
        return self._part_of.get(track, "unused")


def make(facts: Sequence[Mapping[str, str]], name: str, fold: int | None = None) -> Split:
    """Return the split of a protocol over all of GTZAN, whichever of its files are available.

    `facts` are the rows of ``gtzan_tracks.csv``, `name` is one of `SPLITS` or `ALL_CLIPS`, and
    `fold` one of `FOLDS` for `artist_folds`. Raises `DatasetError` for others.
    """
    genre_of = {row["track"]: row["genre"] for row in facts}
    if name == ALL_CLIPS:
        return all_clips(genre_of)
    if name == PAPER:
        return _stratified(PAPER, genre_of, n_valid=100)
    if name == FAULT_FILTERED:
        return Split.of_parts(name, {row["track"]: row["fault_filtered"] for row in facts})
    if name == ARTIST_FOLDS:
        if fold not in FOLDS:
            raise DatasetError(f"fold={fold} must be one of {FOLDS} for the split artist_folds.")
        return _artist_fold(facts, fold)
    if name == WINDOW_LEAK:
        segments = {
            segment_id(track, number): genre
            for track, genre in genre_of.items()
            for number in range(SEGMENTS_PER_CLIP)
        }
        return _stratified(WINDOW_LEAK, segments, n_valid=len(segments) // 10)
    raise DatasetError(f"There is no split named {name!r}. Choose one of: {', '.join(SPLITS)}.")


def all_clips(tracks: Iterable[str]) -> Split:
    """Return the split that trains on every clip."""
    return Split(ALL_CLIPS, tuple(tracks), (), ())


def by_clip(dataset: str, genre_of: Mapping[str, str]) -> Split:
    """Return a stratified random split of 60/10/30 over the clips of any dataset.

    Raises `DatasetError` if a genre has fewer than `LEAST_CLIPS` clips.
    """
    counts = Counter(genre_of.values())
    rarest, count = counts.most_common()[-1]
    if count < LEAST_CLIPS:
        raise DatasetError(
            f"{dataset} has {count} clips of {rarest}; {LEAST_CLIPS} of each genre are needed for "
            "training, validation and test. Add some, or leave that genre out."
        )
    n_valid = max(len(counts), len(genre_of) // 10)
    return _stratified(str(Protocol.by_clip(dataset)), genre_of, n_valid)


def as_published(
    dataset: str,
    part_of: Mapping[str, str],
    genre_of: Mapping[str, str],
    artist_of: Mapping[str, str],
) -> Split:
    """Return the split that a dataset came with, from the part of each track.

    Without validation clips, a seventh of the training clips becomes the validation part: by artist
    where each genre has several in it, else by clip. Raises `DatasetError` if they are too few.
    """
    split = Split.of_parts(str(Protocol.published(dataset)), part_of)
    if split.valid:
        return split
    try:
        train, valid = _draw_artists(split.train, genre_of, artist_of) or _draw(
            split.train, genre_of, 1 / 7
        )
    except ValueError as error:
        raise DatasetError(
            f"{dataset} names no validation clips, and has too few training clips to draw them "
            f"from ({error}). Mark some clips of each genre as valid."
        ) from error
    return Split(split.name, train, valid, split.test)


def segment_id(track: str, number: int) -> str:
    """Return the id of a segment of a clip, such as ``blues.00000#3``; numbers count from 0."""
    return f"{track}{_SEGMENT_MARK}{number}"


def clip_of(track: str) -> str:
    """Return the clip of a segment by its id alone; a clip is its own.

    An open dataset says the same by `Track.recording`. The mark alone makes no segment: other
    datasets have files such as ``song #3.mp3``.
    """
    return track if segment_of(track) is None else track.partition(_SEGMENT_MARK)[0]


def segment_of(track: str) -> int | None:
    """Return the number of a segment; None if the id names a clip, or a segment there is not."""
    number = track.partition(_SEGMENT_MARK)[2]
    return int(number) if number in map(str, range(SEGMENTS_PER_CLIP)) else None


def _stratified(name: str, genre_of: Mapping[str, str], n_valid: int) -> Split:
    """Draw 30 % for test and `n_valid` of the others for validation, stratified by genre."""
    rest, test = _draw(list(genre_of), genre_of, 0.3)
    train, valid = _draw(rest, genre_of, n_valid)
    return Split(name, train, valid, test)


def _draw(
    tracks: Sequence[str], genre_of: Mapping[str, str], size: float | int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tracks that stay, and the fraction or number drawn, stratified by genre."""
    from sklearn.model_selection import train_test_split

    genres = [genre_of[track] for track in tracks]
    parts = train_test_split(tracks, test_size=size, random_state=_SEED, stratify=genres)
    return tuple(parts[0]), tuple(parts[1])


def _draw_artists(
    tracks: Sequence[str], genre_of: Mapping[str, str], artist_of: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the tracks that stay, and a seventh of them by other artists; None if impossible."""
    from sklearn.model_selection import StratifiedGroupKFold

    # Who is unknown is taken for an artist of one clip.
    groups = [artist_of.get(track) or f"\0{track}" for track in tracks]
    genres = [genre_of[track] for track in tracks]
    n_artists = Counter(genre for genre, _ in set(zip(genres, groups, strict=True)))
    n_folds = min(7, *n_artists.values())
    if len(set(groups)) == len(groups) or n_folds < 2:
        return None
    folds = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=_SEED)
    for stay, drawn in folds.split(tracks, genres, groups):
        parts = tuple(tuple(tracks[index] for index in part) for part in (stay, drawn))
        # An artist of two genres may take one of them away.
        if all({genre_of[track] for track in part} == set(genres) for part in parts):
            return parts[0], parts[1]
    return None


def _artist_fold(facts: Sequence[Mapping[str, str]], fold: int) -> Split:
    from sklearn.model_selection import StratifiedGroupKFold

    rest = [row for row in facts if row["artist_fold"] not in ("", str(fold))]
    folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=_SEED)
    train, valid = next(
        folds.split(rest, [row["genre"] for row in rest], [row["artist_group"] for row in rest])
    )
    return Split(
        str(Protocol(ARTIST_FOLDS, fold)),
        tuple(rest[index]["track"] for index in train),
        tuple(rest[index]["track"] for index in valid),
        tuple(row["track"] for row in facts if row["artist_fold"] == str(fold)),
    )
