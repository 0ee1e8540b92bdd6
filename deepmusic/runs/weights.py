"""Weights and networks on disk: loading, and the checksums of the shipped files.

A network to train is built by our own code; a file only fills in its numbers (HDF5, no pickle, no
saved code). The SHA-256 of the shipped files stand beside them, in the form that
``sha256sum --check`` reads.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deepmusic.errors import RunError
from deepmusic.files import write_atomically
from deepmusic.runs import assets
from deepmusic.runs.run import Run

if TYPE_CHECKING:
    import keras

#: Name of the list of checksums, in the folder of shipped runs.
LIST_NAME = "SHA256SUMS"

#: Files that are listed: weights, and networks exported from them.
_LISTED = ("model.weights.h5", "model.onnx")

_REMEDY = "Get the file again, or train the network anew."


def load(network: "keras.Model", run: Run) -> None:
    """Load the weights of a run into a network that `deepmusic.models.build` made of its settings.

    Raises
    ------
    RunError
        If the weights are missing, damaged, of another shape, or shipped but not as listed.
    """
    read_verified(run.weights_path)
    try:
        network.load_weights(run.weights_path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{run.weights_path} does not hold the weights of {run.config.model.name} ({error}). "
            f"{_REMEDY}"
        ) from error


def is_shipped(path: Path) -> bool:
    """Tell whether a file lies among the shipped runs."""
    return path.resolve().is_relative_to(assets.SHIPPED.resolve())


def read_verified(path: Path, remedy: str = _REMEDY) -> bytes:
    """Read weights or an exported network; that of a shipped run is compared with the list.

    Parameters
    ----------
    path : Path
        The file. Outside ``assets/runs`` nothing is compared.
    remedy : str
        What to do if it is missing or altered, for the error message.

    Raises
    ------
    RunError
        If it is missing, or shipped but changed or not listed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}). {remedy}") from error
    if not is_shipped(path):
        return data
    digest, listed = hashlib.sha256(data).hexdigest(), read_list().get(_listed_name(path))
    if digest != listed:
        raise RunError(
            f"{path} is damaged or not what DeepMusic shipped: {LIST_NAME} says "
            f"{listed[:12] + '...' if listed else 'nothing'}. Received: SHA-256 {digest[:12]}.... "
            f"{remedy}"
        )
    return data


def read_list() -> dict[str, str]:
    """Return the listed SHA-256 by path below `SHIPPED`; raise `RunError` if there is no list."""
    path = assets.SHIPPED / LIST_NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path} cannot be read ({error}), so no shipped weights can be trusted. "
            "Get DeepMusic again."
        ) from error
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def write_list() -> None:
    """List the shipped weights and networks as they are now; shipping a run ends with this."""
    folder = assets.SHIPPED
    paths = sorted(path for name in _LISTED for path in folder.rglob(name))
    _write_list({_listed_name(path): _digest(path) for path in paths})


def list_anew(path: Path) -> None:
    """List one file as it is now, if it is shipped."""
    if is_shipped(path):
        _write_list(read_list() | {_listed_name(path): _digest(path)})


def _write_list(digests: Mapping[str, str]) -> None:
    lines = (f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    write_atomically(assets.SHIPPED / LIST_NAME, "".join(lines))


def _listed_name(path: Path) -> str:
    return path.resolve().relative_to(assets.SHIPPED.resolve()).as_posix()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
