"""Names of the protocols: which clips of a dataset are for training, validation and test.

`deepmusic.data.splits` draws the parts. Accuracies of different protocols are never mixed.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PAPER, FAULT_FILTERED, ARTIST_FOLDS, WINDOW_LEAK = SPLITS = (
    *("paper", "fault_filtered", "artist_folds", "window_leak"),
)

#: The split that a dataset was published with, the one that holds no clip back, and the toy's.
OWN, ALL_CLIPS, TOY = "own", "all_clips", "toy"

#: Name of the dataset of FMA's clips as log-mels.
FMA_CLIPS = "fma_clips"

#: Test folds of `ARTIST_FOLDS`.
FOLDS = (1, 2, 3)

#: GTZAN's protocols in the order in which the accuracy of one network is expected to fall.
STRICTER = (WINDOW_LEAK, PAPER, FAULT_FILTERED, ARTIST_FOLDS)

#: Ends of the names of other datasets' protocols.
_BY_CLIP, _PUBLISHED = ", by clip", ", own split"

_AT_RANDOM = (
    "60 % of the clips are for training, 10 % for validation and 30 % for test, drawn at random. "
    "One artist, even one recording, may be in both training and test."
)
_DESCRIPTIONS = {
    WINDOW_LEAK: "This protocol is wrong on purpose: a clip is one segment of 3.3 s here, and "
    "other segments of the same recording trained the network. It shows how much leakage flatters.",
    PAPER: _AT_RANDOM,
    FAULT_FILTERED: "No artist and no recording is in both training and test, and 70 faulty clips "
    "are left out (Kereliuk, Sturm and Larsen 2015). This is nearest to music that is new.",
    ARTIST_FOLDS: "Three rounds: each third of the clips is tested once by a network that was "
    "trained on other groups of artists (Foleiss and Tavares 2020).",
    FMA_CLIPS + _PUBLISHED: "Clips of FMA small in eight genres, drawn by blocks of neighbouring "
    "track numbers, where albums and artists lie together: of 3,000, 2,180 are for training, 298 "
    "for validation and 522 for test.",
    TOY: "Synthetic bands, for trying out the training. It says nothing about real music.",
}


_SUMMARIES = {
    WINDOW_LEAK: "other segments of the same recording trained the network.",
    PAPER: "clips drawn at random; the network may know the artist.",
    FAULT_FILTERED: "no artist is in both training and test; faulty clips are left out.",
    ARTIST_FOLDS: "no artist is in both; every clip is tested once, in three rounds.",
}

#: For buttons and tables: what is special about the test clips.
_TITLES = {
    WINDOW_LEAK: "leaky",
    PAPER: "the paper's",
    FAULT_FILTERED: "new artists",
    ARTIST_FOLDS: "new artists, all clips",
    FMA_CLIPS + _PUBLISHED: "FMA, eight genres",
    TOY: "toy set",
}


@dataclass(frozen=True)
class Protocol:
    """Which clips of a dataset are for training, which for validation and which for test.

    Its text, such as ``paper`` or ``artist_folds, fold 1``, is kept in ``evaluation.json``.

    Attributes
    ----------
    name : str
        One of `SPLITS`, `ALL_CLIPS` or `TOY`; of another dataset, as `by_clip` and `published`
        name it.
    fold : int or None
        Test fold of `ARTIST_FOLDS`; None for all three together, and for other protocols.
    """

    name: str
    fold: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the protocol of a text that `str` gave."""
        found = re.fullmatch(r"(.*), fold (\d+)", text)
        return cls(found[1], int(found[2])) if found else cls(text)

    @classmethod
    def by_clip(cls, dataset: str) -> Self:
        """Return the random split by clip of a dataset other than GTZAN."""
        return cls(dataset + _BY_CLIP)

    @classmethod
    def published(cls, dataset: str) -> Self:
        """Return the split that a dataset was published with."""
        return cls(dataset + _PUBLISHED)

    def __str__(self) -> str:
        return self.name if self.fold is None else f"{self.name}, fold {self.fold}"

    @property
    def title(self) -> str:
        """Its name for people, such as ``new artists``; its text where it has none."""
        title = _TITLES.get(self.name, self.name)
        return title if self.fold is None else f"{title}, fold {self.fold}"

    @property
    def slug(self) -> str:
        """Its text for addresses and file names, such as ``artist_folds-fold1``."""
        return str(self).replace(", ", "-").replace(" ", "")

    @property
    def folder(self) -> Path:
        """Folder of its runs below ``assets/runs``, where `BENCHMARK_PROTOCOL` has none."""
        return Path("" if self == BENCHMARK_PROTOCOL else self.slug.replace("-fold", "/fold"))

    @property
    def description(self) -> str:
        """What it is, in a sentence or two; empty for an unknown one."""
        usual = _AT_RANDOM if self.name.endswith(_BY_CLIP) else ""
        if self.name.endswith(_PUBLISHED):
            usual = "The split that the dataset was published with."
        return _DESCRIPTIONS.get(self.name, usual)

    @property
    def summary(self) -> str:
        """What its test clips are, in half a sentence; empty for another dataset's."""
        return _SUMMARIES.get(self.name, "")

    @property
    def order(self) -> tuple[int, str]:
        """Sort key: from the most flattering to the strictest, then other datasets'."""
        names = (*STRICTER, TOY)
        return names.index(self.name) if self.name in names else len(names), str(self)

    @property
    def is_of_gtzan(self) -> bool:
        """Whether it tests clips of GTZAN."""
        return self.name in SPLITS

    @property
    def cli_options(self) -> str:
        """Options of ``train`` that lead to it, such as ``--split artist_folds --fold 1``."""
        split = self.name if self.name in (*SPLITS, ALL_CLIPS) else PAPER
        if self.name.endswith(_PUBLISHED):
            split = OWN
        return f"--split {split}" + (f" --fold {self.fold}" if self.fold else "")


#: Of the shipped networks with a held-out test set: their figures come first, and they predict the
#: clips of GTZAN.
BENCHMARK_PROTOCOL = Protocol(PAPER)

#: Of the shipped networks that predict all other songs: trained on every clip, and so untested.
DEPLOYED_PROTOCOL = Protocol(ALL_CLIPS)

#: Of the shipped networks that know FMA's genres, and the one of them that predicts songs.
FMA_NETWORK = "cnn_gru"
FMA_PROTOCOL = Protocol.published(FMA_CLIPS)
