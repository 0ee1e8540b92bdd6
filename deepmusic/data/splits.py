"""Train, validation and test tracks of each protocol (protocols are never mixed in one table).

`paper`
    70/30 by clip, stratified, scikit-learn's seed 42, as in the paper's notebooks. Unlike there,
    the validation part is taken from the training clips: 600 / 100 / 300. Of
    GTZAN's 14 pairs of identical files, 8 stand on two sides, 7 of them with one copy in test.
`fault_filtered`
    Kereliuk, Sturm and Larsen 2015: 443 / 197 / 290 clips, no artist or replica on both sides.
`artist_folds`
    Foleiss and Tavares 2020: three folds with the authors' groups of artists kept apart. One fold
    tests; a fifth of the groups of the other two validates. By Sturm's names, some artists (Bob
    Marley among them) are in several groups, and so on both sides.
`window_leak`
    Wrong on purpose, to show how much leakage flatters: each clip is cut into nine segments of
    3.3 s, and these are drawn 60/10/30 at random, so that nearly every clip stands on both sides.
    A network can then recognise the recording instead of the genre. What it calls a clip is one
    segment. Never compare its scores with others as if they said how good a network is.

`all_clips`
    No protocol to measure by: every clip trains. It makes networks for use, on music from
    elsewhere; no table may show what they reach on the same dataset.

Other datasets know `all_clips` and `paper`, the latter drawn in the same way over their own clips,
and where their makers published a split, `own`. Their protocols carry the dataset's name
(`by_clip`, `as_published`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from deepmusic.data.dataset import Split
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

_SEGMENT_MARK = "#"

_SEED = 42

#: With fewer clips of a genre, `by_clip` cannot put one into each part.
LEAST_CLIPS = 6


def make(facts: Sequence[Mapping[str, str]], name: str, fold: int | None = None) -> Split:
    """Return the parts of a protocol over all of GTZAN.

    The parts are drawn over the full list, so that a missing or corrupt file leaves every other
    track where it was.

    Parameters
    ----------
    facts : sequence of mapping
        Rows of ``gtzan_tracks.csv``.
    name : str
        One of `SPLITS`, or `ALL_CLIPS`.
    fold : int, optional
        Test fold of `artist_folds`, one of `FOLDS`.

    Raises
    ------
    DatasetError
        If the name or the fold is unknown.
    """
    if name == ALL_CLIPS:
        return all_clips(row["track"] for row in facts)
    if name == PAPER:
        return _paper(facts)
    if name == FAULT_FILTERED:
        return Split(
            name,
            *(
                tuple(row["track"] for row in facts if row["fault_filtered"] == part)
                for part in ("train", "valid", "test")
            ),
        )
    if name == ARTIST_FOLDS:
        if fold not in FOLDS:
            raise DatasetError(f"fold={fold} must be one of {FOLDS} for the split artist_folds.")
        return _artist_fold(facts, fold)
    if name == WINDOW_LEAK:
        return _window_leak(facts)
    raise DatasetError(f"There is no split named {name!r}. Choose one of: {', '.join(SPLITS)}.")


def all_clips(tracks: Iterable[str]) -> Split:
    """Let every clip of a dataset train."""
    return Split(ALL_CLIPS, tuple(tracks), (), ())


def by_clip(dataset: str, genre_of: Mapping[str, str]) -> Split:
    """Draw 60/10/30 over the clips of any dataset, as often of each genre, as `paper` does.

    Parameters
    ----------
    dataset : str
        Its name, which stands in the split's.
    genre_of : mapping of str to str
        Genre by track.

    Raises
    ------
    DatasetError
        If a genre has too few clips to stand in all three parts.
    """
    counts = Counter(genre_of.values())
    rarest = min(counts, key=counts.get)
    if counts[rarest] < LEAST_CLIPS:
        raise DatasetError(
            f"{dataset} has {counts[rarest]} clips of {rarest}; {LEAST_CLIPS} of each genre are "
            "needed for training, validation and test. Add some, or leave that genre out."
        )
    n_valid = max(len(counts), len(genre_of) // 10)
    return _drawn(str(Protocol.by_clip(dataset)), genre_of, n_valid)


def as_published(
    dataset: str, part_of: Mapping[str, str], genre_of: Mapping[str, str] | None = None
) -> Split:
    """Take the split that a dataset came with.

    Parameters
    ----------
    dataset : str
        Its name, which stands in the split's.
    part_of : mapping of str to str
        ``train``, ``valid`` or ``test`` by track; anything else is left out.
    genre_of : mapping of str to str, optional
        Genre by track. With it, a split without a validation part gets one of a seventh of the
        training clips, drawn as `paper` does.

    Raises
    ------
    DatasetError
        If there are too few training clips to draw from.
    """
    train, valid, test = (
        tuple(track for track, part in part_of.items() if part == wanted)
        for wanted in ("train", "valid", "test")
    )
    if not valid and genre_of:
        try:
            train, valid = _cut(train, genre_of, 1 / 7)
        except ValueError as error:
            raise DatasetError(
                f"{dataset} names no validation clips, and has too few training clips to draw them "
                f"from ({error}). Mark some clips of each genre as valid."
            ) from error
    return Split(str(Protocol.published(dataset)), train, valid, test)


def unknown(dataset: str, name: str, known: Sequence[str]) -> DatasetError:
    """Return the error for a protocol that a dataset does not know."""
    return DatasetError(
        f"{dataset} knows no split named {name!r}. Choose one of: {', '.join(known)}."
    )


def segment_id(track: str, number: int) -> str:
    """Name a segment of a clip, such as ``blues.00000#3``; numbers count from 0."""
    return f"{track}{_SEGMENT_MARK}{number}"


def clip_of(track: str) -> str:
    """Return the clip that a segment was cut from; a clip is its own.

    The mark alone makes no segment: other datasets have files such as ``song #3.mp3``.
    """
    return track if segment_of(track) is None else track.partition(_SEGMENT_MARK)[0]


def segment_of(track: str) -> int | None:
    """Return the number of a segment; None if the id names a clip, or a segment there is not."""
    number = track.partition(_SEGMENT_MARK)[2]
    return int(number) if number in map(str, range(SEGMENTS_PER_CLIP)) else None


def _paper(facts: Sequence[Mapping[str, str]]) -> Split:
    return _drawn(PAPER, {row["track"]: row["genre"] for row in facts}, n_valid=100)


def _window_leak(facts: Sequence[Mapping[str, str]]) -> Split:
    segments = {
        segment_id(row["track"], number): row["genre"]
        for row in facts
        for number in range(SEGMENTS_PER_CLIP)
    }
    return _drawn(WINDOW_LEAK, segments, n_valid=len(segments) // 10)


def _drawn(name: str, genre_of: Mapping[str, str], n_valid: int) -> Split:
    """Draw 30 % as test and `n_valid` of the others as validation part, as often of each genre."""
    rest, test = _cut(list(genre_of), genre_of, 0.3)
    train, valid = _cut(rest, genre_of, n_valid)
    return Split(name, train, valid, test)


def _cut(
    tracks: Sequence[str], genre_of: Mapping[str, str], share: float | int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Draw a share, or a number, of tracks as second part, as often of each genre."""
    from sklearn.model_selection import train_test_split

    genres = [genre_of[track] for track in tracks]
    parts = train_test_split(tracks, test_size=share, random_state=_SEED, stratify=genres)
    return tuple(parts[0]), tuple(parts[1])


def _artist_fold(facts: Sequence[Mapping[str, str]], fold: int) -> Split:
    from sklearn.model_selection import StratifiedGroupKFold

    test = tuple(row["track"] for row in facts if row["artist_fold"] == str(fold))
    rest = [row for row in facts if row["artist_fold"] not in ("", str(fold))]
    folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=_SEED)
    train, valid = next(
        folds.split(rest, [row["genre"] for row in rest], [row["artist_group"] for row in rest])
    )
    return Split(
        str(Protocol(ARTIST_FOLDS, fold)),
        tuple(rest[index]["track"] for index in train),
        tuple(rest[index]["track"] for index in valid),
        test,
    )
