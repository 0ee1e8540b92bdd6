"""``deepmusic results``, ``time`` and ``ship``: the shipped networks' figures and their release."""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.cli.options import progress_bar, with_progress
from deepmusic.formatting import format_genre
from deepmusic.protocols import BENCHMARK_PROTOCOL, WINDOW_LEAK, Protocol
from deepmusic.runs import shipped_path

if TYPE_CHECKING:
    import pandas as pd

    from deepmusic.evaluation.scores import Repeats, Score


@click.command()
def results() -> None:
    """Evaluate the shipped networks, from their predictions for the test clips.

    \b
    Example:
      deepmusic results
    """
    from deepmusic.evaluation import blindness, candidates
    from deepmusic.evaluation.scores import score_candidate

    found = candidates.find_shipped() + candidates.find_pretrained()
    scores = [score_candidate(one) for one in with_progress(found, "Scoring")]
    protocols = candidates.protocols_of(score.candidate for score in scores)
    for protocol in sorted(protocols, key=lambda one: one != BENCHMARK_PROTOCOL):
        _print_protocol([one for one in scores if one.candidate.protocol == protocol])
        if robustness_path(protocol).exists():
            measured = json.loads(robustness_path(protocol).read_text(encoding="utf-8"))
            click.echo(robustness_table(measured))
        click.echo()
    _print_calibration(scores)
    _print_elsewhere()
    _print_certainty()
    _print_explanations()
    if measured_losses := blindness.shipped():
        click.echo("\n" + blindness.table(measured_losses))


def _print_elsewhere() -> None:
    """Print what was measured of the pretrained network on music that is not GTZAN."""
    from deepmusic.prediction.pretrained import shipped_head

    found = shipped_head().facts["elsewhere"]
    low, high = found["interval"]
    click.echo(
        f"\nPretrained, music that is not GTZAN: clip {found['accuracy']:.3f}, 95 % interval "
        f"{low:.3f} to {high:.3f}, one of the two best {found['top2']:.3f} ({found['clips']} clips "
        f"of nine genres, {found['folds']} folds by artist, {found['seeds']} draws; the three "
        f"networks' ensemble: {found['ensemble']:.3f})"
    )
    for genre, one in found["by_genre"].items():
        click.echo(f"  {format_genre(genre):10} {one['recall']:.2f} of {one['clips']}")
    for threshold, one in found["by_threshold"].items():
        click.echo(
            f"  {float(threshold):.0%} and more: {one['share']:.2f} of the answers, "
            f"{one['right']:.2f} of them right"
        )
    degraded = shipped_head().facts["degraded"]
    click.echo(
        "  GTZAN's clips after degradation, artists held out: "
        + ", ".join(f"{kind} {accuracy:.2f}" for kind, accuracy in degraded.items())
    )


def _print_certainty() -> None:
    """Print what the words of certainty are worth, and what is told to be no music."""
    from deepmusic.prediction.measures import shipped_measures

    measures = shipped_measures()
    facts = measures.facts
    click.echo(
        f"\nCertainty, music that is not GTZAN ({facts['clips']['elsewhere']} clips of the ten "
        f"genres, {facts['clips']['other']} of others): curves fitted on half of the artists, "
        f"measured on the others, {facts['splits']} draws; chosen with these clips in view"
    )
    for name, calibration in measures.calibrations.items():
        answered = facts["answers"][name]
        error = answered["calibration_error"]
        click.echo(
            f"  {name}: calibration error {error['ten']:.3f} (with other genres "
            f"{error['all']:.3f}; uncalibrated {error['raw']:.3f})"
        )
        for word, one in calibration.words.items():
            what = {"torn": "one of two right", "none_of_ten": "of other genres found"}
            click.echo(
                f"    {word:12} {one.share:.2f} of the songs, {one.right:.2f} "
                f"({one.low:.2f}-{one.high:.2f}) {what.get(word, 'right')}; "
                f"{answered['other_genres'][word]:.2f} of songs of other genres"
            )
    click.echo(
        "  Called no music by the pretrained network alone, voices, kinds and artists held out: "
        + ", ".join(
            f"{kind} {one['share']:.3f} of {one['clips']}"
            for kind, one in facts["non_music"].items()
            if ":" not in kind
        )
    )
    click.echo(
        "  Called none of the ten, artists held out: "
        + ", ".join(
            f"{kind.removeprefix('other: ')} {one['share']:.2f} of {one['clips']}"
            for kind, one in facts["other"].items()
            if kind == "elsewhere" or kind.startswith("other: ")
        )
    )


def _print_explanations() -> None:
    """Print how far explanations can be believed, by ``benchmarks/explanations.py``."""
    from deepmusic.explain.truth import read_shipped

    click.echo(
        "\nWhy: how far a genre's mean probability falls while 0 to 60 % of a clip are taken away, "
        "the most important parts first; and how often the genre stays in 30 % of the recording"
    )
    for name, found in read_shipped().items():
        curves, sound = found["log_mels"], found["sound"]
        below = "{:.2f} ({:.2f}-{:.2f})".format(*curves["deletion below random"])
        clips = "clips that it has learnt" if name == models.PRETRAINED else "test clips"
        click.echo(
            f"  {models.title(name):10} deletion {curves['deletion evidence'][0]:.3f}, random "
            f"order {curves['deletion random'][0]:.3f}, by energy "
            f"{curves['deletion energy'][0]:.3f}: {below} below random; insertion "
            f"{curves['insertion evidence'][0]:.3f}, random {curves['insertion random'][0]:.3f} "
            f"({curves['clips']} {clips})"
        )
        kept, chance = (
            "{:.2f} ({:.2f}-{:.2f})".format(*sound[order]) for order in ("evidence", "random")
        )
        click.echo(f"{'':13}sound: genre kept {kept}, at random {chance} ({sound['clips']} clips)")


def robustness_path(protocol: Protocol) -> Path:
    """Return the path of a protocol's measurements by ``benchmarks/robustness.py``."""
    return shipped_path("robustness.json", protocol)


def robustness_table(measured: Mapping[str, Any]) -> str:
    """Return measurements by ``benchmarks/robustness.py`` as text, a line for each degradation."""
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


def _print_protocol(scores: Sequence["Score"]) -> None:
    """Print the scores of one protocol, and the networks' differences."""
    protocol = scores[0].candidate.protocol
    tables = {}
    for score in scores:
        candidate = score.candidate
        # By way of four decimals, as evaluation.json and the README have them.
        low, high = round(score.clip.low, 4), round(score.clip.high, 4)
        interval = f"95 % interval {low:.3f} to {high:.3f}"
        if candidate.model == models.BASELINE:
            line = f"{candidate.name:10} {protocol}: clip {score.clip.value:.3f}, {interval}"
            click.echo(line + _warning(protocol))
            continue
        if candidate.model == models.PRETRAINED:
            _print_pretrained(score, scores, interval)
            continue
        accuracies = (score.window.value, score.clip.value, score.vote.value)
        counts = (score.clips, score.windows)
        click.echo(accuracy_line(candidate.model, protocol, accuracies, counts))
        click.echo(f"{'':10} clip accuracy: {interval}")
        if score.repeats:
            click.echo(f"{'':10} {repeats_words(score.repeats)}")
        if candidate.model != models.ENSEMBLE:
            tables[candidate.name] = score.table
    # Segments of one clip are not independent; no test can count them.
    if protocol.name != WINDOW_LEAK:
        for line in differences(tables):
            click.echo(line)


def _print_pretrained(pretrained: "Score", scores: Sequence["Score"], interval: str) -> None:
    """Print the pretrained network's accuracy, and the networks' on the same clips."""
    from deepmusic.evaluation.scores import on_same_clips

    protocol = pretrained.candidate.protocol
    click.echo(
        f"{pretrained.candidate.name:10} {protocol}: clip {pretrained.clip.value:.3f}, {interval} "
        f"({pretrained.clips} test clips, whose sound is at hand){_warning(protocol)}"
    )
    if same := on_same_clips(pretrained, scores):
        listed = ", ".join(f"{name} {accuracy:.3f}" for name, accuracy in same.items())
        click.echo(f"{'':10} on the same clips: {listed}")
    click.echo(f"{'':10} musicnn has probably heard songs of GTZAN, under other labels.")


def _print_calibration(scores: Sequence["Score"]) -> None:
    """Print the networks' calibration errors, as they are and at temperatures."""
    from deepmusic.evaluation.scores import errors_at_benchmark_temperature

    by_protocol = defaultdict(list)
    for score in scores:
        if temperature := score.candidate.temperature:
            by_protocol[score.candidate.protocol].append(score)
            error, scaled = (score.calibration(one).error for one in (1.0, temperature))
            click.echo(
                f"{score.candidate.name:10} {score.candidate.protocol}: calibration error "
                f"{error:.3f}, {scaled:.3f} at temperature {temperature:.2f}"
            )
    benchmark = by_protocol.pop(BENCHMARK_PROTOCOL, [])
    by_protocol.pop(Protocol(WINDOW_LEAK), None)
    for protocol, strict in by_protocol.items():
        if errors := errors_at_benchmark_temperature(benchmark, strict):
            click.echo(
                f"{protocol}: mean calibration error {errors[0]:.3f}, {errors[1]:.3f} at the "
                f"temperatures of {BENCHMARK_PROTOCOL}"
            )


def evaluation_line(name: str, evaluation: Mapping[str, Any], transfer: str | None = None) -> str:
    """Return a line of the accuracies in a run's ``evaluation.json``."""
    names = ("window_accuracy", "clip_accuracy", "clip_vote_accuracy")
    return accuracy_line(
        name,
        Protocol.parse(evaluation["protocol"]),
        [evaluation[one] for one in names],
        (evaluation["clips"], evaluation["windows"]),
        transfer,
    )


def accuracy_line(
    name: str,
    protocol: Protocol,
    accuracies: Sequence[float],
    counts: Sequence[int],
    transfer: str | None = None,
) -> str:
    """Return a line of accuracies (window, clip, by vote) and counts (clips, windows)."""
    window, clip, vote = accuracies
    return (
        f"{models.title(name, transfer):10} {protocol}: window {window:.3f}, "
        f"clip {clip:.3f} by mean probability, {vote:.3f} by vote "
        f"({counts[0]} test clips, {counts[1]} windows){_warning(protocol)}"
    )


def repeats_words(repeats: "Repeats") -> str:
    """Return mean and deviation over seeds, such as ``clip 0.853 ± 0.006``."""
    spreads = {"window": repeats.window, "clip": repeats.clip, "by vote": repeats.vote}
    words = [
        f"{name} {spread.mean:.3f} ± {spread.deviation:.3f}"
        for name, spread in spreads.items()
        if spread
    ]
    return f"over {repeats.n} seeds, mean ± standard deviation: {', '.join(words)}"


def differences(tables: Mapping[str, "pd.DataFrame"]) -> Iterator[str]:
    """Yield lines on the agreement of networks, and McNemar's test of each pair.

    `tables` are their clip tables, by name.
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
        test = metrics.mcnemar(tables[one], tables[other])
        chance = f"= {test['p_value']:.3f}" if test["p_value"] >= 0.0005 else "< 0.001"
        yield (
            f"{one} against {other}: only one is right on {test['only_one']} and "
            f"{test['only_other']} clips, McNemar's p {chance}"
        )


def _warning(protocol: Protocol) -> str:
    return f"\n{protocol.description}" if protocol.name == WINDOW_LEAK else ""


@click.command("time")
def time_song() -> None:
    """Measure the latency of each shipped network for a song of 30 s.

    The median of five: mel-spectrogram and network, without decoding.

    \b
    Example:
      deepmusic time
    """
    from deepmusic import prediction
    from deepmusic.prediction import latency

    classifiers = prediction.load_classifiers(list(models.MODELS))
    with progress_bar("Timing") as report:
        took = latency.time_classifiers(classifiers, report)
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
    """Ship finished runs (folders), in place of those shipped before.

    Weights are shipped under paper and all_clips, and of one network of FMA; other runs, for the
    tables.

    \b
    Example:
      deepmusic ship runs/20261122-174803-crnn
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
