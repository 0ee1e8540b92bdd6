"""Progress bars of the command line: on a terminal's stderr, and nowhere else."""

import io
from types import SimpleNamespace

import pytest

from deepmusic.cli import options
from tests.cli import run


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    stderr = Terminal()
    # pytest puts its own stderr back between a fixture and its test.
    monkeypatch.setattr(options, "sys", SimpleNamespace(stderr=stderr))
    return stderr


@pytest.fixture
def as_on_a_terminal(monkeypatch):
    monkeypatch.setattr(
        "click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False
    )


def test_a_bar_counts_and_ends_its_line(terminal):
    with options.progress_bar("Reading") as report:
        report(1, 4)
        report(4, 4)
    assert "1/4" in terminal.getvalue() and "4/4" in terminal.getvalue()
    assert terminal.getvalue().split("\r")[-1].count("\n") == 1


def test_no_terminal_no_bar(capsys):
    assert list(options.with_progress(["a", "b"], "Reading")) == ["a", "b"]
    with options.phase_bars() as report:
        report("unpacking", 1, 2)
    assert capsys.readouterr().err == ""


def test_one_item_or_hidden_has_no_bar(terminal):
    assert list(options.with_progress(["a"], "Reading")) == ["a"]
    assert list(options.with_progress(["a", "b"], "Reading", hidden=True)) == ["a", "b"]
    assert terminal.getvalue() == ""


def test_phases_stand_below_each_other(terminal):
    with options.phase_bars() as report:
        report("unknown length", 5, 0)
        for phase in ("downloading", "unpacking"):
            report(phase, 1, 2)
            report(phase, 2, 2)
    assert terminal.getvalue().count("\n") == 2
    assert "unknown" not in terminal.getvalue()
    assert terminal.getvalue().index("downloading") < terminal.getvalue().index("unpacking")


def test_an_error_still_ends_the_line(terminal):
    with pytest.raises(KeyboardInterrupt), options.progress_bar("Reading") as report:
        report(1, 4)
        raise KeyboardInterrupt
    # Click hides the cursor while a bar grows.
    shown, hidden = terminal.getvalue().rfind("\033[?25h"), terminal.getvalue().rfind("\033[?25l")
    assert shown > hidden >= 0


def test_time_and_report_and_results_show_bars(as_on_a_terminal, monkeypatch, tmp_path):
    fast = SimpleNamespace(predict=lambda song: None)
    with monkeypatch.context() as patch:
        patch.setattr("deepmusic.prediction.load_classifiers", lambda names: {"crnn": fast})
        timed = run("time")
    assert "Timing" in timed.stderr and "6/6" in timed.stderr
    assert timed.stdout.split() == ["CRNN", "0", "ms"]
    reported = run("report", "crnn", "--out", tmp_path / "report.html")
    assert "Scoring" in reported.stderr and "1/1" in reported.stderr
    assert reported.stdout.strip() == str(tmp_path / "report.html")
