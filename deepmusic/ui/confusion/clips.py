"""The clips of a cell: their facts, their predictions, and their sound."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, known_faults, read_facts
from deepmusic.data.splits import clip_of
from deepmusic.errors import AudioError
from deepmusic.evaluation import confusion
from deepmusic.ui import cache, markdown, query_params, song_source
from deepmusic.ui.confusion.cells import Cell
from deepmusic.ui.confusion.predictions import Result


def show_clips(results: Mapping[str, Result], cell: Cell) -> None:
    """Show the clips of a cell as a table, and a player."""
    genre, predicted = cell.genre, cell.predicted
    tables = {choice: result.clips for choice, result in results.items()}
    listed = confusion.clips_in_cell(tables, cell.networks, genre, predicted)
    total = max((tables[name]["genre"] == genre).sum() for name in cell.networks)
    who = " or ".join(results[name].name for name in cell.networks)
    said = "Correct" if genre == predicted else "Wrong"
    st.markdown(
        f"**{said}: {genre} → {predicted}, {len(listed)} of {total} clips** by "
        f"{markdown.plain(who)}" + ("" if len(listed) else ". Choose a cell with a number in it.")
    )
    if listed.empty:
        return
    data = results[cell.networks[0]].data
    st.dataframe(
        _table(listed, results, data),
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
            " Artists and titles after Sturm (2012), where known. Known faults of GTZAN are named; "
            "other labels may be wrong too."
            if data == "gtzan"
            else ""
        )
    )
    _show_player(list(listed.index), data)


def _table(listed: pd.DataFrame, results: Mapping[str, Result], data: str) -> pd.DataFrame:
    """Return the clips of a cell as a table for people."""
    faults: dict[str, str] = {}
    if data == "gtzan":
        # Known of every clip, whether GTZAN is available or not.
        facts = {row["track"]: (row["artist"], row["title"]) for row in read_facts()}
        faults = known_faults()
    else:
        dataset = cache.find_dataset(data)
        tracks = dataset.tracks if dataset else {}
        facts = {track.id: (track.artist, track.title) for track in tracks.values()}
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
    """Play one of these clips, where its sound is available."""
    dataset = cache.find_dataset(data)
    paths = {track: dataset.audio_path(clip_of(track)) for track in tracks} if dataset else {}
    audible = {track: path for track, path in paths.items() if path}
    if not audible:
        where = "" if dataset or data != "gtzan" else f" Set {ENVIRONMENT_VARIABLE} to its folder."
        st.caption(f"The sound of these clips is not available here.{where}")
        return
    left, middle, right = st.columns([3, 5, 3], vertical_alignment="bottom")
    with left:
        track = query_params.choose(
            "clip",
            list(audible),
            label=f"Play ({len(audible)} of {len(tracks)} available)",
            widget=st.selectbox,
        )
    path = audible[track]
    try:
        sound, mime_type = cache.play_file(path)
        middle.audio(sound, format=mime_type, alt=f"The clip {track}")
    except OSError as error:
        message = f"{path.name} cannot be read ({error.strerror}). Check its folder."
        markdown.show_error(message, middle)
    except AudioError as error:
        markdown.show_error(error, middle)
    if right.button("Open in Classify"):
        song_source.open_in_classify(data, clip_of(track), path)
