"""A duel on one song: where the networks hear it differently."""

import streamlit as st

from deepmusic import disagreement, models
from deepmusic.errors import DeepMusicError
from deepmusic.ui import cache, compared, markdown, player, song_source


def show() -> None:
    """Let a song be chosen, and mark the places where the networks disagree."""
    song = song_source.choose()
    if song is None:
        st.info("Choose a song above, and see where the three networks hear it differently.")
        return
    try:
        with st.spinner("The networks are listening ...", show_time=True):
            view = cache.view_song(song)
            predictions = cache.classify_song(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    if song.remark:
        st.caption(song.remark)
    sound = st.empty()
    places = disagreement.disagreements(predictions)
    player.show(view, predictions, featured=models.ENSEMBLE, key="duel_player", apart=places)
    apart = sum(place["end"] - place["start"] for place in places)
    if not places:
        sound.audio(view.sound or song.data, format=view.mime_type, alt="The song")
        st.success("All three networks hear the same genre throughout.")
        return
    st.markdown(
        f"They disagree during **{apart:.0f} of {view.duration:.0f} s**, marked in the lane below "
        "the spectrogram: click a mark, or choose a line here, to hear that place. Click anywhere "
        "else in the picture to go there."
    )
    chosen = st.dataframe(
        compared.places_table(places),
        hide_index=True,
        height=min(38 + 36 * len(places), 330),
        on_select="rerun",
        selection_mode="single-row",
        key=f"places_{song.digest}",
        alt="Where the three networks disagree, and what each hears there",
    )
    rows = chosen.selection.rows
    sound.audio(
        view.sound or song.data,
        format=view.mime_type,
        start_time=int(places[rows[0]]["start"]) if rows else 0,
        autoplay=bool(rows),
        alt="The song",
    )
