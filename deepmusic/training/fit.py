"""Training of one network: from windows to weights, history and an evaluation of the test clips.

A run can be stopped or killed at any moment and resumed after its last complete epoch: windows,
masks and dropout of an epoch depend on the seed and the number of the epoch alone.
"""

# The order of events:
#
# 1. `load_parts` loads the log-mels of the split's parts and counts clips that cannot be used.
# 2. The network is built, with the weights of another run if it begins with them, and compiled; a
#    resumed run restores its last checkpoint. Of a pretrained network whose trunk is frozen, its
#    outputs are computed once, and the layers behind it alone learn (`training.transfer`).
# 3. Each epoch:
#    - `ReseedCallback` seeds it by its number and draws its windows;
#    - the learning rate is set;
#    - the steps, each a batch of augmented windows; `ProgressCallback` reports them, and ends the
#      training here or in the validation if the run was asked to stop;
#    - the validation windows are predicted;
#    - `EpochCallback` ends the training if a loss is no number;
#    - a row is added to history.csv, with the epoch's seconds;
#    - `CheckpointCallback` writes the weights, which makes the epoch complete, drops those that are
#      neither the best nor the last, and stops early once patience is lost;
#    - `SnapshotCallback` writes what the network makes of some validation clips, for the page.
# 4. The weights of the best epoch (validation loss) become model.weights.h5, and the network with
#    them model.onnx, which predictions run without Keras.
# 5. The test windows are predicted once: predictions.csv, then evaluation.json, which finishes the
#    run. The checkpoints are deleted.

import logging
import warnings as python_warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from deepmusic import models
from deepmusic.audio.features import windows
from deepmusic.config import SCRATCH, ModelConfig, TrainConfig
from deepmusic.data import Dataset, LogMels
from deepmusic.evaluation import evaluate
from deepmusic.runs import Run
from deepmusic.training.callbacks import (
    CheckpointCallback,
    EpochCallback,
    ProgressCallback,
    ReseedCallback,
    checkpoint_path,
    drop_checkpoints,
    patience_ended,
    save_weights,
    saved_epochs,
)
from deepmusic.training.export import export
from deepmusic.training.loading import LoadingProgress, load_parts, stop_if_asked
from deepmusic.training.snapshots import SnapshotCallback, ValidationClips, embed_and_classify
from deepmusic.training.transfer import RandomOutputs, compute_outputs, split_network
from deepmusic.training.windows import RandomWindows

log = logging.getLogger(__name__)

_VALIDATION_BATCH = 512

#: The same of all of musicnn, of which a window takes 20 MB.
_VALIDATION_BATCH_MUSICNN = 16


def learning_rate(epoch: int, train: TrainConfig) -> float:
    """Return the learning rate of an epoch: linear warm-up, then cosine decay to zero."""
    if epoch < train.warmup_epochs:
        return train.learning_rate * (epoch + 1) / (train.warmup_epochs + 1)
    progress = (epoch - train.warmup_epochs) / max(1, train.epochs - train.warmup_epochs)
    return train.learning_rate * 0.5 * (1 + float(np.cos(np.pi * progress)))


def train(run: Run, dataset: Dataset, parts: Mapping[str, LogMels] | None = None) -> None:
    """Train the network of a run, keep the weights of its best epoch, and test them once.

    Under `all_clips` nothing is validated or tested, and the last epoch is kept. A stopped run is
    resumed after its last complete epoch. The parts of the split need not be loaded a second time.

    Raises
    ------
    DatasetError
        If a part of the split has no usable clip, or the training part none of some genre.
    RunError
        If the training diverges.
    Stopped
        If the run was asked to stop.
    """
    model, recipe = run.config.model, run.config.train
    keras.utils.set_random_seed(recipe.seed)
    split = dataset.split(recipe.split, recipe.fold)
    parts = parts or load_parts(run, dataset)
    stop_if_asked(run)
    run.write_progress(phase="building the network")
    network = models.build(model)
    log.info("%s: %d parameters, split %s", model.name, network.count_params(), split.name)
    begin(network, run)
    learning, looking, sequence, validation = _prepare(network, run, parts, dataset)
    learning.compile(
        optimizer=optimizer(recipe),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    snapshots = [SnapshotCallback(run, validation, looking)] if validation else []
    fit(learning, run, sequence, validation, snapshots)
    run.write_progress(phase="testing")
    keep(network, run)
    run.write_evaluation(
        (_test(network, run, parts, dataset) if "test" in parts else {})
        | {
            "protocol": split.name,
            "parameters": network.count_params(),
            "clips_by_part": {part: len(loaded.by_track) for part, loaded in parts.items()},
            "skipped": [
                {"track": problem.track, "reason": problem.reason}
                for loaded in parts.values()
                for problem in loaded.skipped
            ],
        }
    )
    drop_checkpoints(run)


def _test(
    network: keras.Model, run: Run, parts: Mapping[str, LogMels], dataset: Dataset
) -> dict[str, Any]:
    """Write the predictions of the test windows, and return their metrics."""
    model, predict = run.config.model, network.predict_on_batch
    predictions = evaluate.predict_windows(predict, parts["test"], dataset.tracks, model)
    run.write_predictions(predictions)
    validation = evaluate.predict_windows(predict, parts["valid"], dataset.tracks, model)
    return (
        evaluate.summarize(predictions, model.genres)
        | evaluate.calibrated(predictions, validation, model.genres)
        | {"part": "test"}
    )


def _prepare(
    network: keras.Model, run: Run, parts: Mapping[str, LogMels], dataset: Dataset
) -> tuple[keras.Model, keras.Model, RandomWindows | RandomOutputs, ValidationClips | None]:
    """Return what of a network learns, its `embed_and_classify`, and what trains and validates it.

    All windows of a validation clip are predicted, at half overlap.
    """
    model, recipe = run.config.model, run.config.train
    targets = np.eye(len(model.genres))[_genre_indices(parts["train"], dataset, model)]
    if recipe.transfer in (None, SCRATCH):
        clips = list(parts["train"].by_track.values())
        validation = None
        if valid := parts.get("valid"):
            cut = [windows(clip, model.window_frames) for clip in valid.by_track.values()]
            labels = _genre_indices(valid, dataset, model)
            validation = ValidationClips(list(valid.by_track), cut, labels)
        sequence = RandomWindows(clips, targets, model, recipe)
        return network, embed_and_classify(network), sequence, validation
    frozen, learning = split_network(network, recipe.transfer)
    outputs = {
        part: compute_outputs(
            frozen,
            loaded.by_track,
            model.window_frames,
            LoadingProgress(run, "computing the frozen layers, once"),
        )
        for part, loaded in parts.items()
        if part != "test"
    }
    validation = None
    if valid := parts.get("valid"):
        labels = _genre_indices(valid, dataset, model)
        validation = ValidationClips(list(valid.by_track), outputs["valid"], labels)
    looking = embed_and_classify(network, frozen.output)
    return learning, looking, RandomOutputs(outputs["train"], targets, recipe), validation


def optimizer(recipe: TrainConfig) -> keras.optimizers.Optimizer:
    """Return the optimiser of a recipe; `fit` sets its learning rate."""
    return keras.optimizers.AdamW(weight_decay=recipe.weight_decay)


def begin(network: keras.Model, run: Run) -> None:
    """Give a network the weights that its run begins with, if there are any.

    The last layer stays fresh where the other run had another number of genres.
    """
    if run.initial_path.is_file() and not saved_epochs(run):
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")  # What it skips is the last layer.
            network.load_weights(run.initial_path, skip_mismatch=True)
        log.info("begun with the weights of %s", run.config.train.init)


def fit(
    network: keras.Model,
    run: Run,
    sequence: RandomWindows | RandomOutputs,
    validation: ValidationClips | None = None,
    more_callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Fit a compiled network from the last checkpoint of its run on, as its recipe says.

    In the end it has the weights of the best epoch, or of the last where nothing is validated.

    Raises
    ------
    RunError
        If the training diverges.
    Stopped
        If the run was asked to stop.
    """
    recipe = run.config.train
    first_epoch = _restore(network, run)
    if not patience_ended(run, recipe.patience):
        _fit(network, run, sequence, validation, more_callbacks, first_epoch)
    kept = run.kept_epoch
    assert kept is not None, "an epoch is complete"
    network.load_weights(checkpoint_path(run, kept))


def keep(network: keras.Model, run: Run) -> None:
    """Write the weights of a trained network, and the network itself for predictions."""
    # A network that was never compiled has no optimiser to save.
    bare = models.build(run.config.model)
    bare.set_weights(network.get_weights())
    save_weights(bare, run.weights_path)
    export(bare, run)


def _fit(
    network: keras.Model,
    run: Run,
    sequence: RandomWindows | RandomOutputs,
    validation: ValidationClips | None,
    more_callbacks: Sequence[keras.callbacks.Callback],
    first_epoch: int,
) -> None:
    recipe = run.config.train
    tensorboard = (
        [keras.callbacks.TensorBoard(run.path / "tensorboard", write_graph=False)]
        if keras.config.backend() == "tensorflow"
        else []
    )
    network.fit(
        sequence,
        validation_data=validation and validation.arrays(len(run.config.model.genres)),
        validation_batch_size=(
            _VALIDATION_BATCH_MUSICNN if recipe.transfer == SCRATCH else _VALIDATION_BATCH
        ),
        epochs=recipe.epochs,
        initial_epoch=first_epoch,
        shuffle=False,
        verbose=0,
        callbacks=[
            ReseedCallback(sequence, recipe.seed),
            keras.callbacks.LearningRateScheduler(lambda epoch: learning_rate(epoch, recipe)),
            ProgressCallback(run, steps=len(sequence)),
            EpochCallback(),
            # The history comes before the weights: an epoch without both is trained again.
            keras.callbacks.CSVLogger(run.history_path, append=True),
            CheckpointCallback(run, recipe.patience),
            *more_callbacks,
            *tensorboard,
        ],
    )


def _restore(network: keras.Model, run: Run) -> int:
    """Load the last checkpoint, if any; return the number of the next epoch."""
    saved = saved_epochs(run)
    if not saved:
        run.history_path.unlink(missing_ok=True)
        return 0
    last = saved[-1]
    run.cut_history(last + 1)
    network.optimizer.build(network.trainable_variables)
    network.load_weights(checkpoint_path(run, last))
    log.info("going on after epoch %d", last + 1)
    return last + 1


def _genre_indices(log_mels: LogMels, dataset: Dataset, model: ModelConfig) -> np.ndarray:
    """Return [shape=(n_clips,)] genre indices."""
    return np.array(
        [model.genres.index(dataset.tracks[track].genre) for track in log_mels.by_track]
    )
