"""Contracts of imports in pyproject.toml: each holds for the code, and fails on a violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: By contract: a file, and what it must not import.
VIOLATIONS = {
    "Layers, from the app down to the ground": ("data/toy.py", "from deepmusic import evaluation"),
    "The library knows nothing of Streamlit": ("audio/encode.py", "import streamlit"),
    "Charts alone draw with plotly": ("library/tags.py", "import plotly"),
    "Pages share the frame and the common parts, and nothing with each other": (
        "ui/curves/table.py",
        "from deepmusic.ui.lesson import steps",
    ),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    """Check the contracts of a copy of the package."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "deepmusic", tmp_path / "deepmusic", ignore=ignored)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_breaks_its_contract(name: str, copy: Path) -> None:
    file, line = VIOLATIONS[name]
    with (copy / "deepmusic" / file).open("a") as code:
        code.write(f"\n{line}\n")
    checked = lint_imports(copy)
    assert checked.returncode == 1
    assert f"{name} BROKEN" in checked.stdout


def test_the_code_keeps_every_contract(copy: Path) -> None:
    checked = lint_imports(copy)
    assert checked.returncode == 0, checked.stdout
    for name in VIOLATIONS:
        assert f"{name} KEPT" in checked.stdout
