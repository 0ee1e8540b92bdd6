"""What the app caches between reruns: in one folder, and each song decoded once."""

import io
from collections import Counter
from pathlib import Path

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic import audio, prediction
from deepmusic.audio import encode, synth
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.library.embeddings import MUSICNN
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.ui import cache, demos
from deepmusic.ui.song import SongFile

ROOT = Path(__file__).resolve().parents[2]


def test_all_caches_stand_in_one_folder():
    paths = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("deepmusic/**/*.py")]
    found = {path.parent for path in paths if "st.cache_" in path.read_text(encoding="utf-8")}
    assert found == {ROOT / "deepmusic" / "ui" / "cache"}


@pytest.fixture
def decoded(monkeypatch):
    """Counts of how often each song is decoded, and its log-mels computed."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    counts = Counter()
    load_song, compute_log_mels = audio.load_song, prediction.compute_log_mels

    def counted_load(source, **settings):
        counts["decoded", settings.get("name")] += 1
        return load_song(source, **settings)

    def counted_mel(song, *settings):
        counts["log-mel", song.name] += 1
        return compute_log_mels(song, *settings)

    monkeypatch.setattr(audio, "load_song", counted_load)
    monkeypatch.setattr(prediction, "compute_log_mels", counted_mel)
    cache.networks(DEPLOYED_PROTOCOL)
    counts.clear()
    return counts


def upload(name: str, seed: int) -> SongFile:
    """Return a song that no other test has given to the app."""
    buffer = io.BytesIO()
    samples = synth.play("jazz", seconds=7.0, seed=seed)
    soundfile.write(buffer, samples, 22_050, format="FLAC")
    return SongFile(name, buffer.getvalue())


def open_page(page: str, song: SongFile, **query) -> AppTest:
    app = AppTest.from_file(f"../../pages/{page}.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.session_state["uploaded_songs"] = [song]
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.error
    return app


def test_all_pages_decode_a_song_once(decoded):
    song = upload("song.flac", seed=77)
    open_page("classify", song, source="upload")
    open_page("compare", song, source="upload", view="duel")
    open_page("recommend", song, source="upload", by="song")
    assert decoded["decoded", "song.flac"] == decoded["log-mel", "song.flac"] == 1


def test_the_lesson_decodes_its_clip_once(decoded, monkeypatch):
    monkeypatch.setattr(demos, "read", lambda genre: upload("", seed=99).data)
    for step in "12345":
        open_page("lesson", upload("", 1), step=step, demo="jazz")
    name = "demo-jazz.opus"
    assert decoded["decoded", name] == decoded["log-mel", name] == 1


def test_a_song_keeps_its_own_name():
    """The same bytes under two names stay two songs to two visitors."""
    first, second = upload("first.flac", seed=5), upload("second.flac", seed=5)
    assert first.digest == second.digest
    assert [cache.decode_song(song).song.name for song in (first, second)] == [
        first.name,
        second.name,
    ]


def test_what_a_browser_plays_is_the_file_itself_where_it_can(tmp_path):
    samples = synth.tone(440, seconds=1)
    flac, au = tmp_path / "a.flac", tmp_path / "a.au"
    flac.write_bytes(encode.encode_flac(samples, 22_050))
    soundfile.write(au, samples, 22_050, format="AU", subtype="PCM_16")
    assert cache.play_file(flac) == (flac.read_bytes(), "audio/flac")
    data, mime_type = cache.play_file(au)
    assert (data[:4], mime_type) == (b"fLaC", "audio/flac")
    with pytest.raises(OSError):
        cache.play_file(tmp_path / "gone.wav")


def test_a_second_set_of_networks_waits_until_it_is_needed(monkeypatch):
    asked = []

    class Loading:
        def done(self):
            return False

    monkeypatch.setattr(
        cache.models, "_networks", lambda protocol: asked.append(protocol) or Loading()
    )
    assert not cache.networks_ready(DEPLOYED_PROTOCOL)
    assert asked == [DEPLOYED_PROTOCOL]


def test_known_clips_share_the_analysis_of_a_song(decoded):
    song = upload("asked.flac", seed=31)
    cache.classify_song(song)
    cache.analyze_song(song, MUSICNN)
    assert decoded["decoded", "asked.flac"] == 1
