"""Names of the protocols: which clips of a dataset train, which validate and which test.

The parts themselves are drawn in `deepmusic.data.splits`. Protocols are never mixed in a table.
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

#: Test folds of `ARTIST_FOLDS`.
FOLDS = (1, 2, 3)

#: GTZAN's protocols from the most flattering to the strictest, and the toy's.
_DESCRIPTIONS = {
    WINDOW_LEAK: "This protocol is wrong on purpose: a clip is one segment of 3.3 s here, and "
    "other segments of the same recording trained the network. It shows how much leakage flatters.",
    PAPER: "70 % of GTZAN's clips are for training and validation and 30 % for test, drawn at "
    "random, as in the paper. One artist, even one recording, may stand on both sides.",
    FAULT_FILTERED: "No artist and no recording stands on both sides, and 70 faulty clips are left "
    "out (Kereliuk, Sturm and Larsen 2015). This is nearest to music that is new.",
    ARTIST_FOLDS: "Three rounds: each third of the clips is tested once by a network that was "
    "trained on other groups of artists (Foleiss and Tavares 2020).",
    TOY: "Synthetic bands, for trying out the training. It says nothing about real music.",
}

#: In this order the accuracy of one network is expected to fall.
STRICTER = (WINDOW_LEAK, PAPER, FAULT_FILTERED, ARTIST_FOLDS)

#: Ends of the names of other datasets' protocols, and what they are.
_BY_CLIP, _PUBLISHED = ", by clip", ", own split"
_OTHERS = {
    _BY_CLIP: "60 % of the dataset's clips are for training, 10 % for validation and 30 % for "
    "test, drawn at random.",
    _PUBLISHED: "The split that the dataset was published with.",
}


@dataclass(frozen=True)
class Protocol:
    """Which clips of a dataset train a network, which validate and which test it.

    Its text, such as ``paper`` or ``artist_folds, fold 1``, stands in ``evaluation.json``.

    Attributes
    ----------
    name : str
        One of `SPLITS`, `ALL_CLIPS` or `TOY`; of another dataset, what `by_clip` or `published`
        give it.
    fold : int or None
        Test fold of `ARTIST_FOLDS`; None of the others, and of all three folds together.
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
        """Return the protocol that draws the clips of another dataset at random."""
        return cls(dataset + _BY_CLIP)

    @classmethod
    def published(cls, dataset: str) -> Self:
        """Return the protocol that another dataset came with."""
        return cls(dataset + _PUBLISHED)

    def __str__(self) -> str:
        return self.name if self.fold is None else f"{self.name}, fold {self.fold}"

    @property
    def slug(self) -> str:
        """Its text for addresses and file names, such as ``artist_folds-fold1``."""
        return str(self).replace(", ", "-").replace(" ", "")

    @property
    def folder(self) -> Path:
        """Where below ``assets/runs`` its runs lie; those of `BENCHMARK_PROTOCOL` lie on top."""
        return Path("" if self == BENCHMARK_PROTOCOL else self.slug.replace("-fold", "/fold"))

    @property
    def description(self) -> str:
        """What it is, in a sentence or two; empty for one that nobody described."""
        others = (words for end, words in _OTHERS.items() if self.name.endswith(end))
        return _DESCRIPTIONS.get(self.name) or next(others, "")

    @property
    def order(self) -> tuple[int, str]:
        """Key to sort by: from the most flattering to the strictest, others behind."""
        names = list(_DESCRIPTIONS)
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


#: Of the networks whose figures the app and the README give first: they held GTZAN's test clips
#: back, and are asked about clips of GTZAN.
BENCHMARK_PROTOCOL = Protocol(PAPER)

#: Of the networks that are asked about songs from elsewhere: trained on every clip, they have seen
#: the most, and no table can say how much that helps.
DEPLOYED_PROTOCOL = Protocol(ALL_CLIPS)
