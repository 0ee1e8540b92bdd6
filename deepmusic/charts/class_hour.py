"""Teacher's notes and student's sheet of an hour with a class, each an HTML page to print."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from deepmusic import models
from deepmusic.charts import printing

#: Of the quiz in which a class votes.
_CLIPS = 10

#: Of room for an answer.
_LINES = 2

_BEFORE = (
    "Switch <b>Projector</b> on, and choose a clip in <b>Lesson</b>. Students' devices must reach "
    "this server: try the code of a room in <b>Vote</b> with one of them. Page down and page up, "
    "or a presenter's remote, turn the steps."
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the hour: a page or a step of it, what it asks, and what the teacher does.

    Attributes
    ----------
    label, question : str
        Where it is in the app, and its title there.
    minutes : int
        How long it takes.
    say : str
        One sentence, as HTML.
    try_this, ask, answer : str
        One task, one question to the class, and what may be expected.
    """

    label: str
    question: str
    minutes: int
    say: str
    try_this: str
    ask: str
    answer: str


def teachers_notes(parts: Sequence[Part]) -> str:
    """Return the notes as HTML, minute by minute."""
    rows, begun = [], 0
    for part in parts:
        rows.append(
            f"<tr><td><b>{begun}\N{EN DASH}{begun + part.minutes}</b><br>"
            f"{html.escape(part.label)}</td>"
            f"<td><b>{html.escape(part.question)}</b><br>{part.say}</td>"
            f"<td>{html.escape(part.try_this)}</td>"
            f"<td><b>{html.escape(part.ask)}</b><br>{html.escape(part.answer)}</td></tr>"
        )
        begun += part.minutes
    return printing.page(
        "teacher's notes",
        [
            f"<h1>Sound to genre in {begun} minutes: teacher's notes</h1>",
            f"<p>{_BEFORE}</p>",
            '<table class="hour"><thead><tr><th>Minutes</th><th>Say</th><th>Try</th>'
            f"<th>Ask, and expect</th></tr></thead><tbody>{''.join(rows)}</tbody></table>",
        ],
    )


def students_sheet(parts: Sequence[Part]) -> str:
    """Return the sheet as HTML: the questions with room for answers, and tables to fill."""
    names = [models.title(name) for name in models.MODELS]
    return printing.page(
        "student's sheet",
        [
            printing.NAME_AND_DATE,
            "<h1>How does a computer name a genre?</h1>",
            *(
                f'<div class="question"><small>{html.escape(part.label)}</small>'
                f"<b>{html.escape(part.ask)}</b>{printing.lines(_LINES)}</div>"
                for part in parts
            ),
            "<section><h2>One clip, and what the networks make of it</h2>",
            "<p>Its title: ____________________________________</p>",
            _table(
                ["", "Genre", "Probability", "Windows that agree", "What speaks for it"],
                ["I", *names, models.title(models.ENSEMBLE)],
            ),
            "</section><section><h2>We vote first</h2>",
            _table(
                ["Clip", "I say", "The class", *names, "Label"],
                [*map(str, range(1, _CLIPS + 1)), "Right"],
            ),
            "</section>",
        ],
    )


def _table(head: Sequence[str], first: Sequence[str]) -> str:
    """Return a table to fill, of which the head and the first column are given."""
    columns = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    empty = "<td></td>" * (len(head) - 1)
    rows = "".join(f"<tr><th scope='row'>{html.escape(name)}</th>{empty}</tr>" for name in first)
    return f'<table class="fill"><tr>{columns}</tr>{rows}</table>'
