"""Ranges of the options that take numbers, over all commands."""

import click
import pytest

from deepmusic.cli import main
from deepmusic.cli.options import Passage
from tests.cli import run

INTEGERS = ("-1000000000", "1e3", "1.5", "nan", "inf", "", " ", "1000000000000", str(10**400), "٣x")
FLOATS = ("nan", "-nan", "inf", "-inf", "infinity", "1e308", "-1", "-1e308", "", "1e999", "x", "0")
PASSAGES = ("nan-inf", "0-nan", "0-inf", "-5-10", "5", "9-5", "5-5", "0-1e308", "-", "", "1:2:x-3")
BEYOND = {"--jobs": ("0", "-2", "257"), "--seed": ("-1", str(2**32)), "--fold": ("0", "4")}


def numeric_options(command=main, path=()):
    """Yield each option that takes numbers: the words of its command, and itself."""
    for name, sub in getattr(command, "commands", {}).items():
        yield from numeric_options(sub, (*path, name))
    for option in command.params:
        if isinstance(option.type, (click.types.IntParamType, click.types.FloatParamType, Passage)):
            yield path, option


OPTIONS = list(numeric_options())


def test_every_option_of_numbers_has_both_ends():
    assert len(OPTIONS) > 12
    for path, option in OPTIONS:
        ends = getattr(option.type, "min", 0), getattr(option.type, "max", 0)
        assert None not in ends, (path, option.name)


def extremes(option):
    if isinstance(option.type, Passage):
        return PASSAGES
    beyond = BEYOND.get(option.opts[0], ())
    floats = isinstance(option.type, click.types.FloatParamType)
    return (*(FLOATS if floats else INTEGERS), *beyond)


@pytest.mark.parametrize(
    ("path", "option", "value"),
    [(path, option, value) for path, option in OPTIONS for value in extremes(option)],
    ids=lambda part: part if isinstance(part, str) else getattr(part, "name", None),
)
def test_numbers_out_of_range_are_refused(path, option, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    others = ["x.wav"] if any(isinstance(p, click.Argument) for p in command(path).params) else []
    result = run(*path, *others, f"{option.opts[0]}={value}")
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert option.opts[0] in result.stderr
    assert not list(tmp_path.iterdir())


def command(path):
    found = main
    for name in path:
        found = found.commands[name]
    return found


def test_the_last_seed_of_repeats_is_in_range_too():
    result = run("train", "--data", "toy", "--seed", 2**32 - 1, "--repeats", 2)
    assert result.exit_code == 2
    assert "must have a seed up to" in result.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0:45-1:00", (45, 60)), ("45-60.5", (45, 60.5)), ("1:0:0-1:0:1", (3600, 3601))],
)
def test_a_passage_is_two_times(text, seconds):
    assert Passage().convert(text, None, None) == seconds


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("data", "check", "--no-near", "--csv"), "no/report.csv"),
        (("report", "cnn", "--out"), "no/report.html"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(options, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.wav").touch()
    data = ("--data", "music", "--jobs", 1) if options[0] == "data" else ()
    result = run(*options, name, *data)
    assert (result.exit_code, isinstance(result.exception, SystemExit)) == (2, True)
    assert f"{name}: No such file or directory" in result.stderr
