"""Training, small but real: a few epochs on synthetic clips."""

import errno
import shutil
from itertools import pairwise

import h5py
import numpy as np
import pandas as pd
import pytest

from deepmusic import data, models
from deepmusic.audio.features import windows
from deepmusic.config import FRONT_ENDS, RunConfig, TrainConfig
from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import evaluate
from deepmusic.prediction import Classifier
from deepmusic.runs import FAILED, FINISHED, STOPPED, Run
from deepmusic.training import callbacks, fit, loading, worker
from deepmusic.training.callbacks import (
    checkpoint_path,
    drop_checkpoints,
    patience_ended,
    saved_epochs,
)
from deepmusic.training.fit import learning_rate, train
from deepmusic.training.windows import RandomWindows
from tests.training import FewClips

EPOCHS = 3

#: Without memory: it compiles in half the time.
TINY = models.MODELS["cnn"].config.changed(filters=(4,), dense_units=8)
RECIPE = TrainConfig(data="toy", epochs=EPOCHS, windows_per_clip=8, batch_size=16)


@pytest.fixture(scope="module")
def few():
    return FewClips()


@pytest.fixture
def on_few(few, monkeypatch):
    """Let every run train on a few clips, whatever data it names."""
    monkeypatch.setattr(data, "open_dataset", lambda name: few)
    return few


def new_run(path, recipe=RECIPE):
    return Run.create(path, RunConfig(model=TINY, train=recipe))


@pytest.fixture(scope="module")
def finished(few, tmp_path_factory):
    """A run that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "open_dataset", lambda name: few)
        run = worker.create(TINY, RECIPE, tmp_path_factory.mktemp("runs"))
        worker.run_worker(run)
    return run


def test_a_run_holds_its_files_and_no_more(finished):
    assert {path.name for path in finished.path.iterdir()} == {
        "config.json",
        "history.csv",
        "model.weights.h5",
        "model.onnx",
        "evaluation.json",
        "predictions.csv",
        "snapshots",
        "tensorboard",
        "log.txt",
        "notes.json",
        "run.lock",
    }


def test_the_exported_network_is_the_trained_one(finished, few):
    log_mels = few.log_mels(few.split("toy").test, TINY.mel).at_least(TINY.window_frames).by_track
    predictions = finished.read_predictions()
    classifier = Classifier(finished)
    for track, clip in log_mels.items():
        found = classifier.predict_windows(windows(clip, TINY.window_frames))[1]
        expected = predictions.loc[predictions["track"] == track, list(TINY.genres)]
        np.testing.assert_allclose(found, expected, atol=6e-5)


def test_a_run_knows_its_temperature(finished):
    assert 0.2 <= finished.evaluation["temperature"] <= 10
    assert sum(one["count"] for one in finished.evaluation["calibrated"]["reliability"]) == 10


def test_tensorboard_finds_training_and_validation(finished):
    for part in ("train", "validation"):
        assert list((finished.path / "tensorboard" / part).glob("events.out.tfevents.*"))


def test_the_log_says_what_happened(finished):
    log = finished.log_path.read_text()
    assert f"epoch {EPOCHS}/{EPOCHS}: loss" in log
    assert "test: 10 clips, 1 skipped" in log


def test_history_has_a_row_an_epoch(finished):
    history = pd.read_csv(finished.history_path)
    assert history["epoch"].tolist() == list(range(EPOCHS))
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"} <= set(
        history
    )


def test_evaluation_counts_the_test_clips_alone(finished):
    assert finished.evaluation["clips"] == 10
    assert finished.evaluation["clips_by_part"] == {"train": 20, "valid": 10, "test": 10}
    assert finished.evaluation["skipped"] == [{"track": "lost", "reason": "the file is broken"}]


def test_predictions_are_probabilities(finished):
    predictions = finished.read_predictions()
    np.testing.assert_allclose(predictions[list(TINY.genres)].sum(axis=1), 1, atol=1e-3)


def test_shipped_weights_have_no_optimizer(finished):
    with h5py.File(finished.weights_path) as file:
        assert "optimizer" not in file


def test_a_finished_run_predicts(finished, music):
    from deepmusic.audio import song_from_array

    song = song_from_array(music, sample_rate=22_050)
    assert Classifier(finished).predict(song).genre in TINY.genres


def test_versions_travel_with_the_run(finished):
    assert {"python", "keras", "backend", "librosa", "soxr"} <= set(finished.config.versions)


def test_a_run_is_never_overwritten(finished):
    with pytest.raises(RunError, match="already holds a run"):
        Run.create(finished.path, finished.config)
    with pytest.raises(RunError, match="is finished"):
        worker.run_worker(finished)


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        (lambda track: track.endswith("toy13"), "No clip of the test part"),
        (lambda track: track.startswith("jazz"), "every genre. Received none of: jazz"),
    ],
)
def test_missing_clips_are_refused(left_out, message, tmp_path):
    dataset = FewClips(left_out)
    with pytest.raises(DatasetError, match=message):
        train(new_run(tmp_path / "run"), dataset)


def test_a_training_that_diverges_fails(on_few, tmp_path):
    run = new_run(tmp_path / "run", RECIPE.changed(learning_rate=1e30, augment=None))
    worker.run_worker(run)
    assert run.state == FAILED
    assert "diverged" in run.error and "Received: nan in epoch 1" in run.error
    assert run.history() == [] == saved_epochs(run)


def test_weights_that_are_no_numbers_end_a_training():
    """The last step of all may spoil the weights, and no loss."""
    network = models.build(models.spec("crnn").config)
    weights = network.get_weights()
    callback = callbacks.EpochCallback()
    callback.set_model(network)
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, {"loss": 1.0})
    weights[0].flat[0] = np.inf
    network.set_weights(weights)
    with pytest.raises(RunError, match="diverged: the weights must be numbers"):
        callback.on_epoch_end(0, {"loss": 1.0})


# === Stopping and going on ===


def cancel_in_epoch(epoch, monkeypatch):
    """Ask the run to stop as soon as it says that it is in the middle of an epoch."""
    write = Run.write_progress

    def write_and_cancel(run, **progress):
        write(run, **progress)
        if progress.get("epoch") == epoch and progress["step"] > 0:
            run.cancel()

    monkeypatch.setattr(callbacks, "PROGRESS_SECONDS", 0)
    monkeypatch.setattr(Run, "write_progress", write_and_cancel)


def fail_to_save_epoch(epoch, monkeypatch):
    """Let the disk be full when an epoch's weights are to be written."""
    save = callbacks.save_weights

    def save_or_fail(network, path):
        if f"epoch-{epoch:04d}" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(network, path)

    monkeypatch.setattr(callbacks, "save_weights", save_or_fail)


@pytest.mark.slow
def test_a_run_that_failed_and_was_stopped_ends_like_one_that_was_not(finished, on_few, tmp_path):
    run = new_run(tmp_path / "run")
    with pytest.MonkeyPatch.context() as disturbed:
        fail_to_save_epoch(1, disturbed)
        worker.run_worker(run)
    # The second epoch is in the history, but without its weights it is not complete.
    assert run.state == FAILED
    assert "disk is full" in run.error
    assert (len(run.history()), saved_epochs(run)) == (2, [0])

    run.clear_ending()
    with pytest.MonkeyPatch.context() as disturbed:
        cancel_in_epoch(2, disturbed)
        worker.run_worker(run)
    assert run.state == STOPPED
    assert (len(run.history()), saved_epochs(run)[-1]) == (2, 1)

    run.clear_ending()
    # What a worker leaves that is killed while it saves.
    checkpoint_path(run, 0).with_name("unfinished.weights.h5").write_bytes(b"half")
    worker.run_worker(run)
    assert run.state == FINISHED
    assert run.kept_epoch == finished.kept_epoch
    compare_histories(run, finished)
    genres = list(TINY.genres)
    np.testing.assert_allclose(
        run.read_predictions()[genres], finished.read_predictions()[genres], atol=2e-3
    )
    assert not (run.path / "checkpoints").exists()


def compare_histories(run, other):
    columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    mine, others = (pd.DataFrame(one.history())[columns] for one in (run, other))
    pd.testing.assert_frame_equal(mine, others, rtol=1e-3)


@pytest.mark.slow
def test_patience_ends_training_whenever_it_was_stopped(on_few, tmp_path, monkeypatch):
    # As if no epoch were better than the first.
    monkeypatch.setattr(Run, "kept_epoch", property(lambda run: 0))
    recipe = TrainConfig(data="toy", epochs=9, patience=2, windows_per_clip=2, batch_size=16)
    run = new_run(tmp_path / "run", recipe)
    with pytest.MonkeyPatch.context() as disturbed:
        cancel_in_epoch(1, disturbed)
        with pytest.raises(loading.Stopped):
            train(run, on_few)
    run.clear_ending()
    with pytest.MonkeyPatch.context() as disturbed:
        disturbed.setattr(Run, "write_predictions", lambda run, predictions: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(run, on_few)
    assert [row["epoch"] for row in run.history()] == [0, 1, 2]
    # Patience had ended: going on must only test.
    train(run, on_few)
    assert [row["epoch"] for row in run.history()] == [0, 1, 2]
    assert run.state == FINISHED


@pytest.mark.parametrize(
    ("losses", "ended"), [((), False), ((3, 2, 1), False), ((1, 2), False), ((3, 1, 2, 1.5), True)]
)
def test_patience_follows_from_the_history(losses, ended, tmp_path):
    rows = [f"{epoch},{loss}" for epoch, loss in enumerate(losses)]
    (tmp_path / "history.csv").write_text("\n".join(["epoch,val_loss", *rows]) + "\n")
    assert patience_ended(Run(tmp_path), patience=2) == ended


def test_checkpoints_are_listed_in_order_and_dropped(tmp_path):
    run = Run(tmp_path)
    assert saved_epochs(run) == []
    (run.path / "checkpoints").mkdir()
    for epoch in (11, 2, 7):
        checkpoint_path(run, epoch).touch()
    (run.path / "checkpoints" / "unfinished.weights.h5").touch()
    assert saved_epochs(run) == [2, 7, 11]
    drop_checkpoints(run, keep=(2, 11))
    assert saved_epochs(run) == [2, 11]
    drop_checkpoints(run)
    assert not (run.path / "checkpoints").exists()


# === All clips ===


@pytest.fixture(scope="module")
def untested(few, tmp_path_factory):
    """A run that learnt from every clip of a few."""
    recipe = TrainConfig(
        data="toy", split="all_clips", epochs=3, patience=1, windows_per_clip=2, batch_size=16
    )
    run = new_run(tmp_path_factory.mktemp("untested") / "run", recipe)
    with pytest.MonkeyPatch.context() as on_few:
        on_few.setattr(data, "open_dataset", lambda name: few)
        with pytest.MonkeyPatch.context() as disturbed:
            cancel_in_epoch(1, disturbed)
            worker.run_worker(run)
        assert run.state == STOPPED
        run.clear_ending()
        worker.run_worker(run)
    return run


@pytest.mark.slow
def test_a_run_on_all_clips_keeps_its_last_epoch_and_claims_nothing(untested):
    assert (untested.state, untested.kept_epoch) == (FINISHED, 2)
    assert [row["epoch"] for row in untested.history()] == [0, 1, 2]
    assert not any(name.startswith("val_") for name in untested.history()[0])
    assert untested.weights_path.exists() and not untested.predictions_path.exists()
    assert untested.evaluation["protocol"] == "all_clips"
    assert not {"clips", "clip_accuracy", "part", "temperature"} & untested.evaluation.keys()
    summary = untested.summary()
    assert (summary["val_accuracy"], summary["clip_accuracy"]) == (None, None)


@pytest.mark.slow
def test_a_run_on_all_clips_cannot_be_tested_on_them(untested, few):
    for test in (evaluate.recount, evaluate.refuse_untested):
        with pytest.raises(RunError, match=r"every clip of toy.* --split paper --data toy"):
            test(untested)
    with pytest.raises(RunError, match="would flatter it"):
        evaluate.evaluate(untested, few, "paper")


# === Weights to begin with ===


def first_weights(run):
    """Return what a network has before its first epoch, and its layers' weights by name."""
    network = models.build(run.config.model)
    fit.begin(network, run)
    return {layer.name: layer.get_weights() for layer in network.layers}


def trained_weights(run):
    network = models.build(run.config.model)
    network.load_weights(run.weights_path)
    return {layer.name: layer.get_weights() for layer in network.layers}


def test_a_run_begins_with_the_weights_of_another(finished, tmp_path):
    run = worker.create(TINY, RECIPE.changed(learning_rate=1e-3), tmp_path, finished)
    assert run.config.train.init == finished.id
    assert run.initial_path.read_bytes() == finished.weights_path.read_bytes()
    expected = trained_weights(finished)
    for name, found in first_weights(run).items():
        for one, other in zip(found, expected[name], strict=True):
            np.testing.assert_array_equal(one, other)


def test_other_genres_have_a_fresh_layer(finished, tmp_path):
    genres = TINY.genres[:4]
    run = worker.create(TINY.changed(genres=genres), RECIPE, tmp_path, finished)
    found, expected = first_weights(run), trained_weights(finished)
    np.testing.assert_array_equal(found["conv_1"][0], expected["conv_1"][0])
    assert found["genres"][0].shape == (8, 4)


def test_a_run_begins_with_no_other_network_and_no_clips_it_will_test(finished, tmp_path):
    other = TINY.changed(dense_units=9, mel=FRONT_ENDS["fma"])
    with pytest.raises(RunError, match=f"{finished.id}.*of another mel, dense_units"):
        worker.create(other, RECIPE, tmp_path, finished)
    gtzan = RECIPE.changed(data="gtzan")
    paper = worker.create(TINY, gtzan, tmp_path)
    with pytest.raises(RunError, match="cannot be read"):
        worker.create(TINY, gtzan, tmp_path, paper)
    shutil.copy(finished.weights_path, paper.weights_path)
    for changes in ({"split": "fault_filtered"}, {"split": "artist_folds", "fold": 1}):
        with pytest.raises(RunError, match="may know test clips"):
            worker.create(TINY, gtzan.changed(**changes), tmp_path, paper)
    assert len(list(tmp_path.iterdir())) == 1
    worker.create(TINY, gtzan.changed(split="all_clips"), tmp_path, paper)


# === Windows ===


@pytest.fixture
def log_mels():
    """Three clips of different length; every value tells its clip and frame."""
    return [
        np.tile(np.arange(width, dtype=np.uint8) + 60 * clip, (128, 1))
        for clip, width in enumerate((39, 50, 58))
    ]


def windows_of(log_mels, **changes):
    recipe = TrainConfig(**{"windows_per_clip": 5, "batch_size": 4, "augment": None} | changes)
    return RandomWindows(log_mels, np.eye(10)[:3], models.MODELS["cnn"].config, recipe)


def test_every_clip_gives_as_many_windows_with_its_label(log_mels):
    sequence = windows_of(log_mels)
    batches = [sequence[index] for index in range(len(sequence))]
    x = np.concatenate([batch for batch, _ in batches])
    y = np.concatenate([targets for _, targets in batches]).argmax(axis=1)
    assert x.shape == (15, 128, 39)
    assert np.bincount(y).tolist() == [5, 5, 5]
    assert np.array_equal(x[:, 0, 0] // 60, y)


def test_epochs_differ_and_seeds_repeat(log_mels):
    first, again, other = windows_of(log_mels), windows_of(log_mels), windows_of(log_mels, seed=1)
    assert np.array_equal(first[0][0], again[0][0])
    assert not np.array_equal(first[0][0], other[0][0])
    before = first[0][0]
    first.draw(epoch=1)
    assert not np.array_equal(before, first[0][0])
    again.draw(epoch=1)
    assert np.array_equal(first[0][0], again[0][0])


def test_augmented_batches_do_not_depend_on_the_order_of_asking(log_mels):
    forwards = windows_of(log_mels, augment={})
    backwards = windows_of(log_mels, augment={})
    late = backwards[2][0]
    assert np.array_equal([forwards[index][0] for index in range(3)][2], late)


def test_learning_rate_warms_up_and_falls_to_zero():
    recipe = TrainConfig(epochs=12, warmup_epochs=2, learning_rate=0.3)
    rates = [learning_rate(epoch, recipe) for epoch in range(13)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert all(before > after for before, after in pairwise(rates[2:]))
    assert rates[12] == pytest.approx(0)
