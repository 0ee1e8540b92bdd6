"""DeepMusic: what genre is this, and why? Importing this loads neither Keras nor Streamlit."""

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

# TensorFlow reads this when it is imported, wherever that happens first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "0.1.0"


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
