"""The hand-out of tables and charts."""

import re

import pytest

from deepmusic.charts.report import write_report
from deepmusic.errors import RunError
from deepmusic.evaluation import candidates, release
from deepmusic.models import MODELS
from deepmusic.runs import Run, assets, shipped_run
from tests.evaluation.examples import make_run


@pytest.fixture
def repeated(tmp_path, monkeypatch):
    """One network is shipped, and beside it the same under another seed, which is always right."""
    folder = tmp_path / "shipped"
    monkeypatch.setattr(assets, "SHIPPED", folder)
    strict = {"split": "fault_filtered"}
    release.ship(make_run(tmp_path / "made", "a", predicted=("blues", "blues"), **strict))
    release.ship_repeat(make_run(tmp_path / "made", "b", seed=5, **strict))
    return folder


def test_repeats_stand_in_the_report(repeated, tmp_path):
    write_report(candidates.find_shipped(), tmp_path / "report.html")
    assert "75.0&nbsp;±&nbsp;35.4 <small>2&nbsp;seeds" in (tmp_path / "report.html").read_text()


def test_a_report_is_one_page_without_network(tmp_path):
    run = make_run(tmp_path, "20261122-100000-crnn", "crnn", "<script>alert(1)</script>")
    write_report([*map(shipped_run, MODELS), run], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert re.search(r"<(script|link|img)[^>]*(src|href)=", page) is None
    assert page.count("plotly.js v") == 1
    assert '"fixedrange":true' in page, "the layout of all charts, on plotly_white"
    assert "Protocol paper" in page and "Ensemble" in page and "2014" in page
    assert "Worst: " in page and "right in 8 of 10" in page
    assert "only CNN gets right" in page


def test_a_report_keeps_protocols_apart_and_refuses_unfinished_runs(tmp_path):
    runs = [make_run(tmp_path, "a"), make_run(tmp_path, "b", data="toy")]
    write_report(runs, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.index("Protocol paper") < page.index("Protocol toy")
    (tmp_path / "a" / "evaluation.json").unlink()
    with pytest.raises(RunError, match="to the end"):
        write_report([Run.open(tmp_path / "a")], tmp_path / "report.html")
    with pytest.raises(RunError, match="no finished run"):
        write_report([], tmp_path / "report.html")
