"""A hand-out: tables and charts of runs as one HTML page that needs no network."""

import contextlib
import html
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deepmusic import comparison, confusion, models
from deepmusic.charts.confusion import confusion_chart
from deepmusic.charts.scores import IntervalRow, genre_bars, interval_chart, reliability_chart
from deepmusic.charts.training import Curve, history_chart
from deepmusic.comparison import Candidate, Measured, Score
from deepmusic.datasets import splits
from deepmusic.errors import RunError
from deepmusic.files import write_atomically
from deepmusic.paper.table import CEILING, TABLE
from deepmusic.runs import SHIPPED, Run

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1a27; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.3rem 0.7rem 0.3rem 0; border-bottom: 1px solid #dcdae6; }
small, figcaption { color: #5d5969; }
figcaption { margin-top: 0.5rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 0 2rem; }
.wide { overflow-x: auto; }
figure { margin: 1.5rem 0; break-inside: avoid; }
"""

_WORDS = (
    "Small numbers are 95 % intervals over clips: with other clips of the same kind, the share "
    "would mostly land in there. Windows last 3 s (the paper's 1.5 s). A clip is judged by the "
    "mean of its windows' probabilities, or by the vote of their labels, as the paper's notebooks "
    "did. Over seeds: mean and standard deviation of the clips right by mean probability. "
    "The paper's test clips also steered its training, which flatters. Protocols must not be "
    "compared with each other as if only the networks differed."
)
_CEILING_WORDS = (
    f"Dashed: about {100 * (1 - CEILING):.1f} % of GTZAN's labels are wrong, so that even a "
    f"perfect listener would reach about {100 * CEILING:.1f} % (Sturm 2014)."
)


def write_report(runs: Sequence[Run], path: Path) -> None:
    """Write a hand-out about finished runs.

    Parameters
    ----------
    runs : sequence of Run
        Of any protocols; each protocol has a table of its own, with the ensemble where all three
        networks are there.
    path : Path
        File to write; one that is there is replaced.

    Raises
    ------
    RunError
        If a run is not finished or cannot be read.
    """
    shipped = [run for run in runs if run.path.is_relative_to(SHIPPED)]
    own = [run for run in runs if run not in shipped]
    write_candidates(comparison.arrange(shipped, own), path)


def write_candidates(candidates: Sequence[Candidate], path: Path) -> None:
    """Write a hand-out about what `deepmusic.comparison` can list.

    Raises
    ------
    RunError
        As `write_report` does.
    """
    write_atomically(path, to_html([comparison.score(candidate) for candidate in candidates]))


def to_html(scores: Sequence[Score]) -> str:
    """Return the page for these scores, each protocol in a section of its own.

    Everything that comes from files, such as titles, is escaped. plotly.js is inside, once.
    """
    candidates = [score.candidate for score in scores]
    if not scores:
        raise RunError("There is no finished run to report. Train one to the end.")
    charts = _Charts()
    sections = [
        _section([score for score in scores if score.candidate.protocol == protocol], charts)
        for protocol in comparison.protocols_of(candidates)
    ]
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>DeepMusic: results</title><style>{_STYLE}</style></head><body>",
            "<h1>DeepMusic: which network hears genres best?</h1>",
            f"<p><small>Counted on {datetime.now(UTC):%d %B %Y} from the runs' "
            "predictions.csv.</small></p>",
            *sections,
            f"<p><small>{html.escape(_WORDS)}</small></p>",
            "</body></html>",
        ]
    )


class _Charts:
    """Turns figures into HTML; the first brings plotly.js along."""

    def __init__(self) -> None:
        self._is_first = True

    def draw(self, figure: "go.Figure", words: str) -> str:
        """Return a figure with its caption."""
        import plotly.io as pio

        # Grid and colours for paper, under the layout of all charts.
        template = pio.templates.merge_templates("plotly_white", figure.layout.template)
        figure.update_layout(template=template)
        drawn = figure.to_html(
            full_html=False,
            include_plotlyjs=self._is_first,
            config={"displayModeBar": False, "responsive": True},
        )
        self._is_first = False
        return f"<figure>{drawn}<figcaption>{html.escape(words)}</figcaption></figure>"


def _section(scores: Sequence[Score], charts: _Charts) -> str:
    """Return table and charts of one protocol."""
    protocol = scores[0].candidate.protocol
    with_paper = protocol == "paper"
    of_gtzan = splits.is_of_gtzan(protocol)
    dots = [
        IntervalRow(
            score.candidate.name,
            score.candidate.model,
            score.clip.value,
            score.clip.low,
            score.clip.high,
            _printed(score.candidate, "vote_accuracy") if with_paper else None,
        )
        for score in scores
    ]
    parts = [
        f"<h2>Protocol {html.escape(protocol)}</h2>",
        f"<p>{scores[0].clips} test clips. {html.escape(comparison.words_of(protocol))}</p>",
        _table(scores, with_paper),
        charts.draw(
            interval_chart(dots, ceiling=CEILING if of_gtzan else None),
            f"Share of test clips named right, with 95 % intervals. "
            f"{_CEILING_WORDS if of_gtzan else ''}",
        ),
    ]
    members = [score for score in scores if score.candidate.model != models.ENSEMBLE]
    parts.append(
        charts.draw(
            genre_bars(
                {score.candidate.name: score.candidate.model for score in members},
                {
                    score.candidate.name: {
                        genre: share.value for genre, share in score.recall.items()
                    }
                    for score in members
                },
            ),
            "Recall: of the test clips labelled so, the share that each network named so.",
        )
    )
    parts.append(_differences(members))
    networks = [score for score in scores if score.candidate.model != models.BASELINE]
    parts.append(
        charts.draw(
            reliability_chart(
                {score.candidate.name: score.candidate.model for score in networks},
                {score.candidate.name: comparison.calibration(score).bins for score in networks},
            ),
            "How sure, and how often right. Each mark gathers clips of which a network was about "
            "equally sure. On the dashed line, 80 % sure means right in 8 of 10 cases; above it a "
            "network is too modest, below it too sure of itself. Small marks are few clips.",
        )
        if networks
        else ""
    )
    parts.append(_matrices(networks, charts))
    curves = [
        Curve(score.candidate.name, score.candidate.model, run.history(), protocol)
        for score in members
        for run in score.candidate.runs[:1]
    ]
    curves = [
        curve
        for curve in curves
        if curve.history and {"accuracy", "val_accuracy", "val_loss"} <= curve.history[0].keys()
    ]
    if curves:
        parts.append(
            charts.draw(
                history_chart(curves, "accuracy"),
                "Windows named right by epoch. Where training climbs on and validation stays flat, "
                "a network learns its training clips by heart.",
            )
        )
    return "\n".join(parts)


def _differences(scores: Sequence[Score]) -> str:
    """Say of each two scores whether they differ by more than luck."""
    items = []
    for one, other in itertools.combinations(scores, 2):
        with contextlib.suppress(RunError):  # Tested on other clips: nothing can be said.
            items.append(comparison.difference_in_words(one, other))
    return "<ul>" + "".join(f"<li>{html.escape(words)}</li>" for words in items) + "</ul>"


def _matrices(scores: Sequence[Score], charts: _Charts) -> str:
    """Draw who takes what for what, the worst in words below."""
    drawn = []
    for score in scores:
        counts = confusion.count(score.table, comparison.genres_of(score.candidate))
        worst = "; ".join(map(str, confusion.worst(counts)))
        drawn.append(
            charts.draw(
                confusion_chart(
                    counts,
                    unit="clips",
                    top=max(counts.sum(axis=1).max(), 1),
                    title=score.candidate.name,
                ),
                f"Clips by label (row) and predicted genre (column). Worst: {worst or 'none'}.",
            )
        )
    return '<div class="pair">' + "".join(drawn) + "</div>"


def _table(scores: Sequence[Score], with_paper: bool) -> str:
    rows = [_row(score, with_paper) for score in scores]
    if not any(score.repeats for score in scores):
        for row in rows:
            del row["Over seeds"]
    head = "".join(f"<th>{name}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row.values()) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _row(score: Score, with_paper: bool) -> dict[str, str]:
    """Return one row, as HTML by column."""
    candidate = score.candidate
    row = {
        "Network": f"<b>{html.escape(candidate.name)}</b>",
        "Windows right": _share(score.window) if score.windows > score.clips else "-",
        "Clips right": _share(score.clip),
        "Over seeds": _over_seeds(score),
        "Clips, by vote": _share(score.vote),
    }
    if with_paper:
        windows = _printed(candidate, "window_accuracy")
        vote = _printed(candidate, "vote_accuracy")
        row["Paper: windows"] = f"{100 * windows:.0f} %" if windows else "-"
        row["Paper: by vote"] = f"{100 * vote:.0f} %" if vote else "-"
    row["Parameters"] = f"{score.parameters:,}" if score.parameters else "-"
    row["Training"] = f"{score.training_seconds / 60:.0f} min" if score.training_seconds else "-"
    return row


def _over_seeds(score: Score) -> str:
    if not score.repeats:
        return "-"
    spread = score.repeats.clip
    return (
        f"{100 * spread.mean:.1f}&nbsp;±&nbsp;{100 * spread.deviation:.1f} "
        f"<small>{score.repeats.n}&nbsp;seeds</small>"
    )


def _share(share: Measured) -> str:
    return (
        f"{100 * share.value:.1f} % "
        f"<small>{100 * share.low:.0f}&nbsp;to&nbsp;{100 * share.high:.0f}</small>"
    )


def _printed(candidate: Candidate, quantity: str) -> float | None:
    """Return what Table 1 says of a shipped network."""
    printed = TABLE.get(candidate.model) if candidate.shipped else None
    return printed and getattr(printed, quantity)
