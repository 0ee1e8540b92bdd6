"""Train one network: windows in, weights, history and an honest evaluation out."""

import logging
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from deepmusic import evaluation, models
from deepmusic.augment import augment
from deepmusic.config import ModelConfig, RunConfig, TrainConfig
from deepmusic.datasets import Dataset, Pictures, Split
from deepmusic.errors import DatasetError
from deepmusic.features import windows
from deepmusic.runs import Run

log = logging.getLogger(__name__)

_VERSIONED = ("keras", "tensorflow", "numpy", "librosa", "soxr", "scikit-learn")


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
        self._draw(epoch=0)

    def _draw(self, epoch: int) -> None:
        """Choose this epoch's windows: their clip, in random order, and their first column."""
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
        if self._train.augment:
            # A generator of its own for each batch: the order in which Keras asks does not matter.
            rng = np.random.default_rng((self._train.seed, self._epoch, index))
            batch = augment(batch, self._train.augment, self._model.mel, rng)
        return batch, self._targets[self._clips[part]]

    def on_epoch_end(self) -> None:
        self._draw(self._epoch + 1)


class EpochLog(keras.callbacks.Callback):
    """Add each epoch's duration to its history, and write a line to the log."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs["seconds"] = time.perf_counter() - self._began
        log.info(
            "epoch %d/%d: loss %.3f, accuracy %.3f; validation loss %.3f, accuracy %.3f; %.1f s",
            epoch + 1,
            self.params["epochs"],
            logs["loss"],
            logs["accuracy"],
            logs["val_loss"],
            logs["val_accuracy"],
            logs["seconds"],
        )


def library_versions() -> dict[str, str]:
    """Return the versions that decide a run's numbers, for its ``config.json``."""
    found = {name: version(name) for name in _VERSIONED}
    return {
        "python": platform.python_version(),
        "backend": keras.config.backend(),
        **found,
    }


def learning_rate(epoch: int, train: TrainConfig) -> float:
    """Return an epoch's learning rate: linear warm-up, then half a cosine down to zero."""
    if epoch < train.warmup_epochs:
        return train.learning_rate * (epoch + 1) / (train.warmup_epochs + 1)
    progress = (epoch - train.warmup_epochs) / max(1, train.epochs - train.warmup_epochs)
    return train.learning_rate * 0.5 * (1 + float(np.cos(np.pi * progress)))


def train(
    model_config: ModelConfig, train_config: TrainConfig, dataset: Dataset, path: Path
) -> Run:
    """Train a network, keep its best weights, and evaluate them once on the test part.

    The validation part is taken from the training clips and chooses the epoch; the test part is
    read once, at the end.

    Parameters
    ----------
    model_config, train_config : ModelConfig, TrainConfig
        The network and the recipe.
    dataset : Dataset
        Where the clips come from.
    path : Path
        Run directory, made if it does not exist.

    Returns
    -------
    Run
        The finished run.

    Raises
    ------
    DatasetError
        If a part of the split has no usable clip.
    """
    keras.utils.set_random_seed(train_config.seed)
    run = Run.create(
        path, RunConfig(model=model_config, train=train_config, versions=library_versions())
    )
    split = dataset.split(train_config.split, train_config.fold)
    pictures = load_parts(dataset, split, model_config)
    network = models.build(model_config)
    log.info("%s: %d parameters, %s", model_config.name, network.count_params(), split.name)
    _fit(network, run, pictures, dataset)
    network.load_weights(run.checkpoint_path)
    _keep_weights(network, run)
    windows_seen = evaluation.predict_windows(
        network, pictures["test"], dataset.tracks, model_config
    )
    run.write_predictions(windows_seen)
    run.write_evaluation(
        evaluation.summarize(windows_seen, model_config.genres)
        | {
            "protocol": split.name,
            "part": "test",
            "parameters": network.count_params(),
            "clips_by_part": {part: len(loaded.by_track) for part, loaded in pictures.items()},
            "skipped": [
                {"track": problem.track, "reason": problem.reason}
                for loaded in pictures.values()
                for problem in loaded.problems
            ],
        }
    )
    return run


def load_parts(dataset: Dataset, split: Split, model: ModelConfig) -> dict[str, Pictures]:
    """Load the pictures of each part of a split; log and count what cannot be used.

    Raises
    ------
    DatasetError
        If a part is left with no clip.
    """
    parts = {}
    for part in ("train", "valid", "test"):
        loaded = dataset.pictures(getattr(split, part), model.mel)
        for problem in loaded.problems:
            log.warning("skipped %s: %s", problem.track, problem.reason)
        if not loaded.by_track:
            raise DatasetError(
                f"No clip of the {part} part of {split.name} can be used "
                f"({len(loaded.problems)} skipped). Check the data set's folder."
            )
        log.info("%s: %d clips, %d skipped", part, len(loaded.by_track), len(loaded.problems))
        parts[part] = loaded
    return parts


def _fit(
    network: keras.Model, run: Run, pictures: Mapping[str, Pictures], dataset: Dataset
) -> None:
    """Fit with the recipe of the run; the best weights end up in its checkpoint."""
    model, recipe = run.config.model, run.config.train
    network.compile(
        optimizer=keras.optimizers.AdamW(weight_decay=recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    fit_clips = pictures["train"].by_track
    labels = genre_indices(fit_clips, dataset, model.genres)
    network.fit(
        RandomWindows(list(fit_clips.values()), labels, model, recipe),
        validation_data=_fixed_windows(pictures["valid"], dataset, model),
        validation_batch_size=512,
        epochs=recipe.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.LearningRateScheduler(lambda epoch: learning_rate(epoch, recipe)),
            EpochLog(),
            keras.callbacks.CSVLogger(run.history_path),
            keras.callbacks.ModelCheckpoint(
                run.checkpoint_path, monitor="val_loss", save_best_only=True, save_weights_only=True
            ),
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=recipe.patience),
        ],
    )


def genre_indices(
    tracks: Mapping[str, np.ndarray], dataset: Dataset, genres: Sequence[str]
) -> np.ndarray:
    """Return the index of each track's genre, in the order of the tracks."""
    return np.array([genres.index(dataset.tracks[track].genre) for track in tracks])


def _fixed_windows(
    pictures: Pictures, dataset: Dataset, model: ModelConfig
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
    bare.save_weights(run.weights_path)
    run.checkpoint_path.unlink()
