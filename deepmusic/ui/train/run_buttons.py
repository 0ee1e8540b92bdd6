"""Buttons of a run: stop, resume, use in Classify."""

from collections.abc import Callable

import streamlit as st

from deepmusic import models
from deepmusic.errors import DeepMusicError
from deepmusic.runs import ALIVE, FINISHED, RESUMABLE, Run
from deepmusic.training import worker
from deepmusic.ui import cache, markdown


def show(run: Run, place: str) -> None:
    """Show the buttons that fit the state of a run; `place` makes their keys unique on the page."""
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
            help="Classify then uses this run instead of the shipped network, for you alone."
            if same
            else "Classify takes networks of GTZAN's ten genres; this one has others.",
            on_click=act,
            args=(_use, run),
        )


def act(action: Callable[[Run], object], run: Run) -> None:
    """Call an action on a run, and show its error, if any."""
    try:
        action(run)
    except DeepMusicError as error:
        st.toast(markdown.message(error))


def _use(run: Run) -> None:
    cache.use_run(run.config.model.name, run.id)
    st.toast(f"Classify now uses {markdown.plain(run.notes['title'] or run.id)}.")
