"""What ``pip install .`` brings: the package with all that it reads."""

import glob
import runpy
import subprocess
from pathlib import Path

import setuptools

ROOT = Path(__file__).resolve().parent.parent

#: Of the documentation alone.
PICTURES = {"logo.svg", "screenshot.png"}


def test_every_asset_is_installed(monkeypatch):
    """The pretrained network once was not, and installed copies answered without it."""
    said: dict = {}
    monkeypatch.setattr(setuptools, "setup", lambda **options: said.update(options))
    runpy.run_path(str(ROOT / "setup.py"))
    patterns = said["package_data"]["deepmusic.assets"]
    installed = {
        name
        for pattern in patterns
        for name in glob.glob(pattern, root_dir=ROOT / "assets", recursive=True)
    }
    listed = subprocess.run(
        ["git", "ls-files", "assets"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(listed) > 50
    wanted = {name.removeprefix("assets/") for name in listed} - PICTURES
    assert wanted - installed == set()
