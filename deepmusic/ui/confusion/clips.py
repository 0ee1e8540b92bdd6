"""The clips of a cell: their facts, their predictions, and their sound."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.data import Dataset, Toy
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, Gtzan, known_faults, read_facts
from deepmusic.data.splits import clip_of
from deepmusic.errors import AudioError
from deepmusic.evaluation import confusion
from deepmusic.formatting import format_genre, format_percent
from deepmusic.ui import cache, demos, markdown, query_params, song_source
from deepmusic.ui.cache.exploration import SelectedClip, SelectedDataset, clip_sound
from deepmusic.ui.confusion.cells import Cell
from deepmusic.ui.confusion.predictions import Result

#: More rows than this scroll, so that the player stays in view.
_ROWS = 4


def show_clips(results: Mapping[str, Result], cell: Cell) -> None:
    """Show the clips of a cell as a table, and a player."""
    genre, predicted = map(format_genre, (cell.genre, cell.predicted))
    tables = {choice: result.clips for choice, result in results.items()}
    listed = confusion.clips_in_cell(tables, cell.networks, cell.genre, cell.predicted)
    total = max((tables[name]["genre"] == cell.genre).sum() for name in cell.networks)
    who = " or ".join(results[name].name for name in cell.networks)
    said = "Correct" if genre == predicted else "Wrong"
    data = results[cell.networks[0]].data
    st.markdown(
        f"**{said}: {genre} → {predicted}, {len(listed)} of {total} clips** by "
        f"{markdown.plain(who)}" + ("" if len(listed) else ". Choose a cell with a number in it."),
        help="The most confident first. *Sure*: mean probability of the predicted genre over the "
        "clip's windows." + (" Artists and titles after Sturm (2012)." if data == "gtzan" else ""),
    )
    if listed.empty:
        return
    _show_player(list(listed.index), data, cell.genre)
    with st.container(height=190 if len(listed) > _ROWS else "content", border=False):
        st.table(_table(listed, results, cell.networks), hide_index=True, border="horizontal")


def _table(
    listed: pd.DataFrame, results: Mapping[str, Result], networks: Sequence[str]
) -> pd.DataFrame:
    """Return the clips of a cell as a table for people."""
    data = results[networks[0]].data
    names = _names(list(listed.index), data)
    table = pd.DataFrame({"Clip": [markdown.plain(track) for track in listed.index]})
    if any(names.values()):
        table["Song"] = [markdown.plain(names[track]) for track in listed.index]
    table["Sure"] = [_percent(share) for share in listed["confidence"]]
    # The prediction of a single network is that of the cell.
    for choice in (one for one in results if len(networks) > 1 or one not in networks):
        genres = listed[choice].fillna("not tested")
        table[markdown.plain(results[choice].name)] = [
            markdown.plain(format_genre(genre)) for genre in genres
        ]
    faults = known_faults() if data == "gtzan" else {}
    faulty = [faults.get(clip_of(track), "") for track in listed.index]
    return table.assign(**{"Known fault": faulty}) if any(faulty) else table


def _names(tracks: list[str], data: str) -> dict[str, str]:
    """Return artist and title of tracks, where known."""
    if data == "gtzan":
        # Known of every clip, whether GTZAN is available or not.
        facts = {row["track"]: (row["artist"], row["title"]) for row in read_facts()}
    else:
        dataset = cache.find_dataset(data)
        known = dataset.tracks if dataset else {}
        facts = {track.id: (track.artist, track.title) for track in known.values()}
    return {track: ", ".join(filter(None, facts.get(clip_of(track), ()))) for track in tracks}


def _show_player(tracks: list[str], data: str, genre: str) -> None:
    """Play one of these clips, where its sound is available."""
    dataset = cache.find_dataset(data)
    audible = [one for one in tracks if dataset and _is_audible(dataset, clip_of(one))]
    if dataset is None or not audible:
        if why := _why_silent(dataset, data):
            st.caption(why)
        demos.play_instead(genre, of_gtzan=data == "gtzan")
        return
    names = _names(audible, data)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        track = query_params.choose(
            "clip",
            audible,
            lambda track: ": ".join(filter(None, (track, names[track]))),
            label=f"Play ({len(audible)} of {len(tracks)} available)",
            widget=st.selectbox,
            width=330,
        )
        path = dataset.audio_path(clip_of(track))
        opens = path and st.button("Open in Classify")
    selected = SelectedDataset(data, dataset, cache.dataset_version(data), len(audible))
    try:
        sound = clip_sound(SelectedClip(selected, clip_of(track)))
    except OSError as error:
        markdown.show_error(f"{track} cannot be read ({error.strerror}). Check its folder.")
        return
    except AudioError as error:
        markdown.show_error(error)
        return
    if sound:
        st.audio(sound[0], format=sound[1], alt=f"The clip {track}")
    if path and opens:
        song_source.open_in_classify(data, clip_of(track), path)


def _is_audible(dataset: Dataset, clip: str) -> bool:
    if isinstance(dataset, Toy):
        return clip in dataset.tracks
    return dataset.audio_path(clip) is not None


def _why_silent(dataset: Dataset | None, data: str) -> str:
    """Return what to do to play the clips of a cell, if anything can be done."""
    if data == "gtzan" and not current_deployment().is_public:
        if dataset is None:
            return f"To play these clips, set {ENVIRONMENT_VARIABLE} to GTZAN's folder."
        if isinstance(dataset, Gtzan):
            n_clips = len(dataset.audio_tracks)
            return f"Your GTZAN has {n_clips} of 1000 clips, and none of these: nothing to play."
    return ""


def _percent(share: float) -> str:
    return format_percent(share, space="\N{NO-BREAK SPACE}")
