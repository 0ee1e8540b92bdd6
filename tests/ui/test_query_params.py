"""Widgets whose values are query parameters."""

import pytest
from streamlit.testing.v1 import AppTest


def one_choice():
    import streamlit as st

    from deepmusic.ui import query_params

    query_params.enter_page(st.session_state.get("go_to", "here"))
    options = st.session_state.get("options", ["a", "b", "c"])
    widget = getattr(st, st.session_state.get("widget", "segmented_control"))
    value = query_params.choose(
        "letter", options, str.upper, label="Letter", default="b", widget=widget
    )
    st.text(value)


def several():
    import streamlit as st

    from deepmusic.ui import query_params

    query_params.enter_page("here")
    options = st.session_state.get("options", ["a", "b", "c"])
    value = query_params.choose_several("letters", options, label="Letters", default=["a", "b"])
    st.text(",".join(value))


def run(script, query=None, **state):
    app = AppTest.from_function(script)
    for name, value in state.items():
        app.session_state[name] = value
    if query is not None:
        app.query_params["letter" if script is one_choice else "letters"] = query
    return again(app)


def again(app):
    app.run()
    assert not app.exception
    return app


def said(app) -> str:
    return app.text[0].value


def address(app, name="letter") -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


@pytest.mark.parametrize("widget", ["segmented_control", "pills", "selectbox", "select_slider"])
@pytest.mark.parametrize(("query", "value"), [(None, "b"), ("c", "c"), ("<b>", "b"), ("", "b")])
def test_the_address_is_asked_then_the_default(widget, query, value):
    app = run(one_choice, query, widget=widget)
    assert said(app) == address(app) == value


def test_the_first_is_taken_where_the_default_is_not_there():
    assert said(run(one_choice, options=["x", "y"])) == "x"


def test_a_choice_wins_over_the_address_and_stands_in_it():
    app = run(one_choice, "c")
    app.button_group[0].set_value("a")
    assert said(again(app)) == address(app) == "a"


def test_a_choice_that_is_gone_gives_way():
    app = run(one_choice, "c")
    app.session_state["options"] = ["a", "b"]
    assert said(again(app)) in ("a", "b")


def test_another_page_has_choices_of_its_own():
    app = run(one_choice, "c")
    del app.query_params["letter"]
    app.session_state["go_to"] = "there"
    assert said(again(app)) == "b"
    app.session_state["go_to"] = "here"
    assert said(again(app)) == "c"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (None, "a,b"),
        ("c", "c"),
        ("c,<b>,c", "c"),
        ("<b>", "a,b"),
        ("", ""),
    ],
)
def test_several_are_asked_for_with_commas(query, value):
    app = run(several, query)
    assert said(app) == address(app, "letters") == value


def test_of_several_only_what_is_there_stays():
    app = run(several, "b,c")
    app.session_state["options"] = ["a", "c"]
    assert said(again(app)) == "c"
    app.session_state["options"] = ["a", "b"]
    assert said(again(app)) == "a,b"
