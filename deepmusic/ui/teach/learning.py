"""Learn: a button, its progress, how well it does, and the sounds behind each number."""

from typing import Any

import streamlit as st

from deepmusic.charts.confusion import confusion_chart
from deepmusic.charts.style import escape_label
from deepmusic.errors import DatasetError, DeepMusicError
from deepmusic.formatting import format_percent
from deepmusic.ui import cache, markdown
from deepmusic.ui.teach import session
from deepmusic.ui.teach.session import Learnt

_CELL = "teach_cell"


def show_button() -> None:
    """Show the button that learns, and learn."""
    found = session.learnt()
    is_stale = found is not None and found.state is not None and found.state != session.state()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pressed = st.button("Learn", type="primary", icon=":material/school:")
        if is_stale:
            st.caption("The sounds changed since it learnt.")
    if pressed:
        try:
            session.keep(_learn())
        except DeepMusicError as error:
            markdown.show_error(error)
        else:
            st.rerun()


def _learn() -> Learnt:
    from deepmusic.data.fingerprints import MOST_FRAMES
    from deepmusic.training.examples import Example
    from deepmusic.training.teach import teach

    own = session.classes()
    for place, one in enumerate(own, start=1):
        if not one.name:
            raise DatasetError(f"Class {place} has no name. Give it one, or remove it.")
    sounds = [(one.name, sound) for one in own for sound in one.sounds]
    bar = st.progress(0.0, "Embedding the sounds ...")
    examples, files, faults = [], [], []
    for done, (label, sound) in enumerate(sounds, start=1):
        file = sound.file
        try:
            windows = cache.teach.embed_sound(file).embeddings
            mark = cache.teach.fingerprint(file, MOST_FRAMES)
        except DeepMusicError as error:
            faults.append(f"{label}: {error}")
        else:
            recording = sound.recording or f"{label}/{file.digest}"
            examples.append(Example(label, file.name, recording, file.digest, windows, mark))
            files.append(file)
        bar.progress(done / len(sounds), f"Embedding sound {done} of {len(sounds)} ...")
    bar.empty()
    taught = teach(examples, [one.name for one in own])
    return Learnt(
        taught.classes, "my classes", taught, tuple(files), tuple(faults), session.state()
    )


def show(found: Learnt) -> None:
    """Show how well classes are told apart."""
    st.markdown(_sentence(found))
    for fault in found.faults:
        markdown.show_warning(fault)
    for warning in found.classes.facts.get("warnings", []):
        markdown.show_warning(str(warning))
    if found.taught is not None and not found.taught.table.empty:
        _show_matrix(found)


def _sentence(found: Learnt) -> str:
    """Return how often it was right, as Markdown."""
    facts = found.classes.facts
    names = ", ".join(f"**{markdown.plain(label)}**" for label in found.classes.labels)
    try:
        accuracy, (low, high) = float(facts["accuracy"]), map(float, facts["interval"])
        tested = int(facts["tested"])
    except (KeyError, TypeError, ValueError):
        return f"It tells {names} apart; nothing could be tested yet."
    n_recordings = found.taught.table["recording"].nunique() if found.taught else tested
    of = f" of {n_recordings} recordings" if n_recordings < tested else ""
    of = " of one recording" if of and n_recordings == 1 else of
    return (
        f"Right on **{round(accuracy * tested)} of {tested}** sounds{of}, each tested by a head "
        f"that had not learnt its recording: {names} (95 % interval {format_percent(low)} to "
        f"{format_percent(high)})."
    )


def _show_matrix(found: Learnt) -> None:
    matrix, table = found.taught.matrix, found.taught.table
    cells = {
        (label, predicted): int(matrix.loc[label, predicted])
        for label in matrix.index
        for predicted in matrix.columns
        if matrix.loc[label, predicted]
    }
    # Mistakes first, as they tell most.
    options = sorted(cells, key=lambda cell: (cell[0] == cell[1], -cells[cell]))
    if st.session_state.get(_CELL) not in options:
        st.session_state[_CELL] = options[0]
    chosen = st.session_state[_CELL]
    shown = {escape_label(label, 60): label for label in matrix.index}
    drawn = matrix.set_axis(list(shown), axis=0).set_axis(list(shown), axis=1)
    key = f"teach_matrix_{options.index(chosen)}_{id(found.taught)}"

    def choose() -> None:
        for point in st.session_state[key].selection.points[:1]:
            cell = shown.get(point["y"]), shown.get(point["x"])
            if cell in cells:
                st.session_state[_CELL] = cell

    st.plotly_chart(
        confusion_chart(
            drawn,
            unit="sounds",
            top=float(matrix.sum(axis=1).max()),
            chosen=(escape_label(chosen[0], 60), escape_label(chosen[1], 60)),
            dark=st.context.theme.type == "dark",
            height=min(450, 200 + 40 * len(matrix)),
        ),
        key=key,
        on_select=choose,
        selection_mode="points",
        config={"displayModeBar": False},
        alt="Confusion matrix of the classes",
    )
    cell = st.selectbox(
        "Sounds behind a number",
        options,
        format_func=lambda one: _words(one, cells[one]),
        key=_CELL,
        help="Or click a number. The head that tested a sound had not learnt its recording.",
    )
    rows = table[(table["genre"] == cell[0]) & (table["predicted"] == cell[1])]
    _play(found, rows)


def _words(cell: tuple[str, str], count: int) -> str:
    label, predicted = cell
    noun = "sound" if count == 1 else "sounds"
    if label == predicted:
        return f"{label}: {count} {noun} right"
    return f"{label} taken for {predicted}: {count} {noun}"


def _play(found: Learnt, rows: Any) -> None:
    row = st.selectbox(
        "Play",
        list(rows.index),
        format_func=lambda row: (
            f"{rows.loc[row, 'name']} ({format_percent(rows.loc[row, 'confidence'])})"
        ),
        label_visibility="collapsed",
    )
    if row is not None:
        sound, mime_type = cache.teach.play_sound(found.sounds[row])
        st.audio(sound, format=mime_type, alt=found.sounds[row].name)
