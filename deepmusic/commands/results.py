"""What the shipped networks reach, and how runs become shipped ones."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.commands.robustness import table
from deepmusic.datasets.splits import LEAK
from deepmusic.runs import HOME_PROTOCOL

if TYPE_CHECKING:
    from deepmusic.comparison import Candidate, Repeats, Score

LEAK_WARNING = (
    "This protocol is wrong on purpose: a clip is one segment of 3.3 s here, and other segments of "
    "the same recording trained the network. It shows how much leakage flatters."
)


@click.command()
def results() -> None:
    """Recount, from their predictions, what the shipped networks reach on their test clips."""
    from deepmusic import comparison

    shipped = comparison.find_shipped()
    protocols = comparison.protocols_of(shipped)
    for protocol in sorted(protocols, key=lambda name: name != HOME_PROTOCOL):
        print_protocol([one for one in shipped if one.protocol == protocol])
        print_robustness(protocol)
        click.echo()
    print_calibration(shipped)


def print_robustness(protocol: str) -> None:
    """Print how the networks of a protocol bear changed sound, where that was measured."""
    from deepmusic.robustness import stored_path

    if stored_path(protocol).exists():
        click.echo(table(json.loads(stored_path(protocol).read_text(encoding="utf-8"))))


def print_protocol(candidates: Sequence["Candidate"]) -> None:
    """Print what the networks, their ensemble and the baseline reach by one protocol."""
    from deepmusic import baseline, comparison, evaluation

    tables = {}
    for candidate in candidates:
        genres = comparison.genres_of(candidate)
        predictions = comparison.predictions_of(candidate)
        found = evaluation.summarize(predictions, genres) | {"protocol": candidate.protocol}
        if candidate.model == baseline.NAME:
            click.echo(
                f"{baseline.TITLE:9} {candidate.protocol}: clip {found['clip_accuracy']:.3f}, "
                f"{_interval_words(found)}{_warning(candidate.protocol)}"
            )
            continue
        click.echo(evaluation_line(candidate.model, found))
        click.echo(f"{'':9} clip accuracy: {_interval_words(found)}")
        if repeats := comparison.score(candidate).repeats:
            click.echo(f"{'':9} {repeats_words(repeats)}")
        if candidate.model != models.ENSEMBLE:
            tables[candidate.name] = evaluation.clip_table(predictions, genres)
    # Segments of one clip are right or wrong together; no test can count them.
    if candidates[0].protocol != LEAK:
        for line in differences(tables):
            click.echo(line)


def print_calibration(candidates: Sequence["Candidate"]) -> None:
    """Print how far the networks' percentages can be taken at their word, before and after."""
    from deepmusic import comparison

    by_protocol: dict[str, list[Score]] = {}
    for candidate in candidates:
        temperature = comparison.fitted_temperature(candidate)
        if not temperature:
            continue
        score = comparison.score(candidate)
        by_protocol.setdefault(candidate.protocol, []).append(score)
        error, scaled = (comparison.calibration(score, tried).error for tried in (1.0, temperature))
        click.echo(
            f"{candidate.name:9} {candidate.protocol}: calibration error {error:.3f}, "
            f"{scaled:.3f} at temperature {temperature:.2f}"
        )
    home = by_protocol.pop(HOME_PROTOCOL, [])
    by_protocol.pop(LEAK, None)
    for protocol, scores in by_protocol.items():
        if errors := comparison.errors_at_home_temperature(home, scores):
            click.echo(
                f"{protocol}: mean calibration error {errors[0]:.3f}, {errors[1]:.3f} at the "
                f"temperatures of {HOME_PROTOCOL}"
            )


def evaluation_line(name: str, evaluation: Mapping[str, Any]) -> str:
    """Return one line of what a network reached on its test part."""
    return (
        f"{models.title(name):9} {evaluation['protocol']}: "
        f"window {evaluation['window_accuracy']:.3f}, "
        f"clip {evaluation['clip_accuracy']:.3f} by mean probability, "
        f"{evaluation['clip_vote_accuracy']:.3f} by vote "
        f"({evaluation['clips']} test clips, {evaluation['windows']} windows)"
        f"{_warning(evaluation['protocol'])}"
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
        What `deepmusic.evaluation.clip_table` returned, by the network's name.
    """
    from deepmusic import evaluation

    if len(tables) < 2:
        return
    common = evaluation.agreement(tables)
    yield (
        f"{'All' if len(tables) > 2 else 'Both'} agree on {common['agreed']:.3f} of the clips, and "
        f"are right on {common['right_when_agreed'] or 0:.3f} of those."
    )
    for one, other in itertools.combinations(tables, 2):
        duel = evaluation.mcnemar(tables[one], tables[other])
        yield (
            f"{one} against {other}: only one is right on {duel['only_one']} and "
            f"{duel['only_other']} clips, McNemar's p {_chance_words(duel['p_value'])}"
        )


def _warning(protocol: str) -> str:
    return f"\n{LEAK_WARNING}" if protocol == LEAK else ""


def _chance_words(p_value: float) -> str:
    return f"= {p_value:.3f}" if p_value >= 0.0005 else "< 0.001"


def _interval_words(found: Mapping[str, Any]) -> str:
    """Return the interval of the clip accuracy in words."""
    low, high = found["clip_accuracy_interval"]
    return f"95 % interval {low:.3f} to {high:.3f}"


@click.command("time")
def time_song() -> None:
    """Measure how long each shipped network takes for a song of 30 s, as Compare's button does.

    Prints the median of five, from samples to genres: mel-spectrogram included, decoding not.
    """
    from deepmusic import comparison, prediction

    took = comparison.time_classifiers(prediction.load_classifiers(list(models.MODELS)))
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
    from deepmusic import shipping
    from deepmusic.runs import Run

    copies = []
    for path in paths:
        run = Run(path)
        copies.append(shipping.ship_repeat(run) if repeat else shipping.ship(run))
        click.echo(f"{path} -> {copies[-1].path}")
    if not repeat and any(copy.evaluation["protocol"] == HOME_PROTOCOL for copy in copies):
        shipping.ship_ensemble()
