"""Teacher's notes and student's sheet."""

import re

from deepmusic.charts.class_hour import Part, students_sheet, teachers_notes
from deepmusic.models import MODELS, title

PARTS = [
    Part(
        label=f"{number} <Sound>",
        question="What is it?",
        minutes=minutes,
        say="It is <b>loud</b>.",
        try_this="Play it.",
        ask="Why & how?",
        answer="No one knows.",
    )
    for number, minutes in ((1, 2), (2, 5))
]


def test_notes_go_from_minute_to_minute():
    page = teachers_notes(PARTS)
    assert re.findall(r"<b>(\d+\N{EN DASH}\d+)</b>", page) == ["0\N{EN DASH}2", "2\N{EN DASH}7"]
    assert "in 7 minutes" in page
    for text in ("1 &lt;Sound&gt;", "It is <b>loud</b>.", "Play it.", "Why &amp; how?", "No one"):
        assert text in page


def test_a_sheet_asks_and_leaves_room_without_answers():
    page = students_sheet(PARTS)
    assert page.count("Why &amp; how?") == page.count('class="answer"') == 2
    assert "No one knows" not in page
    assert all(f">{title(name)}</th>" in page for name in MODELS)
    assert re.search(r"<(script|link|img)", page) is None, "it needs no internet"
