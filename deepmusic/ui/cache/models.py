"""Cached networks: the shipped ones, and those that a visitor trained."""

import gc
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import streamlit as st

from deepmusic import audio, models
from deepmusic.errors import ModelError
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol
from deepmusic.runs import Run, assets, find_run, list_runs

_OWN_RUNS = "own_runs"


@st.cache_resource(show_spinner=False)
def _loader() -> ThreadPoolExecutor:
    """Load one set of networks after another, so that the first is there soonest."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="warm-up")


@st.cache_resource(show_spinner=False)
def _networks(protocol: Protocol) -> Future[Mapping[str, Any]]:
    return _loader().submit(_load_networks, protocol)


def _load_networks(protocol: Protocol) -> Mapping[str, Any]:
    from deepmusic import prediction
    from deepmusic.audio import synth
    from deepmusic.prediction.pretrained import PretrainedClassifier

    audio.start_decoder()
    classifiers = prediction.load_classifiers(list(models.MODELS), protocol)
    # A first prediction is slower; let no visitor wait for that.
    tone = synth.tone(440.0, seconds=10.0)
    song = audio.song_from_array(tone, sample_rate=audio.SAMPLE_RATE)
    prediction.classify(song, classifiers)
    prediction.measure_content(song)
    if protocol == DEPLOYED_PROTOCOL:
        with suppress(ModelError):  # The others answer without it.
            PretrainedClassifier().predict(song)
    # Streamlit collects garbage after every rerun. What is there for good is left alone from here.
    gc.collect()
    gc.freeze()
    return classifiers


def networks_ready(protocol: Protocol = DEPLOYED_PROTOCOL) -> bool:
    """Tell whether `networks` returns at once; the first call starts loading them."""
    return _networks(protocol).done()


def networks(protocol: Protocol = BENCHMARK_PROTOCOL) -> Mapping[str, Any]:
    """Return the shipped classifiers by name, waiting for them if need be; a failure is retried."""
    try:
        return _networks(protocol).result()
    except Exception:
        _networks.clear(protocol)
        raise


def use_run(model: str, run_id: str | None) -> None:
    """Let a visitor's own run stand in for the shipped network; None goes back to that."""
    own = {name: run for name, run in own_runs().items() if name != model}
    st.session_state[_OWN_RUNS] = own | ({model: run_id} if run_id else {})


def own_runs() -> dict[str, str]:
    """Return the ids of the runs that this visitor chose, by network; deleted ones are left out."""
    chosen = st.session_state.get(_OWN_RUNS, {})
    there = {run.id for run in list_runs()} if chosen else ()
    return {model: run_id for model, run_id in chosen.items() if run_id in there}


def is_own(network: str) -> bool:
    """Tell whether a network, or a member of the ensemble, is a visitor's own run."""
    own = own_runs()
    return network in own or (
        network == models.ENSEMBLE and not own.keys().isdisjoint(models.MODELS)
    )


def networks_with(protocol: Protocol, own: Mapping[str, str]) -> dict[str, Any]:
    """Return the shipped classifiers, with a visitor's `own_runs` in the place of some."""
    return dict(networks(protocol)) | {
        model: _own_classifier(id_) for model, id_ in own.items() if model != models.PRETRAINED
    }


def asks_pretrained(protocol: Protocol) -> bool:
    """Tell whether the pretrained network is asked about songs of a protocol.

    The shipped one has learnt all clips of GTZAN, and is not asked about them.
    """
    return protocol == DEPLOYED_PROTOCOL or bool(own_pretrained())


def own_pretrained() -> str | None:
    """Return the id of the visitor's own run of the pretrained network, if one was chosen."""
    return own_runs().get(models.PRETRAINED)


def pretrained(run_id: str | None) -> Any:
    """Return the pretrained classifier: the shipped one, or that of a run.

    Raises
    ------
    ModelError, RunError
        If its file is missing or damaged.
    """
    from deepmusic.prediction.pretrained import PretrainedClassifier

    return _own_pretrained(run_id) if run_id else PretrainedClassifier()


@st.cache_resource(show_spinner="Loading your network ...", max_entries=3)
def _own_pretrained(run_id: str) -> Any:
    from deepmusic.prediction.pretrained_run import PretrainedRun

    return PretrainedRun(find_run(run_id))


# A run of an earlier version is exported first, which takes some seconds.
@st.cache_resource(show_spinner="Loading your network ...", max_entries=6)
def _own_classifier(run_id: str) -> Any:
    from deepmusic.prediction import Classifier

    return Classifier(find_run(run_id))


@st.cache_resource(show_spinner=False)
def fma_network() -> Any:
    """Return the shipped network of FMA's genres; raise `RunError` if it cannot be used."""
    from deepmusic.prediction.fma import FmaClassifier

    return FmaClassifier()


@st.cache_data(show_spinner=False)
def shipped_evaluation(name: str) -> Mapping[str, Any]:
    """Return the evaluation of a shipped network, or of the ensemble, on its test part."""
    return Run(assets.SHIPPED / name).evaluation


def layer_table(name: str) -> Any:
    """Return the table of layers of a shipped network."""
    from deepmusic.models import describe

    return describe.layer_table(networks()[name].network.layers)
