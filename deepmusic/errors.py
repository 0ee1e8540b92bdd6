"""The errors a user can meet. Each says what happened, why, and what to do next."""


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
