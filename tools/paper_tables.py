"""Write the numbers of docs/paper.md. Run with ``python tools/paper_tables.py``.

The page has places such as ``<!-- table1 -->``, each ended by ``<!-- end -->``; what stands between
is made from the shipped runs and the paper's published figures.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic import models
from deepmusic.evaluation import candidates, confusion, paper
from deepmusic.evaluation.confusion import PRECISION
from deepmusic.evaluation.scores import Score, predictions_of, score_candidate
from deepmusic.files import ASSETS, ROOT, write_atomically
from deepmusic.formatting import format_genre
from deepmusic.models import BASELINE, ENSEMBLE, MODELS, PRETRAINED
from deepmusic.protocols import ARTIST_FOLDS, FAULT_FILTERED, FMA_PROTOCOL, PAPER, Protocol

PAGE = ROOT / "docs" / "paper.md"

#: Accuracy over training windows in the paper's Table 1.
TRAINING = {"cnn": 0.78, "crnn": 0.75, "cnn_gru": 0.78}

NOTHING = "\N{EN DASH}"


@cache
def scores(protocol: Protocol) -> dict[str, Score]:
    """Return the shipped scores of a protocol by network."""
    found = candidates.find_shipped() + candidates.find_pretrained()
    return {one.model: score_candidate(one) for one in found if one.protocol == protocol}


def number(value: float | None) -> str:
    """Return an accuracy with three digits; a dash where there is none."""
    return NOTHING if value is None else f"{value:.3f}"


def interval(low: float, high: float) -> str:
    """Return an interval by way of four decimals, as evaluation.json and the README have it."""
    return f"{round(low, 4):.3f} to {round(high, 4):.3f}"


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def table1() -> str:
    """Accuracy over windows: the paper's Table 1, and ours under two protocols."""
    ours, strict = scores(Protocol(PAPER)), scores(Protocol(FAULT_FILTERED))
    rows = []
    for name in MODELS:
        printed, score = paper.TABLE[name], ours[name]
        run = score.candidate.runs[0]
        kept = next(row for row in run.history() if row["epoch"] == run.kept_epoch)
        rows.append(
            [
                models.title(name),
                f"{TRAINING[name]:.2f}",
                f"{printed.window_accuracy:.2f}",
                f"{printed.parameters:,}",
                number(kept["accuracy"]),
                f"{number(score.window.value)} ({interval(score.window.low, score.window.high)})",
                number(strict[name].window.value),
                f"{score.parameters:,}",
            ]
        )
    heads = ["", "paper: training", "paper: test", "paper: parameters", "ours: training"]
    return markdown(
        [*heads, "ours: test (`paper`)", "ours: test (`fault_filtered`)", "ours: parameters"], rows
    )


def clips() -> str:
    """Accuracy over clips, which the notebooks print and the paper does not."""
    ours, strict = scores(Protocol(PAPER)), scores(Protocol(FAULT_FILTERED))
    rows = []
    for name in (*MODELS, ENSEMBLE):
        printed, score = paper.TABLE.get(name), ours[name]
        rows.append(
            [
                models.title(name),
                number(printed.vote_accuracy if printed else None),
                number(score.vote.value),
                f"{number(score.clip.value)} ({interval(score.clip.low, score.clip.high)})",
                number(strict[name].clip.value),
            ]
        )
    heads = ["", "notebooks: vote", "ours: vote", "ours: mean (`paper`)"]
    return markdown([*heads, "ours: mean (`fault_filtered`)"], rows)


def fig3() -> str:
    """Where the curves end: the paper's last epoch, and the epoch whose weights we keep."""
    rows = []
    for name in MODELS:
        run = scores(Protocol(PAPER))[name].candidate.runs[0]
        kept = next(row for row in run.history() if row["epoch"] == run.kept_epoch)
        printed = paper.history(name)
        last = printed[-1] if printed else {}
        rows.append(
            [
                models.title(name),
                str(len(printed) or NOTHING),
                number(last.get("accuracy")),
                number(last.get("val_accuracy")),
                f"{int(kept['epoch']) + 1} of {len(run.history())}",
                number(kept["accuracy"]),
                number(kept["val_accuracy"]),
            ]
        )
    heads = ["", "paper: epochs printed", "paper: training", "paper: test, last epoch"]
    return markdown([*heads, "ours: kept epoch", "ours: training", "ours: validation"], rows)


def diagonals() -> str:
    """Precision over windows, genre by genre (Fig. 4 to 6)."""
    ours = {}
    for name in MODELS:
        candidate = scores(Protocol(PAPER))[name].candidate
        table = confusion.window_table(predictions_of(candidate), candidate.genres)
        counts = confusion.confusion_matrix(table, candidate.genres)
        ours[name] = confusion.diagonal(confusion.normalize(counts, PRECISION)) / 100
    rows = [
        [
            format_genre(genre),
            *(
                cell
                for name in MODELS
                for cell in (f"{paper.precision(name)[genre]:.2f}", f"{ours[name][genre]:.2f}")
            ),
        ]
        for genre in paper.precision("cnn")
    ]
    heads = [f"{who}{models.title(name)}" for name in MODELS for who in ("paper: ", "ours: ")]
    return markdown(["precision", *heads], rows)


def ensembles() -> str:
    """The ensemble beside the best of its members, on clips."""
    rows = []
    for name in (PAPER, FAULT_FILTERED, ARTIST_FOLDS):
        found = scores(Protocol(name))
        best = max(MODELS, key=lambda one: found[one].clip.value)
        rows.append(
            [
                f"`{name}`",
                f"{models.title(best)} {number(found[best].clip.value)}",
                number(found[ENSEMBLE].clip.value),
                interval(found[ENSEMBLE].clip.low, found[ENSEMBLE].clip.high),
                number(found[PRETRAINED].clip.value),
            ]
        )
    heads = ["", "best network", "ensemble", "its 95 % interval", "pretrained, on fewer clips"]
    return markdown(heads, rows)


def fma() -> str:
    """Accuracy over the test clips of FMA."""
    found = scores(FMA_PROTOCOL)
    rows = []
    for name in (*MODELS, ENSEMBLE, BASELINE):
        score = found[name]
        windows = number(score.window.value) if score.windows > score.clips else NOTHING
        limits = interval(score.clip.low, score.clip.high)
        seeds = score.repeats and "{:.3f} ± {:.3f}".format(*score.repeats.clip)
        rows.append(
            [models.title(name), number(score.clip.value), limits, seeds or NOTHING, windows]
        )
    return markdown(["", "clips", "95 % interval", "over three seeds", "windows of 10 s"], rows)


def transfer() -> str:
    """What learning one dataset does for the other, as benchmarks/fma.py measured it."""
    found = json.loads((ASSETS / "fma.json").read_text(encoding="utf-8"))
    there, back, tuned = found["transfer"], found["transfer_back"], found["finetune"]
    statistics = "The SVM's statistics"
    rows = [
        ("an SVM on statistics of the clips", there[statistics], back[statistics]),
        (
            "on embeddings of the other dataset's networks",
            there["Embeddings of GTZAN's networks"],
            back["Embeddings of FMA's networks"],
        ),
        ("on both", there["Both"], back["Both"]),
        ("on embeddings of its own networks", there["Embeddings of FMA's own networks"], None),
        ("a CRNN begun with the other's weights", tuned["From the weights of GTZAN's"], None),
        ("the same CRNN from fresh weights", tuned["From fresh weights"], None),
    ]
    heads = ["", "FMA's test clips", "GTZAN's (`fault_filtered`)"]
    return markdown(heads, [[title, cell(here), cell(other)] for title, here, other in rows])


def cell(found: dict[str, float] | None) -> str:
    """Return an accuracy with its interval; a dash where there is none."""
    return "{accuracy:.3f} ({low:.3f} to {high:.3f})".format(**found) if found else NOTHING


PLACES = {
    "table1": table1,
    "clips": clips,
    "fig3": fig3,
    "diagonals": diagonals,
    "ensembles": ensembles,
    "fma": fma,
    "transfer": transfer,
}


def fill(text: str) -> str:
    """Return the page with its tables made anew."""
    return re.sub(
        r"<!-- (\w+) -->\n.*?\n?<!-- end -->",
        lambda place: f"<!-- {place[1]} -->\n{PLACES[place[1]]()}\n<!-- end -->",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    write_atomically(PAGE, fill(PAGE.read_text(encoding="utf-8")))
    print(PAGE)
