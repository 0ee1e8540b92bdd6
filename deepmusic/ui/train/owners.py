"""Whose run it is: a visitor's name, and who may stop, resume, rename or delete a run.

Names are taken on trust: this keeps a class from stopping each other's runs by mistake, and no one
from mischief. The instructor's password is in the environment.
"""

import hmac
import os

import streamlit as st

from deepmusic.runs import Run
from deepmusic.ui import kept, markdown, query_params

#: Environment variable of the password; without it, there is no instructor.
PASSWORD_VARIABLE = "DEEPMUSIC_INSTRUCTOR_PASSWORD"

_NAME, _PASSWORD = "visitor_name", "instructor_password"
#: Whether the name was given in this session: in the field, or by a link with ``me``.
_TYPED = "visitor_name_typed"
_LONGEST = 30


def show() -> None:
    """Show the field for the visitor's name, which the browser keeps, and for the password."""
    if _NAME not in st.session_state and (asked := query_params.requested("me")):
        _type(asked)
    typed = visitor() if st.session_state.get(_TYPED) else None
    known = kept.keep("owner", typed=typed)
    if typed is None:
        # The browser answers a moment after a page was opened.
        st.session_state[_NAME] = known[:_LONGEST] or visitor()
    with st.popover(f"Your name: {markdown.plain(visitor())}" if visitor() else "Your name"):
        st.text_input(
            "Your name",
            key=_NAME,
            max_chars=_LONGEST,
            persist_state="session",
            on_change=lambda: _type(st.session_state[_NAME]),
            help="Runs that you start under a name are stopped and deleted by you alone. Your "
            "browser keeps it.",
        )
        if os.environ.get(PASSWORD_VARIABLE):
            st.text_input(
                "Instructor's password",
                key=_PASSWORD,
                type="password",
                persist_state="session",
                help="Whoever knows it may stop and delete all runs.",
            )
            if st.session_state.get(_PASSWORD) and not is_instructor():
                markdown.show_error("This is not the instructor's password.")


def _type(name: str) -> None:
    st.session_state[_NAME], st.session_state[_TYPED] = name[:_LONGEST], True


def visitor() -> str:
    """Return the visitor's name; empty if none was given."""
    return str(st.session_state.get(_NAME) or "").strip()


def is_instructor() -> bool:
    """Tell whether the visitor typed the instructor's password."""
    wanted = os.environ.get(PASSWORD_VARIABLE, "")
    typed = str(st.session_state.get(_PASSWORD) or "")
    return bool(wanted) and hmac.compare_digest(typed.encode(), wanted.encode())


def may_change(run: Run) -> bool:
    """Tell whether the visitor may stop, resume, rename or delete a run."""
    return run.owner in ("", visitor()) or is_instructor()
