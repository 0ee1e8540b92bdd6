"""Scores as a table and in sentences, for the Compare page and the report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from deepmusic.errors import RunError
from deepmusic.evaluation import metrics
from deepmusic.evaluation.paper import TABLE, Published
from deepmusic.evaluation.scores import Candidate, Measured, Repeats, Score
from deepmusic.formatting import format_duration, format_percent
from deepmusic.models import MODELS, title
from deepmusic.protocols import BENCHMARK_PROTOCOL, WINDOW_LEAK

#: Where there is no number.
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class Markup:
    """Functions from text to marked-up text: bold, small and grey, and escaped."""

    strong: Callable[[str], str]
    small: Callable[[str], str]
    escape: Callable[[str], str]


def results_table(scores: Sequence[Score], markup: Markup) -> pd.DataFrame:
    """Table 1 of the paper, extended: a row for each score, cells as marked-up text.

    Parameters
    ----------
    scores : sequence of Score
        Of one protocol; under `BENCHMARK_PROTOCOL` with the paper's figures.
    markup : Markup
        Of the page that shows the table.
    """
    with_paper = scores[0].candidate.protocol == BENCHMARK_PROTOCOL
    with_seeds = any(score.repeats for score in scores)
    rows = []
    for score in scores:
        candidate = score.candidate
        printed = published(candidate) if with_paper else None
        # The SVM predicts whole clips, and so has no windows.
        has_windows = score.windows > score.clips
        rows.append(
            {
                "Network": markup.strong(markup.escape(candidate.name)),
                "Accuracy, windows": _accuracy(score.window, markup) if has_windows else NOTHING,
                "Paper: windows": _papers_windows(printed, markup),
                "Accuracy, clips": _accuracy(score.clip, markup),
                "Over seeds": _over_seeds(score.repeats, markup),
                "Accuracy, by vote": _accuracy(score.vote, markup),
                "Paper: by vote": format_percent(printed.vote_accuracy if printed else None),
                "Parameters": f"{score.parameters:,}" if score.parameters else NOTHING,
                "Paper: parameters": f"{printed.parameters:,}" if printed else NOTHING,
                "Training": format_duration(score.training_seconds)
                if score.training_seconds
                else NOTHING,
            }
        )
    hidden = [] if with_seeds else ["Over seeds"]
    table = pd.DataFrame(rows).drop(columns=hidden)
    return table if with_paper else table.loc[:, ~table.columns.str.startswith("Paper")]


def published(candidate: Candidate) -> Published | None:
    """Return the row of Table 1 of a shipped network."""
    return TABLE.get(candidate.model) if candidate.shipped else None


def _accuracy(measured: Measured, markup: Markup) -> str:
    value = markup.strong(format_percent(measured.value, digits=1, space="&nbsp;"))
    interval = f"{100 * measured.low:.0f}&nbsp;to&nbsp;{100 * measured.high:.0f}"
    return f"{value} {markup.small(interval)}"


def _over_seeds(repeats: Repeats | None, markup: Markup) -> str:
    if not repeats:
        return NOTHING
    mean, deviation = repeats.clip
    seeds = markup.small(f"{repeats.n}&nbsp;seeds")
    return f"{100 * mean:.1f}&nbsp;±&nbsp;{100 * deviation:.1f} {seeds}"


def _papers_windows(printed: Published | None, markup: Markup) -> str:
    if not printed:
        return NOTHING
    more = printed.notebook_accuracy
    # Where the notebook only adds a digit, the table's number is enough.
    note = ""
    if more and round(more, 2) != printed.window_accuracy:
        note = " " + markup.small(f"notebook&nbsp;{100 * more:.1f}")
    return format_percent(printed.window_accuracy) + note


# === Networks compared ===


def difference_in_words(first: Score, second: Score) -> str:
    """Return McNemar's test of two networks as sentences for a student.

    Raises
    ------
    RunError
        If their test clips differ, or are segments of clips, which are not independent.
    """
    if first.candidate.protocol.name == WINDOW_LEAK:
        raise RunError(
            f"Segments of one clip are right or wrong together, so that {WINDOW_LEAK} cannot say "
            "what is luck."
        )
    test = metrics.mcnemar(first.table, second.table)
    chance, discordant = test["p_value"], test["only_one"] + test["only_other"]
    one, other = first.candidate.name, second.candidate.name
    if not discordant:
        return f"Of {first.clips} clips, {one} and {other} get exactly the same ones right."
    conclusion = (
        "That is hardly luck."
        if chance < 0.05
        else "That may well be luck: these clips do not prove that one is better."
    )
    odds = "less than once in 1000 draws" if chance < 0.001 else f"in {_percent(chance)} of draws"
    return (
        f"They differ on {discordant} of {first.clips} clips: {test['only_one']} only {one} gets "
        f"right, {test['only_other']} only {other}. Tossing a coin for each of these would come "
        f"out at least as lopsided {odds}. {conclusion}"
    )


def agreement_in_words(scores: Sequence[Score]) -> str:
    """Return the agreement of the three networks, or two, as sentences; empty for fewer.

    Of several scores of one network, the first counts; the ensemble and the SVM are left out.

    Raises
    ------
    RunError
        If their test clips differ.
    """
    first = {score.candidate.model: score for score in scores[::-1]}
    networks = {name: first[name] for name in MODELS if name in first}
    if len(networks) < 2:
        return ""
    found = metrics.agreement({name: score.table for name, score in networks.items()})
    who = "All three networks" if len(networks) == 3 else " and ".join(map(title, networks))
    if found["agreed"] == 1:
        return f"{who} predict the same genre for every clip."
    alone = found["right_when_split"]
    best = max(alone, key=lambda name: alone[name])
    when_agreed = (
        f", and are then right on {_percent(found['right_when_agreed'])}" if found["agreed"] else ""
    )
    return (
        f"{who} agree on {_percent(found['agreed'])} of the clips{when_agreed}. On the others at "
        f"least one of them is right on {_percent(found['one_is_right_when_split'])}, the best "
        f"alone ({title(best)}) on {_percent(alone[best])}: that gap is what "
        "an ensemble can try to win."
    )


def _percent(fraction: float) -> str:
    return format_percent(fraction, digits=1 if fraction < 0.1 else 0)
