"""Segments of one song for which the networks predict different genres."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_clock, format_genre
from deepmusic.prediction import disagreement
from deepmusic.ui import cache, markdown, player, song_bar, song_source, what_if
from deepmusic.ui.song import SongFile

#: Shortest passage that is explained, in s: two windows.
_SHORTEST = 6.0
_HELP = (
    "Parts of the spectrogram are blanked out, one after another, and each network is asked again. "
    "Bright parts speak for its genre and not for the other's, blue ones against it."
)


def show() -> None:
    """Show a song in the player, with the segments on which the networks disagree."""
    song = song_source.choose()
    if song is None:
        st.info("Choose a song above, and see where the three networks disagree about it.")
        return
    try:
        with st.spinner("Predicting ...", show_time=True):
            view = cache.view_song(song)
            predictions = cache.classify_song(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    segments: list[dict[str, Any]] = list(disagreement.disagreements(predictions))
    total = sum(segment["end"] - segment["start"] for segment in segments)
    answer = cache.answer_song(song, predictions, models.ENSEMBLE)
    where = (
        f"They disagree during **{total:.0f} of {view.duration:.0f} s**: click a mark in the first "
        "lane to play it."
        if segments
        else "All three predict the same genre throughout."
    )
    stop = "" if answer.sentence.endswith("?") else "."
    said = f"Together the networks say: **{answer.sentence}**{stop} {where}"
    st.markdown(said, help=answer.meaning or None)
    song_bar.play(song, view)
    player.show(
        view,
        predictions,
        featured=models.ENSEMBLE,
        key="duel_player",
        disagreements=segments,
        content=answer.content,
    )
    if segments and st.toggle("**Why?** Show what each network goes by", help=_HELP, key="why"):
        _show_why(song, segments)
    what_if.show(song, predictions, models.ENSEMBLE)


def _show_why(song: SongFile, segments: Sequence[Mapping[str, Any]]) -> None:
    """Show the choice of a place of disagreement, and each network's evidence there."""
    longest = max(range(len(segments)), key=lambda n: segments[n]["end"] - segments[n]["start"])
    segment = segments[
        st.selectbox(
            "Where",
            range(len(segments)),
            index=longest,
            format_func=lambda number: _describe(segments[number]),
            key="why_segment",
        )
    ]
    middle, half = (segment["start"] + segment["end"]) / 2, _SHORTEST / 2
    passage = (
        max(0.0, min(segment["start"], middle - half)),
        max(segment["end"], middle + half),
    )
    for column, name in zip(st.columns(len(models.MODELS)), models.MODELS, strict=True):
        genre = segment[name]
        other = next(segment[one] for one in models.MODELS if segment[one] != genre)
        with column:
            st.markdown(f"**{models.title(name)}: {markdown.plain(format_genre(genre))}**")
            try:
                with st.spinner("Blanking out parts ...", show_time=True):
                    sentence, png = cache.explain_passage(song, name, genre, other, passage)
            except DeepMusicError as error:
                markdown.show_error(error)
                continue
            st.image(png, width="stretch", alt=f"What speaks for {format_genre(genre)}")
            st.markdown(markdown.plain(sentence))


def _describe(segment: Mapping[str, Any]) -> str:
    """Return a place with what each network predicts: ``0:12 to 0:18: CNN jazz, CRNN blues``."""
    said = ", ".join(
        f"{models.title(name)} {format_genre(segment[name])}" for name in models.MODELS
    )
    return f"{format_clock(segment['start'])} to {format_clock(segment['end'])}: {said}"
