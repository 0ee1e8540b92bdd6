"""The paper's published figures: Table 1, training curves and confusion diagonals.

Source: the notebooks that Lahiri, Raj and Chatterjee, "DeepMusic: A deep-learning approach to music
genre classification", link to. ``paper_cnn_history.csv`` (Fig. 3a) holds 143 of 150 epochs and
``paper_cnn_gru_history.csv`` (Fig. 3c) all 100; the other 7 were not printed in full. The CRNN's
curves (Fig. 3b) exist only as an image. The diagonals are those of Fig. 4 to 6.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files

#: Networks whose curves were printed as numbers.
PRINTED = ("cnn", "cnn_gru")

#: Fraction of GTZAN's clips that a perfect listener would name as labelled, since about 5.5 % of
#: the labels are wrong: B. L. Sturm, "The state of the art ten years after a state of the art"
#: (2014).
CEILING = 0.945

#: Diagonals of the confusion matrices by genre: Fig. 4 (CNN), 5 (CRNN) and 6 (CNN-GRU).
_DIAGONALS = {
    "metal": (0.87, 0.70, 0.78),
    "disco": (0.79, 0.65, 0.62),
    "classical": (0.75, 0.84, 0.84),
    "hiphop": (0.80, 0.82, 0.79),
    "jazz": (0.67, 0.70, 0.67),
    "country": (0.66, 0.61, 0.51),
    "pop": (0.85, 0.68, 0.74),
    "blues": (0.62, 0.78, 0.59),
    "reggae": (0.76, 0.73, 0.57),
    "rock": (0.51, 0.35, 0.41),
}

_FIGURES = ("cnn", "crnn", "cnn_gru")


def history(model: str) -> list[dict[str, float]]:
    """Return a network's training curves, in the rows of `deepmusic.runs.Run.history`.

    Their ``val_`` columns were measured on the *test* part: the notebooks had no validation part.
    Learning rates and times were not printed. Empty for a network outside `PRINTED`.
    """
    if model not in PRINTED:
        return []
    path = files("deepmusic.evaluation").joinpath(f"paper_{model}_history.csv")
    rows = [
        {name: float(value) for name, value in row.items()}
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]
    return [row | {"epoch": row["epoch"] - 1} for row in rows]


def precision(model: str) -> dict[str, float]:
    """Return a network's window precision by genre, from 0 to 1; empty for one not in the paper.

    The notebooks call ``confusion_matrix(predicted, true)`` and divide by the row, so that the
    paper's "true label" is the prediction, and its diagonals are precision, not recall. They seem
    to count windows of 1.5 s: the CNN's mean is 0.73, its window accuracy 0.72, its clip accuracy
    0.82.
    """
    if model not in _FIGURES:
        return {}
    column = _FIGURES.index(model)
    return {genre: row[column] for genre, row in _DIAGONALS.items()}


@dataclass(frozen=True)
class Published:
    """A row of Table 1.

    Attributes
    ----------
    window_accuracy : float
        Of test windows of 1.5 s, as printed in the table.
    notebook_accuracy : float or None
        The same in the notebook's output, where it differs or has more digits.
    vote_accuracy : float or None
        Of the 300 test clips, by majority of their windows; the CRNN's was not kept.
    parameters : int
        As the notebook prints them.
    """

    window_accuracy: float
    notebook_accuracy: float | None
    vote_accuracy: float | None
    parameters: int


TABLE: dict[str, Published] = {
    "cnn": Published(0.72, 0.722, 0.820, 2_495_114),
    "crnn": Published(0.64, None, None, 47_562),
    "cnn_gru": Published(0.61, 0.643, 0.757, 95_466),
}
