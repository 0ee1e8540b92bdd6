"""Imports: what they load decides how fast the first page is there."""

import subprocess
import sys

import pytest

#: Whatever the app and the command load before anyone asks for something.
LIGHT = [
    "deepmusic.audio",
    "deepmusic.charts.song",
    "deepmusic.cli",
    "deepmusic.library.indexing",
    "deepmusic.library.known_clips",
    "deepmusic.library.recommend",
    "deepmusic.models",
    "deepmusic.prediction",
    "deepmusic.ui.frame",
]
HEAVY = {"keras", "tensorflow", "librosa", "sklearn", "scipy", "numba"}


def loaded_after(module: str) -> set[str]:
    """Return the names of all modules that are loaded after one was imported."""
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_nothing_heavy(module):
    loaded = loaded_after(module)
    assert loaded.isdisjoint(HEAVY)
    assert "streamlit" not in loaded or module.startswith("deepmusic.ui")
