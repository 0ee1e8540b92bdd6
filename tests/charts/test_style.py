"""Colours and the layout of all charts."""

import plotly.graph_objects as go

from deepmusic.charts.style import (
    GENRE_COLOURS,
    genre_colour,
    genre_colours,
    ink_on,
    mix,
    set_layout,
    shade,
)
from deepmusic.config import GTZAN_GENRES


def test_every_genre_has_a_colour_of_its_own():
    assert len({genre_colour(genre) for genre in GTZAN_GENRES}) == 10
    assert genre_colour("polka").startswith("#")


def test_genres_of_other_datasets_have_colours_of_their_own():
    colours = genre_colours(("Hip-Hop", "Rock", "Folk", "Electronic"))
    assert colours["Rock"] == GENRE_COLOURS["rock"]
    assert colours["Hip-Hop"] == GENRE_COLOURS["hiphop"]
    assert len(set(colours.values())) == 4
    many = genre_colours([str(number) for number in range(25)])
    assert all(many.values())
    assert genre_colours(GTZAN_GENRES) == GENRE_COLOURS


def test_colours_are_mixed_with_white_and_black():
    assert shade("#204060", 0.0) == "#204060"
    assert shade("#204060", 0.5) == "#90a0b0"
    assert shade("#204060", -0.5) == "#102030"
    assert (ink_on("#ffa90e"), ink_on("#832db6")) == ("#000", "#fff")


def test_letters_and_margins_are_safe_from_streamlits_theme():
    """The theme overrides those of a template, not those that a figure itself sets."""
    layout = set_layout(go.Figure(), 300, size=17, margin_t=5).layout
    for axis in (layout.xaxis, layout.yaxis):
        assert axis.tickfont.size == axis.title.font.size == 17
    assert layout.legend.font.size == layout.font.size == 17
    assert (layout.height, layout.margin.l, layout.margin.t) == (300, 0, 5)


def test_a_finger_that_scrolls_the_page_drags_no_chart():
    layout = set_layout(go.Figure(), 300).layout.template.layout
    assert layout.dragmode is False
    assert layout.xaxis.fixedrange and layout.yaxis.fixedrange


def test_axes_name_genres_as_people_write_them():
    import plotly.graph_objects as go

    figure = set_layout(go.Figure(go.Bar(x=["hiphop"], y=[1])), height=200)
    assert figure.layout.xaxis.labelalias == {"hiphop": "hip-hop"}
    assert figure.data[0].x == ("hiphop",), "a click still gives the name in files and addresses"


def test_a_colour_scale_is_linear_between_its_stops():
    scale = ((0, "#000000"), (0.5, "#808080"), (1, "#ffffff"))
    assert [mix(scale, value) for value in (0, 0.25, 0.5, 1, 2)] == [
        *("#000000", "#404040", "#808080", "#ffffff", "#ffffff")
    ]
