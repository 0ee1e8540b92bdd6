"""Buttons of a run: stop, resume, use in Classify."""

from collections.abc import Callable

import streamlit as st

from deepmusic import models
from deepmusic.config import ModelConfig
from deepmusic.errors import DeepMusicError
from deepmusic.runs import ALIVE, FINISHED, RESUMABLE, Run
from deepmusic.training import worker
from deepmusic.ui import cache, markdown, query_params, song_source
from deepmusic.ui.train import owners


def show(run: Run, place: str) -> None:
    """Show the buttons that fit the state of a run; `place` makes their keys unique on the page."""
    state = run.state
    is_own = owners.may_change(run)
    if is_own and state in ALIVE and not run.is_cancelled():
        st.button("Stop", key=f"stop_{place}_{run.id}", on_click=act, args=(worker.stop, run))
    if is_own and state in RESUMABLE:
        st.button("Resume", key=f"resume_{place}_{run.id}", on_click=act, args=(worker.start, run))
    if state == FINISHED:
        help_, usable = _fitness(run.config.model)
        if st.button(
            "Use in Classify",
            key=f"use_{place}_{run.id}",
            disabled=not usable,
            help=help_,
        ):
            cache.use_run(run.config.model.name, run.id)
            query_params.select("classify", model=run.config.model.name)
            song_source.ensure_song("classify")
            st.switch_page("pages/classify.py")


def _fitness(model: ModelConfig) -> tuple[str, bool]:
    """Return what using a network in Classify does, or why it cannot be, and whether it can."""
    if model.genres != models.spec(model.name).config.genres:
        return "Classify takes networks of GTZAN's ten genres; this one has others.", False
    return "Classify then uses this run instead of the shipped network, for you alone.", True


def act(action: Callable[[Run], object], run: Run) -> None:
    """Call an action on a run of the visitor's own, and show its error, if any."""
    if not owners.may_change(run):
        st.toast(markdown.message(f"This run belongs to {run.owner}, who alone may change it."))
        return
    try:
        action(run)
    except DeepMusicError as error:
        st.toast(markdown.message(error))
