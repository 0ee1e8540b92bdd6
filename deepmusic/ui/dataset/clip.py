"""One clip: its sound, its log-mel, and the way on to Classify."""

import streamlit as st

from deepmusic.ui import query_params, song_source
from deepmusic.ui.dataset.selected import SelectedDataset, clip_png, clip_sound, track_table
from deepmusic.ui.markdown import plain as escape

_PART_WORDS = {
    "train": "is in the training set",
    "valid": "is in the validation set",
    "test": "is in the test set",
    "unused": "is left out",
}


def show(selected: SelectedDataset, track: str, split: str, place: str) -> None:
    """Show a clip with its sound; `place` tells its buttons from those of other places."""
    facts = selected.dataset.tracks[track]
    row = track_table(selected, split).loc[track]
    who = ", ".join(escape(name) for name in (facts.artist, facts.title) if name)
    with st.container(border=True):
        st.markdown(f"**{escape(track)}**, {escape(facts.genre)}" + (f" · {who}" if who else ""))
        log_mel = clip_png(selected, track, wide=True) if selected.at_hand else ""
        if isinstance(log_mel, bytes):
            st.image(log_mel, width="stretch", alt=f"Mel-spectrogram of {track}")
        elif log_mel:
            st.caption(f"No log-mel: {escape(log_mel)}")
        _play(selected, track, place)
        words = f"Under *{split}*, this clip {_PART_WORDS[row['part']]}."
        st.caption(words + (f" **Known fault:** {escape(row['fault'])}." if row["fault"] else ""))


def _play(selected: SelectedDataset, track: str, place: str) -> None:
    heard = clip_sound(selected, track)
    if heard is None:
        if not selected.at_hand or selected.dataset.audio_path(track) is None:
            st.caption("Its sound is not at hand here.")
        return
    sound, button = st.columns([6, 1], vertical_alignment="center")
    sound.audio(heard[0], format=heard[1], alt=f"The clip {track}")
    path = selected.dataset.audio_path(track)
    if button.button("Open in Classify", key=f"classify_{place}", width="stretch"):
        if path is None:
            genre = selected.dataset.tracks[track].genre
            wanted = {"source": song_source.DEMO, "demo": genre}
            query_params.select("classify", **wanted)
            st.switch_page("pages/classify.py", query_params=wanted)
        song_source.open_in_classify(selected.data, track, path)
