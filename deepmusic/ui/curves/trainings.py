"""Training curves of the shipped networks, of own runs, and of the paper."""

from contextlib import suppress

from deepmusic import models
from deepmusic.charts.training import Curve
from deepmusic.errors import ModelError, RunError
from deepmusic.evaluation import paper
from deepmusic.models import shapes
from deepmusic.protocols import FMA_PROTOCOL
from deepmusic.runs import FINISHED, Run, assets, list_runs, run_names

#: Shipped networks by their name in the address, and those of FMA's genres.
SHIPPED = {f"shipped-{name}": name for name in models.MODELS}
_SHIPPED_FMA = {f"shipped-fma-{name}": name for name in models.MODELS}
_DATASETS = {"gtzan": "GTZAN", "fma": "FMA small", "toy": "toy set"}
_MEASURED = {"loss", "accuracy", "val_loss", "val_accuracy", "epoch"}


def _read_curve(run: Run, name: str) -> Curve | None:
    """Return a run's curve, or None before its first epoch; raise `RunError` if it is damaged."""
    train = run.config.train
    model = models.spec(run.config.model.name)
    history = run.history()
    if not train.is_tested:
        raise RunError(f"{run.id} was trained on every clip, and so has no validation curve.")
    if history and not history[0].keys() >= _MEASURED:
        missing = ", ".join(sorted(_MEASURED - history[0].keys()))
        raise RunError(f"{run.history_path} has no column {missing}. Train this run again.")
    data = _DATASETS.get(train.data, "own dataset")
    protocol = f"{data}, protocol {train.protocol}"
    if not history:
        return None
    return Curve(
        name,
        model.config.name,
        history,
        protocol,
        config=run.config,
        parameters=_count_parameters(run),
    )


def _count_parameters(run: Run) -> int | None:
    """Return the parameters of a run's network; None of a pretrained one that is not finished."""
    with suppress(RunError):
        return run.evaluation.get("parameters")
    with suppress(ModelError):
        return shapes.count_parameters(shapes.list_shapes(run.config.model))
    return None


def find_curves() -> tuple[dict[str, Curve], dict[str, str], dict[str, str]]:
    """Return curves, labels and faults of all runs by name in the address, the newest first.

    The shipped networks come before them, and those of FMA's genres last.
    """
    own = list_runs()[::-1]
    names = run_names()
    runs = {name: Run(assets.SHIPPED / model) for name, model in SHIPPED.items()}
    labels = {name: f"Shipped {models.title(model)}" for name, model in SHIPPED.items()}
    for run in own:
        runs[run.id] = run
        labels[run.id] = names.get(run.id, run.id)
    for name, model in _SHIPPED_FMA.items():
        run = Run(assets.shipped_path(model, FMA_PROTOCOL))
        if run.history_path.exists():
            runs[name], labels[name] = run, f"Shipped {models.title(model)} of FMA"
    curves, faults = {}, {}
    for name, run in runs.items():
        try:
            if curve := _read_curve(run, labels[name]):
                curves[name] = curve
        except (RunError, ModelError) as error:
            faults[name] = str(error)
        if name not in (*SHIPPED, *_SHIPPED_FMA) and run.state != FINISHED:
            labels[name] += f" ({run.state})"
    return curves, labels, faults


def paper_curves(shown: list[Curve]) -> list[Curve]:
    """Return the paper's curves of the networks that are shown on GTZAN."""
    on_gtzan = {one.model for one in shown if one.protocol.startswith(_DATASETS["gtzan"])}
    return [
        Curve(
            f"Paper's {models.title(model)}",
            model,
            paper.history(model),
            "GTZAN, validated on the test clips",
            from_paper=True,
        )
        for model in paper.PRINTED
        if model in on_gtzan
    ]
