"""Ready-made settings."""

import pytest

from deepmusic import models
from deepmusic.config import RunConfig
from deepmusic.errors import ModelError, RunError
from deepmusic.training import recipes
from deepmusic.training.recipes import PRESETS

#: What the paper's notebooks print: filters, units of the GRU or LSTM, of the dense layer,
#: dropout of a block, epochs, batch size.
PAPER = {
    "cnn": ((16, 32, 64, 128, 256), 0, 512, 0.25, 150, 128),
    "crnn": ((16, 32), 64, 128, 0.35, 80, 32),
    "cnn_gru": ((16, 32, 32, 64), 64, 64, 0.25, 100, 256),
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", models.MODELS)
def test_every_preset_is_a_network_that_can_be_built(name, preset):
    model, train = recipes.recipe(name, preset)
    settings = RunConfig(model=model, train=train)
    assert RunConfig.from_json(settings.to_json()) == settings
    network = models.build(model)
    assert network.name == name
    assert network.output_shape == (None, len(model.genres))


@pytest.mark.parametrize("name", models.MODELS)
def test_the_papers_sizes(name):
    model, train = recipes.recipe(name, "paper")
    filters, recurrent_units, dense_units, block_dropout, epochs, batch_size = PAPER[name]
    assert model.filters == filters
    assert model.recurrent_units == recurrent_units
    assert model.dense_units == dense_units
    assert model.block_dropout == block_dropout
    assert (train.epochs, train.batch_size) == (epochs, batch_size)
    assert train.learning_rate == 1e-3
    # The notebooks trained to the last epoch.
    assert train.patience >= train.epochs


def test_what_only_one_notebook_did():
    assert recipes.recipe("crnn", "paper")[0].norm_momentum == 0.9
    cut_out = recipes.recipe("cnn", "paper")[1].augment
    assert (cut_out.mel_mask_bands, cut_out.time_mask_frames) == (3, 4)
    assert recipes.recipe("crnn", "paper")[1].augment is None
    assert recipes.recipe("cnn_gru", "paper")[1].augment is None


@pytest.mark.parametrize("name", models.MODELS)
def test_the_best_recipe_is_the_shipped_one(name):
    assert recipes.recipe(name, "best") == (models.spec(name).config, models.spec(name).train)


@pytest.mark.parametrize("name", models.MODELS)
def test_the_class_trains_the_same_network_for_less_long(name):
    (model, train), (_, best) = recipes.recipe(name, "class"), recipes.recipe(name, "best")
    assert model.filters == models.spec(name).config.filters
    assert train.epochs * train.windows_per_clip < best.epochs * best.windows_per_clip / 4


def test_unknown_names_are_refused():
    with pytest.raises(RunError, match=r"one of class, paper, best. Received: 'fast'"):
        recipes.recipe("cnn", "fast")
    with pytest.raises(ModelError, match="Received: 'rnn'"):
        recipes.recipe("rnn", "paper")
