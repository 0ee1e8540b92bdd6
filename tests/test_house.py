"""The shape of the house: few rooms, short files, each with a line that says what it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "deepmusic"
SOURCES = sorted(
    path
    for folder in ("deepmusic", "pages", "benchmarks", "tools", "tests")
    for path in (ROOT / folder).rglob("*.py")
)

#: Tests of one subject may be long; sources may not.
LINES = {"pages": 60, "deepmusic": 400, "benchmarks": 400, "tools": 400}


def test_the_top_of_the_package_is_read_at_a_glance():
    folders = [one for one in PACKAGE.iterdir() if one.is_dir() and any(one.glob("*.py"))]
    assert len(folders) <= 12
    assert len([one for one in PACKAGE.iterdir() if one.is_file()]) <= 7


@pytest.mark.parametrize("folder", LINES)
def test_files_are_short(folder):
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
        if path.is_relative_to(ROOT / folder)
    }
    assert lengths
    assert {path: length for path, length in lengths.items() if length > LINES[folder]} == {}


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert silent == []
