"""The bar above the pages: one song for all of them, chosen once."""

import io

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic.audio import synth
from deepmusic.ui import demos, song_bar, tab
from deepmusic.ui.song import SongFile

pytestmark = pytest.mark.usefixtures("without_gtzan")


def flac(genre="jazz", **tags) -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 22_050, 1, format="FLAC") as file:
        for name, text in tags.items():
            setattr(file, name, text)
        file.write(synth.play(genre, seconds=4))
    return buffer.getvalue()


def visit(page="curves", *uploads: SongFile, **query) -> AppTest:
    """Open a page with a song at hand; of most pages, so that no network is asked."""
    app = AppTest.from_file("../../app.py", default_timeout=120)
    if uploads:
        app.session_state["uploaded_songs"] = list(uploads)
    return go(app, page, **query)


def go(app, page="curves", **query) -> AppTest:
    """Follow a link to a page inside the frame."""
    app.query_params.update(query)
    # A second run would leave the frame out, as `deepmusic.ui.frame.enter` tells.
    app._finished_page_script_hash = ""
    if page != "classify":
        app.session_state["frame_target"] = (f"pages/{page}.py", query)
    app.run()
    assert not app.exception
    return app


def title(app) -> str | None:
    """Return what the bar says, as HTML."""
    bars = [one.proto.body for one in app.get("html") if 'class="song"' in one.proto.body]
    return bars[0].partition(">")[2].partition("<")[0] if bars else None


def ways(app) -> dict[str, object]:
    return {b.label: b for b in app.button if (b.key or "").startswith("way_")}


def address(app, name) -> str | None:
    value = app.query_params.get(name)
    return value if isinstance(value, str | None) else value[0]


def test_without_a_song_there_is_no_bar():
    assert title(visit()) is None


def test_a_demo_is_named_played_and_carried_in_the_address():
    app = visit(source="demo", demo="jazz")
    assert title(app) == demos.TITLES["jazz"]
    assert len(app.get("audio")) == 1
    assert (address(app, "source"), address(app, "demo")) == ("demo", "jazz")
    assert list(ways(app)) == [way.label for way in song_bar.WAYS.values()]
    go(app, "train")
    assert title(app) == demos.TITLES["jazz"]
    assert (address(app, "source"), address(app, "demo")) == ("demo", "jazz")


def test_an_upload_is_named_by_its_tags_and_by_its_visitor():
    song = SongFile("x.flac", flac(title="So <What>", artist="M"))
    app = visit("classify", song, source="upload")
    assert title(app) == "M - So &lt;What&gt;"
    (name,) = [field for field in app.text_input if field.label == "Its name"]
    name.set_value("Mine").run()
    assert title(app) == "Mine"
    go(app, "train")
    assert title(app) == "Mine"


def test_a_file_without_tags_is_named_as_it_is_called():
    assert title(visit("curves", SongFile("my song.flac", flac()), source="upload")) == "my song"


def test_the_lesson_takes_the_song_that_was_chosen():
    app = visit("lesson", SongFile("mine.flac", flac("metal")), source="upload")
    assert title(app) == "mine"
    assert "88,200 numbers" in "".join(one.proto.body for one in app.get("html"))
    assert len(app.get("audio")) == 1, "the bar's"
    assert "In the lesson" not in ways(app)


def test_a_song_stays_until_another_one_is_brought():
    app = visit("classify", source="demo", demo="jazz")
    for source in ("upload", "record", "upload"):
        app.segmented_control[0].set_value(source).run()
        assert not app.exception
        assert title(app) == demos.TITLES["jazz"]
        assert app.segmented_control[0].value == source
        assert (address(app, "source"), address(app, "demo")) == ("demo", "jazz")
        assert not app.info, "nothing was lost"
    app.file_uploader[0].set_value([("mine.flac", flac("metal"), "audio/flac")]).run()
    assert title(app) == "mine"
    assert address(app, "source") == "upload"
    app.file_uploader[0].set_value([]).run()
    assert title(app) is None, "whoever removes it has no song"
    app.segmented_control[0].set_value("record").run()
    assert title(app) is None


def test_of_several_uploads_the_one_that_was_opened_is_at_hand():
    songs = [SongFile("one.flac", flac("jazz")), SongFile("two.flac", flac("metal"))]
    app = visit("curves", *songs, source="upload")
    assert title(app) == "one"
    app.session_state["last_upload"] = 1
    go(app, "train")
    assert title(app) == "two"


def test_a_way_leads_on_with_the_song():
    app = visit("classify", source="demo", demo="jazz")
    ways(app)["In the lesson"].click().run()
    assert not app.exception
    assert app.subheader[0].value == "1. What is sound to a computer?"
    assert title(app) == demos.TITLES["jazz"]


def test_a_reload_says_what_was_lost_on_any_page(monkeypatch):
    exchanged = []
    monkeypatch.setattr(tab, "_component", lambda **settings: exchanged.append(settings["data"]))
    app = visit(source="upload")
    assert title(app) is None
    assert "A reload forgets uploads" in app.info[0].value
    assert exchanged[-1] == {"held": {}, "asked": True}
    names = [f"{number}.mp3" for number in range(10)]
    app.session_state["tab"] = {"kept": {"upload": ["<b>.mp3", *names], "record": "no list"}}
    assert address(app, "source") == "upload", "the next run says it, too"
    go(app, source="upload")
    assert app.info[0].value.startswith(r"\<b\>\.mp3, 0\.mp3")
    assert "and 3 more were lost" in app.info[0].value
    assert not exchanged[-1]["asked"]
    assert not go(app, "train", source="record").info


def test_who_chooses_upload_in_the_lesson_has_lost_nothing():
    app = visit("lesson")
    app.segmented_control[0].set_value("upload").run().run()
    assert address(app, "source") == "upload"
    assert not app.info
    assert app.file_uploader


def test_the_tab_is_told_the_names_of_files_and_a_visit_without_any_asks_nothing(monkeypatch):
    exchanged = []
    monkeypatch.setattr(tab, "_component", lambda **settings: exchanged.append(settings["data"]))
    app = visit("classify")
    assert not exchanged
    app.file_uploader[0].set_value([("x.flac", flac(), "audio/flac")]).run()
    assert exchanged[-1] == {"held": {"upload": ["x.flac"]}, "asked": False}
    app.file_uploader[0].set_value([]).run()
    assert exchanged[-1]["held"] == {"upload": []}, "a removed file is not missed"


def test_what_the_lesson_begins_with_is_no_choice_for_other_pages():
    app = visit("lesson")
    assert title(app) == demos.TITLES["blues"]
    go(app, "lesson", step="2")
    assert address(app, "source") is None
    go(app, "curves")
    assert title(app) is None


def test_the_lesson_s_clip_comes_along_where_it_was_named():
    app = visit("lesson", demo="metal")
    go(app, "curves")
    assert title(app) == demos.TITLES["metal"]


def test_a_way_takes_along_what_the_lesson_begins_with():
    def ask():
        import streamlit

        from deepmusic.ui import query_params, song_source

        query_params.enter_page("lesson")
        streamlit.write(str(song_source.choice("lesson")), str(song_source.choice("compare")))

    app = AppTest.from_function(ask).run()
    assert not app.exception
    assert "{'source': 'demo'} {}" in app.markdown[0].value
