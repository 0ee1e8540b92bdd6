"""Scores in words and in a table, for the Compare page and the report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from deepmusic.errors import RunError
from deepmusic.evaluation import metrics
from deepmusic.evaluation.paper import TABLE, Published
from deepmusic.evaluation.scores import Candidate, Measured, Score
from deepmusic.formatting import format_duration, format_percent
from deepmusic.models import MODELS, title
from deepmusic.protocols import BENCHMARK_PROTOCOL, WINDOW_LEAK

#: Stands where there is no number.
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class Markup:
    """How a table's cells are marked up.

    Attributes
    ----------
    strong, small : callable
        From text to that text in bold, and to that text in small and grey.
    escape : callable
        From what someone typed to text that is no markup.
    """

    strong: Callable[[str], str]
    small: Callable[[str], str]
    escape: Callable[[str], str]


def results_table(
    scores: Sequence[Score], markup: Markup, times: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return Table 1 of the paper and more: a row for each score, cells as text.

    Parameters
    ----------
    scores : sequence of Score
        Of one protocol. Under that of the paper, the paper's figures stand beside them.
    markup : Markup
        Of the page that shows the table.
    times : mapping of str to float, optional
        How long a shipped network takes for a song, in ms.
    """
    with_paper = scores[0].candidate.protocol == BENCHMARK_PROTOCOL
    rows = []
    for score in scores:
        candidate = score.candidate
        printed = published(candidate) if with_paper else None
        row = {"Network": markup.strong(markup.escape(candidate.name))}
        # The SVM reads a clip at once, and so has no windows.
        has_windows = score.windows > score.clips
        row["Windows right"] = _accuracy(score.window, markup) if has_windows else NOTHING
        if with_paper:
            row["Paper: windows"] = _papers_windows(printed, markup)
        row["Clips right"] = _accuracy(score.clip, markup)
        if any(score.repeats for score in scores):
            row["Over seeds"] = _over_seeds(score, markup)
        row["Clips, by vote"] = _accuracy(score.vote, markup)
        if with_paper:
            row["Paper: by vote"] = format_percent(printed and printed.vote_accuracy)
        row["Parameters"] = f"{score.parameters:,}" if score.parameters else NOTHING
        if with_paper:
            row["Paper: parameters"] = f"{printed.parameters:,}" if printed else NOTHING
        seconds = score.training_seconds
        row["Training"] = format_duration(seconds) if seconds else NOTHING
        if times is not None:
            took = times.get(candidate.model) if candidate.shipped else None
            row["One song"] = f"{took:.0f} ms" if took else NOTHING
        rows.append(row)
    return pd.DataFrame(rows)


def published(candidate: Candidate) -> Published | None:
    """Return what Table 1 says of a shipped network."""
    return TABLE.get(candidate.model) if candidate.shipped else None


def _accuracy(measured: Measured, markup: Markup) -> str:
    low, high = 100 * measured.low, 100 * measured.high
    value = markup.strong(format_percent(measured.value, digits=1, space="&nbsp;"))
    return f"{value} {markup.small(f'{low:.0f}&nbsp;to&nbsp;{high:.0f}')}"


def _over_seeds(score: Score, markup: Markup) -> str:
    if not score.repeats:
        return NOTHING
    spread = score.repeats.clip
    return (
        f"{100 * spread.mean:.1f}&nbsp;±&nbsp;{100 * spread.deviation:.1f} "
        f"{markup.small(f'{score.repeats.n}&nbsp;seeds')}"
    )


def _papers_windows(printed: Published | None, markup: Markup) -> str:
    if not printed:
        return NOTHING
    more = printed.notebook_accuracy
    # Where the notebook only adds a digit, the table's number is enough.
    differs = more and round(more, 2) != printed.window_accuracy
    note = f" {markup.small(f'notebook&nbsp;{100 * more:.1f}')}" if differs else ""
    return format_percent(printed.window_accuracy) + note


# === Two networks, or three, at odds ===


def difference_in_words(first: Score, second: Score) -> str:
    """Say in a student's words whether one network is better than the other (McNemar, exact).

    Raises
    ------
    RunError
        If they were not tested on the same clips, or on segments of clips, which are right or wrong
        together, so that no test can count them.
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
    """Say what it is worth that networks agree; empty where there are fewer than two.

    Parameters
    ----------
    scores : sequence of Score
        Of one protocol. The ensemble and the SVM are left out, and so is a second run of a network.

    Raises
    ------
    RunError
        If they were not tested on the same clips.
    """
    first = {score.candidate.model: score for score in scores[::-1]}
    networks = {name: first[name] for name in MODELS if name in first}
    if len(networks) < 2:
        return ""
    found = metrics.agreement({name: score.table for name, score in networks.items()})
    who = "All three networks" if len(networks) == 3 else " and ".join(map(title, networks))
    if found["agreed"] == 1:
        return f"{who} predict the same genre for every clip."
    best = max(found["right_when_split"], key=found["right_when_split"].get)
    when_agreed = (
        f", and are then right on {_percent(found['right_when_agreed'])}" if found["agreed"] else ""
    )
    return (
        f"{who} agree on {_percent(found['agreed'])} of the clips{when_agreed}. On the others at "
        f"least one of them is right on {_percent(found['one_is_right_when_split'])}, the best "
        f"alone ({title(best)}) on {_percent(found['right_when_split'][best])}: that gap is what "
        "an ensemble can try to win."
    )


def _percent(fraction: float) -> str:
    return format_percent(fraction, digits=1 if fraction < 0.1 else 0)
