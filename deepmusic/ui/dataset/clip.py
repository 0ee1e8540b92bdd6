"""One clip: its log-mel, its sound, and the way on to Classify."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_genre
from deepmusic.ui import demos, markdown, song_source
from deepmusic.ui.cache import exploration
from deepmusic.ui.cache.exploration import SelectedClip, SelectedDataset
from deepmusic.ui.markdown import plain as escape
from deepmusic.ui.song_source import GTZAN

_PARTS = {
    "train": "is a training clip",
    "valid": "is a validation clip",
    "test": "is a test clip",
    "unused": "is left out",
}


def chosen(selected: SelectedDataset) -> str | None:
    """Return the clip that was chosen on any view, if the dataset has it."""
    track = st.session_state.get("dataset_clip")
    return track if track in selected.dataset.tracks else None


def choose(track: str) -> None:
    """Choose a clip; a callback."""
    st.session_state["dataset_clip"] = track


def show_chosen(selected: SelectedDataset, split: str) -> None:
    """Show the chosen clip, if any."""
    if track := chosen(selected):
        show(selected, split, track)


def show(selected: SelectedDataset, split: str, track: str) -> None:
    """Show a clip with its log-mel, its sound and its part of the split."""
    facts = selected.dataset.tracks[track]
    row = exploration.track_table(selected, split).loc[track]
    who = ", ".join(escape(name) for name in (facts.artist, facts.title) if name)
    genre = escape(format_genre(facts.genre))
    with st.container(border=True):
        st.markdown(f"**{escape(track)}**, {genre}" + (f" · {who}" if who else ""))
        if selected.available:
            log_mel = exploration.clip_png(SelectedClip(selected, track), wide=True)
            if isinstance(log_mel, bytes):
                st.image(log_mel, width="stretch", alt=f"Mel-spectrogram of {track}")
            else:
                st.caption(f"No log-mel: {escape(log_mel)}")
        _play(selected, track)
        text = f"In the split *{escape(split)}*, this clip {_PARTS[row['part']]}."
        st.caption(text + (f" **Known fault:** {escape(row['fault'])}." if row["fault"] else ""))


def load_sound(selected: SelectedDataset, track: str) -> tuple[bytes, str] | None:
    """Return the sound of a clip and its media type; None, with an error shown, without any."""
    try:
        return exploration.clip_sound(SelectedClip(selected, track))
    except OSError as error:
        markdown.show_error(f"{track} cannot be read ({error.strerror}). Check its folder.")
    except DeepMusicError as error:
        markdown.show_error(error)
    return None


def _play(selected: SelectedDataset, track: str) -> None:
    path = selected.dataset.audio_path(track)
    sound = load_sound(selected, track)
    if sound is None:
        if path is None:
            demos.play_instead(
                selected.dataset.tracks[track].genre, of_gtzan=selected.data == GTZAN
            )
        return
    st.audio(sound[0], format=sound[1], alt=f"The clip {track}")
    if st.button("Open in Classify"):
        song_source.open_in_classify(selected.data, track, path, sound[0])
