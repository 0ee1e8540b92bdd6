"""What the paper's authors published beside its text, as facts to compare with.

Source: the notebooks that Lahiri, Raj and Chatterjee, "DeepMusic: A deep-learning approach to music
genre classification", link to. ``cnn_history.csv`` (Fig. 3a) holds 143 of 150 epochs and
``cnn_gru_history.csv`` (Fig. 3c) all 100, as the notebooks printed them; the other 7 were not
printed in full. The CRNN's curves (Fig. 3b) exist only as a picture, so they are not here.
"""

import csv
from importlib.resources import files

#: Networks whose curves were printed as numbers.
PRINTED = ("cnn", "cnn_gru")


def history(model: str) -> list[dict[str, float]]:
    """Return a network's curves in the paper, in the rows of `deepmusic.runs.Run.history`.

    Parameters
    ----------
    model : str
        A key of `deepmusic.models.MODELS`.

    Returns
    -------
    list of dict
        ``epoch`` (counted from 0), ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``; empty
        for a network that was not printed. Learning rates and times were not printed. The
        notebooks had no validation part of their own: ``val_`` was measured on the *test* part.
    """
    if model not in PRINTED:
        return []
    text = files("deepmusic.paper").joinpath(f"{model}_history.csv").read_text(encoding="utf-8")
    rows = [
        {name: float(value) for name, value in row.items()}
        for row in csv.DictReader(text.splitlines())
    ]
    return [row | {"epoch": row["epoch"] - 1} for row in rows]
