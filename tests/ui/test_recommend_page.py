"""The Recommend page in every state, without a browser."""

import io
import os
import shutil
from pathlib import Path

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic.audio import synth
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.formatting import parse_name
from deepmusic.library import indexing, recommend
from deepmusic.library.embeddings import MUSICNN
from deepmusic.library.indexing import Progress
from deepmusic.library.store import Library
from deepmusic.ui import cache
from deepmusic.ui.recommend import indexer
from deepmusic.ui.song import SongFile
from tests.names import DECODED, HARMFUL

pytestmark = pytest.mark.usefixtures("networks_once")


@pytest.fixture(autouse=True)
def _without_gtzan(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory) -> Path:
    """A library of four songs and a broken file."""
    music, folder = tmp_path_factory.mktemp("music"), tmp_path_factory.mktemp("library")
    for genre in ("blues", "jazz", "metal", "pop"):
        soundfile.write(music / f"{genre}_[x].flac", synth.play(genre, seconds=4), 22_050)
    (music / "broken.mp3").write_bytes(b"no music")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DEEPMUSIC_PUBLIC", raising=False)
        indexing.index(music, Library(folder), jobs=1)
    return folder


@pytest.fixture
def page():
    app = AppTest.from_file("../../app.py", default_timeout=120)
    app.switch_page("pages/recommend.py")
    return app


def texts(app) -> str:
    elements = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.warning, *app.error]
    return "\n".join(element.value for element in elements)


def results(app) -> list[str]:
    return [
        m.value
        for m in app.markdown
        if m.value[:2] == "**" and m.value[2:3].isdigit() and ". " in m.value[:8]
    ]


@pytest.mark.slow
def test_a_newcomer_finds_the_demo_bands(page):
    page.run()
    assert not page.exception
    assert page.button_group[0].options == ["Demo music", "GTZAN", "My library"]
    (demo,) = [button for button in page.button if button.label == "Try the demo jazz"]
    demo.click().run()
    assert not page.exception
    assert 1 <= len(results(page)) <= 5
    assert "Like **Second Set**" in texts(page)
    assert "sound alike" in texts(page)


def test_the_progress_of_an_indexing_stands_where_its_form_stood(page, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(tmp_path))
    page.query_params["in"] = "library"
    library = Library(tmp_path)
    with library.lock():
        indexing._report(library, Progress("/m", total=8, done=3))
        page.run()
        assert not page.exception
        assert [one.proto.text for one in page.get("progress")] == ["Song 3 of 8 in /m"]
        labels = {button.label for button in page.button}
        assert "Stop" in labels and "Index it" not in labels and not page.text_input
    page.run()
    labels = {button.label for button in page.button}
    assert "Index it" in labels and "Stop" not in labels
    assert "interrupted after 3 of 8 files" in texts(page)


def test_without_a_library_the_page_says_how_to_get_one(page):
    page.query_params["in"] = "library"
    page.run()
    assert not page.exception
    assert "Point DeepMusic at your music" in texts(page)
    page.text_input[0].set_value("/no such folder")
    page.button[0].click().run()
    assert not page.exception
    assert "/no such folder must be a folder that can be read" in texts(page)


@pytest.fixture
def unlike_too(monkeypatch):
    """Recommend songs however little they resemble the query."""
    monkeypatch.setitem(recommend.recommend.__kwdefaults__, "min_similarity", -1.0)


def test_a_wrong_folder_is_told_beside_a_library(page, indexed, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(indexed))
    page.run()
    page.text_input[0].set_value("/no such folder")
    next(button for button in page.button if button.label == "Index it").click().run()
    assert not page.exception
    assert "/no such folder must be a folder that can be read" in texts(page)
    page.run()
    assert "/no such folder" not in texts(page)


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        ({}, "Searching /m for music ..."),
        ({"total": 8, "done": 3, "seconds": 12}, "Song 3 of 8 in /m"),
        ({"total": 80, "done": 20, "seconds": 4}, "Song 20 of 80 in /m, nearly done"),
        ({"total": 8000, "done": 800, "seconds": 80}, "Song 800 of 8000 in /m, about 12 min left"),
    ],
)
def test_progress_foretells_no_more_than_it_can(progress, words):
    assert indexer._describe(Progress("/m", **progress)) == words


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"added": 8, "ended": "finished"}, "/m: 8 added or renewed."),
        ({"unchanged": 8, "removed": 1, "ended": "finished"}, "/m: 8 unchanged, 1 gone."),
        ({"ended": "stopped"}, "/m: no songs. It stopped."),
    ],
)
def test_an_outcome_tells_what_there_is(outcome, words):
    assert indexer._describe_end(Progress("/m", **outcome)) == words


@pytest.mark.usefixtures("unlike_too")
def test_a_library_is_asked_by_its_songs(page, indexed, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(indexed))
    page.query_params["by"] = "songs"
    page.run()
    assert not page.exception
    assert page.button_group[0].options[0] == "My library (4)"
    assert "One file could not be used. Why?" in [one.label for one in page.expander]
    rows = page.multiselect[0]
    assert len(rows.options) == 4
    rows.select(Library(indexed).open().entries[0].id)
    page.run()
    assert not page.exception
    assert len(results(page)) == 3
    assert "jazz\\_\\[x\\]" in texts(page), "names of files are no markup"
    labels = [button.label for button in page.get("download_button")]
    assert sorted(labels) == ["Download CSV", "Download playlist (M3U8)"]
    (more,) = [button for button in page.button if button.key == "more_1"]
    more.click().run()
    assert not page.exception
    assert len(page.multiselect[0].value) == 1


@pytest.mark.usefixtures("unlike_too")
def test_songs_of_any_name_are_shown(page, tmp_path, monkeypatch):
    names = [DECODED[key] for key in ("latin-1", "line break", "window title", "right to left")]
    (tmp_path / "m").mkdir()
    for genre, name in zip(("blues", "jazz", "metal", "pop"), names, strict=True):
        target = tmp_path / "m" / name
        soundfile.write(os.fsencode(target), synth.play(genre, seconds=4), 22_050, format="WAV")
        target.with_suffix(".mp3").write_bytes(b"no music")
    (tmp_path / "m" / "cover.jpg").touch()
    library = Library(tmp_path / "library")
    indexing.index(tmp_path / "m", library, jobs=1)
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(library.folder))
    page.query_params["by"] = "songs"
    page.run()
    assert page.button_group[0].options[0] == "My library (4)"
    assert "1 file was passed over: 1 .jpg (cover.jpg)" in texts(page).replace("\\", "")
    page.multiselect[0].select(library.open().entries[0].id)
    page.run()
    assert not page.exception
    assert len(results(page)) == 3
    assert not HARMFUL & set(texts(page))
    assert texts(page).encode()
    files = next(table.value for table in page.dataframe if "File" in table.value)["File"]
    assert [Path(parse_name(name)).stem for name in files] == sorted(Path(n).stem for n in names)


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "a\0b"])
def test_a_name_that_cannot_be_is_no_folder(name, page):
    page.query_params["in"] = "library"
    page.run()
    page.text_input[0].set_value(f"/tmp/{name}")
    page.button[0].click().run()
    assert not page.exception
    assert "must be a folder that can be read" in texts(page)


def test_songs_that_went_are_told_in_words(page, indexed, monkeypatch, tmp_path):
    folder = Path(shutil.copytree(indexed, tmp_path / "library"))
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(folder))
    library = Library(folder)
    with library._connect() as connection:
        connection.execute("UPDATE songs SET path = CAST('/gone/' || title AS BLOB)")
    page.query_params["by"] = "songs"
    page.run()
    page.multiselect[0].select(library.open().entries[0].id)
    page.run()
    assert not page.exception
    assert "cannot be read" in texts(page)


def test_gtzan_is_there_as_facts(page):
    page.query_params.update({"in": "gtzan", "by": "songs"})
    page.run()
    page.multiselect[0].select(0)
    page.run()
    assert not page.exception
    assert len(results(page)) == 5
    assert "facts without sound" in texts(page)


def test_a_public_server_shows_no_library(page, indexed, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(indexed))
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    page.query_params["in"] = "library"
    page.run()
    assert not page.exception
    assert page.button_group[0].options == ["Demo music", "GTZAN"]
    assert "switched off on this public server" in texts(page)
    assert not page.text_input


@pytest.mark.usefixtures("unlike_too")
def test_an_upload_asks_by_a_passage_and_bad_files_are_refused(page):
    page.query_params.update({"in": "demo", "source": "upload"})
    page.run()
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play("metal", seconds=9), 22_050, format="FLAC")
    page.file_uploader[0].set_value([("song.flac", buffer.getvalue(), "audio/flac")])
    page.run()
    assert not page.exception
    assert len(results(page)) == 5
    (passage,) = [slider for slider in page.slider if slider.label.startswith("More like which")]
    passage.set_range(2, 6).run()
    assert not page.exception
    assert "Searching by 0:02 to 0:06" in texts(page)
    assert "like your passage at" in texts(page)
    page.file_uploader[0].set_value([("fake.mp3", b"no music", "audio/mpeg")])
    page.run()
    assert not page.exception
    assert "is not sound that can be read" in texts(page)


def test_without_the_pretrained_network_one_sentence_says_who_compares(page, monkeypatch, tmp_path):
    from deepmusic.prediction import measures

    page.run()
    assert "without musicnn" not in texts(page)
    monkeypatch.setattr(measures, "FOLDER", tmp_path)
    page.run()
    assert not page.exception
    assert "without musicnn" in texts(page)


def test_a_song_is_named_as_its_visitor_names_it():
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play("metal", seconds=4), 22_050, format="FLAC")
    names = [
        cache.analyze_song(SongFile(name, buffer.getvalue()), MUSICNN).entry.title
        for name in ("mine.flac", "yours.flac")
    ]
    assert names == ["mine", "yours"]


def test_a_dropped_folder_is_indexed(page, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(tmp_path / "library"))
    asked = []
    monkeypatch.setattr(indexing, "start", lambda folder, library: asked.append(folder))
    page.query_params["in"] = "library"
    page.run()
    (field,) = [one for one in page.file_uploader if one.label == "or drop a folder here"]
    field.set_value([("mine/a.mp3", b"1", "audio/mpeg"), ("mine/b/c.mp3", b"2", "audio/mpeg")])
    page.run()
    assert not page.exception
    (folder,) = asked
    assert folder.is_relative_to(tmp_path / "data")
    assert {path.name for path in folder.rglob("*.mp3")} == {"a.mp3", "c.mp3"}
