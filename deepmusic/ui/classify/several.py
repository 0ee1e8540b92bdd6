"""Several uploads: a table with a row for each song, and a way to each of them and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_genre, to_csv
from deepmusic.prediction import export
from deepmusic.ui import cache, markdown, song_source
from deepmusic.ui.song import SongFile

#: In the session: what is known of songs, by `_key`; and whether the others are left.
_KNOWN, _STOPPED = "known_songs", "stopped_songs"
_CHART = "table_of_songs"


def choose(songs: Sequence[SongFile]) -> SongFile | None:
    """Return the song that is open; None where a table shows them all."""
    if len(songs) < 2:
        return songs[0] if songs else None
    number = song_source.opened()
    if number is None or song_source.is_table(songs):
        _show_table(songs)
        return None
    st.button(
        f"All {len(songs)} songs",
        icon=":material/arrow_back:",
        on_click=song_source.open_upload,
        args=(None,),
    )
    return songs[number]


def _key(song: SongFile) -> tuple[Any, ...]:
    return song.digest, song.name, *sorted(cache.own_runs().items())


def _show_table(songs: Sequence[SongFile]) -> None:
    """Show a row for each song, which fills while they are predicted, and what can be taken home.

    A click, or a change of page, ends the predictions; they go on with the next run.
    """
    st.subheader(f"What genre are these {len(songs)} songs?", anchor=False)
    known = st.session_state.setdefault(_KNOWN, {})
    controls, place = st.container(), st.empty()
    waiting = [song for song in songs if _key(song) not in known]
    if waiting and not st.session_state.get(_STOPPED):
        row = controls.empty()
        with row.container(horizontal=True, vertical_alignment="center"):
            bar = st.container().empty()
            st.button("Cancel", on_click=_stop, args=(True,))
        for number, song in enumerate(waiting, start=len(songs) - len(waiting)):
            said = f"Song {number + 1} of {len(songs)}: {markdown.plain(song.name)}"
            bar.progress(number / len(songs), said)
            place.dataframe(_rows(songs, known), hide_index=True, alt="The songs so far")
            known[_key(song)] = _predict(song)
        waiting = []
        row.empty()
        place.empty()
    done = [song for song in songs if "row" in known.get(_key(song), {})]
    with controls.container(horizontal=True, vertical_alignment="bottom"):
        if waiting:
            st.button(f"Go on with the other {len(waiting)}", on_click=_stop, args=(False,))
        numbers = [songs.index(song) for song in done]
        st.selectbox(
            "Open a song",
            numbers,
            index=None,
            format_func=lambda number: songs[number].name,
            key="open_song",
            on_change=lambda: song_source.open_upload(st.session_state["open_song"]),
            placeholder="Click a row, or choose here",
            label_visibility="collapsed",
            width=300,
        )
        if done:
            _offer([known[_key(song)] for song in done])
    if done:
        place.dataframe(
            _rows(songs, known),
            hide_index=True,
            column_config={"Chance": _chance_column()},
            height=min(36 * (len(done) + 1) + 3, 480),
            key=_CHART,
            on_select=lambda: _open_clicked(numbers),
            selection_mode="single-cell",
            alt="Each song with its genre, certainty and chance",
        )
    found = [known.get(_key(song), {}) for song in songs]
    if faults := [one["fault"] for one in found if "fault" in one]:
        with st.expander(f"{len(faults)} of these could not be used. Why?"):
            for fault in faults:
                markdown.show_error(fault)


def _chance_column() -> Any:
    return st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)


def _stop(stopped: bool) -> None:
    st.session_state[_STOPPED] = stopped


def _open_clicked(numbers: Sequence[int]) -> None:
    """Open the song whose row was clicked; a callback."""
    if cells := st.session_state[_CHART].selection.cells:
        song_source.open_upload(numbers[cells[0][0]])


def _predict(song: SongFile) -> dict[str, Any]:
    """Return what the table and the downloads say of a song, or its fault."""
    try:
        predictions, _ = cache.classify_by_all(song)
        answer = cache.answer_song(song, predictions, next(iter(predictions)))
        view = cache.view_song(song)
    except DeepMusicError as error:
        return {"fault": str(error)}
    found = song.name, view.duration, predictions, view.notes, answer
    told = export.to_dict(*found)
    for model in told["models"].values():
        del model["windows"], model["clips"]  # Of a hundred songs, too many.
    return {
        "row": {
            "Song": song_source.name_of(song),
            "Genre": format_genre(answer.genre) if answer.genre else "no music",
            "Certainty": answer.certainty.replace("_", " ") if answer.certainty else "unknown",
            "Chance": answer.probability,
            "Length": f"{int(view.duration) // 60}:{int(view.duration) % 60:02d}",
        },
        "table": export.prediction_table(*found),
        "told": told,
    }


def _rows(songs: Sequence[SongFile], known: Mapping[tuple[Any, ...], Any]) -> Any:
    import pandas as pd

    found = (known.get(_key(song), {}) for song in songs)
    return pd.DataFrame([one["row"] for one in found if "row" in one])


def _offer(found: Sequence[Mapping[str, Any]]) -> None:
    """Offer the predictions as CSV and JSON, and a playlist of each genre."""
    import pandas as pd

    told = [one["told"] for one in found]
    files: dict[str, tuple[Any, str, str]] = {
        "CSV": (to_csv(pd.concat([one["table"] for one in found])), "genres.csv", "text/csv"),
        "JSON": (json.dumps(told, indent=2), "genres.json", "application/json"),
        "playlists": (export.to_playlists(told), "playlists-by-genre.zip", "application/zip"),
    }
    for kind, (content, name, mime_type) in files.items():
        st.download_button(
            f"Download {kind}", content, file_name=name, mime=mime_type, on_click="ignore"
        )
