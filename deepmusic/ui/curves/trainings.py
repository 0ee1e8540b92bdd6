"""Trainings whose curves can be shown: shipped ones, own runs, and the paper's."""

from collections import Counter

from deepmusic import models
from deepmusic.charts.training import Curve
from deepmusic.errors import ModelError, RunError
from deepmusic.evaluation import paper
from deepmusic.runs import FINISHED, Run, list_runs, shipped_run

#: What stands for a shipped network in the address.
SHIPPED = {f"shipped-{name}": name for name in models.MODELS}
_DATASETS = {"gtzan": "GTZAN", "fma": "FMA small", "toy": "toy set"}
_MEASURED = {"loss", "accuracy", "val_loss", "val_accuracy", "epoch"}


def _read_curve(run: Run, name: str) -> Curve | None:
    """Return how a run went, or None if it has no epoch yet; raise `RunError` if it is damaged."""
    train = run.config.train
    model = models.spec(run.config.model.name)
    history = run.history()
    if not train.is_tested:
        raise RunError(f"{run.id} holds no clip back, and so has no validation curve to show.")
    if history and not history[0].keys() >= _MEASURED:
        missing = ", ".join(sorted(_MEASURED - history[0].keys()))
        raise RunError(f"{run.history_path} has no column {missing}. Train this run again.")
    data = _DATASETS.get(train.data, "own dataset")
    protocol = f"{data}, protocol {train.protocol}"
    return Curve(name, model.config.name, history, protocol) if history else None


def find_curves() -> tuple[dict[str, Curve], dict[str, str], dict[str, str]]:
    """Return all runs' curves, shipped ones first, then the newest; their labels; and faults.

    All three are keyed by what stands for the run in the address.
    """
    own = list_runs()[::-1]
    titles = Counter(run.notes["title"] for run in own)
    curves, labels, faults = {}, {}, {}
    for choice, model in SHIPPED.items():
        labels[choice] = f"Shipped {models.title(model)}"
        try:
            curves[choice] = _read_curve(shipped_run(model), labels[choice])
        except RunError as error:
            faults[choice] = str(error)
    for run in own:
        title = run.notes["title"]
        name = title if title and titles[title] == 1 else run.id
        labels[run.id] = name if run.state == FINISHED else f"{name} ({run.state})"
        try:
            curves[run.id] = _read_curve(run, name)
        except (RunError, ModelError) as error:
            faults[run.id] = str(error)
    return {choice: curve for choice, curve in curves.items() if curve}, labels, faults


def paper_curves(of: list[Curve]) -> list[Curve]:
    """Return the paper's curves of the networks that are shown."""
    return [
        Curve(
            f"Paper's {models.title(model)}",
            model,
            paper.history(model),
            "GTZAN, validated on the test clips",
            from_paper=True,
        )
        for model in paper.PRINTED
        if model in {curve.model for curve in of}
    ]
