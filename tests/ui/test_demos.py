"""The demo music: complete, loud enough, named right, and what its scores say."""

import hashlib
from importlib import import_module

import numpy as np
import pytest

from deepmusic import load
from deepmusic.audio import load_song
from deepmusic.config import GTZAN_GENRES
from deepmusic.files import ASSETS, ROOT
from deepmusic.prediction import Certainty
from deepmusic.ui import demos

FOLDER = ASSETS / "demo_music"
RENDERER = ROOT / "tools" / "render_demo_music"


@pytest.fixture(scope="module")
def compose():
    """What composes a genre's piece."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(RENDERER))
        yield import_module("pieces").compose


def test_there_is_one_piece_for_each_genre():
    assert list(demos.TITLES) == list(GTZAN_GENRES)
    assert set(demos.NAMED_RIGHT) < set(GTZAN_GENRES)


@pytest.mark.parametrize("genre", GTZAN_GENRES)
def test_every_piece_is_30_s_of_sound(genre):
    song = load_song(demos.read(genre), name=demos.file_name(genre))
    assert not song.notes
    assert song.duration == pytest.approx(30, abs=0.1)
    assert np.abs(song.samples).max() < 1
    level = 20 * np.log10(np.sqrt(np.mean(song.samples**2)))
    assert -25 < level < -14


def test_the_pieces_are_small_and_as_summed():
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    files = [path for path in FOLDER.iterdir() if path.suffix in (".mid", ".opus")]
    assert {path.name for path in files} == set(sums)
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[path.name]
    assert sum(path.stat().st_size for path in files) < 2_000_000


@pytest.mark.parametrize("genre", GTZAN_GENRES)
def test_the_score_is_the_shipped_one(genre, compose):
    score, _ = compose(genre)
    assert score.to_midi() == (FOLDER / f"{genre}.mid").read_bytes()
    assert score.title == demos.TITLES[genre]


@pytest.mark.slow
def test_the_answer_names_the_demo_music_right():
    """The first press of a newcomer is answered right, and surely."""
    recognizer = load()
    songs = {genre: recognizer.predict(FOLDER / f"{genre}.opus") for genre in GTZAN_GENRES}
    assert sum(song.genre == genre for genre, song in songs.items()) >= 9
    for genre in demos.NAMED_RIGHT:
        assert songs[genre].genre == genre
        assert songs[genre].certainty in (Certainty.SURE, Certainty.PROBABLY)
