"""GTZAN's clips: their shipped embeddings; synthetic bands in their place are found in songs."""

import io
import json

import numpy as np
import pytest
import soundfile

from deepmusic import models
from deepmusic.audio import load_song, song_from_array, synth
from deepmusic.config import FRONT_ENDS
from deepmusic.data import Gtzan
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import RunError
from deepmusic.library import embeddings, known_clips
from deepmusic.library.descriptors import mfcc_statistics
from deepmusic.library.known_clips import ALL_NETWORKS
from deepmusic.prediction import compute_log_mels
from deepmusic.protocols import BENCHMARK_PROTOCOL

pytestmark = pytest.mark.usefixtures("networks_once")

SAMPLE_RATE = 22_050
MEL = FRONT_ENDS["compact"]

#: Bands that stand for clips of GTZAN, by the rows of its list.
CLIPS = {123: "metal", 456: "jazz", 800: "pop"}


def test_embeddings_of_other_networks_are_refused(tmp_path):
    for name in ("cnn.npy", "source.json"):
        (tmp_path / "paper").mkdir(exist_ok=True)
        source = known_clips.FOLDER / "paper" / name
        (tmp_path / "paper" / name).write_bytes(source.read_bytes())
    assert len(known_clips.read("cnn", BENCHMARK_PROTOCOL, tmp_path)) == 1000
    source = json.loads((tmp_path / "paper" / "source.json").read_text())
    source["trained"]["cnn"] = "0" * 64
    (tmp_path / "paper" / "source.json").write_text(json.dumps(source))
    with pytest.raises(RunError, match=r"retrieval\.py --store"):
        known_clips.read("cnn", BENCHMARK_PROTOCOL, tmp_path)
    with pytest.raises(RunError, match="must hold embeddings"):
        known_clips.read("crnn", BENCHMARK_PROTOCOL, tmp_path)


def test_the_shipped_embeddings_are_those_of_real_gtzan(gtzan_root):
    names = [row["track"] for row in read_facts()]
    some = names[3::250]
    clips = Gtzan(gtzan_root).log_mels(some, MEL).by_track
    fresh = embeddings.embed_clips(clips, embeddings.load_networks())
    shipped = known_clips.vectors(ALL_NETWORKS)
    for track in some:
        assert fresh[track] @ shipped[names.index(track)] > 0.999


def test_gtzan_can_be_searched_without_its_sound():
    index = known_clips.gtzan_index()
    assert len(index) == 999, "jazz.00054 is broken in every copy"
    facts = read_facts()
    assert all(entry.digest == facts[entry.id]["wav_sha256"] for entry in index.entries)
    np.testing.assert_allclose(np.linalg.norm(index.embeddings, axis=1), 1, atol=1e-3)


@pytest.fixture(scope="module")
def bands():
    return {row: synth.play(genre, seconds=30, seed=row) for row, genre in CLIPS.items()}


def analyze(samples):
    song = song_from_array(samples, sample_rate=SAMPLE_RATE)
    log_mels = compute_log_mels(song, MEL)
    return log_mels, embeddings.embed_song(log_mels, song.duration, embeddings.load_networks())


@pytest.fixture(scope="module")
def known(bands, networks_once):
    statistics = np.full((1000, 80), np.nan, np.float32)
    width = sum(spec.config.dense_units for spec in models.MODELS.values())
    vectors = np.full((1000, width), np.nan, np.float32)
    for row, samples in bands.items():
        log_mels, embedded = analyze(samples)
        statistics[row] = mfcc_statistics(log_mels[0].frames)
        vectors[row] = embedded.song
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_clips, "read", lambda name: statistics)
        patch.setattr(known_clips, "vectors", lambda name: vectors)
        yield


@pytest.fixture
def found(known):
    return lambda samples: known_clips.find(*analyze(samples))


def mp3(samples):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="MP3")
    return load_song(buffer.getvalue()).samples


def test_a_clip_is_recognised_with_all_that_is_known_of_it(bands, found):
    (match,) = found(bands[456])
    facts = read_facts()[456]
    assert (match.track, match.artist, match.title) == (
        facts["track"],
        facts["artist"],
        facts["title"],
    )
    assert match.part in ("train", "valid", "test")
    assert match.start == 0
    assert match.distance == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [lambda y: y / 5, lambda y: y[SAMPLE_RATE:], mp3],
    ids=["quieter", "without its first second", "as MP3"],
)
def test_another_rip_is_recognised(bands, found, change):
    assert [match.track for match in found(change(bands[123]))] == [read_facts()[123]["track"]]


def test_a_clip_amid_other_music_is_recognised_where_it_lies(bands, found):
    around = synth.play("classical", seconds=40, seed=9)
    samples = np.concatenate([around[: 20 * SAMPLE_RATE], bands[800], around[20 * SAMPLE_RATE :]])
    (match,) = found(samples)
    assert match.track == read_facts()[800]["track"]
    assert match.start == pytest.approx(20, abs=1)


def test_other_songs_of_the_same_band_are_not(bands, found):
    for row, genre in CLIPS.items():
        assert found(synth.play(genre, seconds=30, seed=row + 1)) == []
