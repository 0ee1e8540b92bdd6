"""The Curves page, without a browser."""

import csv
import math

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.config import RunConfig
from deepmusic.runs import Run

COLUMNS = ("epoch", "accuracy", "learning_rate", "loss", "seconds", "val_accuracy", "val_loss")


def history(val_losses, loss=1.0):
    """Rows of a history: validation accuracy 0.5, training accuracy 0.8."""
    constant = dict.fromkeys(COLUMNS, 0.001) | {"accuracy": 0.8, "val_accuracy": 0.5, "loss": loss}
    return [
        constant | {"epoch": float(epoch), "val_loss": val_loss}
        for epoch, val_loss in enumerate(val_losses)
    ]


def make_run(folder, run_id, model="cnn", rows=(), title="", sizes=None, **recipe):
    spec = models.spec(model)
    config = spec.config.changed(**sizes or {})
    run = Run.create(folder / run_id, RunConfig(model=config, train=spec.train.changed(**recipe)))
    if rows:
        with run.history_path.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    if title:
        run.write_notes(title, "")
    return run


@pytest.fixture
def runs_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def page(runs_folder):
    app = AppTest.from_file("../../pages/curves.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    return app


def names(page):
    """Runs in the table under the charts."""
    return list(page.dataframe[0].value["Run"])


def test_the_shipped_networks_come_first(page):
    page.run()
    assert not page.exception and not page.warning
    assert names(page) == [
        "Shipped CNN",
        "Shipped CRNN",
        "Shipped CNN-GRU",
        "Paper's CNN",
        "Paper's CNN-GRU",
    ]
    assert len(page.get("plotly_chart")) == 2
    assert [button.label for button in page.get("download_button")] == ["Download CSV"]
    assert "runs" not in page.query_params, "the default"


def test_the_answer_stands_above_the_curves(page, runs_folder):
    make_run(runs_folder, "20261122-100000-crnn", "crnn", history([2.0, 1.0]), "few masks")
    page.query_params["runs"] = "20261122-100000-crnn"
    page.run()
    assert any("few masks **80** and **50 %**." in text.value for text in page.markdown)


def test_the_paper_can_be_put_away(page):
    page.run()
    next(one for one in page.toggle if one.key == "with_paper").set_value(False).run()
    assert not page.exception
    assert names(page) == ["Shipped CNN", "Shipped CRNN", "Shipped CNN-GRU"]
    assert "Fig. 3" not in "".join(text.value for text in page.markdown)


def test_networks_of_fma_stand_without_the_papers(page):
    page.query_params["runs"] = "shipped-fma-cnn_gru"
    page.run()
    assert not page.exception and not page.warning
    assert names(page) == ["Shipped CNN-GRU of FMA"]
    assert page.dataframe[0].value["Measured on"][0] == "FMA small, protocol own"


def test_own_runs_can_be_chosen_finished_or_not(page, runs_folder):
    make_run(runs_folder, "20261122-100000-crnn", "crnn", history([2.0, 1.0]), "few masks")
    make_run(runs_folder, "20261122-110000-cnn", "cnn", history([2.0]))
    make_run(runs_folder, "20261122-120000-cnn")
    page.run()
    assert not page.exception
    options = page.multiselect[0].options
    assert options[3:5] == ["CNN on GTZAN (interrupted)", "few masks (interrupted)"]
    assert all(option.endswith(" of FMA") for option in options[5:])
    page.multiselect[0].set_value(["20261122-100000-crnn", "20261122-110000-cnn"]).run()
    assert not page.exception
    assert names(page) == ["few masks", "CNN on GTZAN", "Paper's CNN"]
    row = page.dataframe[0].value.iloc[0]
    assert (row["Epochs"], row["Kept epoch"]) == (2, 2)
    assert row["Gap"] == pytest.approx(30.0)
    assert page.query_params["runs"] == "20261122-100000-crnn,20261122-110000-cnn"


def test_a_table_says_in_which_knobs_runs_differ(page, runs_folder):
    make_run(runs_folder, "20261122-100000-cnn", rows=history([2.0]), title="deep [1]")
    sizes = {"filters": (8, 16), "normalize": False}
    make_run(runs_folder, "20261122-110000-cnn", rows=history([2.0] * 3), sizes=sizes, augment=None)
    page.query_params["runs"] = "20261122-100000-cnn,20261122-110000-cnn"
    page.run()
    assert not page.exception
    table = page.table[0].value
    assert list(table.columns) == ["deep \\[1\\]", "CNN on GTZAN"], "the paper's has no settings"
    assert {name: list(row) for name, row in table.iterrows()} == {
        "Best validation accuracy": ["**50.0 %**", "**50.0 %**"],
        "Parameters": ["659,786", "1,183,722"],
        "Epochs": ["1", "3"],
        "Time": ["0 s", "0 s"],
        "Filters": ["16, 32, 64, 128, 256", "8, 16"],
        "Batch normalisation": ["yes", "no"],
        "Augmentation": ["yes", "no"],
    }


def test_one_training_is_compared_with_none(page):
    page.query_params["runs"] = "shipped-cnn"
    page.run()
    assert not page.exception and not page.table


def test_runs_of_the_same_title_are_numbered(page, runs_folder):
    make_run(runs_folder, "20261122-100000-cnn", rows=history([2.0]), title="twice")
    make_run(runs_folder, "20261122-110000-cnn", rows=history([2.0]), title="twice")
    page.query_params["runs"] = "20261122-100000-cnn,20261122-110000-cnn"
    page.run()
    assert names(page)[:2] == ["twice", "twice, 2"]


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("shipped-crnn", ["Shipped CRNN"]),
        ("shipped-crnn,../../etc/passwd", ["Shipped CRNN"]),
        ("<script>", ["Shipped CNN", "Shipped CRNN", "Shipped CNN-GRU"]),
        ("shipped-crnn,shipped-crnn", ["Shipped CRNN"]),
    ],
)
def test_a_link_leads_to_its_runs(page, link, shown):
    page.query_params["runs"] = link
    page.run()
    assert not page.exception
    assert [name for name in names(page) if name.startswith("Shipped")] == shown


def test_nothing_chosen_invites(page):
    page.run()
    page.multiselect[0].set_value([]).run()
    assert not page.exception and not page.get("plotly_chart")
    assert page.query_params["runs"] == ""
    page.button[0].click().run()
    assert names(page)[:1] == ["Shipped CNN"]


def test_a_link_to_nothing_chosen_invites(page):
    page.query_params["runs"] = ""
    page.run()
    assert "shipped networks" in page.button[0].label


def test_damaged_runs_are_listed_and_the_others_shown(page, runs_folder):
    broken = make_run(runs_folder, "20261122-100000-cnn", rows=history([2.0]))
    (broken.path / "config.json").write_text('{"model": 3}')
    shortened = make_run(runs_folder, "20261122-110000-cnn")
    shortened.history_path.write_text("epoch,loss\n0,1.0\n")
    strange = make_run(runs_folder, "20261122-120000-cnn", rows=history([2.0]))
    text = (strange.path / "config.json").read_text()
    (strange.path / "config.json").write_text(text.replace('"name": "cnn"', '"name": "vgg"'))
    page.run()
    assert not page.exception
    shown = "\n".join(warning.value.replace("\\", "") for warning in page.warning)
    assert "does not fit this version of DeepMusic" in shown
    assert "has no column accuracy, val_accuracy, val_loss" in shown
    assert "Received: 'vgg'" in shown
    assert "3 runs cannot be shown" in page.expander[0].label
    assert len(names(page)) == 5


def test_a_run_that_diverged_is_shown(page, runs_folder):
    make_run(runs_folder, "20261122-100000-cnn", rows=history([math.nan] * 3, loss=math.nan))
    page.query_params["runs"] = "20261122-100000-cnn"
    page.run()
    assert not page.exception
    assert math.isnan(page.dataframe[0].value["Gap"].iloc[0])


def test_a_run_that_was_deleted_meanwhile_is_gone(page, runs_folder):
    run = make_run(runs_folder, "20261122-100000-cnn", rows=history([2.0]))
    page.query_params["runs"] = f"{run.id},shipped-cnn"
    page.run()
    assert "CNN on GTZAN" in names(page)
    run.delete()
    page.run()
    assert not page.exception
    assert names(page) == ["Shipped CNN", "Paper's CNN"]


def test_smoothing_leaves_the_table_as_it_is(page):
    page.run()
    before = page.dataframe[0].value
    page.slider[0].set_value(0.8).run()
    assert not page.exception
    assert page.dataframe[0].value.equals(before)
