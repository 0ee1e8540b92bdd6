"""The Dataset page in every state, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import download, launch
from deepmusic.ui import cache

VIEWS = ("browse", "map", "sounds", "front-end", "check", "get")


@pytest.fixture(autouse=True)
def _nothing_at_hand(monkeypatch, tmp_path):
    for name in ("DEEPMUSIC_GTZAN", "DEEPMUSIC_FMA", "DEEPMUSIC_ALLOW_TRAINING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))
    cache.forget_collections()
    yield
    cache.forget_collections()


def page(**query) -> AppTest:
    app = AppTest.from_file("../pages/dataset.py", default_timeout=60)
    app.session_state["frame_is_up"] = True
    for name, value in query.items():
        app.query_params[name.replace("_", "-") if name == "front_end" else name] = value
    app.run()
    assert not app.exception
    return app


def texts(app) -> str:
    elements = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.success]
    return "\n".join(element.value for element in elements)


def button(app, label):
    return next(one for one in app.button if one.label == label)


@pytest.mark.parametrize("view", VIEWS)
def test_with_nothing_at_hand_gtzan_is_described_and_invites(view):
    app = page(look=view)
    assert "1,000 clips, 10 genres" in texts(app)
    assert "Not at hand here" in texts(app)
    assert not app.error
    expected = {
        "browse": "once the collection is at hand",
        "map": "neighbours sound alike",
        "sounds": "Average spectrum",
        "front-end": "Each frame covers **93 ms**",
        "check": "The doctor listens",
        "get": "I have it already",
    }
    assert expected[view] in texts(app)


@pytest.mark.parametrize("view", VIEWS)
def test_demo_clips_fill_every_view(view, monkeypatch):
    if view == "map":
        # Placing them takes the networks; that is tested with the library.
        monkeypatch.setattr("deepmusic.browse.draw_map", fake_map)
    app = page(collection="toy", look=view)
    assert not app.error
    if view == "browse":
        assert len(app.get("image")) == 10
        button(app, "**blues** blues\\.toy00").click().run()
        assert not app.exception
        assert len(app.get("audio")) == 1
        assert "**blues\\.toy00**, blues" in texts(app)


def fake_map(dataset, pictures):
    import pandas as pd

    index = pd.Index(pictures, name="track")
    return pd.DataFrame({"x": 0.1, "y": 0.2, "dynamics": 3.0}, index=index)


def test_the_gallery_has_one_of_each_genre_and_filters(toy_gtzan, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    app = page()
    assert "40 can be heard here" in texts(app)
    tiles = [one.label for one in app.button if one.label.startswith("**")]
    assert len({label.split("**")[1] for label in tiles}) == 10
    app.multiselect(key="dataset_genres").set_value(["jazz"]).run()
    tiles = [one.label for one in app.button if one.label.startswith("**")]
    assert {label.split("**")[1] for label in tiles} == {"jazz"}
    app.selectbox(key="dataset_part").set_value("test").run()
    assert "**30 clips**" in texts(app)
    app.selectbox(key="dataset_fault").set_value("the same file").run()
    assert "No clip fits" in texts(app)


def test_a_clip_goes_on_to_classify(toy_gtzan, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    app = AppTest.from_file("../app.py", default_timeout=90)
    app.run()
    app.switch_page("pages/dataset.py").run()
    app.session_state["dataset_clip"] = "blues.00000"
    app.run()
    assert not app.exception


def test_a_click_on_the_map_brings_a_clip_up():
    app = AppTest.from_file("../pages/dataset.py", default_timeout=60)
    app.session_state["frame_is_up"] = True
    app.session_state["dataset_clip"] = "blues.00003"
    app.query_params["look"] = "map"
    app.run()
    assert not app.exception
    assert "**blues\\.00003**, blues · John Lee Hooker" in texts(app)
    assert "Its sound is not at hand here." in texts(app)


def test_the_front_end_warns_of_empty_bands():
    app = page(collection="toy", look="front-end")
    assert len(app.get("image")) == 2
    assert not app.warning
    app.select_slider(key="dataset_n_fft").set_value(256).run()
    assert not app.exception
    assert "bands stay empty" in app.warning[0].value
    assert "**12 ms**" in texts(app)


def test_the_doctor_reports(toy_gtzan, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    app = page(look="check")
    button(app, "Check it").click().run()
    assert not app.exception
    assert "1000 tracks of 10 genres; 40 at hand, 40 readable" in texts(app)
    assert "14 pairs of identical tracks" in texts(app)
    assert [one.label for one in app.get("download_button")] == ["Download CSV"]


def test_the_doctor_knows_gtzan_without_it():
    app = page(look="check")
    button(app, "Check it").click().run()
    assert not app.exception
    assert "8 of these stand on two sides of the split paper" in texts(app)


def test_the_button_starts_a_download(monkeypatch):
    begun = []
    monkeypatch.setattr(launch, "download", begun.append)
    app = page(look="get")
    button(app, "Download").click().run()
    assert not app.exception
    assert begun == ["gtzan"]


def test_a_running_download_shows_how_far_it_is(tmp_path):
    folder = tmp_path / "data"
    with download._alone("gtzan", folder):
        download._write_state("gtzan", folder, phase="downloading x", done=500_000_000, of=10**9)
        app = page(look="get")
        button(app, "Stop").click().run()
    assert (folder / ".gtzan.stop").exists()


def test_a_failed_download_says_why(tmp_path):
    (tmp_path / "data").mkdir()
    download._write_state("gtzan", tmp_path / "data", error="No mirror answers.")
    app = page(look="get")
    assert "No mirror answers" in app.warning[0].value
    assert button(app, "Go on")


def test_what_is_on_disk_can_be_used(toy_gtzan):
    app = page(look="get")
    app.text_input(key="dataset_have").set_value("/nowhere").run()
    button(app, "Use it").click().run()
    assert not app.exception
    assert "There is nothing at /nowhere" in app.error[0].value.replace("\\", "")
    app.text_input(key="dataset_have").set_value(str(toy_gtzan)).run()
    button(app, "Use it").click().run()
    assert not app.exception
    assert "40 can be heard here" in texts(app)
    assert "at hand, in" in texts(app)


def test_a_folder_of_ones_own(toy_gtzan):
    app = page(collection="own")
    assert "Type the path of a folder" in texts(app)
    app.text_input(key="dataset_path").set_value("/nowhere").run()
    assert "There is nothing at /nowhere" in app.error[0].value
    app.text_input(key="dataset_path").set_value(str(toy_gtzan / "genres")).run()
    assert not app.exception
    assert len(app.get("image")) == 10


def test_fma_can_be_browsed(toy_fma, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_FMA", str(toy_fma))
    app = page(collection="fma")
    assert "48 clips, 8 genres" in texts(app)
    assert not app.error
    assert len(app.get("image")) >= 8


def test_a_public_demo_names_no_paths_and_downloads_nothing(monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_ALLOW_TRAINING", "0")
    app = page(look="get", collection="own")
    assert "Downloads are switched off here" in texts(app)
    assert not app.text_input


def test_without_gtzan_the_way_on_is_a_button():
    app = page()
    assert "It is not on this machine yet" in texts(app)
    button(app, "Hear the demo clips").click().run()
    assert not app.exception
    assert "ten synthetic bands" in texts(app)
    assert len(app.get("image")) == 10
