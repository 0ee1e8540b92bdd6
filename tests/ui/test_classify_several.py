"""Several songs on Classify: a table that fills, is stopped, and leads to each; songs in a ZIP."""

import io
import zipfile

import pandas as pd
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic.audio import synth
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.ui import song_source
from deepmusic.ui.classify import several


@pytest.fixture(autouse=True)
def _without_gtzan(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture
def quick(monkeypatch):
    """Answers without networks."""

    def predict(song):
        if song.name.startswith("bad"):
            return {"fault": f"{song.name} is bad."}
        return {
            "row": {"Song": song.name, "Genre": "jazz", "Certainty": "sure", "Chance": 0.9},
            "table": pd.DataFrame({"file": [song.name]}),
            "told": {"file": song.name, "duration": 4.0, "genre": "jazz"},
        }

    monkeypatch.setattr(several, "_predict", predict)


def flac(seed: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.tone(200 + seed, seconds=4), 22_050, format="FLAC")
    return buffer.getvalue()


def pack(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def upload(name: str, data: bytes) -> AppTest:
    app = AppTest.from_file("../../app.py", default_timeout=120).run()
    app.file_uploader[0].set_value([(name, data, "application/zip")]).run()
    assert not app.exception
    return app


@pytest.mark.usefixtures("quick")
def test_an_album_is_a_table():
    songs = {f"CD/{n:02d}.flac": flac(n) for n in range(30)}
    app = upload("album.zip", pack(**songs, **{"CD/notes.txt": b"x", "CD/bad.flac": b"x"}))
    assert app.subheader[0].value == "What genre are these 31 songs?"
    assert "1 .txt (notes" in app.warning[0].value.replace("\\", "")
    table = app.dataframe[0].value
    assert list(table["Song"]) == [f"{n:02d}.flac" for n in range(30)]
    assert [one.label for one in app.expander] == ["1 of these could not be used. Why?"]
    assert "bad" in app.error[0].value
    labels = [f"Download {kind}" for kind in ("CSV", "JSON", "playlists")]
    assert [b.label for b in app.get("download_button")] == labels


@pytest.mark.usefixtures("quick")
def test_what_was_stopped_goes_on():
    app = AppTest.from_file("../../app.py", default_timeout=120)
    app.session_state["stopped_songs"] = True
    app.session_state["uploaded_songs"] = [
        song_source.SongFile(f"{n}.flac", flac(n)) for n in range(3)
    ]
    app.run()
    assert not app.dataframe
    (go_on,) = [button for button in app.button if button.label.startswith("Go on")]
    assert go_on.label == "Go on with the other 3"
    go_on.click().run()
    assert not app.exception
    assert len(app.dataframe[0].value) == 3


@pytest.mark.parametrize(
    ("data", "said"), [(b"no zip", "must be a ZIP"), (pack(a=b"x"), "must hold sound files")]
)
def test_a_zip_that_cannot_be_used_is_told(data, said):
    app = upload("album.zip", data)
    assert said in app.warning[0].value.replace("\\", "")
    assert "What genre is this, and why?" in app.header[0].value


def test_no_more_songs_are_looked_at_than_can_be(monkeypatch):
    monkeypatch.setattr(song_source, "MOST_SONGS", 2)
    app = AppTest.from_file("../../app.py", default_timeout=120).run()
    app.session_state["stopped_songs"] = True
    files = [(f"{n}.flac", flac(n), "audio/flac") for n in range(3)]
    monkeypatch.setattr(several, "_predict", lambda song: {"fault": "not asked"})
    app.file_uploader[0].set_value(files).run()
    assert "The first 2 of these 3 songs" in app.warning[0].value
    assert app.subheader[0].value == "What genre are these 2 songs?"
