"""Candidates: the shipped runs and a visitor's own that tables can compare."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from deepmusic import models
from deepmusic.errors import DeepMusicError, RunError
from deepmusic.evaluation.scores import Candidate, model_of
from deepmusic.files import runs_folder
from deepmusic.models import BASELINE, ENSEMBLE, MODELS
from deepmusic.protocols import ARTIST_FOLDS, FOLDS, TOY, Protocol
from deepmusic.runs import FINISHED, Run, assets, list_runs, shipped_runs


def find_candidates(
    shipped: Path | None = None, own: Path | None = None
) -> tuple[list[Candidate], dict[str, str]]:
    """List all that can stand in a table, shipped ones first, then the newest.

    Parameters
    ----------
    shipped, own : Path, optional
        Folders to look in, instead of the shipped runs' and the visitor's.

    Returns
    -------
    list of Candidate, dict of str to str
        And what is wrong with finished runs that cannot be read, by their id.
    """
    faults: dict[str, str] = {}
    networks = build_candidates(
        _readable(sorted(shipped_runs(shipped), key=_model_order), faults),
        _readable(list_runs(own)[::-1], faults),
    )
    found = (
        networks
        + _baselines(shipped or assets.SHIPPED, True)
        + _baselines(own or runs_folder(), False)
    )
    return sorted(found, key=lambda candidate: not candidate.shipped), faults


def find_shipped(folder: Path | None = None) -> list[Candidate]:
    """List what DeepMusic ships that can stand in a table; leave out what cannot be read."""
    runs = _readable(sorted(shipped_runs(folder), key=_model_order), {})
    return build_candidates(runs, []) + _baselines(folder or assets.SHIPPED, True)


def build_candidates(shipped: Sequence[Run], own: Sequence[Run]) -> list[Candidate]:
    """Group finished runs into candidates: runs, pooled folds and ensembles, in order of tables.

    Parameters
    ----------
    shipped, own : sequence of Run
        Finished; of several of one network, the first stands for it in an ensemble.

    Raises
    ------
    RunError
        If one has no readable settings or evaluation.
    """
    found = []
    titles = Counter((run.config.model.name, run.notes["title"]) for run in own)
    for runs, is_shipped in ((shipped, True), (own, False)):
        complete = _with_folds_joined([_single(run, is_shipped, titles) for run in runs])
        found += complete + _ensembles(complete, is_shipped)
    return found


def filter_candidates(
    candidates: Sequence[Candidate], protocol: Protocol, *, all_own: bool = False
) -> list[Candidate]:
    """Return the candidates of a protocol; of a visitor's own, the newest of each network."""
    kept, seen = [], set()
    for candidate in candidates:
        if candidate.protocol != protocol:
            continue
        if candidate.shipped or all_own or candidate.model not in seen:
            kept.append(candidate)
        if not candidate.shipped:
            seen.add(candidate.model)
    return kept


def protocols_of(candidates: Iterable[Candidate]) -> list[Protocol]:
    """Return the protocols that were measured, from the most flattering to the strictest."""
    return sorted({candidate.protocol for candidate in candidates}, key=lambda one: one.order)


def train_commands(model: str, protocol: Protocol) -> list[str]:
    """Return the commands that measure a network by a protocol."""
    command = f"python -m deepmusic train --model {model} {protocol.cli_options}"
    if not protocol.is_of_gtzan:
        return [f"{command} --data {'toy' if protocol.name == TOY else 'PATH'}"]
    if protocol == Protocol(ARTIST_FOLDS):
        return [f"{command} --fold {fold}" for fold in FOLDS]
    return [command]


def _model_order(run: Run) -> tuple[int, str]:
    names = list(MODELS)
    return names.index(run.id) if run.id in names else len(names), str(run.path)


def _readable(runs: Sequence[Run], faults: dict[str, str]) -> list[Run]:
    """Return the finished and tested runs; note what is wrong with those that cannot be read."""
    kept = []
    for run in runs:
        try:
            if run.state != FINISHED:
                continue
            models.spec(run.config.model.name)
            if run.config.train.is_tested and run.protocol:
                kept.append(run)
        except DeepMusicError as error:
            faults[run.id] = str(error)
    return kept


def _baselines(folder: Path, shipped: bool) -> list[Candidate]:
    """List the SVMs: folders named after it, which hold no settings of a network."""
    singles = []
    for path in sorted(folder.rglob(f"{BASELINE}*/evaluation.json"), reverse=True):
        run = Run(path.parent)
        try:
            if model_of(run) == BASELINE and run.protocol and run.evaluation["genres"]:
                name = models.title(BASELINE) + ("" if shipped else f", {run.id}")
                singles.append(Candidate(name, BASELINE, run.protocol, (run,), shipped))
        except (RunError, KeyError):
            continue
    return _with_folds_joined(singles)


def _single(run: Run, shipped: bool, titles: Mapping[tuple[str, str], int]) -> Candidate:
    model, title = run.config.model.name, run.notes["title"]
    name = models.title(model)
    if not shipped:
        # A title that two runs have tells neither.
        is_told = title and titles[model, title] == 1
        name += f", {title if is_told else run.id.removesuffix(f'-{model}')}"
    return Candidate(name, model, run.protocol, (run,), shipped)


def _with_folds_joined(singles: Sequence[Candidate]) -> list[Candidate]:
    """Put one candidate in place of the newest runs of all three folds that share one recipe."""
    by_recipe: dict[tuple, dict[int, Candidate]] = defaultdict(dict)
    for single in singles:
        if single.protocol.fold:
            by_recipe[_recipe(single)].setdefault(single.protocol.fold, single)
    complete = [found for found in by_recipe.values() if len(found) == len(FOLDS)]
    joined = {single for folds in complete for single in folds.values()}
    pooled = []
    for folds in complete:
        first = next(iter(folds.values()))
        name = models.title(first.model) + ("" if first.shipped else f", {len(FOLDS)} folds")
        runs = tuple(folds[fold].runs[0] for fold in sorted(folds))
        protocol = Protocol(first.protocol.name)
        pooled.append(Candidate(name, first.model, protocol, runs, first.shipped))
    return [single for single in singles if single not in joined] + pooled


def _recipe(single: Candidate) -> tuple[str, ...]:
    """Return all that must be the same for folds to be joined."""
    if single.model == BASELINE:
        return single.protocol.name, BASELINE
    settings = single.runs[0].config
    recipe = settings.train.model_dump(mode="json") | {"fold": None, "seed": 0, "data": ""}
    return single.protocol.name, settings.model.to_json(), str(recipe)


def _ensembles(candidates: Sequence[Candidate], shipped: bool) -> list[Candidate]:
    """Join the newest run of every network, in each protocol that has all of them."""
    by_protocol: dict[Protocol, dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        by_protocol[candidate.protocol].setdefault(candidate.model, candidate)
    name = models.title(ENSEMBLE) + ("" if shipped else " of your newest runs")
    return [
        Candidate(
            name, ENSEMBLE, protocol, tuple(run for m in MODELS for run in members[m].runs), shipped
        )
        for protocol, members in by_protocol.items()
        if members.keys() >= MODELS.keys()
    ]
