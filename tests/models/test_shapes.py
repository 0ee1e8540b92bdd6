"""Shapes and parameters computed without Keras are those of the networks that Keras builds."""

import pytest

from deepmusic import models
from deepmusic.errors import ModelError
from deepmusic.models import describe, shapes
from deepmusic.training import recipes

#: Sizes that differ from the shipped ones in all that changes a shape.
ODD = dict(filters=(3, 5), kernel_size=4, recurrent_units=7, dense_units=9, genres=("a", "b"))


def changed(name, **changes):
    config = models.MODELS[name].config
    mel = config.mel.changed(**changes.pop("mel", {}))
    return config.changed(mel=mel, **changes)


def configs():
    for name in models.MODELS:
        yield changed(name)
        yield recipes.recipe(name, "paper")[0]
        yield changed(name, normalize=False, level_window=True, mel={"n_mels": 50}, **ODD)


@pytest.mark.parametrize("config", configs(), ids=lambda config: config.name)
def test_shapes_are_those_of_keras(config):
    def facts(rows):
        return {row["Layer"]: (row["Kind"], row["Output"], row["Parameters"]) for row in rows}

    network = models.build(config)
    rows = shapes.list_shapes(config)
    assert facts(rows) == facts(describe.list_layers(network))
    assert shapes.count_parameters(rows) == network.count_params()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (changed("cnn", filters=(4,) * 6), "6 layers leave nothing of 39 frames"),
        (changed("crnn", filters=(4,) * 6), "6 layers leave nothing of 39 frames"),
        (changed("crnn", recurrent_units=0), "needs recurrent units"),
        (changed("cnn", mel={"n_fft": 256}), "at least the hop of 512"),
        (changed("cnn", mel={"n_mels": 256, "n_fft": 512}), "would be empty"),
        (changed("cnn", filters=(4096, 4096)), "parameters; 50,000,000 are the most"),
        (models.spec(models.PRETRAINED).config, "Choose a network"),
    ],
)
def test_impossible_settings_are_refused_in_a_sentence(config, words):
    with pytest.raises(ModelError, match=words):
        shapes.list_shapes(config)


@pytest.mark.parametrize("name", models.MODELS)
def test_what_is_too_deep_for_the_table_is_too_deep_for_keras(name):
    with pytest.raises(ModelError):
        models.build(changed(name, filters=(4,) * 6))
