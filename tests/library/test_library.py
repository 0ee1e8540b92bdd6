"""The library on disk: what goes in comes out, whole or not at all, and fast."""

import os
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import LibraryError
from deepmusic.library import store
from deepmusic.library.embeddings import SongEmbedding, l2_normalize
from deepmusic.library.song_index import AnalyzedSong, Entry
from deepmusic.library.store import Failure, Library

DIMENSIONS = 16


def song(name: str, seed: int = 0, **facts):
    """A song of three segments, and its file's state."""
    rng = np.random.default_rng(seed)
    windows = l2_normalize(rng.normal(size=(3, DIMENSIONS)))
    entry = Entry(
        -1,
        **{"title": name, "duration": 30.0, "tempo": 120.0, "brightness": 900.0, "digest": name}
        | facts,
        path=Path("/music", name),
    )
    embedding = SongEmbedding(
        starts=np.array([0.0, 10, 20]),
        ends=np.array([10.0, 20, 30]),
        windows=windows,
        song=l2_normalize(windows.mean(axis=0)),
        genres=GTZAN_GENRES,
        probabilities=rng.dirichlet(np.ones(10), 3).astype(np.float32),
        tags=rng.random(50, np.float32),
    )
    return AnalyzedSong(entry, embedding, rng.normal(size=80).astype(np.float32)), (seed, seed)


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path / "library")
    library.prepare()
    return library


def titles(library):
    return [entry.title for entry in library.open().entries]


def test_what_goes_in_comes_out(library):
    songs = [song(f"{n}.mp3", n, artist="Nina", album="Live", genre="jazz") for n in range(3)]
    library.add(songs, [Failure(Path("/music/bad.mp3"), "it is empty", (1, 2))])
    index = library.open()
    assert len(index) == library.count() == 3
    for row, (entry, (added, _)) in enumerate(zip(index.entries, songs, strict=True)):
        assert entry == replace(added.entry, id=entry.id)
        assert index.rows[entry.id] == row
        np.testing.assert_array_equal(index.embeddings[row], added.embedding.song)
        np.testing.assert_array_equal(index.timbre[row], added.timbre)
        np.testing.assert_array_equal(index.profiles[row], added.embedding.profile)
        np.testing.assert_array_equal(index.tags[row], added.embedding.tags)
        segments = index.segments(entry.id)
        np.testing.assert_array_equal(segments.vectors, added.embedding.segments().vectors)
        np.testing.assert_allclose(segments.starts, [0, 10, 20])
        np.testing.assert_allclose(segments.ends, [10, 20, 30])
    assert [failure.reason for failure in library.failures()] == ["it is empty"]
    assert library.known_files() == {
        **{Path(f"/music/{n}.mp3"): (n, n) for n in range(3)},
        Path("/music/bad.mp3"): (1, 2),
    }


def test_names_that_are_no_text_are_kept(library):
    strange, state = song("a")
    path = Path(os.fsdecode(b"/music/caf\xe9.mp3"))
    library.add([(replace(strange, entry=replace(strange.entry, path=path)), state)])
    (entry,) = library.open().entries
    assert os.fsencode(entry.path) == b"/music/caf\xe9.mp3"


def test_an_id_never_becomes_another_songs(library):
    library.add([song(f"{n}.mp3", n) for n in range(3)])
    before = library.open()
    library.remove([Path("/music/2.mp3")])
    library.add([song("new.mp3", 9)])
    after = library.open()
    assert [entry.title for entry in after.entries] == ["0.mp3", "1.mp3", "new.mp3"]
    assert before.entries[2].id not in after.rows
    assert after.segments(before.entries[2].id) is None
    np.testing.assert_array_equal(after.embeddings[2], song("new.mp3", 9)[0].embedding.song)


def test_a_changed_file_takes_the_place_of_the_old_one(library):
    library.add([song("a.mp3", 1)], [Failure(Path("/music/b.mp3"), "broken", (1, 1))])
    before = library.generation()
    library.add([song("b.mp3", 3), song("a.mp3", 2)])
    assert library.generation() > before
    assert titles(library) == ["b.mp3", "a.mp3"]
    assert library.failures() == [], "it could be used at last"
    np.testing.assert_array_equal(library.open().embeddings[1], song("a.mp3", 2)[0].embedding.song)


def test_a_batch_that_fails_halfway_leaves_nothing(library, monkeypatch):
    library.add([song("a.mp3", 1)])

    def fail(connection, one, state):
        if one.entry.title == "c.mp3":
            raise OSError("the disk is full")
        insert(connection, one, state)

    insert = store._insert
    monkeypatch.setattr(store, "_insert", fail)
    with pytest.raises(OSError, match="disk is full"):
        library.add([song("b.mp3", 2), song("c.mp3", 3)])
    assert titles(library) == ["a.mp3"]


def test_search_takes_all_words(library):
    library.add(
        [
            song("a.mp3", 1, title="So What", artist="Miles Davis"),
            song("b.mp3", 2, title="100% Soul", artist="Miles"),
            song("c.mp3", 3, title="So_Far", artist="Nobody"),
        ]
    )
    index = library.open()
    assert [entry.title for entry in index.search("miles so")] == ["100% Soul", "So What"]
    assert [entry.title for entry in index.search("o_f")] == ["So_Far"]
    assert len(index.search("", limit=2)) == 2


def test_a_library_of_other_networks_is_not_compared(library, monkeypatch):
    library.add([song("a.mp3")])
    monkeypatch.setattr("deepmusic.library.embeddings.stamp", lambda: "other networks")
    with pytest.raises(LibraryError, match="other networks"):
        library.open()
    assert library.prepare() == [Path("/music/a.mp3")], "all songs are to be embedded again"
    assert library.count() == 0


def test_a_library_of_the_first_format_is_refused_and_started_over(tmp_path):
    library = Library(tmp_path)
    with sqlite3.connect(library.database) as connection:
        connection.executescript(
            """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
            CREATE TABLE songs (row INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
            CREATE TABLE passages (
                row INTEGER PRIMARY KEY REFERENCES songs ON DELETE CASCADE, vectors BLOB NOT NULL
            );
            CREATE TABLE failures (path BLOB PRIMARY KEY, reason TEXT NOT NULL);
            INSERT INTO meta VALUES ('stamp', '1 abc'), ('generation', '7');
            INSERT INTO songs VALUES (0, X'61');
            INSERT INTO passages VALUES (0, X'00');
            """
        )
    connection.close()
    assert library.count() == 1
    with pytest.raises(LibraryError, match=r"another version.*deepmusic index"):
        library.open()
    library.prepare()
    library.add([song("a.mp3")])
    assert titles(library) == ["a.mp3"]


def test_an_absent_library_invites(tmp_path):
    absent = Library(tmp_path / "none")
    assert absent.count() == absent.generation() == 0
    assert absent.failures() == []
    assert not absent.is_locked()
    with pytest.raises(LibraryError, match="deepmusic index"):
        absent.open()
    assert not (tmp_path / "none").exists(), "looking makes nothing"


def test_a_damaged_library_is_told_in_words(library):
    library.add([song("a.mp3"), song("b.mp3")])
    with library._connect() as connection:
        connection.execute("UPDATE songs SET embedding = X'00' WHERE title = 'a.mp3'")
    with pytest.raises(LibraryError, match="is damaged"):
        library.open()
    library.database.write_bytes(b"this is no database" * 100)
    with pytest.raises(LibraryError, match=r"must be a music library.*delete the folder"):
        library.count()


def test_a_full_disk_is_told_in_words(library, monkeypatch):
    connect = sqlite3.connect

    def small_disk(*args, **settings):
        connection = connect(*args, **settings)
        connection.execute("PRAGMA max_page_count = 20")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small_disk)
    with pytest.raises(LibraryError, match=r"cannot be written.*disk is full.*Free some space"):
        library.add([song(f"{n}.mp3", n) for n in range(200)])
    assert library.count() == 0


def test_whoever_looks_never_keeps_another_from_writing(library):
    done = threading.Event()

    def poll():
        while not done.is_set():
            library.is_locked()

    pages = [threading.Thread(target=poll) for _ in range(4)]
    for page in pages:
        page.start()
    try:
        for _ in range(50):
            with library.lock():
                pass
    finally:
        done.set()
        for page in pages:
            page.join()


def test_on_a_public_server_no_library_opens(library, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    with pytest.raises(LibraryError, match="DEEPMUSIC_PUBLIC=1"):
        Library(library.folder)


@pytest.mark.slow
def test_10000_songs_open_in_a_second(library):
    library.add([song(f"{n}.mp3", n % 50) for n in range(10_000)])
    began = time.process_time()
    index = library.open()
    took = time.process_time() - began
    assert len(index) == 10_000
    assert index.entries[-1].title == "9999.mp3"
    assert took < 1
