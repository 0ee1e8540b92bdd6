"""What to train, on what, and how long that takes; and the button."""

from typing import Any

import streamlit as st

from deepmusic import launch, models, recipes, timing
from deepmusic.datasets import Dataset, absolute_name
from deepmusic.errors import DeepMusicError
from deepmusic.protocols import FOLDS
from deepmusic.recipes import PRESETS
from deepmusic.runs import ALIVE, list_runs
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
    "the collection came with. Figures of different protocols cannot be compared."
)


def show() -> None:
    """Show the settings, the time that they take here, and the button that starts workers."""
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
    except DeepMusicError as error:
        st.error(str(error))
        return
    changes = {"data": absolute_name(data)} | _choose_protocol(dataset)
    with st.expander("Settings"):
        changes |= _choose_settings(preset)
        repeats = st.number_input(
            "Repeats", 1, 10, 1, help="Runs of each network, with seeds counted on from the first."
        )
    try:
        plans = [
            (
                sizes.changed(genres=dataset.genres),
                recipe.changed(**changes | {"seed": changes["seed"] + repeat}),
            )
            for sizes, recipe in (recipes.recipe(name, preset) for name in chosen)
            for repeat in range(repeats)
        ]
    except DeepMusicError as error:
        st.error(markdown.message(error))
        return
    _show_estimate(plans, preset, chosen, changes)
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
    """Return the collection to learn from; of a folder of one's own, its path."""
    at_hand = [
        name for name in ("toy", "gtzan", "fma") if name == "toy" or cache.find_dataset(name)
    ]
    at_hand.append(_OWN)
    data = st.selectbox(
        "Data", at_hand, format_func=_DATA.get, key="train_data", persist_state="session"
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
    """Return split and fold; most collections have one split."""
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


def _choose_settings(preset: str) -> dict[str, Any]:
    """Return the settings that differ from the preset, and the seed."""
    _, recipe = recipes.recipe("cnn", preset)
    left, right = st.columns(2)
    # A key with the preset in it gives each preset its own values to start from.
    epochs = left.number_input("Most epochs", 1, 500, recipe.epochs, key=f"epochs_{preset}")
    batch_size = right.selectbox(
        "Batch size",
        (16, 32, 64, 128, 256),
        index=(16, 32, 64, 128, 256).index(recipe.batch_size),
        help="Windows that one step learns from.",
        key=f"batch_{preset}",
    )
    learning_rate = left.number_input(
        "Learning rate",
        1e-5,
        1e-1,
        recipe.learning_rate,
        step=1e-4,
        format="%.5f",
        help="Highest size of a step; it warms up to this and falls to zero along a cosine.",
        key=f"rate_{preset}",
    )
    seed = right.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed, the same curve.")
    augment = st.toggle(
        "Augmentation",
        recipe.augment is not None,
        help="Masks in time and frequency, and small changes of gain, tone and pitch.",
        key=f"augment_{preset}",
    )
    changes: dict[str, Any] = {"seed": seed}
    # What was left as it is keeps each network's own value: the paper's differ.
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value != getattr(recipe, name):
            changes[name] = value
    if learning_rate != recipe.learning_rate:
        changes["learning_rate"] = learning_rate
    if augment != (recipe.augment is not None):
        changes["augment"] = recipes.recipe("cnn", "best")[1].augment if augment else None
    return changes


def _start(plans) -> None:
    """Start a worker for each plan; the first to be started trains first."""
    try:
        for model, recipe in plans:
            launch.start(launch.create(model, recipe))
    except DeepMusicError as error:
        st.session_state["start_problem"] = markdown.message(error)


def _show_estimate(plans, preset: str, chosen, changes: dict[str, Any]) -> None:
    """Say how long the plans take here; measure it first where nobody has."""
    if not plans:
        st.caption("Choose at least one network.")
        return
    timings = [timing.lookup(*plan) for plan in plans]
    if all(timings):
        total = sum(
            timing.total_seconds(recipe.epochs)
            for timing, (_, recipe) in zip(timings, plans, strict=True)
        )
        st.markdown(f"Takes about **{timing.in_words(total)}** here, one run after the other.")
        st.caption("Measured on this machine with a few real steps; less if training ends early.")
    else:
        _wait_for_measurement(plans, preset, tuple(chosen), changes)


@st.fragment(run_every=1.0)
def _wait_for_measurement(plans, preset: str, chosen, changes: dict[str, Any]) -> None:
    """Have it measured, and look each second whether that is done."""
    unknown = {timing.key_of(*plan) for plan in plans if not timing.lookup(*plan)}
    if not unknown:
        st.rerun()
    if any(run.state in ALIVE for run in list_runs()):
        st.caption("How long this takes is measured once nothing else trains.")
        return
    asked, process = st.session_state.get("measurement", (set(), None))
    if not unknown <= asked or process.poll() == launch.GAVE_WAY:
        if process:
            process.terminate()
        serial = {
            name: value.model_dump() if hasattr(value, "model_dump") else value
            for name, value in changes.items()
        }
        process = launch.measure(models.ALL if len(chosen) > 1 else chosen[0], preset, serial)
        st.session_state["measurement"] = (unknown, process)
    if process.poll() is None:
        st.markdown("Measuring how long this takes here ...")
        st.caption("A few real steps, about half a minute. You need not wait for it.")
    else:
        _say_why_not_measured(process)


def _say_why_not_measured(process) -> None:
    """Show the last line that a measurement printed, which says why it failed."""
    if not process.stdout.closed:
        with process.stdout as output:
            st.session_state["no_measurement"] = output.read().decode().strip().splitlines()[-1:]
    reason = "".join(st.session_state.get("no_measurement", [])).removeprefix("deepmusic: ")
    st.caption(f"How long this takes could not be measured. {reason}")
