"""DeepMusic: genres of songs by the networks of a paper. An import loads no Keras and no Streamlit.

>>> import deepmusic
>>> from deepmusic.audio import synth
>>> reggae = synth.play("reggae", seconds=12)
>>> song = deepmusic.load(model="cnn").predict(reggae, sample_rate=22_050)
>>> song.genre, round(song.duration), len(song.segments)
('reggae', 12, 8)
"""

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

if TYPE_CHECKING:
    from deepmusic.prediction import OwnClasses, Recognizer

# TensorFlow reads this when it is imported, wherever that happens first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "0.1.0"

NetworkName = Literal["all", "musicnn", "ensemble", "cnn", "crnn", "cnn_gru"]


@overload
def load(model: NetworkName = "all", protocol: str = "all_clips") -> "Recognizer": ...


@overload
def load(model: str | Path, protocol: str = "all_clips") -> "Recognizer | OwnClasses": ...


def load(model: str | Path = "all", protocol: str = "all_clips") -> "Recognizer | OwnClasses":
    """Load shipped networks, or classes of one's own, ready to predict.

    Parameters
    ----------
    model : str
        ``all`` (the pretrained network's answer, and the paper's networks beside it), ``musicnn``
        (the pretrained one alone), ``ensemble`` (the mean of the paper's three), ``cnn``,
        ``crnn`` or ``cnn_gru``; or ``fma``, which knows FMA's eight genres instead of GTZAN's ten.
        Or the path of a ``.zip`` with classes of one's own, which `deepmusic teach` wrote.
    protocol : str
        Clips of GTZAN that trained them: ``all_clips``, or ``paper``, which holds the test clips
        back.

    Returns
    -------
    Recognizer or OwnClasses
        ``load().predict("song.mp3").genre`` is the genre of a song.

    Raises
    ------
    ModelError
        If there is no such model, or none of this protocol; or the file is damaged.
    RunError
        If its files are missing or damaged.

    Examples
    --------
    >>> from deepmusic.audio import synth
    >>> recognizer = load(model="cnn")
    >>> recognizer.predict(synth.play("jazz", seconds=12), sample_rate=22_050).genre
    'jazz'
    """
    from deepmusic.prediction import OwnClasses, Recognizer

    if str(model).lower().endswith(".zip"):
        return OwnClasses.load(model)
    return Recognizer(str(model), protocol)


def _give_numba_a_folder() -> None:
    """Let librosa be imported where neither its folder nor the home can be written.

    numba, which compiles parts of it, refuses to work without a folder for what it compiled. What
    lies there is run, so the folder is a new one that only this user can read.
    """
    librosa = find_spec("librosa")
    usual = [Path(librosa.origin).parent] if librosa and librosa.origin else []
    with suppress(RuntimeError):
        usual.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home()))
    if "NUMBA_CACHE_DIR" in os.environ or any(os.access(path, os.W_OK) for path in usual):
        return
    with suppress(OSError):
        folder = os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="deepmusic-numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


_give_numba_a_folder()
