"""Tables of a network's layers."""

import pytest

from deepmusic import models
from deepmusic.models import MODELS, describe


@pytest.mark.parametrize("model", MODELS)
def test_layers_add_up_and_all_have_words(model):
    network = models.build(models.spec(model).config)
    layers = describe.layer_table(describe.list_layers(network)).set_index("Layer")
    assert layers["Parameters"].sum() == network.count_params()
    assert all(layers["What it is for"].astype(bool) | (layers["Kind"] == "Reshape"))
    assert layers["Output"].iloc[0] == "128 \N{MULTIPLICATION SIGN} 39"
    assert layers["Output"].iloc[-1] == "10"
    reads = dict(layers["Reads"][layers["Reads"] != ""])
    branched = {"halve": "one_channel", "both_branches": "flatten, both_ways"}
    assert reads.items() >= branched.items() if model == "cnn_gru" else not reads
