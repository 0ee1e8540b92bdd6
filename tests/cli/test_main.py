"""The command ``deepmusic`` as a whole."""

import os
import subprocess
import sys

import pytest

from deepmusic.cli import main
from tests.cli import run


def help_pages(command=main, path=()):
    yield path
    for name, sub in getattr(command, "commands", {}).items():
        yield from help_pages(sub, (*path, name))


@pytest.mark.parametrize("path", list(help_pages()), ids=" ".join)
def test_help_has_an_example(path):
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert " ".join(["  deepmusic", *path]) in result.stdout.partition("Example")[2]


@pytest.mark.parametrize(("shell", "words"), [("bash", "complete -o"), ("fish", "complete --")])
def test_the_shell_is_told_how_to_complete(shell, words):
    assert "_DEEPMUSIC_COMPLETE=bash_source" in run("--help").stdout
    done = subprocess.run(
        [sys.executable, "-m", "deepmusic"],
        env=os.environ | {"_DEEPMUSIC_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
    )
    assert words in done.stdout


def test_the_command_names_itself_however_it_is_started():
    done = subprocess.run(
        [sys.executable, "-m", "deepmusic", "runs", "show"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: deepmusic runs show")
