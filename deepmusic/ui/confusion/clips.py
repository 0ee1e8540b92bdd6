"""The clips of a cell, to read about and to hear."""

import pandas as pd
import streamlit as st

from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, known_faults, read_facts
from deepmusic.data.splits import clip_of
from deepmusic.errors import AudioError
from deepmusic.evaluation import confusion
from deepmusic.ui import cache, markdown, query_params, song_source
from deepmusic.ui.confusion.cells import Cell
from deepmusic.ui.confusion.predictions import Result


def show_clips(results: dict[str, Result], cell: Cell) -> None:
    """List the clips of the chosen cell, and let one be heard."""
    genre, predicted = cell.genre, cell.predicted
    tables = {choice: result.clips for choice, result in results.items()}
    listed = confusion.clips_in_cell(tables, cell.networks, genre, predicted)
    total = max((tables[name]["genre"] == genre).sum() for name in cell.networks)
    who = " or ".join(results[name].name for name in cell.networks)
    said = "Right" if genre == predicted else "Taken for something else"
    st.markdown(
        f"**{said}: {genre} → {predicted}, {len(listed)} of {total} clips** by {who}"
        + ("" if len(listed) else ". Choose a cell with a number in it.")
    )
    if listed.empty:
        return
    data = results[cell.networks[0]].data
    st.dataframe(
        _clip_rows(listed, results, data),
        hide_index=True,
        column_config={
            "Confidence": st.column_config.NumberColumn(
                format="%.0f %%",
                help=f"Mean probability of {predicted} over the clip's windows, by {who}.",
            )
        },
        alt=f"Clips labelled {genre} and predicted as {predicted}",
    )
    st.caption(
        "The most confident first."
        + (
            " Artist and title after Sturm (2012), where he knew them. Known faults of GTZAN are "
            "named; that none is named does not prove a label right."
            if data == "gtzan"
            else ""
        )
    )
    _show_player(list(listed.index), data)


def _clip_rows(listed: pd.DataFrame, results: dict[str, Result], data: str) -> pd.DataFrame:
    """Return the clips of a cell as a table for people."""
    if data == "gtzan":
        # Known of every clip, whether GTZAN is at hand or not.
        facts = {row["track"]: (row["artist"], row["title"]) for row in read_facts()}
        faults = known_faults()
    else:
        dataset = cache.collection(data)
        tracks = dataset.tracks if dataset else {}
        facts = {track.id: (track.artist, track.title) for track in tracks.values()}
        faults = {}
    clips = [clip_of(track) for track in listed.index]
    artists, titles = zip(*(facts.get(clip, ("", "")) for clip in clips), strict=True)
    table = pd.DataFrame(
        {
            "Clip": listed.index,
            "Artist": artists,
            "Title": titles,
            "Confidence": 100 * listed["confidence"].to_numpy(),
        }
    )
    for choice, result in results.items():
        table[f"{result.name} predicts"] = listed[choice].fillna("not tested").to_numpy()
    faulty = [faults.get(clip, "") for clip in clips]
    return table.assign(**{"Known fault": faulty}) if any(faulty) else table


def _show_player(tracks: list[str], data: str) -> None:
    """Play one of these clips where there is audio."""
    dataset = cache.gtzan() if data == "gtzan" else cache.collection(data)
    audible = [track for track in tracks if dataset and dataset.audio_path(clip_of(track))]
    if not audible:
        st.caption(_why_silent(data, dataset is not None))
        return
    left, middle, right = st.columns([3, 5, 3], vertical_alignment="bottom")
    with left:
        track = query_params.choose(
            "clip",
            audible,
            label=f"Listen to ({len(audible)} of {len(tracks)} at hand)",
            widget=st.selectbox,
        )
    path = dataset.audio_path(clip_of(track))
    try:
        sound, mime_type = cache.play_file(path)
        middle.audio(sound, format=mime_type, alt=f"The clip {track}")
    except OSError as error:
        why = f"{path.name} cannot be read ({error.strerror}). Check its folder."
        markdown.show_error(why, middle)
    except AudioError as error:
        markdown.show_error(error, middle)
    if right.button("See what the networks predict for it"):
        song_source.open_in_classify(data, clip_of(track), path)


def _why_silent(data: str, is_at_hand: bool) -> str:
    if data == "gtzan":
        return (
            "The sound of these clips is not at hand here. GTZAN's recordings may not be passed "
            f"on; whoever has them sets {ENVIRONMENT_VARIABLE} to their folder, and can listen."
        )
    return (
        "The sound of these clips is not at hand."
        if is_at_hand
        else "The dataset that these clips belong to is not at hand."
    )
