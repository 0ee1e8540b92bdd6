"""Hand-out: networks, their scores and a question as one HTML page to print, without internet."""

import html
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deepmusic import models, prediction
from deepmusic.charts import printing
from deepmusic.charts.architecture import architecture_html
from deepmusic.charts.style import MATRIX_COLOURS, MODEL_COLOURS, NEUTRAL, ink_on, mix
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import DeepMusicError, RunError
from deepmusic.evaluation import candidates, confusion
from deepmusic.evaluation.scores import Candidate, Score, score_candidate
from deepmusic.evaluation.wording import Markup, difference_in_words, results_table
from deepmusic.files import write_atomically
from deepmusic.formatting import format_genre
from deepmusic.models import describe
from deepmusic.protocols import BENCHMARK_PROTOCOL, WINDOW_LEAK
from deepmusic.runs import Run, assets

if TYPE_CHECKING:
    import pandas as pd

_MARKUP = Markup("<b>{}</b>".format, "<small>{}</small>".format, html.escape)

_COLUMNS = {
    "Network": "Network",
    "Accuracy, clips": "Accuracy",
    "Plot": "Plot",
    "Over seeds": "Over seeds",
    "Paper: by vote": "The paper's",
    "Parameters": "Parameters",
}
_PLOT_WIDTH = 150

#: Of room for the answer.
_LINES = 6


def write_report(
    items: Sequence[Candidate] | Sequence[Run], path: Path, on_progress: Progress = no_progress
) -> None:
    """Write the hand-out of candidates, or of finished runs (with their ensembles), to a file.

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
    layers = {}
    for name in networks_of(scores):
        with suppress(DeepMusicError):  # A network that is not shipped yet has no diagram.
            network = prediction.load_classifiers([name])[name].network
            layers[name] = describe.layer_table(network.layers)
    on_progress(len(chosen), len(chosen))
    write_atomically(path, to_html(scores, layers))


def networks_of(scores: Sequence[Score]) -> list[str]:
    """Return the networks that have scores, without the ensemble and the SVM."""
    found = {score.candidate.model for score in scores}
    return [name for name in models.MODELS if name in found]


def to_html(scores: Sequence[Score], layers: Mapping[str, "pd.DataFrame"]) -> str:
    """Return the hand-out as HTML, with a table for each protocol.

    Parameters
    ----------
    scores : sequence of Score
        Of one protocol or several.
    layers : mapping of str to pd.DataFrame
        Tables of `deepmusic.models.describe`, by network; those without stand in no diagram.

    Raises
    ------
    RunError
        If there are no scores.
    """
    if not scores:
        raise RunError("There is no finished run to report. Train one to the end.")
    protocols = candidates.protocols_of(score.candidate for score in scores)
    by_protocol = [[one for one in scores if one.candidate.protocol == two] for two in protocols]
    return printing.page(
        "hand-out",
        [
            printing.NAME_AND_DATE,
            "<h1>Which network predicts genres best?</h1>",
            "<p>A computer cuts 30 seconds of music into windows of 3 s and turns each into an "
            "image of its frequencies over time, the <b>log-mel spectrogram</b>. A network reads "
            "one window and gives each genre a probability; the mean over all windows decides.</p>",
            *_networks(layers),
            *("\n".join(_results(one)) for one in by_protocol),
            *_question(by_protocol),
            f"<p><small>Made by DeepMusic on {datetime.now(UTC):%d %B %Y} from the predictions of "
            "the runs.</small></p>",
        ],
    )


def _networks(layers: Mapping[str, "pd.DataFrame"]) -> list[str]:
    """Return the networks in words and as diagrams."""
    if not layers:
        return []
    cards = [
        f'<div class="network"><h3>{models.title(name)}</h3><p>{models.spec(name).summary}</p>'
        f"{architecture_html(table, MODEL_COLOURS[name])}</div>"
        for name, table in layers.items()
    ]
    return [
        "<h2>The networks</h2>",
        "<p>In each box the number of its <b>parameters</b>, what is learnt; the fuller, the more. "
        "At each arrow the shape of what flows on: frames, mel bands, filters.</p>",
        f'<div class="networks">{"".join(cards)}</div>',
    ]


def _results(scores: Sequence[Score]) -> list[str]:
    """Return the table of one protocol, and whether its best network is better by chance."""
    protocol = scores[0].candidate.protocol
    unit = "segments" if protocol.name == WINDOW_LEAK else "clips"
    table = results_table(scores, _MARKUP)
    left = 10 * int(min(10 * score.clip.low for score in scores))
    table["Plot"] = [_plot(score, left) for score in scores]
    table = table[[name for name in _COLUMNS if name in table]].rename(columns=_COLUMNS)
    drawn = table.to_html(index=False, escape=False, border=0, classes="scores")
    scale = (
        f'<th><div style="display:flex;justify-content:space-between;width:{_PLOT_WIDTH}px">'
        f"<span>{left} %</span><span>100 %</span></div></th>"
    )
    return [
        f"<section><h2>Results, protocol: {html.escape(protocol.title)}</h2>",
        f"<p>{scores[0].clips:,} test {unit}. {html.escape(protocol.description)}</p>",
        drawn.replace("<th>Plot</th>", scale),
        "<p><small>Accuracy: share of the clips that are predicted as labelled. Small: the 95 % "
        "interval, in which it would mostly lie with other clips of the same kind.</small></p>",
        f"<p>{_best_in_words(scores)}</p></section>",
    ]


def _plot(score: Score, left: int) -> str:
    """Return an accuracy with its interval as SVG, from `left` to 100 %."""
    value, low, high = (_PLOT_WIDTH * (100 * one - left) / (100 - left) for one in score.clip)
    colour = MODEL_COLOURS.get(score.candidate.model, NEUTRAL)
    return (
        f'<svg width="{_PLOT_WIDTH}" height="16" aria-hidden="true">'
        f'<line x1="0" x2="{_PLOT_WIDTH}" y1="8" y2="8" stroke="#dcdae6"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="8" y2="8" stroke="{colour}" stroke-width="4"/>'
        f'<circle cx="{value:.1f}" cy="8" r="6" fill="{colour}"/></svg>'
    )


def _ranked(scores: Sequence[Score]) -> list[Score]:
    """Return the networks, or else the others, of most test clips; the most accurate is first."""
    networks = [score for score in scores if score.candidate.model in models.MODELS] or scores
    most = max(score.clips for score in networks)
    return sorted((one for one in networks if one.clips == most), key=lambda one: -one.clip.value)


def _best_in_words(scores: Sequence[Score]) -> str:
    """Return how the best network differs from the worst; empty where that cannot be said."""
    ranked = _ranked(scores)
    if len(ranked) < 2:
        return ""
    try:
        words = difference_in_words(ranked[0], ranked[-1])
    except RunError:  # Tested on other clips, or on segments, which are not independent.
        return ""
    names = f"{ranked[0].candidate.name} or {ranked[-1].candidate.name}: better, or chance? {words}"
    return html.escape(names)


def _question(by_protocol: Sequence[Sequence[Score]]) -> list[str]:
    """Return the confusion matrix of the best network, a question about it, and room."""
    scores = next(
        (one for one in by_protocol if one[0].candidate.protocol == BENCHMARK_PROTOCOL),
        by_protocol[0],
    )
    best = _ranked(scores)[0]
    counts = confusion.confusion_matrix(best.table, best.candidate.genres)
    name = html.escape(best.candidate.name)
    worst = confusion.most_confused(counts, 1)
    asked = (
        f"The {name} takes {worst[0].clips} of {worst[0].of} clips of "
        f"<b>{html.escape(format_genre(worst[0].genre))}</b> for "
        f"<b>{html.escape(format_genre(worst[0].predicted))}</b>, its most frequent mistake. What "
        "do the two have in common, to an ear and in a spectrogram of 3 s? How could you find out "
        "whether the network is wrong, or the label?"
        if worst
        else f"The {name} makes no mistake here. How could you find out what it goes by?"
    )
    return [
        f'<section><h2>A question</h2><div class="confusion">{_matrix(counts)}'
        f'<div style="flex:1 1 15rem"><p>Rows are labels, columns predictions of the {name}: on '
        f"the diagonal stand correct clips.</p><p>{asked}</p></div></div>"
        f"{printing.lines(_LINES)}</section>",
    ]


def _matrix(counts: "pd.DataFrame") -> str:
    """Return a confusion matrix as an HTML table."""
    top = max(counts.to_numpy().max(), 1)
    names = [html.escape(format_genre(genre)) for genre in counts]
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = []
    for name, values in zip(names, counts.to_numpy(), strict=True):
        cells = []
        for value in values:
            colour = mix(MATRIX_COLOURS[False], value / top)
            style = f"background:{colour};color:{ink_on(colour)}"
            cells.append(f'<td style="{style}">{value or ""}</td>')
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>')
    return f'<table class="matrix"><tr><th></th>{head}</tr>{"".join(rows)}</table>'
