"""Recommendation, on songs whose neighbours are known by construction."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepmusic.audio import song_from_array, synth
from deepmusic.audio.features import log_mel
from deepmusic.config import FRONT_ENDS
from deepmusic.errors import LibraryError
from deepmusic.formatting import parse_name
from deepmusic.library import descriptors, recommend
from deepmusic.library.embeddings import (
    THREE_NETWORKS,
    SegmentEmbeddings,
    l2_normalize,
    load_embedder,
)
from deepmusic.library.recommend import Query, combine, query_by_ids, query_by_song
from deepmusic.library.song_index import Entry, SongIndex, analyze_song
from deepmusic.models.tags import TAGS
from deepmusic.ui.recommend.song_map import project

pytestmark = pytest.mark.usefixtures("networks_once")

DIMENSIONS = 8


def index_of(angles, segments=None, **facts) -> SongIndex:
    """Songs in a plane, at these angles in degrees from the first axis."""
    vectors = np.zeros((len(angles), DIMENSIONS), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(np.radians(angles)), np.sin(np.radians(angles))
    profiles = np.full((len(angles), 10), 0.02, np.float32)
    profiles[np.arange(len(angles)), np.arange(len(angles)) % 10] = 0.82
    # Far apart, so that nothing passes for a copy.
    timbre = np.random.default_rng(0).normal(scale=300, size=(len(angles), 80)).astype(np.float32)
    entries = [
        Entry(
            row,
            f"song {row}",
            digest=f"d{row}",
            **{key: values[row] for key, values in facts.items()},
        )
        for row in range(len(angles))
    ]
    return SongIndex("test", entries, vectors, timbre, profiles, (segments or {}).get)


def find(songs, query, **options):
    """Find songs however little they resemble the query."""
    return recommend.recommend(songs, query, min_similarity=-1, **options)


def titles(results):
    return [result.entry.title for result in results]


def test_the_nearest_come_first_and_the_query_does_not():
    songs = index_of([0, 50, 10, 80, 30])
    found = find(songs, query_by_ids(songs, [0]), limit=3)
    assert titles(found) == ["song 2", "song 4", "song 1"]
    assert [result.similarity for result in found] == pytest.approx(
        np.cos(np.radians([10, 30, 50])), abs=1e-6
    )


def test_several_songs_are_answered_from_between_them():
    songs = index_of([0, 90, 45, -30, 120])
    found = find(songs, query_by_ids(songs, [0, 1]))
    assert titles(found)[0] == "song 2"
    assert {"song 0", "song 1"}.isdisjoint(titles(found))


def test_songs_are_known_by_their_ids():
    songs = index_of([0, 5, 10, 15])
    arrays = [array[[0, 2, 3]] for array in (songs.embeddings, songs.timbre, songs.profiles)]
    part = SongIndex("part", [songs.entries[row] for row in (0, 2, 3)], *arrays)
    assert titles(find(part, query_by_ids(part, [2]))) == ["song 3", "song 0"]
    with pytest.raises(LibraryError, match="not in the index any more"):
        query_by_ids(part, [1])


def test_one_artist_takes_no_more_than_its_places():
    artists = ["", *["Nina"] * 4, "Miles", "", ""]
    songs = index_of([0, 1, 2, 3, 4, 50, 60, 70], artist=artists)
    found = find(songs, query_by_ids(songs, [0]), per_artist=2)
    assert titles(found) == ["song 1", "song 2", "song 5", "song 6", "song 7"]


def test_copies_are_left_out_by_file_by_name_and_by_sound():
    artists = ["A", "A", "B", "C", "C"]
    songs = index_of([0, 1, 20, 40, 41], artist=artists)
    songs.timbre[1] = songs.timbre[0]  # Another rip of the query.
    songs.timbre[4] = songs.timbre[3]  # Two rips of one song.
    query = query_by_ids(songs, [0])
    assert titles(find(songs, query, per_artist=5)) == ["song 2", "song 3"]
    by_name = Query("x", songs.profiles[2], songs.embeddings[2], (Entry(-1, "SONG 2", "b"),))
    assert "song 2" not in titles(find(songs, by_name))
    by_file = Query("x", songs.profiles[2], songs.embeddings[2], (Entry(-1, "x", digest="d2"),))
    assert "song 2" not in titles(find(songs, by_file))


def test_a_passage_is_answered_by_segments():
    def segments(*angles):
        vectors = index_of(angles).embeddings.astype(np.float16)
        starts = 10.0 * np.arange(len(angles))
        return SegmentEmbeddings(starts, starts + 10, vectors)

    # As a whole, song 1 is nearer; but song 2 has the very passage.
    songs = index_of([0, 20, 40], {1: segments(18, 22), 2: segments(80, 0, 40)})
    itself = (Entry(0, "x", digest="d0"),)
    query = Query("x", songs.profiles[0], songs.embeddings[0], entries=itself, passage=(5, 15))
    found = find(songs, query)
    assert titles(found) == ["song 2", "song 1"]
    by_title = {result.entry.title: result for result in found}
    assert by_title["song 2"].segment == (10, 20)
    assert by_title["song 2"].similarity == pytest.approx(1, abs=1e-3)
    assert by_title["song 1"].similarity == pytest.approx(np.cos(np.radians(18)), abs=1e-3)
    assert "like your passage at 0:10 to 0:20" in by_title["song 2"].reasons


def test_nothing_is_found_in_nothing():
    songs = index_of([0])
    empty = index_of([])
    assert find(empty, query_by_ids(songs, [0])) == []
    for nothing in (lambda: combine([]), lambda: query_by_ids(songs, [])):
        with pytest.raises(LibraryError, match="at least one song"):
            nothing()


@pytest.mark.parametrize(
    ("asked", "found", "words"),
    [
        (120, 123, ["the same tempo, about 123 BPM"]),
        (120, 60, []),
        (100, 140, []),
        (100, None, []),
    ],
)
def test_a_tempo_is_a_reason_only_where_it_is_the_same(asked, found, words):
    songs = index_of([0, 10], tempo=[asked, found])
    (result,) = find(songs, query_by_ids(songs, [0]))
    assert list(result.reasons) == words


def test_genres_and_brightness_are_reasons_only_where_they_are_shared():
    songs = index_of([0, 10, 20], brightness=[1000, 1100, 500])
    songs.profiles[:] = 0
    songs.profiles[0, [0, 4]] = 0.4, 0.6
    songs.profiles[1, [0, 4]] = 0.35, 0.65
    songs.profiles[2, [0, 5]] = 0.2, 0.8
    alike, other = find(songs, query_by_ids(songs, [0]))
    assert alike.reasons == ("both sound like hip-hop", "a similar balance of bass and treble")
    assert other.reasons == ()


def test_tags_are_reasons_only_where_both_songs_have_them_clearly():
    songs = index_of([0, 10, 20])
    songs.profiles[:] = 0.1
    tags = np.zeros((3, 50), np.float32)
    for row, named in enumerate(
        ({"guitar": 0.3, "Mellow": 0.2, "rock": 0.9}, {"guitar": 0.2, "Mellow": 0.4}, {"rock": 0.9})
    ):
        for tag, probability in named.items():
            tags[row, TAGS.index(tag)] = probability
    songs = replace(songs, tags=tags)
    alike, other = find(songs, query_by_ids(songs, [0]))
    assert set(alike.reasons[0].removeprefix("both: ").split(", ")) == {"guitar", "mellow"}
    assert other.reasons == (), "half of all songs are tagged as rock"
    tags[1] = 0.05
    assert find(songs, query_by_ids(songs, [0]))[0].reasons == ()


def test_songs_are_both_sung_by_whatever_voice():
    tags = np.zeros((3, 50), np.float32)
    tags[0, TAGS.index("female vocalists")] = tags[1, TAGS.index("male vocalists")] = 0.1
    assert recommend.shared_tags(tags[0], tags[1]) == ["sung"]
    assert recommend.shared_tags(tags[0], tags[2]) == []
    tags[:2, TAGS.index("female vocalists")] = 0.3
    assert recommend.shared_tags(tags[0], tags[1]) == ["female vocalists"], "which says so"


def test_a_segment_is_a_reason_only_where_it_is_a_part():
    segments = SegmentEmbeddings(np.zeros(1), np.full(1, 12.0), index_of([5]).embeddings)
    songs = index_of([0, 10, 20], {1: segments, 2: segments}, duration=[60, 12, 60])
    whole, part = find(songs, query_by_ids(songs, [0]))
    assert whole.reasons == ()
    assert part.reasons == ("most alike at 0:00 to 0:12",)


def test_fewer_are_found_rather_than_wrong_ones():
    songs = index_of([0, 20, 44, 46, 52, 54, 90])
    found = recommend.recommend(songs, query_by_ids(songs, [0]))
    assert titles(found) == ["song 1", "song 2", "song 3", "song 4"]
    by_networks = replace(songs, space=THREE_NETWORKS)
    found = recommend.recommend(by_networks, query_by_ids(songs, [0]))
    assert titles(found) == ["song 1", "song 2"]
    assert recommend.recommend(songs, query_by_ids(songs, [6]), min_similarity=0.99) == []


def test_a_song_asks_for_itself_and_its_passages(music):
    song = analyze_song(
        song_from_array(music, sample_rate=22_050, name="band.wav"), load_embedder()
    )
    assert query_by_song(song).title == "band"
    assert song.entry.tempo > 30
    part = query_by_song(song, (1, 4))
    assert part.passage == (1, 4)
    assert part.title == "band, 0:01 to 0:04"
    assert np.linalg.norm(part.embedding) == pytest.approx(1, abs=1e-5)
    for passage in ((4, 4), (-1, 3), (7, 9)):
        with pytest.raises(LibraryError, match="must lie in band"):
            query_by_song(song, passage)


def test_tempo_and_brightness_are_those_of_the_sound():
    mel = FRONT_ENDS["compact"]
    clicks = np.zeros(22_050 * 15, np.float32)
    for beat in np.arange(0, 15, 0.5):
        clicks[int(beat * 22_050) :][:400] += synth.tone(880, seconds=400 / 22_050)
    assert descriptors.tempo(log_mel(clicks, mel), mel) == pytest.approx(120, rel=0.03)
    for frequency in (500, 4000):
        pitch = log_mel(synth.tone(frequency, seconds=3), mel)
        assert descriptors.brightness(pitch, mel) == pytest.approx(frequency, rel=0.05)


def test_recordings_are_known_by_their_spectrum_and_not_by_their_level_or_scale():
    rng = np.random.default_rng(1)
    one, other = rng.normal(scale=100, size=(2, 80))
    louder = one.copy()
    louder[0] += 500  # The first coefficient is the level.
    # A rip whose highest bands are gone, on log-mels of another scale.
    from scipy.fft import dct, idct

    bands = idct(one[:40], n=128, norm="ortho")
    bands[110:] -= 60
    rip = np.concatenate([0.8 * dct(bands, norm="ortho")[:40], one[40:]])
    same, scaled, different, ripped = descriptors.envelope_distance(
        one, np.stack([louder, 1.3 * one, other, rip])
    )
    assert same == pytest.approx(0, abs=1e-9)
    assert scaled == pytest.approx(0, abs=1e-9)
    assert ripped < 3 < 10 < different


def test_a_map_keeps_the_plane_in_which_songs_lie():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(50, 2)) * [3, 1]
    turned, _ = np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))
    vectors = flat @ turned[:2]
    laid, query = project(vectors, [vectors[:1]])
    np.testing.assert_allclose(query[0], laid[0])
    distances = np.linalg.norm(laid[:, None] - laid[None], axis=2)
    np.testing.assert_allclose(
        distances, np.linalg.norm(flat[:, None] - flat[None], axis=2), atol=1e-6
    )


def test_results_are_written_as_playlist_and_table():
    names = ["a", "b\nc", "d", "e"]
    paths = [None, "/music/b c.mp3", "/music/d\u2028.mp3", "/music/e\n.mp3"]
    songs = index_of([0, 10, 20, 30], artist=names, path=[path and Path(path) for path in paths])
    found = find(songs, query_by_ids(songs, [0]))
    assert recommend.to_m3u8(found).split("\n") == [
        "#EXTM3U",
        "#EXTINF:0,b c - song 1",
        "/music/b c.mp3",
        "#EXTINF:0,d - song 2",
        "file:///music/d%E2%80%A8.mp3",
        "#EXTINF:0,e - song 3",
        "file:///music/e%0A.mp3",
        "",
    ]
    rows = list(csv.DictReader(io.StringIO(recommend.to_csv(found))))
    assert [parse_name(row["path"]) for row in rows] == paths[1:]
    assert rows[0]["rank"] == "1"
    assert float(rows[0]["similarity"]) == pytest.approx(np.cos(np.radians(10)), abs=1e-4)


def test_unit_of_a_mean_stays_unit():
    songs = index_of([0, 90])
    assert np.linalg.norm(query_by_ids(songs, [0, 1]).embedding) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(
        query_by_ids(songs, [0, 1]).embedding, l2_normalize(songs.embeddings.mean(axis=0))
    )
