"""Accuracies after degradations (``benchmarks/robustness.py``)."""

import json
import shutil

import pytest
from click.testing import CliRunner

from benchmarks import robustness
from deepmusic.audio.degrade import DEGRADATIONS
from deepmusic.cli import main, results
from deepmusic.config import RunConfig, TrainConfig
from deepmusic.data import Gtzan
from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import candidates
from deepmusic.evaluation.candidates import find_shipped
from deepmusic.models import MODELS
from deepmusic.runs import Run, shipped_path


@pytest.mark.slow
def test_the_table_is_counted_and_stored_and_results_print_it(
    toy_gtzan, monkeypatch, tmp_path, capsys
):
    """A corrupt clip, as jazz.00054 is in the usual copy, is skipped and counted."""
    root = tmp_path / "gtzan"
    shutil.copytree(toy_gtzan, root)
    paths = Gtzan(root).split("paper").test
    broken = next(path for track in paths if (path := Gtzan(root).audio_path(track)))
    broken.write_bytes(b"no sound at all")
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(root))
    few = {name: DEGRADATIONS[name] for name in ("original", "phone")}
    monkeypatch.setattr(robustness, "DEGRADATIONS", few)
    path = tmp_path / "robustness.json"
    for module in (robustness, results):
        monkeypatch.setattr(
            module,
            "robustness_path",
            lambda protocol: path if str(protocol) == "paper" else tmp_path / "no",
        )
    of_paper = [one for one in find_shipped() if str(one.protocol) == "paper"]
    monkeypatch.setattr(candidates, "find_shipped", lambda: of_paper)
    robustness.main([*(str(shipped_path(name)) for name in MODELS), "--store"])
    said = capsys.readouterr()
    found = json.loads(path.read_text())
    assert (found["clips"], found["of"], found["skipped"]) == (9, 300, 1)
    assert broken.name in said.err and "1 clips skipped" in said.err
    assert list(found["right"]["phone"]) == [*MODELS, "ensemble"]
    for accuracy in found["right"]["phone"].values():
        assert accuracy["interval"][0] <= accuracy["accuracy"] <= accuracy["interval"][1]
    assert "9 of 300 test clips" in said.out
    assert said.out in CliRunner().invoke(main, ["results"]).output


def run_of(path, **recipe):
    config = RunConfig(model=MODELS["crnn"].config, train=TrainConfig(**recipe))
    return Run.create(path, config)


def test_without_sound_there_is_nothing_to_change(tmp_path):
    with pytest.raises(DatasetError, match="sound of no test clip"):
        robustness.measure([run_of(tmp_path / "toy", data="toy")])


def test_protocols_are_not_mixed(tmp_path):
    runs = [run_of(tmp_path / split, split=split) for split in ("paper", "fault_filtered")]
    with pytest.raises(RunError, match="different protocols"):
        robustness.measure(runs)
