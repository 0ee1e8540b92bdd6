"""Pages show datasets of any number of genres: nothing knows that GTZAN has ten."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import write_fma_archive
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.config import RunConfig
from deepmusic.data import FmaArchive
from deepmusic.evaluation.evaluate import summarize
from deepmusic.runs import Run, assets
from deepmusic.training import recipes

PROTOCOL = "fma_clips, own split"

#: Pages and what their address says.
PAGES = [
    ("compare", {"protocol": PROTOCOL}),
    ("compare", {"protocol": PROTOCOL, "view": "genres"}),
    ("compare", {"protocol": PROTOCOL, "view": "calibration"}),
    ("confusion", {"protocol": PROTOCOL}),
    ("curves", {"runs": "20261126-100000-crnn"}),
    ("dataset", {"dataset": "fma"}),
    ("dataset", {"dataset": "fma", "view": "sounds"}),
    ("train", {}),
]


def make_run(folder, dataset, data):
    """A finished run that is right on every other clip of its test set."""
    spec = models.spec("crnn")
    sizes, recipe = recipes.for_dataset(spec.config, spec.train, dataset)
    config = RunConfig(model=sizes, train=recipe.changed(data=data, split="own"))
    run = Run.create(folder / "20261126-100000-crnn", config)
    genres = list(dataset.genres)
    rows = []
    for number, track in enumerate(dataset.split("own").test):
        genre = dataset.tracks[track].genre
        predicted = genres[(genres.index(genre) + number % 2) % len(genres)]
        chances = {one: 0.7 if one == predicted else 0.3 / (len(genres) - 1) for one in genres}
        rows += [{"track": track, "genre": genre, "start": s, **chances} for s in (0.0, 5.0)]
    table = pd.DataFrame(rows)
    run.write_predictions(table)
    run.history_path.write_text(
        "epoch,accuracy,learning_rate,loss,seconds,val_accuracy,val_loss\n"
        "0,0.3,0.001,1.5,9.0,0.4,1.4\n1,0.4,0.001,1.3,9.0,0.5,1.2\n"
    )
    run.write_evaluation(
        summarize(table, genres) | {"protocol": PROTOCOL, "parameters": 10, "temperature": 1.2}
    )
    return run


@pytest.fixture(scope="module", params=[3, 16])
def dataset(request, tmp_path_factory):
    genres = [f"Genre {place:02d}" for place in range(request.param)]
    path = tmp_path_factory.mktemp("fma") / "clips.npz"
    return FmaArchive(write_fma_archive(path, genres))


@pytest.mark.parametrize(("page", "address"), PAGES, ids=lambda value: str(value)[:40])
def test_pages_show_any_number_of_genres(page, address, dataset, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_FMA", str(dataset.location))
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    if page in ("compare", "confusion"):  # The shipped runs of FMA have the same protocol.
        monkeypatch.setattr(assets, "SHIPPED", tmp_path / "nothing")
    make_run(tmp_path, dataset, "fma")
    app = AppTest.from_file(f"../../pages/{page}.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.query_params.update(address)
    if page == "train":
        app.session_state["train_data"] = "fma"
    app.run()
    assert not app.exception and not app.error
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    if page == "confusion":
        assert np.shape(charts[0]["data"][0]["text"]) == (len(dataset.genres),) * 2
    elif address.get("view") == "genres":
        assert sorted(charts[0]["data"][0]["x"]) == list(dataset.genres)
    elif address.get("view") == "sounds":
        assert len(app.get("button_group")[-1].proto.options) == len(dataset.genres)
    elif page == "dataset":
        assert f"{len(dataset.genres)} genres" in " ".join(text.value for text in app.caption)
        assert "No log-mel" not in " ".join(text.value for text in app.caption)
    elif page == "compare" and "view" not in address:
        assert "**50 %** of" in " ".join(text.value for text in app.markdown)
