"""Names of runs: given by a user, or by network, dataset and a number."""

import pytest

from deepmusic import models
from deepmusic.config import RunConfig
from deepmusic.runs import Run, new_name, run_names


def make_run(folder, run_id, model="crnn", data="toy", title=""):
    spec = models.spec(model)
    config = RunConfig(model=spec.config, train=spec.train.changed(data=data))
    run = Run.create(folder / run_id, config)
    if title:
        run.write_notes(title, "")
    return run


@pytest.mark.parametrize("model", models.MODELS)
@pytest.mark.parametrize(
    ("data", "words"),
    [("toy", "toy"), ("gtzan", "GTZAN"), ("fma", "FMA small"), ("/home/me/my songs", "my songs")],
)
def test_a_run_is_called_by_its_network_and_dataset(model, data, words, tmp_path):
    run = make_run(tmp_path, "1", model, data)
    assert run_names(tmp_path) == {"1": f"{models.title(model)} on {words}"}
    assert new_name(run.config, tmp_path) == f"{models.title(model)} on {words}, 2"


def test_no_two_runs_have_one_name(tmp_path):
    for number, title in enumerate(("", "mine", "mine", "", "CRNN on toy, 2")):
        run = make_run(tmp_path, str(number), title=title)
    names = ["CRNN on toy", "mine", "mine, 2", "CRNN on toy, 2", "CRNN on toy, 2, 2"]
    assert list(run_names(tmp_path).values()) == names
    assert new_name(run.config, tmp_path) == "CRNN on toy, 3"


def test_a_new_name_leaves_out_those_that_are_taken(tmp_path):
    first = make_run(tmp_path, "1", title="CRNN on toy, 2")
    assert new_name(first.config, tmp_path) == "CRNN on toy"
    assert new_name(make_run(tmp_path, "2", "cnn").config, tmp_path) == "CNN on toy, 2"


def test_a_run_that_cannot_be_read_is_called_by_its_id(tmp_path):
    run = make_run(tmp_path, "20261122-100000-crnn")
    (run.path / "config.json").write_text("{}")
    assert run_names(tmp_path) == {run.id: run.id}


def test_a_path_that_is_no_text_makes_a_name_that_can_be_shown(tmp_path):
    make_run(tmp_path, "1", data="/music/caf\udce9\n")
    assert run_names(tmp_path)["1"].encode()
    assert "\n" not in run_names(tmp_path)["1"]
