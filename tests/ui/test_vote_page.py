"""The page Vote: the wall and the students' devices, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.sessions import Session
from deepmusic.ui import cache
from deepmusic.ui.lesson import vote
from deepmusic.ui.rooms import Clip

GENRES = ("blues", "jazz", "rock")


pytestmark = pytest.mark.usefixtures("without_gtzan")


@pytest.fixture
def room():
    return cache.all_rooms().open([Clip("demo", "jazz", "jazz")], GENRES)


def open_page(**query):
    app = AppTest.from_file("../../pages/vote.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def buttons(app):
    return {button.label: button for button in app.button}


def words(app) -> str:
    return "\n".join(one.value for one in app.markdown)


def test_a_device_votes_once_and_the_wall_shows_the_answers(room):
    student = open_page(room=room.code)
    assert set(buttons(student)) == set(GENRES)
    buttons(student)["jazz"].click().run()
    assert not student.exception
    assert "You voted **jazz**" in words(student)
    assert not student.button
    wall = open_page(room=room.code, host=room.host)
    assert "**1** of 1 devices" in words(wall)
    buttons(wall)["Show the answers"].click().run()
    assert not wall.exception
    table = wall.table[0].value
    assert list(table.columns) == ["Clip", "Label", "Class", "CNN", "CRNN", "CNN-GRU"]
    assert table["Class"].tolist() == ["✓ jazz (100 %)", "**1 of 1**"]
    assert "Class" in wall.success[0].value
    assert "The label is **jazz**" in words(open_page(room=room.code))


def test_a_room_that_does_not_exist_is_one_sentence_and_the_way_to_another():
    app = open_page(room="NONE")
    assert "no such room" in app.error[0].value
    assert {"Join", "Open a room"} <= set(buttons(app))


def test_a_student_cannot_open_the_wall_by_a_guess(room):
    app = open_page(room=room.code, host="guess")
    assert "Show the answers" not in buttons(app)


def test_the_address_leads_to_the_room():
    assert vote.join_address("https://music.school/app/lesson", "BCDF") == (
        "https://music.school/app/vote?room=BCDF"
    )
    assert vote.join_address("", "BCDF") is None
    local = vote.join_address("http://localhost:8501/vote", "BCDF")
    assert local.startswith("http://")
    assert local.endswith(":8501/vote?room=BCDF")


@pytest.mark.slow
def test_a_device_votes_once_in_two_tabs_and_after_a_reload_before_the_page_knows_it(server):
    wall = Session(server.address, "vote")
    wall.press("Open a room")
    page, browser = f"vote?{wall.query.partition('&')[0]}", {}
    tabs = [Session(server.address, page, browser) for _ in range(2)]
    tabs[0].press("blues")
    assert "You voted **blues**" in tabs[0].said
    tabs[1].press("jazz")
    assert "You voted **blues**" in tabs[1].said
    reloaded = Session(server.address, page, browser, hasty=True)
    reloaded.press("rock")
    reloaded.look()
    assert "You voted **blues**" in reloaded.said
    wall.look()
    assert "**1** of 1 devices" in wall.said
    other = Session(server.address, page)
    other.press("rock")
    wall.look()
    assert "**2** of 2 devices" in wall.said
