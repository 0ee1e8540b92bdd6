"""What can be done with a run, as buttons."""

from collections.abc import Callable

import streamlit as st

from deepmusic import models
from deepmusic.errors import DeepMusicError
from deepmusic.runs import ALIVE, FINISHED, RESUMABLE, Run
from deepmusic.training import worker
from deepmusic.ui import cache, markdown


def show(run: Run, place: str) -> None:
    """Show the buttons that fit the run's state.

    Parameters
    ----------
    run : Run
        Whose settings can be read.
    place : str
        Where on the page; the same run may have its buttons in several places.
    """
    state = run.state
    if state in ALIVE and not run.is_cancelled():
        st.button("Stop", key=f"stop_{place}_{run.id}", on_click=act, args=(worker.stop, run))
    if state in RESUMABLE:
        st.button("Resume", key=f"resume_{place}_{run.id}", on_click=act, args=(worker.start, run))
    if state == FINISHED:
        used = cache.own_runs().get(run.config.model.name) == run.id
        same = run.config.model.genres == models.spec(run.config.model.name).config.genres
        st.button(
            "Used in Classify" if used else "Use in Classify",
            key=f"use_{place}_{run.id}",
            disabled=used or not same,
            help="Classify then asks this run in place of the shipped network, for you alone."
            if same
            else "Classify shows networks that know GTZAN's ten genres; this one knows others.",
            on_click=act,
            args=(_use, run),
        )


def act(action: Callable[[Run], object], run: Run) -> None:
    """Do something to a run; say so where that is refused."""
    try:
        action(run)
    except DeepMusicError as error:
        st.toast(markdown.message(error))


def _use(run: Run) -> None:
    """Let Classify ask this run instead of the shipped network."""
    cache.use_run(run.config.model.name, run.id)
    st.toast(f"Classify now asks {markdown.plain(run.notes['title'] or run.id)}.")
