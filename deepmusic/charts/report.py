"""Report: tables and charts of scores as one HTML page that needs no network."""

import contextlib
import html
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deepmusic import models
from deepmusic.charts.confusion import confusion_chart
from deepmusic.charts.scores import accuracy_chart, calibration_chart, measure_chart
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import RunError
from deepmusic.evaluation import candidates, confusion
from deepmusic.evaluation.paper import CEILING
from deepmusic.evaluation.scores import Candidate, Score, score_candidate
from deepmusic.evaluation.wording import Markup, difference_in_words, results_table
from deepmusic.files import write_atomically
from deepmusic.runs import Run, assets

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1a27; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.3rem 0.7rem 0.3rem 0; border-bottom: 1px solid #dcdae6; }
small, figcaption { color: #5d5969; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 0 2rem; }
figure { margin: 1.5rem 0; break-inside: avoid; overflow-x: auto; }
"""

_MARKUP = Markup("<b>{}</b>".format, "<small>{}</small>".format, html.escape)

_TABLE_WORDS = (
    "Small numbers are 95 % intervals over clips. Windows last 3 s (the paper's 1.5 s). A clip is "
    "predicted by the mean of its windows' probabilities, or by majority vote of its windows, as "
    "in the paper's notebooks. Over seeds: mean and standard deviation by mean probability. The "
    "paper's test clips also selected its epochs, which flatters."
)

_CEILING_WORDS = (
    f" Dashed: about {100 * (1 - CEILING):.1f} % of GTZAN's labels are wrong, so that even a "
    f"perfect listener would reach about {100 * CEILING:.1f} % (Sturm 2014)."
)

_CALIBRATION_WORDS = (
    "Confidence and accuracy. Each mark gathers clips of about the same confidence. On the dashed "
    "line, 80 % confident means right in 8 of 10 cases; above it a network is underconfident, "
    "below it overconfident. Small marks are few clips."
)


def write_report(
    items: Sequence[Candidate] | Sequence[Run], path: Path, on_progress: Progress = no_progress
) -> None:
    """Write the report of candidates, or of finished runs (with their ensembles), to a file.

    Raises
    ------
    RunError
        If a run is not finished or cannot be read, or there is none.
    """
    chosen = [one for one in items if isinstance(one, Candidate)]
    runs = [one for one in items if isinstance(one, Run)]
    shipped = [run for run in runs if run.path.is_relative_to(assets.SHIPPED)]
    chosen += candidates.build_candidates(shipped, [run for run in runs if run not in shipped])
    scores = []
    for done, candidate in enumerate(chosen):
        on_progress(done, len(chosen))
        scores.append(score_candidate(candidate))
    on_progress(len(chosen), len(chosen))
    write_atomically(path, to_html(scores))


def to_html(scores: Sequence[Score]) -> str:
    """Return the report as HTML, a section for each protocol, with plotly.js inside.

    Raises
    ------
    RunError
        If there are no scores.
    """
    if not scores:
        raise RunError("There is no finished run to report. Train one to the end.")
    figures: list[str] = []
    sections = [
        part
        for protocol in candidates.protocols_of(score.candidate for score in scores)
        for part in _section([one for one in scores if one.candidate.protocol == protocol], figures)
    ]
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>DeepMusic: results</title><style>{_STYLE}</style></head><body>",
            "<h1>DeepMusic: which network predicts genres best?</h1>",
            f"<p><small>Counted on {datetime.now(UTC):%d %B %Y} from the runs' predictions.csv. "
            "Protocols must not be compared with each other as if only the networks differed."
            "</small></p>",
            *sections,
            "</body></html>",
        ]
    )


def _section(scores: Sequence[Score], figures: list[str]) -> list[str]:
    """Return table and charts of one protocol; captions are added to `figures`."""
    protocol = scores[0].candidate.protocol
    draw = partial(_draw, figures)
    members = [score for score in scores if score.candidate.model != models.ENSEMBLE]
    networks = [score for score in scores if score.candidate.model != models.BASELINE]
    table = results_table(scores, _MARKUP).to_html(index=False, escape=False, border=0)
    differences = []
    for one, other in itertools.combinations(members, 2):
        with contextlib.suppress(RunError):  # Tested on other clips.
            differences.append(f"<li>{html.escape(difference_in_words(one, other))}</li>")
    return [
        f"<h2>Protocol {html.escape(str(protocol))}</h2>",
        f"<p>{scores[0].clips} test clips. {html.escape(protocol.description)}</p>",
        f"<figure>{table}<figcaption>{_TABLE_WORDS}</figcaption></figure>",
        draw(
            accuracy_chart(scores),
            "Accuracy over test clips, with 95 % intervals."
            + (_CEILING_WORDS if protocol.is_of_gtzan else ""),
        ),
        draw(
            measure_chart(members, "recall"),
            "Recall: of the test clips labelled so, the fraction predicted so.",
        ),
        f"<ul>{''.join(differences)}</ul>",
        draw(calibration_chart(networks), _CALIBRATION_WORDS) if networks else "",
        f'<div class="pair">{"".join(_matrix(score, draw) for score in networks)}</div>',
    ]


def _matrix(score: Score, draw: Callable[["go.Figure", str], str]) -> str:
    """Return a confusion matrix, captioned by its most frequent confusions."""
    counts = confusion.confusion_matrix(score.table, score.candidate.genres)
    worst = "; ".join(map(str, confusion.most_confused(counts)))
    top = max(counts.sum(axis=1).max(), 1)
    return draw(
        confusion_chart(counts, unit="clips", top=top, title=score.candidate.name),
        f"Clips by label (row) and predicted genre (column). Worst: {worst or 'none'}.",
    )


def _draw(figures: list[str], figure: "go.Figure", words: str) -> str:
    """Return a figure with its caption; the first includes plotly.js."""
    import plotly.io as pio

    # Grid and colours for paper, under the layout of all charts.
    template = pio.templates.merge_templates("plotly_white", figure.layout.template)
    drawn = figure.update_layout(template=template).to_html(
        full_html=False,
        include_plotlyjs=not figures,
        config={"displayModeBar": False, "responsive": True},
    )
    figures.append(words)
    return f"<figure>{drawn}<figcaption>{html.escape(words)}</figcaption></figure>"
