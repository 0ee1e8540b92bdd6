"""Train one network: windows in, weights, history and an honest evaluation out.

A run can be stopped or killed at any moment and goes on from its last complete epoch: each epoch's
windows, masks and dropout come from the seed and the number of the epoch alone.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from deepmusic import evaluate, models
from deepmusic.augment import augment, mix_up
from deepmusic.config import ModelConfig, TrainConfig
from deepmusic.datasets import Dataset, LogMels, Split
from deepmusic.errors import DatasetError
from deepmusic.features import windows
from deepmusic.protocols import ALL_CLIPS
from deepmusic.runs import Run

log = logging.getLogger(__name__)

#: Seconds between two looks at what the worker is doing.
_PROGRESS_SECONDS = 0.5


_VALIDATION_BATCH = 512


class Stopped(Exception):
    """Someone asked the run to stop."""


class RandomWindows(keras.utils.PyDataset):
    """Batches of random windows, new in each epoch and the same for the same seed.

    Parameters
    ----------
    pictures : sequence of np.ndarray [shape=(n_mels, n_columns)], uint8
        One for each training clip.
    labels : np.ndarray [shape=(n_clips,)]
        Index of each clip's genre.
    model, train : ModelConfig, TrainConfig
        Window, genres, batch size, augmentation and seed.
    """

    def __init__(
        self,
        pictures: Sequence[np.ndarray],
        labels: np.ndarray,
        model: ModelConfig,
        train: TrainConfig,
    ) -> None:
        super().__init__()
        self._pictures = pictures
        self._targets = np.eye(len(model.genres), dtype=np.float32)[labels]
        self._model, self._train = model, train
        self.draw(epoch=0)

    def draw(self, epoch: int) -> None:
        """Choose an epoch's windows: their clip, in random order, and their first column."""
        self._epoch = epoch
        rng = np.random.default_rng((self._train.seed, epoch))
        clips = np.repeat(np.arange(len(self._pictures)), self._train.windows_per_clip)
        self._clips = rng.permutation(clips)
        room = [self._pictures[clip].shape[1] - self._model.window_columns for clip in self._clips]
        self._starts = rng.integers(0, np.asarray(room) + 1)

    def __len__(self) -> int:
        return -(-len(self._clips) // self._train.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(index * self._train.batch_size, (index + 1) * self._train.batch_size)
        width = self._model.window_columns
        batch = np.stack(
            [
                self._pictures[clip][:, start : start + width]
                for clip, start in zip(self._clips[part], self._starts[part], strict=True)
            ]
        ).astype(np.float32)
        targets = self._targets[self._clips[part]]
        # A generator of its own for each batch: the order in which Keras asks does not matter.
        rng = np.random.default_rng((self._train.seed, self._epoch, index))
        if self._train.augment:
            batch = augment(batch, self._train.augment, self._model.mel, rng)
            if self._train.augment.mix_up:
                return mix_up(batch, targets, self._train.augment.mix_up, rng)
        return batch, targets


class EpochSeed(keras.callbacks.Callback):
    """Make an epoch's chance depend on the seed and its number alone, not on what ran before it."""

    def __init__(self, sequence: RandomWindows, seed: int) -> None:
        super().__init__()
        self._sequence, self._seed = sequence, seed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._sequence.draw(epoch)
        for index, layer in enumerate(self.model.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                state = np.random.SeedSequence((self._seed, epoch, index)).generate_state(2)
                generator.state.assign(state.astype("uint32"))


class EpochSeconds(keras.callbacks.Callback):
    """Add each epoch's duration to its history."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs["seconds"] = time.perf_counter() - self._began


class Watch(keras.callbacks.Callback):
    """Say how far the epoch is, and stop at the next step once someone asks for it."""

    def __init__(self, run: Run, steps: int) -> None:
        super().__init__()
        self._run, self._steps = run, steps
        self._told = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch
        self._tell(0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if time.monotonic() - self._told > _PROGRESS_SECONDS:
            self._tell(batch + 1)

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        stop_if_asked(self._run)

    def _tell(self, step: int) -> None:
        stop_if_asked(self._run)
        self._told = time.monotonic()
        self._run.write_progress(phase="training", epoch=self._epoch, step=step, steps=self._steps)


class KeepEpochs(keras.callbacks.Callback):
    """Keep the last epoch, to go on from, and the best one, to use; stop when patience ends.

    Keras' own callbacks write weights in place and keep their count of patience in memory. Here one
    rename makes an epoch complete, and what is best follows from the history on disk, so that a
    resumed run decides as if it had never stopped.
    """

    def __init__(self, run: Run, patience: int) -> None:
        super().__init__()
        self._run, self._patience = run, patience

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        path = self._run.checkpoint_path(epoch)
        path.parent.mkdir(exist_ok=True)
        save_weights(self.model, path)
        kept = self._run.kept_epoch
        self._run.drop_checkpoints(keep=(kept, epoch))
        log.info(
            "epoch %d/%d: loss %.3f, accuracy %.3f%s; %.1f s",
            epoch + 1,
            self.params["epochs"],
            logs["loss"],
            logs["accuracy"],
            "; validation loss {val_loss:.3f}, accuracy {val_accuracy:.3f}".format(**logs)
            if "val_loss" in logs
            else "",
            logs["seconds"],
        )
        if patience_ended(self._run, self._patience):
            log.info("no better validation loss in %d epochs: training ends", self._patience)
            self.model.stop_training = True


def stop_if_asked(run: Run) -> None:
    """Raise `Stopped` if someone cancelled the run."""
    if run.is_cancelled():
        raise Stopped


def patience_ended(run: Run, patience: int) -> bool:
    """Tell whether the last `patience` epochs were no better than the kept one."""
    history = run.history()
    return bool(history) and history[-1]["epoch"] - run.kept_epoch >= patience


def save_weights(network: keras.Model, path: Path) -> None:
    """Write weights, whole or not at all."""
    temporary = path.with_name("unfinished.weights.h5")
    try:
        network.save_weights(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def learning_rate(epoch: int, train: TrainConfig) -> float:
    """Return an epoch's learning rate: linear warm-up, then half a cosine down to zero."""
    if epoch < train.warmup_epochs:
        return train.learning_rate * (epoch + 1) / (train.warmup_epochs + 1)
    progress = (epoch - train.warmup_epochs) / max(1, train.epochs - train.warmup_epochs)
    return train.learning_rate * 0.5 * (1 + float(np.cos(np.pi * progress)))


def train(run: Run, dataset: Dataset) -> None:
    """Train a run's network to the end, keep its best weights, and test them once.

    The validation part is taken from the training clips and chooses the epoch; the test part is
    read once, at the end. Under `all_clips` there is neither: the last epoch is kept, and nothing
    is tested. A run that was stopped goes on from its last complete epoch.

    Parameters
    ----------
    run : Run
        With settings; what comes of them is written beside them.
    dataset : Dataset
        Where the clips come from.

    Raises
    ------
    DatasetError
        If a part of the split has no usable clip.
    Stopped
        If someone asked for it.
    """
    model, recipe = run.config.model, run.config.train
    keras.utils.set_random_seed(recipe.seed)
    run.write_progress(phase="loading data")
    split = dataset.split(recipe.split, recipe.fold)
    pictures = load_parts(dataset, split, model)
    stop_if_asked(run)
    network = models.build(model)
    log.info("%s: %d parameters, split %s", model.name, network.count_params(), split.name)
    _fit(network, run, pictures, dataset)
    run.write_progress(phase="testing")
    network.load_weights(run.checkpoint_path(run.kept_epoch))
    _keep_weights(network, run)
    run.write_evaluation(
        (_test(network, run, pictures, dataset) if "test" in pictures else {})
        | {
            "protocol": split.name,
            "parameters": network.count_params(),
            "clips_by_part": {part: len(loaded.by_track) for part, loaded in pictures.items()},
            "skipped": [
                {"track": problem.track, "reason": problem.reason}
                for loaded in pictures.values()
                for problem in loaded.skipped
            ],
        }
    )
    run.drop_checkpoints()


def _test(
    network: keras.Model, run: Run, pictures: Mapping[str, LogMels], dataset: Dataset
) -> dict[str, Any]:
    """Write what a network makes of each test window; return what that amounts to."""
    model = run.config.model
    predictions = evaluate.predict_windows(network, pictures["test"], dataset.tracks, model)
    run.write_predictions(predictions)
    validation = evaluate.predict_windows(network, pictures["valid"], dataset.tracks, model)
    return (
        evaluate.summarize(predictions, model.genres)
        | evaluate.calibrated(predictions, validation, model.genres)
        | {"part": "test"}
    )


def load_parts(dataset: Dataset, split: Split, model: ModelConfig) -> dict[str, LogMels]:
    """Load the pictures of each part that a split has; log and count what cannot be used.

    Raises
    ------
    DatasetError
        If a part is left with no clip.
    """
    parts = {}
    for part in ("train", "valid", "test"):
        if not getattr(split, part) and split.name == ALL_CLIPS:
            continue
        loaded = dataset.log_mels(getattr(split, part), model.mel).at_least(model.window_columns)
        for problem in loaded.skipped:
            log.warning("skipped %s: %s", problem.track, problem.reason)
        if not loaded.by_track:
            raise DatasetError(
                f"No clip of the {part} part of {split.name} can be used "
                f"({len(loaded.skipped)} skipped). Check the data set's folder."
            )
        log.info("%s: %d clips, %d skipped", part, len(loaded.by_track), len(loaded.skipped))
        parts[part] = loaded
    return parts


def _fit(network: keras.Model, run: Run, pictures: Mapping[str, LogMels], dataset: Dataset) -> None:
    """Fit with the recipe of the run; its last and its best epoch end up as checkpoints."""
    model, recipe = run.config.model, run.config.train
    _compile(network, recipe)
    first_epoch = _restore(network, run)
    if patience_ended(run, recipe.patience):
        return
    sequence = _training_windows(pictures["train"], dataset, model, recipe)
    network.fit(
        sequence,
        validation_data=_fixed_windows(pictures["valid"], dataset, model)
        if "valid" in pictures
        else None,
        validation_batch_size=_VALIDATION_BATCH,
        epochs=recipe.epochs,
        initial_epoch=first_epoch,
        shuffle=False,
        verbose=0,
        callbacks=[
            EpochSeed(sequence, recipe.seed),
            keras.callbacks.LearningRateScheduler(lambda epoch: learning_rate(epoch, recipe)),
            EpochSeconds(),
            Watch(run, steps=len(sequence)),
            # The history comes before the weights: an epoch without both is done again.
            keras.callbacks.CSVLogger(run.history_path, append=True),
            KeepEpochs(run, recipe.patience),
            *_tensorboard(run),
        ],
    )


class Rehearsal:
    """The work of an epoch in single pieces, to measure what they cost.

    Parameters
    ----------
    model, recipe : ModelConfig, TrainConfig
        What would be trained.
    pictures : mapping of str to LogMels
        What `load_parts` returned.
    dataset : Dataset
        Where the clips come from.

    Attributes
    ----------
    steps : int
        Training steps in an epoch.
    """

    def __init__(
        self,
        model: ModelConfig,
        recipe: TrainConfig,
        pictures: Mapping[str, LogMels],
        dataset: Dataset,
    ) -> None:
        self._network = models.build(model)
        _compile(self._network, recipe)
        self._windows = _training_windows(pictures["train"], dataset, model, recipe)
        self._valid = "valid" in pictures and _fixed_windows(pictures["valid"], dataset, model)
        self.steps = len(self._windows)

    def step(self) -> None:
        """Draw a batch and train on it."""
        self._network.train_on_batch(*self._windows[0])

    def check(self) -> None:
        """Run the validation windows, if there are any."""
        if self._valid:
            self._network.evaluate(*self._valid, batch_size=_VALIDATION_BATCH, verbose=0)


def _compile(network: keras.Model, recipe: TrainConfig) -> None:
    network.compile(
        optimizer=keras.optimizers.AdamW(weight_decay=recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )


def _training_windows(
    pictures: LogMels, dataset: Dataset, model: ModelConfig, recipe: TrainConfig
) -> RandomWindows:
    labels = genre_indices(pictures.by_track, dataset, model.genres)
    return RandomWindows(list(pictures.by_track.values()), labels, model, recipe)


def _tensorboard(run: Run) -> list[keras.callbacks.Callback]:
    """Return Keras' callback for TensorBoard, where the backend has it."""
    if keras.config.backend() != "tensorflow":
        return []
    return [keras.callbacks.TensorBoard(run.path / "tensorboard", write_graph=False)]


def _restore(network: keras.Model, run: Run) -> int:
    """Load the last complete epoch, if there is one; return the number of the next."""
    if not run.checkpoints():
        run.history_path.unlink(missing_ok=True)
        return 0
    last = run.checkpoints()[-1]
    run.cut_history(last + 1)
    network.optimizer.build(network.trainable_variables)
    network.load_weights(run.checkpoint_path(last))
    log.info("going on after epoch %d", last + 1)
    return last + 1


def genre_indices(
    tracks: Mapping[str, np.ndarray], dataset: Dataset, genres: Sequence[str]
) -> np.ndarray:
    """Return the index of each track's genre, in the order of the tracks."""
    return np.array([genres.index(dataset.tracks[track].genre) for track in tracks])


def _fixed_windows(
    pictures: LogMels, dataset: Dataset, model: ModelConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Return all windows of these clips, at half overlap, and their one-hot genres."""
    by_clip = [windows(clip, model.window_columns) for clip in pictures.by_track.values()]
    labels = genre_indices(pictures.by_track, dataset, model.genres)
    targets = np.repeat(labels, [len(clip) for clip in by_clip])
    return (
        np.concatenate(by_clip).astype(np.float32),
        np.eye(len(model.genres), dtype=np.float32)[targets],
    )


def _keep_weights(network: keras.Model, run: Run) -> None:
    """Write the weights alone: a fresh network, never compiled, has no optimiser to save."""
    bare = models.build(run.config.model)
    bare.set_weights(network.get_weights())
    save_weights(bare, run.weights_path)
