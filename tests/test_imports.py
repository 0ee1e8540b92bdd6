"""What an import loads decides how fast the first page is there."""

import subprocess
import sys

import pytest

LIGHT = [
    "deepmusic",
    "deepmusic.runs",
    "deepmusic.charts.song",
    "deepmusic.models",
    "deepmusic.library.known_clips",
    "deepmusic.library.indexing",
    "deepmusic.library.recommend",
    "deepmusic.ui.frame",
]
HEAVY = ["keras", "tensorflow", "librosa", "sklearn", "scipy", "numba"]


def loaded_after(module: str) -> set[str]:
    """Import a module in a fresh process and return the names of all modules it brought."""
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_nothing_heavy(module):
    assert loaded_after(module).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "module", ["deepmusic.prediction", "deepmusic.charts.song", "deepmusic.prediction.export"]
)
def test_the_library_knows_nothing_of_streamlit(module):
    assert "streamlit" not in loaded_after(module)
