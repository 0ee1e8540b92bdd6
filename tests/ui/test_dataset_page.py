"""The Dataset page in every state, without a browser."""

import os
import threading
from pathlib import Path

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic.audio import encode, synth
from deepmusic.data import download
from deepmusic.errors import DatasetError
from deepmusic.library import placing
from deepmusic.ui import cache
from tests.names import DECODED, HARMFUL

VIEWS = ("browse", "map", "sounds", "front-end", "check", "get")


@pytest.fixture(autouse=True)
def _nothing_available(monkeypatch, tmp_path):
    for name in ("GTZAN", "FMA", "PUBLIC"):
        monkeypatch.delenv(f"DEEPMUSIC_{name}", raising=False)
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))


def page(**query) -> AppTest:
    app = AppTest.from_file("../../pages/dataset.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def texts(app) -> str:
    elements = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.success]
    return "\n".join(element.value for element in elements)


def button(app, label):
    return next(one for one in app.button if one.label == label)


@pytest.mark.parametrize("view", VIEWS)
def test_with_nothing_available_gtzan_is_described_and_invites(view):
    app = page(view=view)
    assert "1,000 clips, 10 genres" in texts(app)
    assert "Not available here" in texts(app)
    assert not app.error
    expected = {
        "browse": "once the dataset is downloaded",
        "map": "neighbours sound alike",
        "sounds": "Average spectrum",
        "front-end": "Each frame covers **93 ms**",
        "check": "Every file is measured",
        "get": "I have it already",
    }
    assert expected[view] in texts(app)


@pytest.mark.parametrize("view", VIEWS)
def test_demo_clips_fill_every_view(view, monkeypatch):
    if view == "map":
        # Placing them takes the networks; that is tested with the library.
        monkeypatch.setattr("deepmusic.data.explore.draw_map", fake_map)
    app = page(dataset="toy", view=view)
    assert not app.error
    if view == "browse":
        assert len(app.get("image")) == 10
        button(app, "**blues** blues\\.toy00").click().run()
        assert not app.exception
        assert len(app.get("audio")) == 1
        assert "**blues\\.toy00**, blues" in texts(app)


def test_a_demo_clip_is_opened_in_classify_as_it_sounds():
    app = AppTest.from_file("../../app.py", default_timeout=120)
    app.query_params.update({"dataset": "toy", "view": "browse"})
    app.session_state["dataset_clip"] = "jazz.toy03"
    app.switch_page("pages/dataset.py").run()
    button(app, "Open in Classify").click().run()
    assert not app.exception
    (song,) = app.session_state["uploaded_songs"]
    assert song.name == "jazz.toy03.wav"
    samples = synth.play("jazz", seconds=8.0, seed=3)
    assert song.data == encode.encode_wav(samples, 22_050)


@pytest.fixture(scope="module")
def named(tmp_path_factory) -> Path:
    """Clips of two genres, with all kinds of names."""
    root = tmp_path_factory.mktemp("named")
    for number, name in enumerate(DECODED.values()):
        for genre in ("\udcf6rock", "\x1b[2J\n"):
            (root / genre).mkdir(exist_ok=True)
            sound = synth.tone(200 + 20 * number, seconds=4)
            soundfile.write(os.fsencode(root / genre / name), sound, 22_050, format="WAV")
    (root / "a" / "@eaDir").mkdir(parents=True)
    (root / "loose.wav").touch()
    return root


@pytest.mark.parametrize("view", VIEWS)
def test_clips_of_any_name_are_shown(view, named, monkeypatch):
    monkeypatch.setattr("deepmusic.data.explore.draw_map", fake_map)
    app = page(dataset="own", view=view)
    app.text_input[0].set_value(str(named))
    app.run()
    assert not app.exception
    shown = texts(app).replace("\\", "")
    assert "1 in no folder of a genre (loose.wav), 1 system folder (@eaDir)" in shown
    if view == "check":
        button(app, "Check it").click().run()
        assert not app.exception
        assert f"{2 * len(DECODED)} tracks of 2 genres" in texts(app)
    if view == "browse":
        next(one for one in app.button if one.label.startswith("**")).click().run()
        assert not app.exception
        assert len(app.get("audio")) == 1
    assert not HARMFUL & set(texts(app))
    assert texts(app).encode()


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "a\0b", "none"])
def test_a_name_that_cannot_be_is_no_dataset(name):
    app = page(dataset="own")
    app.text_input[0].set_value(f"/tmp/{name}")
    app.run()
    assert not app.exception
    assert "There is nothing at" in app.error[0].value


def fake_map(vectors, log_mels):
    import pandas as pd

    index = pd.Index(log_mels, name="track")
    return pd.DataFrame({"x": 0.1, "y": 0.2, "dynamics": 3.0}, index=index)


def test_the_gallery_has_one_of_each_genre_and_filters(toy_gtzan, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    app = page()
    assert "40 with sound here" in texts(app)
    tiles = [one.label for one in app.button if one.label.startswith("**")]
    assert len({label.split("**")[1] for label in tiles}) == 10
    app.multiselect(key="dataset_genres").set_value(["jazz"]).run()
    tiles = [one.label for one in app.button if one.label.startswith("**")]
    assert {label.split("**")[1] for label in tiles} == {"jazz"}
    app.selectbox(key="dataset_part").set_value("test").run()
    assert "**30 clips**" in texts(app)
    app.selectbox(key="dataset_fault").set_value("the same file").run()
    assert "No clip passes" in texts(app)


def test_a_clip_goes_on_to_classify(toy_gtzan, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    app = AppTest.from_file("../../app.py", default_timeout=120)
    app.run()
    app.switch_page("pages/dataset.py").run()
    app.session_state["dataset_clip"] = "blues.00000"
    app.run()
    assert not app.exception


def test_a_click_on_the_map_brings_a_clip_up():
    app = AppTest.from_file("../../pages/dataset.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.session_state["dataset_clip"] = "blues.00003"
    app.query_params["view"] = "map"
    app.run()
    assert not app.exception
    assert "**blues\\.00003**, blues · John Lee Hooker" in texts(app)
    assert "may not be passed on. In its place: **Last Train, Slow Rain**" in texts(app)
    assert len(app.get("audio")) == 1


def test_the_front_end_warns_of_empty_bands():
    app = page(dataset="toy", view="front-end")
    assert len(app.get("image")) == 2
    assert not app.warning
    app.select_slider(key="dataset_n_fft").set_value(256).run()
    assert not app.exception
    assert "bands stay empty" in app.warning[0].value
    assert "**12 ms**" in texts(app)


def test_the_check_reports(toy_gtzan, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    app = page(view="check")
    button(app, "Check it").click().run()
    assert not app.exception
    assert "1000 tracks of 10 genres; 40 available, 40 readable" in texts(app)
    assert "14 pairs of identical tracks" in texts(app)
    assert [one.label for one in app.get("download_button")] == ["Download CSV"]


def test_the_check_knows_gtzan_without_it():
    app = page(view="check")
    button(app, "Check it").click().run()
    assert not app.exception
    assert "8 of these are in different parts of the split paper" in texts(app)


def test_a_download_is_shown_stopped_and_its_end_told(monkeypatch):
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def get(name, on_progress):
        try:
            on_progress("downloading genres.tar.gz", 500_000_000, 10**9)
            begun.set()
            go_on.wait(30)
            on_progress("downloading genres.tar.gz", 600_000_000, 10**9)
        finally:
            ended.set()

    monkeypatch.setattr(download, "get", get)
    app = page(view="get")
    button(app, "Download").click().run()
    assert not app.exception
    assert begun.wait(30)
    app.run()
    button(app, "Stop").click().run()
    go_on.set()
    assert ended.wait(30)
    app = wait_for(app, "Download")
    assert "was stopped" in app.warning[0].value


def wait_for(app, label: str) -> AppTest:
    """Run a page again until it has a button: its threads end a moment after their work."""
    for _ in range(50):
        app.run()
        if any(one.label == label for one in app.button):
            return app
    raise AssertionError(label)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (DatasetError("No *server* answers."), "No \\*server\\* answers."),
        (OSError(12, "Cannot allocate memory"), "An unforeseen error\\: OSError"),
    ],
)
def test_a_failed_download_says_why(fault, said, monkeypatch):
    def get(name, on_progress):
        raise fault

    monkeypatch.setattr(download, "get", get)
    app = page(view="get")
    button(app, "Download").click().run()
    app = wait_for(app, "Download")
    assert said in app.warning[0].value


def test_a_place_that_is_taken_is_told(tmp_path):
    (tmp_path / "data" / "gtzan").mkdir(parents=True)
    app = page(view="get")
    button(app, "Download").click().run()
    app = wait_for(app, "Download")
    assert "gtzan is there already. Delete it" in app.warning[0].value.replace("\\", "")


def test_a_dataset_that_came_by_a_terminal_is_seen(tmp_path, toy_gtzan):
    app = page(view="get")
    assert button(app, "Download")
    assert cache.gtzan() is None
    download.use("gtzan", toy_gtzan)
    assert len(cache.gtzan().audio_tracks) == 40
    app.run()
    assert not app.exception
    assert "40 of 1,000 clips are here" in app.success[0].value
    assert "40 with sound here" in texts(app)


def test_what_is_on_disk_can_be_used(toy_gtzan):
    app = page(view="get")
    app.text_input(key="dataset_have").set_value("/nowhere").run()
    button(app, "Use it").click().run()
    assert not app.exception
    assert "There is nothing at /nowhere" in app.error[0].value.replace("\\", "")
    app.text_input(key="dataset_have").set_value(str(toy_gtzan)).run()
    button(app, "Use it").click().run()
    assert not app.exception
    assert "40 with sound here" in texts(app)
    assert "40 of 1,000 clips are here" in texts(app)


def test_a_folder_of_ones_own(toy_gtzan):
    app = page(dataset="own")
    app.text_input(key="dataset_path").set_value("/nowhere").run()
    assert "There is nothing at /nowhere" in app.error[0].value
    app.text_input(key="dataset_path").set_value(str(toy_gtzan / "genres")).run()
    assert not app.exception
    assert len(app.get("image")) == 10


def test_a_folder_of_ones_own_can_be_uploaded(toy_gtzan):
    app = page(dataset="own")
    assert not app.get("image")
    genres = toy_gtzan / "genres"
    sounds = sorted([*genres.glob("blues/*.wav"), *genres.glob("jazz/*.wav")])
    files = [(f"music/{one.parent.name}/{one.name}", one.read_bytes()) for one in sounds]
    app.file_uploader[0].set_value([(*file, "audio/wav") for file in files]).run()
    assert not app.exception
    assert "**8 clips**" in texts(app)
    assert app.session_state["train_path"] == app.text_input(key="dataset_path").value


def test_an_upload_without_subfolders_is_refused_in_words():
    app = page(dataset="own")
    app.file_uploader[0].set_value([("song.mp3", b".", "audio/mpeg")]).run()
    assert not app.exception
    assert "one subfolder per genre is needed" in app.error[0].value


def test_fma_can_be_browsed(toy_fma, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_FMA", str(toy_fma))
    app = page(dataset="fma")
    assert "48 clips, 8 genres" in texts(app)
    assert not app.error
    assert len(app.get("image")) >= 8


@pytest.mark.parametrize("suffix", ["folder", "csv"])
def test_a_dataset_that_grows_is_looked_at_anew(suffix, tmp_path):
    def add(track: str) -> None:
        path = tmp_path / "own" / track
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, synth.tone(440, seconds=4, sample_rate=8_000), 8_000)
        with (tmp_path / "own.csv").open("a") as table:
            table.write(f"own/{track},{track.partition('/')[0]}\n")

    (tmp_path / "own.csv").write_text("path,genre\n")
    add("rock/a.wav")
    add("jazz/b.wav")
    app = page(dataset="own")
    path = tmp_path / ("own.csv" if suffix == "csv" else "own")
    app.text_input(key="dataset_path").set_value(str(path)).run()
    assert "**2 clips**" in texts(app)
    add("jazz/c.wav")
    app.session_state["dataset_clip"] = "own/jazz/c.wav" if suffix == "csv" else "jazz/c.wav"
    app.run()
    assert not app.exception
    assert "**3 clips**" in texts(app)
    assert "c\\.wav**, jazz" in texts(app)


def test_a_clip_that_is_replaced_is_drawn_anew(tmp_path):
    from deepmusic.data import Folder
    from deepmusic.ui.cache.exploration import SelectedClip, SelectedDataset, clip_png, clip_sound

    for genre, hertz in (("rock", 440), ("jazz", 880)):
        (tmp_path / genre).mkdir()
        tone = encode.encode_wav(synth.tone(hertz, seconds=4, sample_rate=8_000), 8_000)
        (tmp_path / genre / "a.wav").write_bytes(tone)
    clip = SelectedClip(SelectedDataset(str(tmp_path), Folder(tmp_path), "1", 2), "rock/a.wav")
    before = clip_png(clip), clip_sound(clip)
    (tmp_path / "rock" / "a.wav").write_bytes((tmp_path / "jazz" / "a.wav").read_bytes())
    after = clip_png(clip), clip_sound(clip)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_path_with_markup_stays_text():
    app = page(dataset="own")
    app.text_input(key="dataset_path").set_value("/no/:red[where]").run()
    assert "/no/\\:red\\[where\\]" in app.error[0].value


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["gtzan", "fma", "toy"])
def test_in_public_no_recording_is_played_and_no_folder_named(
    view, name, monkeypatch, toy_gtzan, toy_fma
):
    if (view, name) == ("map", "toy"):
        pytest.skip("placing the demo clips takes the networks")
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(toy_gtzan))
    monkeypatch.setenv("DEEPMUSIC_FMA", str(toy_fma))
    app = page(view=view, dataset=name, dataset_clip="blues.00000")
    if view == "browse" and name != "toy":
        assert "Not available here" in texts(app)
    if view == "check":
        button(app, "Check it").click().run()
        files = app.session_state["dataset_report"].table["file"]
        assert set(files) == {""}
    if view == "get":
        assert "Downloads are switched off here" in texts(app)
        assert not app.button
    assert not app.exception
    assert not app.text_input
    of_ours = view in ("front-end", "map")
    assert len(app.get("audio")) == of_ours
    for folder in (toy_gtzan, toy_fma):
        assert str(folder) not in str(app)


def test_without_gtzan_the_way_on_is_a_button():
    app = page()
    assert "It is not on this machine yet" in texts(app)
    button(app, "Play the demo clips").click().run()
    assert not app.exception
    assert "Synthetic, no real music" in texts(app)
    assert len(app.get("image")) == 10


def test_the_song_at_hand_lies_on_the_map(monkeypatch):
    step = placing.Step(0.1, 0.2, 0.0, 30.0)
    placed = placing.PlacedSong(step, [step], [("jazz.00003", 0.91), ("blues.00001", 0.8)])
    monkeypatch.setattr(cache, "place_on_map", lambda song: placed)
    app = AppTest.from_file("../../app.py", default_timeout=120)
    link = {"dataset": "gtzan", "view": "map", "source": "demo", "demo": "jazz"}
    app.session_state["frame_target"] = ("pages/dataset.py", link)
    app.run()
    assert not app.exception
    near = [one.label for one in app.button if (one.key or "").startswith("near_")]
    assert [label.partition(":")[0] for label in near] == ["jazz", "blues"]
    assert "91 %" in near[0]
    assert "**jazz\\.00003**, jazz" in texts(app), "the nearest is shown"
