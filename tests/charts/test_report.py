"""The hand-out of networks, tables and a question."""

import re

import pytest

from deepmusic.charts.report import to_html, write_report
from deepmusic.errors import RunError
from deepmusic.evaluation import candidates, release
from deepmusic.evaluation.scores import score_candidate
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


def test_repeats_stand_in_the_report(repeated):
    page = to_html([score_candidate(one) for one in candidates.find_shipped()], {})
    assert "75.0&nbsp;±&nbsp;35.4 <small>2&nbsp;seeds" in page
    assert "CNN" in page and "The networks" not in page, "their layers were not given"


def test_a_report_is_one_small_page_without_network(tmp_path):
    run = make_run(tmp_path, "20261122-100000-crnn", "crnn", "<script>alert(1)</script>")
    write_report([*map(shipped_run, MODELS), run], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert len(page) < 1_000_000
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert re.search(r"<(link|img)[^>]*(src|href)=", page) is None
    assert page.count("log-mel of 3 s") == 3 and ">296,192<" in page, "three diagrams"
    assert "the paper&#x27;s" in page and "Ensemble" in page
    assert "only CNN gets right" in page
    assert ">hip-hop<" in page and "hiphop" not in page


def test_the_question_is_about_the_most_frequent_mistake_of_the_best_network(tmp_path):
    runs = [make_run(tmp_path, "a"), make_run(tmp_path, "b", predicted=("blues", "blues"))]
    scores = [score_candidate(one) for one in candidates.build_candidates([], runs)]
    best = max(scores, key=lambda score: score.clip.value)
    page = to_html(scores, {})
    assert f"of the {best.candidate.name}: on" in page
    assert page.count('<td style="background') == 100
    assert re.search(r"clips of <b>\w+</b> for <b>\w+</b>|makes no mistake", page)


def test_a_report_keeps_protocols_apart_and_refuses_unfinished_runs(tmp_path):
    runs = [make_run(tmp_path, "a"), make_run(tmp_path, "b", data="toy")]
    page = to_html([score_candidate(one) for one in candidates.build_candidates([], runs)], {})
    assert page.index("the paper&#x27;s</h2>") < page.index("toy set</h2>")
    (tmp_path / "a" / "evaluation.json").unlink()
    with pytest.raises(RunError, match="to the end"):
        write_report([Run.open(tmp_path / "a")], tmp_path / "report.html")
    with pytest.raises(RunError, match="no finished run"):
        write_report([], tmp_path / "report.html")
