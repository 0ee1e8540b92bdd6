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


def address(app, name="letter") -> str | None:
    """Return what the address says; None if nothing, as of a default."""
    value = app.query_params.get(name)
    return value if isinstance(value, str | None) else value[0]


@pytest.mark.parametrize("widget", ["segmented_control", "pills", "selectbox", "select_slider"])
@pytest.mark.parametrize(("query", "value"), [(None, "b"), ("c", "c"), ("<b>", "b"), ("", "b")])
def test_the_address_is_asked_then_the_default(widget, query, value):
    app = run(one_choice, query, widget=widget)
    assert said(app) == value
    assert address(app) == (None if value == "b" else value)


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
    assert said(app) == value
    assert address(app, "letters") == (None if value == "a,b" else value)


def test_of_several_only_what_is_there_stays():
    app = run(several, "b,c")
    app.session_state["options"] = ["a", "c"]
    assert said(again(app)) == "c"
    app.session_state["options"] = ["a", "b"]
    assert said(again(app)) == "a,b"


def test_back_leads_to_the_choice_before():
    """The browser changes the address, without a choice."""
    app = run(one_choice)
    app.button_group[0].set_value("c")
    assert address(again(app)) == "c"
    app.button_group[0].set_value("a")
    assert address(again(app)) == "a"
    app.query_params["letter"] = "c"
    assert said(again(app)) == "c"
    del app.query_params["letter"]
    assert said(again(app)) == "b"


def test_a_choice_counts_though_the_browser_does_not_know_the_last_address_yet():
    app = run(one_choice)
    app.button_group[0].set_value("c")
    again(app)
    del app.query_params["letter"]
    app.button_group[0].set_value("a")
    assert said(again(app)) == "a"


def many_choices():
    import streamlit as st

    from deepmusic.ui import query_params

    written = []
    with query_params.one_step():
        query_params.enter_page("here")
        query_params.choose("letter", ["a", "b"], label="Letter")
        query_params.choose("number", ["1", "2"], label="Number")
        written.append(st.query_params.to_dict())
    st.text(written)


def test_a_run_writes_the_address_once_and_what_nobody_asks_for_leaves_it():
    app = AppTest.from_function(many_choices)
    for name, value in {"letter": "b", "number": "1", "of_another_page": "x"}.items():
        app.query_params[name] = value
    app.run()
    assert {name: address(app, name) for name in app.query_params} == {"letter": "b"}
    assert "'of_another_page': 'x'" in said(app), "until the end of the run"


def test_a_page_s_default_is_no_choice_for_others():
    app = AppTest.from_function(song_of_pages)
    assert said(again(app)) == "upload"
    app.session_state["go_to"] = "there"
    assert said(again(app)) == "demo", "a default of that page"
    app.session_state["go_to"] = "here"
    assert said(again(app)) == "upload"
    app.session_state["go_to"] = "there"
    again(app)
    app.button_group[0].set_value("gtzan")
    again(app)
    app.session_state["go_to"] = "here"
    assert said(again(app)) == "gtzan"


def song_of_pages():
    import streamlit as st

    from deepmusic.ui import query_params

    page = st.session_state.get("go_to", "here")
    query_params.enter_page(page)
    options = ["upload", "demo", "gtzan"] if page == "here" else ["demo", "gtzan"]
    st.text(query_params.choose("source", options, label="Source"))
