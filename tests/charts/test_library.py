"""Map of songs."""

from deepmusic.charts.library import MapPoint, song_map


def test_a_map_names_its_songs_and_numbers_the_results_best_on_top():
    points = [
        MapPoint(0, 1, "<b>Evil</b>", "jazz"),
        MapPoint(1, 2, "So What", "jazz", rank=1),
        MapPoint(2, 3, "Hurt", "rock", rank=2),
    ]
    drawn = song_map(points, (5.0, 6.0), ("rock", "jazz", "pop"))
    rock, jazz, results, query = drawn.data
    assert (rock.name, jazz.name) == ("rock", "jazz"), "in the order of the genres, but for absent"
    assert jazz.text[0] == "&lt;b&gt;Evil&lt;/b&gt;"
    assert list(results.text) == ["<b>2</b>", "<b>1</b>"]
    assert list(results.customdata) == ["Hurt", "So What"]
    assert (query.x[0], query.y[0]) == (5, 6)
    assert len(song_map(points[:1], None, ("jazz",)).data) == 1
