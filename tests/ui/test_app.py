"""The pages, in every state, without a browser."""

import gc
import io

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic import load
from deepmusic.audio import synth
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.files import ASSETS
from deepmusic.formatting import format_percent
from deepmusic.prediction.measures import shipped_measures
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.ui import cache
from tests.audio.hostile import HOSTILE


@pytest.fixture(autouse=True)
def _fresh_gtzan(monkeypatch):
    """Without GTZAN, unless a test sets it."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture
def app():
    # The first prediction of the process loads the networks.
    return AppTest.from_file("../../app.py", default_timeout=120)


def texts(app) -> str:
    """Everything that the page says."""
    elements = [*app.markdown, *app.caption, *app.subheader, *app.header, *app.get("html")]
    words = [getattr(e, "value", None) or e.proto.body for e in elements]
    return "\n".join(words + [getattr(e.proto, "help", "") for e in elements])


def flac(genre="jazz", seconds=6.0) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play(genre, seconds=seconds), 22_050, format="FLAC")
    return buffer.getvalue()


def upload(app, name, data):
    app.run()
    app.file_uploader[0].set_value([(name, data, "audio/mpeg")])
    return app.run()


@pytest.mark.slow
def test_hostile_uploads_are_answered(app):
    for name, (is_song, make) in HOSTILE.items():
        upload(app, name, make())
        assert not app.exception, name
        assert [error.value.split()[0] for error in app.error] == [] if is_song else [name]
    upload(app, "good.flac", flac())
    assert not app.error


def test_a_newcomer_is_invited(app):
    app.run()
    assert not app.exception
    assert "What genre is this, and why?" in texts(app)
    assert [button.label for button in app.button][:2] == ["jazz", "blues"]
    assert len(app.button) == 10
    assert [metric.label for metric in app.metric] == ["Sure", "Probably", "Torn", "Not sure"]
    words = shipped_measures().calibrations["all_clips/musicnn"].words
    assert app.metric[0].value == format_percent(words["sure"].right)


def test_an_own_run_that_was_deleted_gives_way_to_the_shipped_one(app, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    app.session_state["own_runs"] = {"crnn": "20261122-120000-crnn"}
    app.run()
    app.button[0].click().run()
    assert not app.exception
    assert "your run" not in texts(app)


def test_the_demo_button_plays_and_classifies(app):
    app.run()
    app.button[0].click().run()
    assert not app.exception
    assert "demo\\-jazz\\.opus" in texts(app)
    assert '<h2 class="song" title="Second Set">' in texts(app)
    assert "of music that is not GTZAN" in texts(app)


def test_no_click_looks_for_garbage_in_what_stays():
    cache.networks()
    assert gc.get_freeze_count() > 10_000


def test_a_link_leads_to_a_demo_and_a_network(app):
    app.query_params["source"] = "demo"
    app.query_params["demo"] = "metal"
    app.query_params["model"] = "crnn"
    app.run()
    assert not app.exception
    assert "demo\\-metal\\.opus" in texts(app)
    song = load("crnn").predict(ASSETS / "demo_music" / "metal.opus")
    assert f"{format_percent(song.probability)} that it is" in texts(app)


def test_a_link_with_nonsense_leads_to_the_start(app):
    app.query_params["source"] = "../../etc/passwd"
    app.query_params["demo"] = "<script>alert(1)</script>"
    app.run()
    assert not app.exception
    assert "What genre is this, and why?" in texts(app)


def test_a_link_to_gtzan_without_gtzan_says_so(app):
    app.query_params["source"] = "gtzan"
    app.run()
    assert not app.exception
    assert ENVIRONMENT_VARIABLE in app.info[0].value


def test_an_upload_is_classified_and_can_be_taken_home(app):
    upload(app, "so_what [live].flac", flac())
    assert not app.exception
    assert "so\\_what \\[live\\]\\.flac" in texts(app)
    assert [b.label for b in app.get("download_button")] == ["Download CSV", "Download JSON"]


def test_the_featured_network_can_be_changed(app):
    upload(app, "song.flac", flac())
    app.button_group[1].set_value("cnn_gru").run()
    assert not app.exception
    song = load("cnn_gru").predict(flac())
    assert f"{format_percent(song.probability)} that it is {song.genre}" in texts(app)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("fake.mp3", b"this is no music", "is not sound that can be read"),
        ("short.flac", flac(seconds=1.2), "lasts 1.2 s; a window is 3.0 s"),
        ("empty.wav", b"", "is empty"),
    ],
)
def test_a_bad_file_is_refused_where_it_was_given(app, name, data, words):
    upload(app, name, data)
    assert not app.exception
    assert name in app.error[0].value
    assert words in app.error[0].value
    assert "What genre is this, and why?" in texts(app), "the invitation stays"


def test_a_file_taken_away_is_gone(app):
    upload(app, "song.flac", flac())
    app.file_uploader[0].set_value([])
    app.run()
    assert "What genre is this, and why?" in texts(app)


def test_a_damaged_network_is_an_error_in_words(app, monkeypatch, tmp_path, request):
    from deepmusic import runs
    from deepmusic.runs import assets

    cache.models._networks.clear()
    cache.songs._classify_song.clear()
    request.addfinalizer(cache.models._networks.clear)
    shipped = assets.SHIPPED

    def broken(name, protocol):
        config = runs.Run.open(shipped / name).config
        run = runs.Run.create(tmp_path / protocol.slug / name, config)
        run.network_path.write_bytes(b"damaged")
        return run

    monkeypatch.setattr("deepmusic.prediction.classifier.shipped_run", broken)
    upload(app, "song.flac", flac("country"))
    assert not app.exception
    assert "does not hold a network" in app.error[0].value


def test_gtzan_clips_show_their_part(app, monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    app.query_params["source"] = "gtzan"
    app.run()
    assert not app.exception
    parts = set()
    for track in app.selectbox[0].options[:4]:
        app.selectbox[0].select(track).run()
        assert "GTZAN's label: **blues**" in texts(app)
        parts |= {
            part for part in ("**trained on", "test clip", "validation") if part in texts(app)
        }
    assert parts == {"**trained on", "test clip", "validation"}


def test_networks_with_a_test_set_predict_clips_of_gtzan_alone(app, monkeypatch, toy_gtzan):
    """The others were trained on all of GTZAN, which makes them best for any other song."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    asked = []
    networks = cache.networks

    def networks_asked(protocol=BENCHMARK_PROTOCOL):
        asked.append(protocol)
        return networks(protocol)

    monkeypatch.setattr(cache.models, "networks", networks_asked)
    cache.songs._classify_song.clear()
    # The toy's tones are no music.
    monkeypatch.setattr(cache.songs, "_measure_content", lambda song: None)
    app.query_params["source"] = "gtzan"
    app.run()
    assert not app.exception
    assert "On 300 test clips of GTZAN (protocol paper), the accuracy" in texts(app)
    assert set(asked) == {BENCHMARK_PROTOCOL}
    app.segmented_control[0].set_value("upload").run()
    app.file_uploader[0].set_value([("song.flac", flac("reggae"), "audio/flac")]).run()
    assert not app.exception
    assert set(asked) == {BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL}
    assert "of music that is not GTZAN" in texts(app)


def test_an_upload_that_the_networks_know_is_reported(app, monkeypatch):
    from deepmusic.library.known_clips import Match
    from deepmusic.ui import cache

    match = Match("blues.00012", "B*B", "The Thrill", "test", 0.0, 0.1)
    monkeypatch.setattr(cache, "find_known_clips", lambda song: [match])
    upload(app, "song.flac", flac())
    assert not app.exception
    (said,) = app.warning
    assert "**Known recording.**" in said.value
    assert "**training clips**" in said.value
    assert "`blues.00012` (B\\*B \\- The Thrill)" in said.value


def test_a_link_to_an_unknown_clip_of_gtzan_says_so(app, monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    app.query_params["source"] = "gtzan"
    app.query_params["gtzan"] = "jazz.99999"
    app.run()
    assert not app.exception
    assert "jazz\\.99999" in app.info[0].value
    app.selectbox[0].select(app.selectbox[0].options[1]).run()
    assert not app.info


def test_after_a_reload_an_upload_is_missed_in_words(app):
    upload(app, "song.flac", flac())
    assert app.query_params["source"] in ("upload", ["upload"])
    reloaded = AppTest.from_file("../../app.py", default_timeout=120)
    reloaded.query_params["source"] = "upload"
    reloaded.run()
    assert "Choose your file again" in reloaded.info[0].value


def test_several_songs_are_a_table_that_leads_to_each(app):
    app.run()
    songs = [("one.flac", flac("jazz")), ("two.flac", flac("metal")), ("fake.mp3", b"no music")]
    app.file_uploader[0].set_value([(*song, "audio/flac") for song in songs]).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["Song"]) == ["one", "two"]
    assert {"Genre", "Certainty", "Chance"} < set(table)
    assert "fake.mp3 is not sound" in app.error[0].value
    labels = [f"Download {kind}" for kind in ("CSV", "JSON", "playlists")]
    assert [b.label for b in app.get("download_button")] == labels
    app.selectbox(key="open_song").select(1).run()
    assert "two\\.flac" in app.caption[0].value
    next(one for one in app.button if one.label == "All 3 songs").click().run()
    assert app.subheader[0].value == "What genre are these 3 songs?"
