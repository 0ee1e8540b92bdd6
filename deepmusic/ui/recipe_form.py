"""Form of the page Train: which networks learn, from what and how; and the button."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.config import ModelConfig, TrainConfig
from deepmusic.data import Dataset, absolute_name
from deepmusic.errors import DeepMusicError
from deepmusic.protocols import FOLDS
from deepmusic.training import recipes, worker
from deepmusic.training.recipes import PRESETS
from deepmusic.ui import cache, markdown

_OWN = "own"
_DATA = {
    "toy": "Toy set: ten synthetic bands",
    "gtzan": "GTZAN",
    "fma": "FMA small",
    _OWN: "A folder of your own",
}
_SPLIT_HELP = (
    "**paper**: 70/30 by clip; artists on both sides. **fault_filtered**: no artist or copy on "
    "both sides. **artist_folds**: one of three folds tests. **window_leak**: wrong on purpose, "
    "with parts of one clip on both sides, to show how much that flatters. **own**: the parts that "
    "the dataset came with. Figures of different protocols cannot be compared."
)
_ON, _OFF = "on", "off"

Plan = tuple[ModelConfig, TrainConfig]


def show() -> None:
    """Show the settings, and the button that starts a worker for each run."""
    st.subheader("Train", anchor=False)
    preset = st.segmented_control(
        "Recipe",
        list(PRESETS),
        default="class",
        required=True,
        format_func=lambda name: PRESETS[name].title,
        key="preset",
        persist_state="session",
    )
    st.caption(PRESETS[preset].summary)
    chosen = st.pills(
        "Networks",
        list(models.MODELS),
        default=list(models.MODELS),
        selection_mode="multi",
        format_func=models.title,
        key="networks_to_train",
        persist_state="session",
    )
    data = _choose_data()
    if not data:
        st.info("Type the path of a folder with one subfolder a genre, or of a CSV.")
        return
    try:
        dataset = cache.open_dataset(data)
        changes = {"data": absolute_name(data)} | _choose_protocol(dataset)
        plans = _choose_plans(preset, chosen, dataset, changes)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    if not plans:
        st.caption("Choose at least one network.")
    st.button(
        "Train" if len(plans) < 2 else f"Train {len(plans)} runs",
        type="primary",
        disabled=not plans,
        on_click=_start,
        args=(plans,),
        width="stretch",
    )
    if problem := st.session_state.pop("start_problem", None):
        st.error(problem)


def _choose_data() -> str:
    """Return the name of the dataset to learn from; of a folder of one's own, its path."""
    at_hand = [
        name for name in ("toy", "gtzan", "fma") if name == "toy" or cache.find_dataset(name)
    ]
    data = st.selectbox(
        "Data", [*at_hand, _OWN], format_func=_DATA.get, key="train_data", persist_state="session"
    )
    if data == "toy":
        st.caption(
            "Computed in seconds by DeepMusic itself. A good score on it shows that training "
            "works, and says nothing about real music."
        )
    if data != _OWN:
        return data
    return st.text_input(
        "Path",
        placeholder="/home/me/music",
        help="A folder with one subfolder a genre (rock/song.mp3), or a CSV with the columns path "
        "and genre.",
        key="train_path",
        persist_state="session",
    ).strip()


def _choose_protocol(dataset: Dataset) -> dict[str, Any]:
    """Return split and fold; most datasets have one split."""
    if len(dataset.splits) == 1:
        return recipes.under_protocol(dataset.splits[0])
    if st.session_state.get("split") not in dataset.splits:
        st.session_state["split"] = dataset.splits[0]
    split = st.selectbox(
        "Protocol", dataset.splits, help=_SPLIT_HELP, key="split", persist_state="session"
    )
    if split != "artist_folds":
        return recipes.under_protocol(split)
    return recipes.under_protocol(split, st.selectbox("Test fold", FOLDS))


def _choose_plans(
    preset: str, chosen: Sequence[str], dataset: Dataset, changes: Mapping[str, Any]
) -> list[Plan]:
    """Let a visitor change settings of a preset; return those of each run."""
    by_network = {name: recipes.recipe(name, preset) for name in chosen}

    def own(read: Callable[[TrainConfig], object]) -> str:
        """Say what each network uses if nothing is typed; once, if all use the same."""
        values = [str(read(recipe)) for _, recipe in by_network.values()]
        return ", ".join(values if len(set(values)) > 1 else values[:1])

    with st.expander("Settings"):
        titles = ", ".join(map(models.title, chosen))
        st.caption(
            "What is left empty is as the recipe has it, in grey"
            + (f"; where networks differ, for {titles}." if len(chosen) > 1 else ".")
        )
        left, right = st.columns(2)
        # A key with the preset in it: what was typed for one is not meant for another.
        typed = {
            "epochs": left.number_input(
                "Most epochs",
                1,
                500,
                None,
                placeholder=own(lambda recipe: recipe.epochs),
                key=f"epochs_{preset}",
            ),
            "batch_size": right.selectbox(
                "Batch size",
                (16, 32, 64, 128, 256),
                index=None,
                placeholder=own(lambda recipe: recipe.batch_size),
                help="Windows that one step learns from.",
                key=f"batch_{preset}",
            ),
            "learning_rate": left.number_input(
                "Learning rate",
                1e-5,
                1e-1,
                None,
                step=1e-4,
                format="%.5f",
                placeholder=own(lambda recipe: f"{recipe.learning_rate:g}"),
                help="Highest size of a step; it warms up to this and falls to zero along a "
                "cosine.",
                key=f"rate_{preset}",
            ),
        }
        augmentation = right.selectbox(
            "Augmentation",
            (_ON, _OFF),
            index=None,
            placeholder=own(lambda recipe: _ON if recipe.augment else _OFF),
            help="Masks in time and frequency, and small changes of gain, tone and pitch.",
            key=f"augment_{preset}",
        )
        seed = left.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed, the same curve.")
        repeats = right.number_input(
            "Repeats", 1, 10, 1, help="Runs of each network, with seeds counted on from the first."
        )
    changes = changes | {name: value for name, value in typed.items() if value is not None}
    plans = []
    for name, (sizes, recipe) in by_network.items():
        if augmentation == _ON and not recipe.augment:
            recipe = recipe.changed(augment=recipes.recipe(name, "best")[1].augment)
        elif augmentation == _OFF:
            recipe = recipe.changed(augment=None)
        plans += [
            (sizes.changed(genres=dataset.genres), recipe.changed(**changes, seed=seed + repeat))
            for repeat in range(repeats)
        ]
    return plans


def _start(plans: Sequence[Plan]) -> None:
    """Start a worker for each plan; the first to be started trains first."""
    try:
        for model, recipe in plans:
            worker.start(worker.create(model, recipe))
    except DeepMusicError as error:
        st.session_state["start_problem"] = markdown.message(error)
