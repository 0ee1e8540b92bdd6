"""What the shipped networks reach, and how runs become shipped ones."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.protocols import BENCHMARK_PROTOCOL, WINDOW_LEAK, Protocol
from deepmusic.runs import shipped_path

if TYPE_CHECKING:
    from deepmusic.evaluation.scores import Candidate, Repeats, Score


@click.command()
def results() -> None:
    """Recount, from their predictions, what the shipped networks reach on their test clips."""
    from deepmusic.evaluation import candidates

    shipped = candidates.find_shipped()
    protocols = candidates.protocols_of(shipped)
    for protocol in sorted(protocols, key=lambda one: one != BENCHMARK_PROTOCOL):
        print_protocol([one for one in shipped if one.protocol == protocol])
        if robustness_path(protocol).exists():
            measured = json.loads(robustness_path(protocol).read_text(encoding="utf-8"))
            click.echo(robustness_table(measured))
        click.echo()
    print_calibration(shipped)


def robustness_path(protocol: Protocol) -> Path:
    """Return where the table of ``benchmarks/robustness.py`` is kept for a protocol."""
    return shipped_path("robustness.json", protocol)


def robustness_table(measured: Mapping[str, Any]) -> str:
    """Return what ``benchmarks/robustness.py`` measured, a line for each degradation."""
    from deepmusic.audio.degrade import DEGRADATIONS

    names = list(next(iter(measured["right"].values())))
    lines = [
        f"{measured['protocol']}: share of clips right after each change "
        f"({measured['clips']} of {measured['of']} test clips, whose sound is at hand)",
        f"{'':28}" + "".join(f"{models.title(name):>10}" for name in names),
    ]
    for degradation, by_model in measured["right"].items():
        cells = "".join(f"{by_model[name]['accuracy']:10.3f}" for name in names)
        lines.append(f"{DEGRADATIONS[degradation].title:28}" + cells)
    return "\n".join(lines)


def print_protocol(candidates: Sequence["Candidate"]) -> None:
    """Print what the networks, their ensemble and the baseline reach by one protocol."""
    from deepmusic.evaluation import scores

    tables = {}
    for candidate in candidates:
        score = scores.score_candidate(candidate)
        # By way of four decimals, as evaluation.json and the README have them.
        low, high = round(score.clip.low, 4), round(score.clip.high, 4)
        interval = f"95 % interval {low:.3f} to {high:.3f}"
        if candidate.model == models.BASELINE:
            click.echo(
                f"{candidate.name:9} {candidate.protocol}: clip {score.clip.value:.3f}, "
                f"{interval}{_warning(candidate.protocol)}"
            )
            continue
        click.echo(
            accuracy_line(
                candidate.model,
                candidate.protocol,
                (score.window.value, score.clip.value, score.vote.value),
                (score.clips, score.windows),
            )
        )
        click.echo(f"{'':9} clip accuracy: {interval}")
        if score.repeats:
            click.echo(f"{'':9} {repeats_words(score.repeats)}")
        if candidate.model != models.ENSEMBLE:
            tables[candidate.name] = score.table
    # Segments of one clip are right or wrong together; no test can count them.
    if candidates[0].protocol.name != WINDOW_LEAK:
        for line in differences(tables):
            click.echo(line)


def print_calibration(candidates: Sequence["Candidate"]) -> None:
    """Print how far the networks' percentages can be taken at their word, before and after."""
    from deepmusic.evaluation import scores

    by_protocol: dict[Protocol, list[Score]] = {}
    for candidate in candidates:
        temperature = candidate.temperature
        if not temperature:
            continue
        score = scores.score_candidate(candidate)
        by_protocol.setdefault(candidate.protocol, []).append(score)
        error, scaled = (score.calibration(tried).error for tried in (1.0, temperature))
        click.echo(
            f"{candidate.name:9} {candidate.protocol}: calibration error {error:.3f}, "
            f"{scaled:.3f} at temperature {temperature:.2f}"
        )
    benchmark = by_protocol.pop(BENCHMARK_PROTOCOL, [])
    by_protocol.pop(Protocol(WINDOW_LEAK), None)
    for protocol, strict in by_protocol.items():
        if errors := scores.errors_at_benchmark_temperature(benchmark, strict):
            click.echo(
                f"{protocol}: mean calibration error {errors[0]:.3f}, {errors[1]:.3f} at the "
                f"temperatures of {BENCHMARK_PROTOCOL}"
            )


def evaluation_line(name: str, evaluation: Mapping[str, Any]) -> str:
    """Return one line of what a run's ``evaluation.json`` says."""
    names = ("window_accuracy", "clip_accuracy", "clip_vote_accuracy")
    return accuracy_line(
        name,
        Protocol.parse(evaluation["protocol"]),
        [evaluation[one] for one in names],
        (evaluation["clips"], evaluation["windows"]),
    )


def accuracy_line(
    name: str, protocol: Protocol, accuracies: Sequence[float], counts: Sequence[int]
) -> str:
    """Return one line of accuracies (window, clip, by vote) and counts (clips, windows)."""
    window, clip, vote = accuracies
    return (
        f"{models.title(name):9} {protocol}: window {window:.3f}, "
        f"clip {clip:.3f} by mean probability, {vote:.3f} by vote "
        f"({counts[0]} test clips, {counts[1]} windows){_warning(protocol)}"
    )


def repeats_words(repeats: "Repeats") -> str:
    """Return mean and deviation over seeds, such as ``clip 0.853 ± 0.006``."""
    shares = {"window": repeats.window, "clip": repeats.clip, "by vote": repeats.vote}
    words = [
        f"{name} {spread.mean:.3f} ± {spread.deviation:.3f}"
        for name, spread in shares.items()
        if spread
    ]
    return f"over {repeats.n} seeds, mean ± standard deviation: {', '.join(words)}"


def differences(tables: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines on how often networks agree, and whether two of them differ by more than luck.

    Parameters
    ----------
    tables : mapping of str to pd.DataFrame
        What `deepmusic.evaluation.metrics.clip_table` returned, by the network's name.
    """
    from deepmusic.evaluation import metrics

    if len(tables) < 2:
        return
    common = metrics.agreement(tables)
    yield (
        f"{'All' if len(tables) > 2 else 'Both'} agree on {common['agreed']:.3f} of the clips, and "
        f"are right on {common['right_when_agreed'] or 0:.3f} of those."
    )
    for one, other in itertools.combinations(tables, 2):
        duel = metrics.mcnemar(tables[one], tables[other])
        yield (
            f"{one} against {other}: only one is right on {duel['only_one']} and "
            f"{duel['only_other']} clips, McNemar's p {_chance_words(duel['p_value'])}"
        )


def _warning(protocol: Protocol) -> str:
    return f"\n{protocol.description}" if protocol.name == WINDOW_LEAK else ""


def _chance_words(p_value: float) -> str:
    return f"= {p_value:.3f}" if p_value >= 0.0005 else "< 0.001"


@click.command("time")
def time_song() -> None:
    """Measure how long each shipped network takes for a song of 30 s, as Compare's button does.

    Prints the median of five, from samples to genres: mel-spectrogram included, decoding not.
    """
    from deepmusic import prediction
    from deepmusic.prediction import latency

    took = latency.time_classifiers(prediction.load_classifiers(list(models.MODELS)))
    for name, milliseconds in took.items():
        click.echo(f"{models.title(name):9} {milliseconds:5.0f} ms")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "--repeat",
    is_flag=True,
    help="Keep them beside the shipped runs, as the same recipe under another seed.",
)
def ship(paths: Sequence[Path], repeat: bool) -> None:
    """Make finished runs (folders) those that the app uses, in place of those shipped before.

    Runs of paper and of all_clips are shipped with their weights, those of others for tables
    alone.
    """
    from deepmusic.evaluation import release
    from deepmusic.runs import Run

    copies = []
    for path in paths:
        run = Run(path)
        copies.append(release.ship_repeat(run) if repeat else release.ship(run))
        click.echo(f"{path} -> {copies[-1].path}")
    if not repeat and any(copy.protocol == BENCHMARK_PROTOCOL for copy in copies):
        release.ship_ensemble()
