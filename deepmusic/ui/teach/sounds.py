"""The classes and their sounds: fields to name, upload, record, listen and remove."""

from urllib.parse import urlsplit

import streamlit as st

from deepmusic import audio
from deepmusic.errors import DeepMusicError
from deepmusic.prediction import OwnClasses
from deepmusic.prediction.own_classes import LONGEST_NAME, MOST_CLASSES, is_classes
from deepmusic.ui import cache, markdown, tab
from deepmusic.ui.teach import session
from deepmusic.ui.teach.session import Learnt, OwnClass

_TYPES = [suffix.removeprefix(".") for suffix in audio.SUFFIXES]


def show_start() -> None:
    """Show the ways to begin: an example at a click, a folder, a ZIP, a file of classes."""
    with_sounds = [own for own in session.classes() if own.sounds]
    has_sounds = bool(with_sounds)
    tab.follow("classes", [f"{own.name or 'A class'} ({_count(own)})" for own in with_sounds])
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Try it with the demo music",
            type="secondary" if has_sounds else "primary",
            help="To dance to, or to listen to? Passages of eight demo pieces, as two classes.",
        ):
            with st.spinner("Cutting the demo music ..."):
                session.fill_with_example()
            st.rerun()
        with st.popover("Folder, ZIP or saved classes"):
            _show_fields()
        if has_sounds or session.learnt():
            st.button("Start anew", on_click=session.start_anew)
    for sentence in session.told():
        markdown.show_warning(sentence)


def _show_fields() -> None:
    st.file_uploader(
        "A ZIP whose folders are the classes, or a file that was saved here",
        type=["zip"],
        key="teach_zip",
        on_change=_take_zip,
    )
    st.file_uploader(
        "A folder whose subfolders are the classes, such as `guitar/one.wav`",
        type=_TYPES,
        accept_multiple_files="directory",
        key="teach_folder",
        on_change=_take_folder,
    )


def _take_zip() -> None:
    file = st.session_state["teach_zip"]
    if file is None:
        return
    data = file.getvalue()
    try:
        if is_classes(data):
            session.keep(Learnt(OwnClasses.load(data), file.name.removesuffix(".zip")))
        else:
            session.fill_from([(file.name, b"")], data)
    except DeepMusicError as error:
        session.tell(str(error).replace("The file", file.name, 1))


def _take_folder() -> None:
    files = st.session_state["teach_folder"]
    if not files:
        return
    try:
        session.fill_from([(file.name, file.getvalue()) for file in files])
    except DeepMusicError as error:
        session.tell(str(error))


def show_classes() -> None:
    """Show a card for each class, two in a row."""
    found = session.classes()
    for first in range(0, len(found), 2):
        for column, own in zip(st.columns(2, gap="medium"), found[first : first + 2], strict=False):
            with column, st.container(border=True):
                _show_card(own, found.index(own) + 1, removable=len(found) > 2)
    if len(found) < MOST_CLASSES:
        st.button("Add a class", icon=":material/add:", on_click=session.add_class)


def _show_card(own: OwnClass, place: int, *, removable: bool) -> None:
    key = f"teach_name_{own.number}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            f"Class {place}",
            value=own.name,
            max_chars=LONGEST_NAME,
            placeholder="Its name, such as guitar",
            key=key,
            on_change=session.rename,
            args=(own, key),
        )
        if removable:
            st.button(
                "",
                icon=":material/delete:",
                help="Remove this class",
                key=f"teach_remove_{own.number}",
                on_click=session.remove_class,
                args=(own,),
            )
    added = len(own.sounds)
    upload, record = (f"teach_{what}_{own.number}_{added}" for what in ("files", "record"))
    st.file_uploader(
        "3 to 20 sounds",
        type=_TYPES,
        accept_multiple_files=True,
        key=upload,
        on_change=_take,
        args=(own, upload),
    )
    if _may_record():
        st.audio_input(
            "Or record one",
            sample_rate=audio.SAMPLE_RATE,
            key=record,
            on_change=_take,
            args=(own, record),
        )
    if own.sounds:
        with st.popover(_count(own), key=f"teach_sounds_{own.number}"):
            _show_sounds(own)


def _count(own: OwnClass) -> str:
    return "1 sound" if len(own.sounds) == 1 else f"{len(own.sounds)} sounds"


def _may_record() -> bool:
    """Tell whether a browser opens the microphone to this address."""
    address = urlsplit(st.context.url or "http://localhost")
    return address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1")


def _take(own: OwnClass, key: str) -> None:
    """Take what was uploaded or recorded; the field is empty again after it."""
    value = st.session_state[key]
    files = value if isinstance(value, list) else [value] if value else []
    is_record = not isinstance(value, list)
    name = f"recording {len(own.sounds) + 1}.wav"
    session.add_sounds(own, [(name if is_record else file.name, file.getvalue()) for file in files])


def _show_sounds(own: OwnClass) -> None:
    number = st.selectbox(
        "Listen",
        range(len(own.sounds)),
        format_func=lambda row: own.sounds[row].file.name,
        key=f"teach_listen_{own.number}_{len(own.sounds)}",
    )
    try:
        sound, mime_type = cache.teach.play_sound(own.sounds[number].file)
        st.audio(sound, format=mime_type, alt=own.sounds[number].file.name)
    except DeepMusicError as error:
        markdown.show_error(error)
    st.button(
        "Remove this sound",
        key=f"teach_drop_{own.number}",
        on_click=session.remove_sound,
        args=(own, number),
    )
