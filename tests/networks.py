"""Keras networks of runs, to which the exported ones are held."""

from deepmusic import models
from deepmusic.runs import weights


def keras_network(run):
    """The Keras network of a run, with its weights."""
    network = models.build(run.config.model)
    weights.load(network, run)
    return network
