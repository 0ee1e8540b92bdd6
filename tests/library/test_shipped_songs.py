"""The analyses that are shipped are those of the demo music, by the networks in use."""

import dataclasses
import hashlib

import numpy as np
import pytest

from deepmusic.audio import load_song
from deepmusic.library import embeddings, shipped_songs
from deepmusic.library.embeddings import MUSICNN
from deepmusic.library.song_index import Entry, analyze_song

PIECES = sorted(shipped_songs.FILE.parent.glob("*.opus"))
#: A test that fails wants this file to be made anew.
REMEDY = "python tools/analyze_demo_music.py"


@pytest.fixture(scope="module")
def shipped():
    return shipped_songs.read()


def test_each_piece_is_there_as_it_is_now_by_the_networks_in_use(shipped):
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in PIECES]
    assert len(digests) == 10
    assert list(shipped) == digests, REMEDY
    assert shipped_songs.FILE.stat().st_size < 100_000


# The digests say that all are of these files and networks; two say that they are what is computed.
@pytest.mark.slow
@pytest.mark.parametrize("path", PIECES[5:7], ids=lambda path: path.stem)
def test_what_is_shipped_is_what_is_computed(shipped, path):
    song = load_song(path)
    computed = analyze_song(song, embeddings.load_embedder(MUSICNN))
    stored = shipped[song.digest].under(computed.entry)
    assert stored.entry == dataclasses.replace(
        computed.entry,
        tempo=pytest.approx(computed.entry.tempo, abs=0.01),
        brightness=pytest.approx(computed.entry.brightness, rel=1e-3),
    )
    assert stored.timbre == pytest.approx(computed.timbre, abs=0.05)
    assert stored.embedding.genres == computed.embedding.genres
    for name in ("starts", "ends", "song", "probabilities", "tags"):
        assert getattr(stored.embedding, name) == pytest.approx(
            getattr(computed.embedding, name), abs=1e-3
        ), REMEDY
    assert stored.embedding.windows == pytest.approx(computed.embedding.windows, abs=0.05)


def test_what_is_written_is_read(shipped, tmp_path):
    songs = list(shipped.values())
    shipped_songs.write(songs[:3], tmp_path / "songs.npz")
    again = shipped_songs.read(tmp_path / "songs.npz")
    assert [one.entry for one in again.values()] == [one.entry for one in songs[:3]]
    for one, other in zip(again.values(), songs, strict=False):
        assert np.array_equal(one.embedding.windows, other.embedding.windows)
        assert np.array_equal(one.timbre, other.timbre)


def test_a_song_goes_by_the_names_of_another_entry(shipped):
    song = next(iter(shipped.values()))
    named = song.under(Entry(3, "Second Set", "A band", tempo=1.0, digest="none"))
    assert (named.entry.id, named.entry.name) == (3, "A band - Second Set")
    assert (named.entry.tempo, named.entry.digest) == (song.entry.tempo, song.entry.digest)
    assert named.embedding is song.embedding


def test_of_other_networks_it_says_nothing(monkeypatch):
    monkeypatch.setattr(embeddings, "stamp", lambda: "another")
    assert shipped_songs.read() == {}


@pytest.mark.parametrize(
    "content", [None, b"", b"no archive", shipped_songs.FILE.read_bytes()[:999]]
)
def test_a_missing_or_damaged_file_says_nothing(tmp_path, content):
    path = tmp_path / "songs.npz"
    if content is not None:
        path.write_bytes(content)
    assert shipped_songs.read(path) == {}
