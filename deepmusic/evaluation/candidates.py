"""Candidates for the tables: shipped runs and own ones, pooled folds, ensembles and the SVM."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from deepmusic import models
from deepmusic.errors import DeepMusicError, RunError
from deepmusic.evaluation.scores import Candidate, model_of
from deepmusic.files import runs_folder
from deepmusic.models import BASELINE, ENSEMBLE, MODELS, PRETRAINED
from deepmusic.protocols import ARTIST_FOLDS, FOLDS, TOY, Protocol
from deepmusic.runs import FINISHED, Run, assets, list_runs, run_names, shipped_runs


def find_candidates(
    shipped: Path | None = None, own: Path | None = None
) -> tuple[list[Candidate], dict[str, str]]:
    """Return all candidates, shipped ones first, then the newest; and faults of runs by id.

    `shipped` and `own` are other folders than the usual ones.
    """
    faults: dict[str, str] = {}
    runs = _readable(list_runs(own)[::-1], faults)
    found = find_shipped(shipped, faults)
    found += build_candidates([], runs) + _baselines(own or runs_folder(), False)
    return found, faults


def find_shipped(
    folder: Path | None = None, faults: dict[str, str] | None = None
) -> list[Candidate]:
    """Return the shipped candidates; add to `faults`, by id, why runs cannot be read."""
    runs = sorted(shipped_runs(folder), key=_model_order)
    readable = _readable(runs, {} if faults is None else faults)
    return build_candidates(readable, []) + _baselines(folder or assets.SHIPPED, True)


def build_candidates(shipped: Sequence[Run], own: Sequence[Run]) -> list[Candidate]:
    """Group finished runs into candidates, in the order of tables.

    Of several runs of one network, the first stands for it in an ensemble.

    Raises
    ------
    RunError
        If a run has no readable settings or evaluation.
    """
    found = []
    names: dict[str, str] = {}
    for folder in {run.path.parent for run in own}:
        names |= run_names(folder)
    for runs, is_shipped in ((shipped, True), (own, False)):
        complete = _with_folds_joined([_single(run, is_shipped, names) for run in runs])
        found += complete + _ensembles(complete, is_shipped)
    return found


def filter_candidates(
    candidates: Sequence[Candidate], protocol: Protocol, *, all_own: bool = False
) -> list[Candidate]:
    """Return the candidates of a protocol; of own runs, the newest of each network, or all."""
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
    """Return the candidates' protocols, from the most flattering to the strictest."""
    return sorted({candidate.protocol for candidate in candidates}, key=lambda one: one.order)


def train_commands(model: str, protocol: Protocol) -> list[str]:
    """Return the commands that train and test a network under a protocol."""
    command = f"deepmusic train --model {model} {protocol.cli_options}"
    if not protocol.is_of_gtzan:
        return [f"{command} --data {'toy' if protocol.name == TOY else 'PATH'}"]
    if protocol == Protocol(ARTIST_FOLDS):
        return [f"{command} --fold {fold}" for fold in FOLDS]
    return [command]


def _model_order(run: Run) -> tuple[int, str]:
    names = list(MODELS)
    return names.index(run.id) if run.id in names else len(names), str(run.path)


def _readable(runs: Sequence[Run], faults: dict[str, str]) -> list[Run]:
    """Return the finished and tested runs; add to `faults` why others cannot be read."""
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


def find_pretrained(folder: Path | None = None) -> list[Candidate]:
    """Return the shipped pretrained networks; they were tested on fewer clips than the others."""
    return _baselines(folder or assets.SHIPPED, True, PRETRAINED)


def _baselines(folder: Path, shipped: bool, model: str = BASELINE) -> list[Candidate]:
    """Return the SVMs, or the pretrained networks, whose folders hold no ``config.json``."""
    singles = []
    for path in sorted(folder.rglob(f"{model}*/evaluation.json"), reverse=True):
        run = Run(path.parent)
        try:
            if model_of(run) == model and run.protocol and run.evaluation["genres"]:
                name = models.title(model) + ("" if shipped else f", {run.id}")
                singles.append(Candidate(name, model, run.protocol, (run,), shipped))
        except (RunError, KeyError):
            continue
    return _with_folds_joined(singles)


def _single(run: Run, shipped: bool, names: Mapping[str, str]) -> Candidate:
    model = run.config.model.name
    name = models.title(model)
    if not shipped:
        own = names.get(run.id, run.id)
        # A run of the pretrained network may have been trained from scratch; its name says that.
        known = own.startswith(f"{name} ") or model == PRETRAINED
        name = own if known else f"{name}, {own}"
    return Candidate(name, model, run.protocol, (run,), shipped)


def _with_folds_joined(singles: Sequence[Candidate]) -> list[Candidate]:
    """Replace the newest runs of one recipe on all three folds by one candidate."""
    by_recipe: dict[tuple[str, ...], dict[int, Candidate]] = defaultdict(dict)
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
    """Return the settings that must be equal for folds to be joined."""
    if not (single.runs[0].path / "config.json").exists():
        return single.protocol.name, single.model
    settings = single.runs[0].config
    recipe = settings.train.model_dump(mode="json") | {"fold": None, "seed": 0, "data": ""}
    return single.protocol.name, settings.model.to_json(), str(recipe)


def _ensembles(candidates: Sequence[Candidate], shipped: bool) -> list[Candidate]:
    """Return an ensemble for each protocol that has all networks, of the first of each."""
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
