"""Exported networks (ONNX), run by ONNX Runtime: prediction needs neither Keras nor TensorFlow.

`deepmusic.training.export` writes the files. One is only read from the shipped runs, where its
SHA-256 is compared, or from a user's own.
"""

import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepmusic.config import ModelConfig
from deepmusic.errors import ModelError, RunError
from deepmusic.files import ROOT
from deepmusic.runs import Run, weights

if TYPE_CHECKING:
    import onnxruntime

log = logging.getLogger(__name__)

#: Version of the outputs and of `METADATA_KEY`. A file of another one is refused.
FORMAT = 1

#: Key of the file's metadata, a JSON object: ``format``, ``model`` (`ModelConfig`), ``layers`` (see
#: `deepmusic.models.describe`) and ``kernel`` of the first convolution, if it is in 2D.
METADATA_KEY = "deepmusic"

#: Input, and outputs that every network has.
WINDOW, PROBABILITIES, EMBEDDING = "window", "probabilities", "embedding"

#: Outputs of networks that have such layers: the first convolution's; the states of an LSTM after
#: each step, and the genres' probabilities if the window ended there.
CONVOLUTION, STATES, STATE_PROBABILITIES = "conv_1", "lstm_states", "lstm_probabilities"

#: Outputs of the CNN-GRU: the states of its GRU after each step, forwards and backwards, each in
#: order of time; and the genres' probabilities by each branch alone, the other one's numbers zero.
BOTH_WAYS, BRANCH_PROBABILITIES = "gru_states", "branch_probabilities"

#: Windows computed at once; a clip of 30 s has 20, and more at once would only fill the memory.
_BATCH = 20

#: Threads of a session: for 20 windows of the CNN, one takes 8 ms, two take 6.
_THREADS = 2

#: Runs at once, so that all cores are busy; every other run at the same time takes more memory.
TURNS = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // _THREADS))

#: How ONNX Runtime's messages begin: a code, and the place in its own source.
_SIGNATURE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (/onnxruntime_src\S+ .*?\) )?")


class Network:
    """A trained network in ONNX Runtime. Threads may share it.

    Parameters
    ----------
    run : Run
        A finished run. One of an earlier version, which has weights alone, is exported first.

    Raises
    ------
    RunError
        If its file is missing, damaged, of another version or of another network.

    Attributes
    ----------
    layers : list of dict
        Rows for `deepmusic.models.describe.layer_table`.
    kernel : np.ndarray [shape=(time, pitch, 1, n_filters)] or None
        Weights of the first convolution, if it is in 2D.
    outputs : tuple of str
        Names of all outputs.
    """

    def __init__(self, run: Run) -> None:
        path, remedy = run.network_path, f"Make it anew: {export_command(run)}"
        self._remedy = remedy
        if not path.exists() and run.weights_path.exists() and not weights.is_shipped(path):
            _export(run)
        data = weights.read_verified(path, remedy)
        try:
            self._session = open_session(data)
            stored = self._session.get_modelmeta().custom_metadata_map[METADATA_KEY]
            about: dict[str, Any] = json.loads(stored)
        except Exception as error:  # ONNX Runtime's errors have no base class of their own.
            why = _SIGNATURE.sub("", str(error)).strip()
            raise RunError(f"{path} does not hold a network ({why}). {remedy}") from error
        if about.get("format") != FORMAT:
            raise RunError(
                f"{path} must be in format {FORMAT}, which this version of DeepMusic reads. "
                f"Received: format {about.get('format')}. {remedy}"
            )
        model = ModelConfig.from_json(json.dumps(about["model"]), source=str(path))
        if model != run.config.model:
            raise RunError(
                f"{path} does not hold the network of {run.path / 'config.json'}, a "
                f"{run.config.model.name} of the sizes there. Received: a {model.name}. {remedy}"
            )
        self.layers: list[dict[str, Any]] = about["layers"]
        self.kernel = None if about["kernel"] is None else np.array(about["kernel"], np.float32)
        self.outputs = tuple(output.name for output in self._session.get_outputs())

    def run(
        self, frames: np.ndarray, outputs: Sequence[str] = (EMBEDDING, PROBABILITIES)
    ) -> list[np.ndarray]:
        """Return outputs for windows, in one pass.

        Parameters
        ----------
        frames : np.ndarray [shape=(n_windows, n_mels, window_frames)]
            From 0 to 255.
        outputs : sequence of str
            Some of `self.outputs`.

        Returns
        -------
        list of np.ndarray [shape=(n_windows, ...)]

        Raises
        ------
        ModelError
            If the network has no such output.
        """
        if unknown := set(outputs).difference(self.outputs):
            raise ModelError(
                f"Choose outputs of this network: {', '.join(self.outputs)}. "
                f"Received: {', '.join(sorted(unknown))}. Earlier versions exported fewer. "
                f"{self._remedy}"
            )
        batches = np.split(frames, range(_BATCH, len(frames), _BATCH))
        with TURNS:
            parts = [
                self._session.run(list(outputs), {WINDOW: batch.astype(np.float32)})
                for batch in batches
            ]
        return [np.concatenate(found) for found in zip(*parts, strict=True)]


def export_command(run: Run) -> str:
    """Return the command that exports a run's network anew."""
    return f"deepmusic runs export {run.path}"


def open_session(data: bytes) -> "onnxruntime.InferenceSession":
    """Open an exported network, which frees what it computes with.

    The pool of ONNX Runtime never shrinks, and costs a server 80 MB for 5 % of its time; without
    it, a pattern of memory kept for each length of a song would grow without end.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # Threads that wait must not keep a core busy: another network or visitor needs it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A file may name others that hold its numbers. There are none.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", os.devnull
    )
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _export(run: Run) -> None:
    """Export a run's network in another process, so that this one never loads TensorFlow."""
    log.warning("%s has no exported network yet; it is exported once, in some seconds.", run.id)
    command = [sys.executable, "-m", "deepmusic", "runs", "export", str(run.path.resolve())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RunError(why.removeprefix("deepmusic: "))
