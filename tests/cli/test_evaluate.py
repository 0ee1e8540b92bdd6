"""``deepmusic evaluate``."""

import json
import shutil

import pytest

from deepmusic.data import Gtzan
from deepmusic.evaluation.evaluate import recount
from deepmusic.runs import shipped_path, shipped_run
from tests.cli import run
from tests.evaluation.examples import finished_run, gtzan_of_noise


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Gtzan:
    return gtzan_of_noise(tmp_path_factory.mktemp("clips"))


def test_evaluate_counts_again_where_the_data_are_not_available(tmp_path):
    shutil.copytree(shipped_path("crnn"), tmp_path / "crnn")
    before = (tmp_path / "crnn" / "evaluation.json").read_bytes()
    printed = run("evaluate", tmp_path / "crnn", env={"DEEPMUSIC_GTZAN": None})
    assert printed.exit_code == 0, printed.output
    assert "Counting predictions.csv again instead" in printed.stderr
    assert printed.stdout.startswith("CRNN, crnn, protocol paper: 300 test clips, 6000 windows")
    counted = recount(shipped_run("crnn"))
    low, high = counted["clip_accuracy_interval"]
    assert f"{low:.3f} to {high:.3f}" in printed.stdout
    assert (tmp_path / "crnn" / "evaluation.json").read_bytes() == before

    found = json.loads(run("evaluate", tmp_path / "crnn", "--recount", "--json").stdout)
    assert found["clip_accuracy"] == counted["clip_accuracy"]


def test_evaluate_finds_a_run_by_its_id(tmp_path, clips):
    finished_run(tmp_path / "mine", split="window_leak")
    environment = {"DEEPMUSIC_RUNS": str(tmp_path), "DEEPMUSIC_GTZAN": str(clips.location)}
    printed = run("evaluate", "mine", env=environment)
    assert printed.exit_code == 0, printed.output
    assert "This protocol is wrong on purpose" in printed.stdout
    assert "the same at temperature" in printed.stdout
    refused = run("evaluate", "mine", "--protocol", "paper", env=environment)
    assert refused.exit_code == 2
    assert "was trained or validated on" in refused.stderr


def test_evaluate_refuses_what_it_cannot_do(tmp_path):
    assert "There is no run named 'none'" in run("evaluate", "none").stderr
    path = shipped_path("crnn")
    other = run("evaluate", path, "--protocol", "fault_filtered", env={"DEEPMUSIC_GTZAN": None})
    assert other.exit_code == 2
    assert "Set DEEPMUSIC_GTZAN" in other.stderr
    both = run("evaluate", path, "--recount", "--protocol", "fault_filtered")
    assert "leave out --protocol" in both.stderr
