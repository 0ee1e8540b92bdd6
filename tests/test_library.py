"""The library on disk: what goes in comes out, whole or not at all, and fast."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepmusic import library as library_module
from deepmusic.embeddings import Passages, unit
from deepmusic.errors import LibraryError
from deepmusic.library import Array, Entry, Failure, Library, Record

DIMENSIONS = 16


def record(name: str, seed: int = 0, **facts) -> Record:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(4, DIMENSIONS)))
    entry = Entry(
        -1,
        **{"title": name, "duration": 30.0, "tempo": 120.0, "brightness": 900.0, "digest": name}
        | facts,
        path=Path("/music", name),
    )
    borders = np.linspace(0, 30, 4, dtype=np.float32)
    return Record(
        entry,
        size=seed,
        modified=seed,
        embedding=vectors[0],
        timbre=rng.normal(size=80).astype(np.float32),
        profile=rng.dirichlet(np.ones(10)).astype(np.float32),
        passages=Passages(borders[:-1], borders[1:], vectors[1:].astype(np.float16)),
    )


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path / "library")
    library.prepare(DIMENSIONS)
    return library


def test_what_goes_in_comes_out(library):
    songs = [record(f"{n}.mp3", n, artist="Nina", album="Live", genre="jazz") for n in range(3)]
    library.add(songs, [Failure(Path("/music/bad.mp3"), 1, 2, "it is empty")])
    collection = library.collection()
    assert len(collection) == library.count() == 3
    for row, song in zip(collection.rows, songs, strict=True):
        (entry,) = collection.fetch([row])
        assert entry == replace(song.entry, row=int(row))
        np.testing.assert_array_equal(collection.embeddings[row], song.embedding)
        np.testing.assert_array_equal(collection.timbre[row], song.timbre)
        np.testing.assert_array_equal(collection.profiles[row], song.profile)
        held = collection.passages(row)
        np.testing.assert_array_equal(held.vectors, song.passages.vectors)
        np.testing.assert_allclose(held.starts, [0, 10, 20])
        np.testing.assert_allclose(held.ends, [10, 20, 30])
    assert [failure.reason for failure in library.failures()] == ["it is empty"]
    assert library.find(Path("/music/1.mp3")) == 1
    assert library.find(Path("/music/none.mp3")) is None


def test_names_that_are_no_text_are_kept(library):
    strange = record("a")
    path = Path(os.fsdecode(b"/music/caf\xe9.mp3"))
    library.add([replace(strange, entry=replace(strange.entry, path=path))])
    (entry,) = library.all_entries()
    assert os.fsencode(entry.path) == b"/music/caf\xe9.mp3"


def test_rows_of_songs_that_went_are_taken_again(library):
    library.add([record(f"{n}.mp3", n) for n in range(4)])
    library.remove([Path("/music/1.mp3"), Path("/music/2.mp3")])
    assert library.collection().rows.tolist() == [0, 3]
    library.add([record("new.mp3", 9)])
    collection = library.collection()
    assert collection.rows.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(collection.embeddings[1], record("new.mp3", 9).embedding)
    np.testing.assert_array_equal(collection.embeddings[3], record("3.mp3", 3).embedding)
    assert collection.passages(2) is None


def test_a_changed_file_takes_the_place_of_the_old_one(library):
    library.add([record("a.mp3", 1)], [Failure(Path("/music/b.mp3"), 1, 1, "broken")])
    before = library.generation()
    library.add([record("a.mp3", 2), record("b.mp3", 3)])
    assert library.generation() > before
    assert [entry.title for entry in library.all_entries()] == ["a.mp3", "b.mp3"]
    assert library.failures() == [], "it could be used at last"
    row = library.find(Path("/music/a.mp3"))
    np.testing.assert_array_equal(
        library.collection().embeddings[row], record("a.mp3", 2).embedding
    )


def test_a_batch_that_fails_halfway_leaves_nothing(library, monkeypatch):
    library.add([record("a.mp3", 1)])

    def fail(connection, row, one):
        if one.entry.title == "c.mp3":
            raise OSError("the disk is full")
        insert(connection, row, one)

    insert = library_module._insert
    monkeypatch.setattr(library_module, "_insert", fail)
    with pytest.raises(OSError, match="disk is full"):
        library.add([record("b.mp3", 2), record("c.mp3", 3)])
    assert [entry.title for entry in library.all_entries()] == ["a.mp3"]
    assert library.collection().rows.tolist() == [0]


def test_search_takes_all_words_and_no_patterns(library):
    library.add(
        [
            record("a.mp3", 1, title="So What", artist="Miles Davis"),
            record("b.mp3", 2, title="100% Soul", artist="Miles"),
            record("c.mp3", 3, title="So_Far", artist="Nobody"),
        ]
    )
    assert [e.title for e in library.search("miles so")] == ["100% Soul", "So What"]
    assert [e.title for e in library.search("100%")] == ["100% Soul"]
    assert [e.title for e in library.search("o_f")] == ["So_Far"]
    assert [e.title for e in library.search("'; DROP TABLE songs")] == []
    assert len(library.search("")) == 3


def test_a_library_of_other_networks_is_not_compared(library, monkeypatch):
    library.add([record("a.mp3")])
    monkeypatch.setattr("deepmusic.embeddings.stamp", lambda: "other networks")
    with pytest.raises(LibraryError, match="other networks"):
        library.collection()
    library.prepare(DIMENSIONS)
    assert library.count() == 0, "all songs are heard again"


def test_an_absent_library_invites(tmp_path):
    absent = Library(tmp_path / "none")
    assert absent.count() == absent.generation() == 0
    assert absent.failures() == []
    with pytest.raises(LibraryError, match="python -m deepmusic index"):
        absent.collection()
    assert not (tmp_path / "none").exists(), "looking makes nothing"


def test_a_damaged_library_is_told_in_words(library):
    library.add([record("a.mp3")])
    (library.folder / "embeddings.float32").write_bytes(b"short")
    with pytest.raises(LibraryError, match="is damaged"):
        library.collection()
    library.database.write_bytes(b"this is no database" * 100)
    with pytest.raises(LibraryError, match="cannot be used"):
        library.count()


def test_on_a_public_server_no_library_opens(library, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    assert not library_module.indexing_allowed()
    with pytest.raises(LibraryError, match="DEEPMUSIC_PUBLIC=1"):
        Library(library.folder)


@pytest.mark.parametrize("value", ["", "0", "no", "False"])
def test_elsewhere_it_does(monkeypatch, value):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", value)
    assert library_module.indexing_allowed()


def test_100000_songs_open_in_under_a_second(library):
    count = 100_000
    facts = ("", "", "", 30.0, 120.0, 900.0)
    with library._connect() as connection:
        connection.executemany(
            "INSERT INTO songs VALUES (?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((n, f"/m/{n}".encode(), str(n), f"Song {n}", *facts) for n in range(count)),
        )
    for name, width in (("embeddings", DIMENSIONS), ("timbre", 80), ("profiles", 10)):
        np.zeros((count, width), np.float32).tofile(library.folder / f"{name}.float32")
    began = time.perf_counter()
    collection = library.collection()
    took = time.perf_counter() - began
    assert len(collection) == count
    assert took < 1
    assert [entry.title for entry in collection.fetch([7, 99_999])] == ["Song 7", "Song 99999"]


def test_an_array_is_written_in_place(tmp_path):
    array = Array(tmp_path / "a.float32", 2)
    array.write([1, 0], [np.array([3, 4]), np.array([1, 2])])
    array.write([3], [np.array([7, 8])])
    np.testing.assert_array_equal(array.read(4), [[1, 2], [3, 4], [0, 0], [7, 8]])
    assert array.read(0).shape == (0, 2)
