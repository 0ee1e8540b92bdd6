"""Weights on disk: loading, and the checksums of the shipped files.

A network is always built by our own code; a file only fills in its numbers (HDF5, no pickle, no
saved code). The SHA-256 of the shipped weights stand beside them, in the form that
``sha256sum --check`` reads.
"""

import hashlib
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

_REMEDY = "Get the file again, or train the network anew."


def load(network: "keras.Model", run: Run) -> None:
    """Load the weights of a run into a network that `deepmusic.models.build` made of its settings.

    Raises
    ------
    RunError
        If the weights are missing, damaged, of another shape, or shipped but not as listed.
    """
    verify(run)
    try:
        network.load_weights(run.weights_path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{run.weights_path} does not hold the weights of {run.config.model.name} ({error}). "
            f"{_REMEDY}"
        ) from error


def verify(run: Run) -> None:
    """Compare a shipped run's weights with the list; runs outside ``assets/runs`` are not checked.

    Raises
    ------
    RunError
        If the weights of a shipped run are missing, changed or not listed.
    """
    path, folder = run.weights_path.resolve(), assets.SHIPPED.resolve()
    if not path.is_relative_to(folder):
        return
    try:
        digest = _digest(run.weights_path)
    except OSError as error:
        raise RunError(
            f"The weights of {run.id} cannot be read ({run.weights_path}: {error.strerror}). "
            f"{_REMEDY}"
        ) from error
    listed = read_list().get(path.relative_to(folder).as_posix())
    if digest != listed:
        raise RunError(
            f"{run.weights_path} is damaged or not what DeepMusic shipped: {LIST_NAME} says "
            f"{listed[:12] + '...' if listed else 'nothing'}. Received: SHA-256 {digest[:12]}.... "
            f"{_REMEDY}"
        )


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
    """List the shipped weights as they are now; shipping a run ends with this."""
    folder = assets.SHIPPED
    paths = sorted(folder.rglob("model.weights.h5"))
    lines = (f"{_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    write_atomically(folder / LIST_NAME, "".join(lines))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
