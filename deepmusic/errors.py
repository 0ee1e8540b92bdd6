"""The errors a user can meet. Each says what happened, why, and what to do next."""

from importlib.util import find_spec

#: Packages of the extras, which a light installation (``pip install deepmusic``) lacks.
EXTRAS = {
    "train": ("tensorflow", "keras", "onnx", "tf2onnx", "tensorboard", "distributed"),
    "app": ("streamlit", "plotly", "altair", "PIL", "segno"),
}


class DeepMusicError(Exception):
    """Base of every error that DeepMusic raises on purpose."""


class AudioError(DeepMusicError):
    """A sound file that cannot be used: not audio, too short, silent, too large."""


class SilenceError(AudioError):
    """Sound in which there is nothing to hear."""


class DatasetError(DeepMusicError):
    """A data set that is missing, incomplete or not laid out as expected."""


class ModelError(DeepMusicError):
    """A network that is unknown, or whose settings do not fit together."""


class RunError(DeepMusicError):
    """A run directory that is missing, damaged or of another version."""


class LibraryError(DeepMusicError):
    """A music library that is missing, damaged, out of date, or may not be read here."""


class RoomError(DeepMusicError):
    """A room for a vote that does not exist, is full, or where that vote does not count."""


class MissingPackageError(DeepMusicError):
    """A package that is not installed, because it belongs to an extra."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs {package}, which is not installed. "
            f"Install it: pip install 'deepmusic[{extra}]'"
        )


def require(*packages: str) -> None:
    """Raise `MissingPackageError` if one of these packages is not installed; import none."""
    for package in packages:
        if find_spec(package) is None and (error := missing_package(package)):
            raise error


def missing_package(package: str) -> MissingPackageError | None:
    """Return the error for a package that is missing, or None if no extra brings it."""
    for extra, packages in EXTRAS.items():
        if package.partition(".")[0] in packages:
            return MissingPackageError(package.partition(".")[0], extra)
    return None
