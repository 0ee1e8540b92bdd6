"""Try what was learnt on a song, and keep it: download, save, open."""

import html
import re
from itertools import count
from pathlib import Path

import streamlit as st

from deepmusic.charts.style import genre_colours
from deepmusic.config import current_deployment
from deepmusic.errors import DeepMusicError
from deepmusic.files import data_folder
from deepmusic.formatting import format_clock, format_percent
from deepmusic.prediction import ClassPrediction, OwnClasses
from deepmusic.ui import cache, markdown, song_bar, song_source
from deepmusic.ui.song import SongFile
from deepmusic.ui.teach import session
from deepmusic.ui.teach.session import Learnt

_NO_PROOF = "That it knows this one proves nothing: try another."

#: In the session: what was learnt, the song that was asked last, and what `_unbiased` made of it.
_UNBIASED = "teach_unbiased"

#: Of a song that is tried, 10 minutes are searched for what was learnt.
_TRIED_FRAMES = 9400

#: What a name may hold on disk.
_NAME = re.compile(r"[\w][\w \-]{0,59}")


def show(found: Learnt) -> None:
    """Show the classes of a song: the one at hand, or one that is chosen here."""
    st.markdown("**Try it**")
    song = song_source.choose(is_narrow=True)
    if song is None:
        return
    try:
        with st.spinner("Listening ..."):
            kept = st.session_state.get(_UNBIASED)
            if kept is None or kept[0] is not found or kept[1] != song.digest:
                kept = found, song.digest, _unbiased(found, song)
                st.session_state[_UNBIASED] = kept
            classes, remark = kept[2]
            answer = cache.teach.predict_class(song, classes)
            sound, mime_type = cache.teach.play_sound(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    if song_bar.at_hand() is None:
        st.audio(sound, format=mime_type, alt="The song")
    if remark:
        st.info(remark, icon=":material/info:")
    st.html(_bars(answer))
    st.caption(
        "By 3 s, from start to end. It answers with one of your classes, whatever it is given.",
    )


def _unbiased(found: Learnt, song: SongFile) -> tuple[OwnClasses, str]:
    """Return classes that did not learn from a song, if there are any, and what to say of that."""
    if found.taught is None:
        known = found.classes.has_learnt(song.digest)
        return found.classes, f"It learnt from this sound. {_NO_PROOF}" if known else ""
    mark = cache.teach.fingerprint(song, _TRIED_FRAMES)
    learnt = found.taught.find_learnt(song.digest, mark)
    if not learnt:
        return found.classes, ""
    what = f"{len(learnt)} passages of this song" if len(learnt) > 1 else "this sound"
    without = found.taught.without(learnt)
    if without is None:
        return found.classes, f"It learnt from {what}. {_NO_PROOF}"
    return without, (
        f"It learnt from {what}, as **{markdown.plain(learnt[0].label)}**. This is the answer of a "
        "head that did not."
    )


def _bars(answer: ClassPrediction) -> str:
    """Return a bar for each class, and a strip of the class of each window."""
    colours = genre_colours(list(answer.prediction.genres))
    rows = "".join(
        f'<div style="display: flex; gap: 0.6rem; align-items: center; margin: 0.25rem 0">'
        f'<span style="flex: 0 0 9rem; overflow-wrap: anywhere">{html.escape(label)}</span>'
        f'<span style="flex: 1; background: rgba(133, 130, 143, 0.25); border-radius: 3px">'
        f'<span style="display: block; height: 1.1rem; width: {100 * share:.1f}%;'
        f' background: {colours[label]}; border-radius: 3px"></span></span>'
        f'<span style="flex: 0 0 3.5rem; text-align: right">{format_percent(share)}</span></div>'
        for label, share in answer.probabilities.items()
    )
    strip = "".join(
        f'<span title="{format_clock(one.start)}: {html.escape(one.genre, quote=True)}" style="'
        f"flex: {max(one.end - one.start, 0.01):.2f}; background: {colours[one.genre]};"
        f' opacity: {0.35 + 0.65 * one.probability:.2f}"></span>'
        for one in answer.segments
    )
    first = html.escape(answer.label)
    return (
        f'<div style="font-size: 1.5rem; font-weight: 600">{first}, '
        f"{format_percent(answer.probability)}</div>{rows}"
        f'<div role="img" aria-label="Class of each window" style="display: flex; gap: 1px;'
        f' height: 1.4rem; margin-top: 0.6rem">{strip}</div>'
    )


def show_keeping(found: Learnt) -> None:
    """Show the ways to keep what was learnt."""
    st.markdown("**Keep it**")
    name = st.text_input("Name", value=found.name, max_chars=60, label_visibility="collapsed")
    is_name = bool(_NAME.fullmatch(name.strip()))
    if not is_name:
        st.caption("A name has letters, digits, spaces and hyphens.")
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Download",
            found.classes.to_bytes(),
            file_name=f"{name.strip() if is_name else 'my classes'}.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/download:",
            help="One file, of numbers and names. Open it here again, or: "
            "`deepmusic predict song.mp3 --classes my.zip`",
        )
        if not current_deployment().is_public and st.button(
            "Save on this machine", disabled=not is_name, help="In the folder of DEEPMUSIC_DATA."
        ):
            _save(found, name.strip())
    if found.state == session.state() and current_deployment().may_train:
        _offer_scratch()


def _offer_scratch() -> None:
    """Offer to train a network on the same sounds that has not learnt from others before."""
    if st.button(
        "The same from scratch",
        icon=":material/model_training:",
        help="Opens *Train* with these sounds and a CRNN that knows nothing yet: what is "
        "pretraining on 200,000 songs worth? It is tested on sounds of recordings that it may have "
        "learnt from, so that its accuracy flatters.",
    ):
        try:
            session.take_to_train()
        except DeepMusicError as error:
            markdown.show_error(error)
        else:
            st.switch_page("pages/train.py")


def _save(found: Learnt, name: str) -> None:
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        saved = _save_beside(found.classes, name)
    except OSError as error:
        markdown.show_error(
            f"{_folder()} cannot be written ({error.strerror or error}). Free some space, or set "
            "DEEPMUSIC_DATA to a folder that can be written."
        )
    else:
        taken = "" if saved == name else "That name is taken. "
        st.success(f"{taken}Saved as {markdown.plain(saved)}.")


def _save_beside(classes: OwnClasses, name: str) -> str:
    """Save under a name, or with a number where others are saved there; return which it was."""
    for number in count(1):
        saved = name if number == 1 else f"{name} {number}"
        path = _folder() / f"{saved}.zip"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            if path.read_bytes() == classes.to_bytes():
                break
            continue
        try:
            classes.save(path)
        except OSError:
            path.unlink()
            raise
        break
    return saved


def show_saved() -> None:
    """Show the classes that were saved on this machine, to open them."""
    if current_deployment().is_public:
        return
    names = sorted(path.stem for path in _folder().glob("*.zip"))
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox("Saved classes", names, width=260)
        if st.button("Open"):
            try:
                path = _folder() / f"{name}.zip"
                session.keep(Learnt(OwnClasses.load(path), name))
            except DeepMusicError as error:
                markdown.show_error(error)
            else:
                st.rerun()


def _folder() -> Path:
    return data_folder() / "classes"
