"""Form of the Train page: networks, dataset, protocol and settings of the runs to start."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.config import (
    FINETUNE,
    FROZEN,
    SCRATCH,
    TRANSFERS,
    AugmentConfig,
    ModelConfig,
    TrainConfig,
)
from deepmusic.data import Dataset, absolute_name
from deepmusic.errors import DeepMusicError
from deepmusic.protocols import ARTIST_FOLDS, FOLDS
from deepmusic.training import recipes, worker
from deepmusic.training.recipes import PRESETS
from deepmusic.ui import cache, markdown
from deepmusic.ui.train import knobs, owners, snapshots

_OWN = "own"
_DATA = {
    "toy": "Toy set: ten synthetic bands",
    "gtzan": "GTZAN",
    "fma": "FMA small",
    _OWN: "A folder of your own",
}
_SPLIT_HELP = (
    "**paper**: random, by clip; an artist may be in both training and test. **fault_filtered**: "
    "no artist or copy is in both. **artist_folds**: three folds by artist. **window_leak**: wrong "
    "on purpose, with segments of one clip in both, to show how much that flatters. **own**: the "
    "split that the dataset came with. Accuracies of different protocols cannot be compared."
)
_STARTS = {
    FROZEN: "Freeze trunk",
    FINETUNE: "Fine-tune last block",
    SCRATCH: "From scratch",
}
_STARTS_HELP = (
    "musicnn learnt 50 tags from 200,000 songs. **Freeze trunk**: the layer that names genres "
    "learns alone. **Fine-tune last block**: the 200 units before it learn, too. **From "
    "scratch**: the same network without what it knew; an epoch takes minutes. It has very likely "
    "heard songs of GTZAN. *Curves* shows the three side by side."
)
_ON, _OFF = "on", "off"

Plan = tuple[ModelConfig, TrainConfig]

#: A network, and how it is trained, if it is the pretrained one.
Member = tuple[str, str | None]


def show() -> None:
    """Show the form, and the button that starts a worker for each run."""
    preset = st.segmented_control(
        "Recipe",
        list(PRESETS),
        default="class",
        required=True,
        format_func=lambda name: PRESETS[name].title,
        key="preset",
        help="\n".join(f"- **{one.title}**: {one.summary}" for one in PRESETS.values()),
        persist_state="session",
    )
    networks = st.pills(
        "Networks",
        [*models.MODELS, models.PRETRAINED],
        default=list(models.MODELS),
        selection_mode="multi",
        format_func=models.title,
        key="networks_to_train",
        persist_state="session",
    )
    starts = _choose_starts() if models.PRETRAINED in networks else []
    data = _choose_data()
    if not data:
        st.info("Type the path of a folder with one subfolder per genre, or of a CSV.")
        return
    try:
        dataset = cache.open_dataset(data)
        for remark in dataset.remarks:
            st.caption(markdown.message(remark))
        changes = {"data": absolute_name(data)} | _choose_protocol(dataset)
        plans = _choose_plans(preset, _members(networks, starts), dataset, changes)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    if not plans:
        st.caption("Choose at least one network.")
    # No callback: its plans would be those of the run before, without what was typed last.
    if st.button(
        "Train" if len(plans) < 2 else f"Train {len(plans)} runs",
        type="primary",
        disabled=not plans,
        width="stretch",
    ):
        _start(plans)
        st.rerun()
    if problem := st.session_state.pop("start_problem", None):
        markdown.show_error(problem)


def _choose_starts() -> list[str]:
    """Return how the pretrained network is to be trained."""
    return st.pills(
        "The pretrained network",
        list(TRANSFERS),
        default=[FROZEN, FINETUNE],
        selection_mode="multi",
        format_func=_STARTS.__getitem__,
        help=_STARTS_HELP,
        key="transfers",
        persist_state="session",
    )


def _members(networks: Sequence[str], starts: Sequence[str]) -> list[Member]:
    """Return the networks, the pretrained one once for each way to train it."""
    plain: list[Member] = [(name, None) for name in networks if name != models.PRETRAINED]
    return plain + [(models.PRETRAINED, start) for start in starts]


def _choose_data() -> str:
    """Return the name of the chosen dataset, or the path of one's own; empty while it is open."""
    names = ["toy", *filter(cache.find_dataset, ("gtzan", "fma")), _OWN]
    data = st.selectbox(
        "Data",
        names,
        format_func=_DATA.__getitem__,
        key="train_data",
        help="The toy set is computed by DeepMusic itself. A good accuracy on it shows that "
        "training works, and says nothing about real music.",
        persist_state="session",
    )
    if data != _OWN:
        return data
    return st.text_input(
        "Path",
        placeholder="/home/me/music",
        help="A folder with one subfolder per genre (rock/song.mp3), or a CSV with the columns "
        "path and genre.",
        key="train_path",
        persist_state="session",
    ).strip()


def _choose_protocol(dataset: Dataset) -> dict[str, Any]:
    """Return the settings of the chosen protocol; most datasets have one."""
    split, fold = dataset.splits[0], None
    if len(dataset.splits) > 1:
        if st.session_state.get("split") not in dataset.splits:
            st.session_state["split"] = split
        split = st.selectbox(
            "Protocol", dataset.splits, help=_SPLIT_HELP, key="split", persist_state="session"
        )
    if split == ARTIST_FOLDS:
        fold = st.selectbox("Test fold", FOLDS)
    return recipes.under_protocol(split, fold)


def _choose_plans(
    preset: str, members: Sequence[Member], dataset: Dataset, changes: dict[str, Any]
) -> list[Plan]:
    """Show the settings of a preset, and return those of each run."""
    by_member = {one: recipes.recipe(one[0], preset, one[1] or FROZEN) for one in members}
    if mistake := knobs.choose_mistake():
        by_member = {one: recipes.with_mistake(*plan, mistake) for one, plan in by_member.items()}

    def usual(read: Callable[[TrainConfig], object]) -> str:
        """Return the value of each network; one, if all share it."""
        values = [str(read(recipe)) for _, recipe in by_member.values()]
        return ", ".join(values if len(set(values)) > 1 else values[:1])

    with st.expander("Settings"):
        titles = ", ".join(models.title(*member) for member in members)
        st.caption(
            "Empty fields keep the value of the recipe, in grey"
            + (f"; where networks differ, for {titles}." if len(members) > 1 else ".")
        )
        left, right = st.columns(2)
        # The preset is part of the keys: values typed for one are not meant for another.
        typed: dict[str, float | None] = {
            "epochs": left.number_input(
                "Most epochs",
                min_value=1,
                max_value=500,
                value=None,
                placeholder=usual(lambda recipe: recipe.epochs),
                key=f"epochs_{preset}",
            ),
            "batch_size": right.selectbox(
                "Batch size",
                (16, 32, 64, 128, 256),
                index=None,
                placeholder=usual(lambda recipe: recipe.batch_size),
                help="Windows per step.",
                key=f"batch_{preset}",
            ),
            "learning_rate": left.number_input(
                "Learning rate",
                min_value=1e-5,
                max_value=1.0,
                value=None,
                step=1e-4,
                format="%.5f",
                placeholder=usual(lambda recipe: f"{recipe.learning_rate:g}"),
                help="Peak: the rate warms up to it, and falls to zero along a cosine.",
                key=f"rate_{preset}",
            ),
        }
        augmentation = right.selectbox(
            "Augmentation",
            (_ON, _OFF),
            index=None,
            placeholder=usual(lambda recipe: _ON if recipe.augment else _OFF),
            help="Masks in time and frequency, and small changes of gain, tone and pitch.",
            key=f"augment_{preset}",
        )
        seed = left.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed, the same curve.")
        repeats = right.number_input(
            "Repeats", 1, 10, 1, help="Runs of each network, with consecutive seeds."
        )
        shown = [sizes for sizes, _ in by_member.values() if sizes.name != models.PRETRAINED]
        resized = knobs.choose(preset, shown)
    changes = changes | {name: value for name, value in typed.items() if value is not None}
    plans = []
    for (name, _), (sizes, recipe) in by_member.items():
        if augmentation == _ON and not recipe.augment:
            usual_one = recipes.recipe(name, "best")[1].augment
            recipe = recipe.changed(augment=usual_one or AugmentConfig())
        elif augmentation == _OFF:
            recipe = recipe.changed(augment=None)
        sizes, recipe = recipes.for_dataset(sizes, recipe, dataset)
        sizes = resized(sizes)
        plans += [
            (sizes, recipe.changed(**changes, seed=seed + repeat)) for repeat in range(repeats)
        ]
    knobs.show_shapes({models.title(sizes.name): sizes for sizes, _ in plans})
    return plans


def _start(plans: Sequence[Plan]) -> None:
    """Start a worker for each plan; they train in this order, and are watched."""
    st.session_state[snapshots.CHOSEN] = False
    try:
        for model, recipe in plans:
            worker.start(worker.create(model, recipe, owner=owners.visitor()))
    except DeepMusicError as error:
        st.session_state["start_problem"] = str(error)
