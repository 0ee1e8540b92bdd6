"""Transfer learning: musicnn's weights in Keras, what learns, and a whole run of each kind."""

import numpy as np
import pytest

from deepmusic import models
from deepmusic.audio import features, synth
from deepmusic.config import FINETUNE, FROZEN, SCRATCH, AugmentConfig, RunConfig
from deepmusic.data import open_dataset
from deepmusic.data.dataset import Dataset, LogMels
from deepmusic.errors import ModelError, RunError
from deepmusic.models.transfer import WINDOW_FRAMES
from deepmusic.prediction import measures
from deepmusic.prediction.network import Network
from deepmusic.prediction.pretrained import shipped_trunk, tagger_windows
from deepmusic.prediction.pretrained_run import PretrainedRun
from deepmusic.runs import FINISHED, new_name
from deepmusic.training import recipes, transfer, worker

#: Of a clip: one window and a sixth.
N_FRAMES = 220

CONFIG = models.spec(models.PRETRAINED).config


@pytest.fixture(scope="module")
def frames():
    return features.clip_frames(synth.play("jazz", seconds=8, sample_rate=16_000), CONFIG.mel)[1]


def test_bytes_lose_next_to_nothing_of_what_the_pretrained_network_reads(frames):
    exact = tagger_windows(synth.play("jazz", seconds=8, sample_rate=16_000))
    windows = features.windows(frames, WINDOW_FRAMES, overlap=0)[: len(exact)]
    assert frames.dtype == np.uint8
    assert np.abs(frames[:, :187].T * (6.5 / 255) - exact[0]).max() <= 6.5 / 255 / 2 + 1e-5
    assert windows.shape[1:] == (96, WINDOW_FRAMES)


def test_loudness_changes_no_frame():
    samples = synth.play("rock", seconds=4, sample_rate=16_000)
    loud, quiet = (features.clip_frames(part, CONFIG.mel)[1] for part in (samples, samples / 10))
    assert np.abs(loud.astype(int) - quiet).max() <= 1


@pytest.mark.slow
def test_the_shipped_weights_give_the_same_embeddings_in_keras(frames):
    import keras

    network = models.build(CONFIG)
    transfer.load_trunk(network)
    windows = features.windows(frames, WINDOW_FRAMES).astype(np.float32)
    embed = keras.Model(network.input, network.get_layer("embedding").output)
    log_mels = np.ascontiguousarray((windows * (6.5 / 255)).transpose(0, 2, 1))
    expected, _ = shipped_trunk().predict_windows(log_mels)
    np.testing.assert_allclose(embed.predict_on_batch(windows), expected, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("start", "n_learning"), [(FROZEN, 2_010), (FINETUNE, 303_410)])
def test_what_is_frozen_does_not_learn(start, n_learning):
    frozen, learning = transfer.split_network(models.build(CONFIG), start)
    assert sum(np.prod(one.shape) for one in learning.trainable_weights) == n_learning
    assert frozen.output_shape[1:] == learning.input_shape[1:]


class FewBands(Dataset):
    """Three clips of each toy band, cut to `N_FRAMES`."""

    name, genres, splits = "toy", open_dataset("toy").genres, ("paper",)

    def __init__(self):
        toy = open_dataset("toy")
        numbers = ("toy00", "toy10", "toy13")
        self.tracks = {t: one for t, one in toy.tracks.items() if t.endswith(numbers)}
        self._toy = toy

    def split(self, name, fold=None):
        return self._toy.split(name, fold)

    def log_mels(self, tracks, mel, on_progress=lambda done, total: None):
        found = self._toy.log_mels([t for t in tracks if t in self.tracks], mel, on_progress)
        return LogMels({track: clip[:, :N_FRAMES] for track, clip in found.by_track.items()}, ())


@pytest.mark.slow
@pytest.mark.parametrize("start", [FROZEN, FINETUNE, SCRATCH])
def test_a_run_learns_is_exported_and_says_which_it_is(start, tmp_path):
    from deepmusic.training import fit

    sizes, recipe = recipes.recipe(models.PRETRAINED, "class", start)
    few = (
        {"epochs": 12, "batch_size": 16, "learning_rate": 0.02}
        if start != SCRATCH
        else {"epochs": 1, "windows_per_clip": 1}
    )
    run = worker.create(sizes, recipe.changed(data="toy", **few), tmp_path)
    fit.train(run, FewBands())
    assert run.state == FINISHED
    assert run.evaluation["parameters"] == 784_039
    if start != SCRATCH:
        assert max(row["val_accuracy"] for row in run.history()) > 0.5
        predicted = run.read_predictions()
        windows = features.windows(
            FewBands().log_mels([predicted["track"][0]], sizes.mel).by_track[predicted["track"][0]],
            WINDOW_FRAMES,
        )
        found = Network(run).run(windows)[1][0]
        stored = predicted.loc[0, list(sizes.genres)].to_numpy(float)
        np.testing.assert_allclose(found, stored, atol=1e-3)
        # As songs are asked, without bytes.
        genre, number = predicted["track"][0].split(".toy")
        samples = synth.play(genre, seconds=8, seed=int(number), sample_rate=16_000)
        asked = PretrainedRun(run).trunk.predict_windows(tagger_windows(samples))[0][0]
        np.testing.assert_allclose(np.exp(asked), stored, atol=0.02)
    assert run.notes["title"] == models.title(models.PRETRAINED, start) + " on toy"


def test_names_tell_the_three_apart(tmp_path):
    names = set()
    for start in (FROZEN, FINETUNE, SCRATCH):
        sizes, recipe = recipes.recipe(models.PRETRAINED, "best", start)
        names.add(new_name(RunConfig(model=sizes, train=recipe), tmp_path))
    ways = ("frozen", "fine-tuned", "from scratch")
    assert names == {f"musicnn ({way}) on GTZAN" for way in ways}


def test_what_does_not_fit_together_is_refused(monkeypatch, tmp_path):
    sizes, recipe = recipes.recipe(models.PRETRAINED, "class", FROZEN)
    with pytest.raises(RunError, match="without augmentation"):
        recipe.changed(augment=AugmentConfig())
    with pytest.raises(RunError, match="or with those of a run"):
        recipe.changed(init="some-run")
    with pytest.raises(RunError, match="The paper trains no pretrained network"):
        recipes.recipe(models.PRETRAINED, "paper", SCRATCH)
    with pytest.raises(ValueError, match="with musicnn"):
        RunConfig(model=models.spec("cnn").config, train=recipe)
    with pytest.raises(ValueError, match="with musicnn"):
        RunConfig(model=sizes, train=models.spec("cnn").train)
    with pytest.raises(ModelError, match="187 frames"):
        models.build(sizes.changed(window_frames=39))
    monkeypatch.setattr(measures, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match=r"musicnn\.onnx cannot be read"):
        worker.create(sizes, recipe, tmp_path)
    assert not list(tmp_path.iterdir()), "no run is left that never began"


def test_outputs_are_drawn_by_epoch_alone():
    outputs = [np.full((n, 4), clip, np.float32) for clip, n in enumerate((3, 5))]
    recipe = recipes.recipe(models.PRETRAINED, "class", FROZEN)[1].changed(batch_size=6)
    sequence = transfer.RandomOutputs(outputs, np.eye(10)[[7, 2]], recipe)
    first = [sequence[index] for index in range(len(sequence))]
    assert len(first) == 4
    for rows, targets in first:
        np.testing.assert_array_equal(targets.argmax(axis=1), np.where(rows[:, 0] == 0, 7, 2))
    sequence.draw(1)
    sequence.draw(0)
    np.testing.assert_array_equal(sequence[0][0], first[0][0])
