"""An answer in words: the headline, its chance, and which networks agree."""

import html
from collections.abc import Mapping

from deepmusic import models
from deepmusic.charts.style import genre_colour
from deepmusic.formatting import format_genre, format_percent
from deepmusic.prediction import Answer, Certainty, Prediction

#: A chance above it is not told apart.
_MOST_CHANCE = 0.99


def headline(answer: Answer) -> str:
    """Return the answer as HTML, as large as it is certain; two genres stand side by side."""
    if answer.certainty in (None, Certainty.SURE, Certainty.PROBABLY):
        shown = [(answer.genre, "2.4rem")]
    elif answer.certainty == Certainty.TORN:
        shown = [(answer.genre, "1.8rem"), (answer.second, "1.8rem")]
    else:
        shown = []
    before = "Probably" if answer.certainty == Certainty.PROBABLY else ""
    before = "Torn between" if answer.certainty == Certainty.TORN else before
    names = "".join(
        f'<div style="border-left: 0.5rem solid {genre_colour(genre)}; padding-left: 0.7rem;'
        f' font-size: {size}; font-weight: 700">{html.escape(format_genre(genre))}</div>'
        for genre, size in shown
        if genre
    )
    if not names:
        return (
            '<div role="status" style="font-size: 1.5rem; line-height: 1.25">'
            f"{html.escape(answer.sentence)}</div>"
        )
    return (
        f'<div role="status" style="line-height: 1.15; font-size: 1.2rem">{before}'
        f'<div style="display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem">{names}</div></div>'
    )


def certainty(answer: Answer) -> str:
    """Return the chance, and the word where no headline has it: ``73 % that it is jazz``."""
    if answer.genre is None:
        return "What is no music gets no genre."
    genre = format_genre(answer.genre)
    if answer.certainty == Certainty.NONE_OF_TEN:
        return f"A hint. Of the ten, {genre} is the nearest."
    chance = answer.probability or 0
    percent = ("over " if chance > _MOST_CHANCE else "") + format_percent(min(chance, _MOST_CHANCE))
    if answer.certainty is None:
        return f"{percent}, says the network; how often it is right was not measured."
    word = {Certainty.SURE: "**Sure**: ", Certainty.NOT_SURE: "**Not sure**: "}
    return f"{word.get(answer.certainty, '')}{percent} that it is {genre}"


def agreement(predictions: Mapping[str, Prediction]) -> str:
    """Return which networks agree, such as "All three networks predict **jazz**."."""
    by_genre: dict[str, list[str]] = {}
    for name in models.MODELS:
        by_genre.setdefault(format_genre(predictions[name].genre), []).append(models.title(name))
    if len(by_genre) == 1:
        return f"All three networks of the paper predict **{next(iter(by_genre))}**."
    return " ".join(
        f"{' and '.join(names)} {'predict' if len(names) > 1 else 'predicts'} **{genre}**."
        for genre, names in by_genre.items()
    )
