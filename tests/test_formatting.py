"""Text for people and tables."""

import csv
import io
import os

import numpy as np
import pandas as pd
import pytest

from deepmusic.formatting import (
    format_bytes,
    format_clock,
    format_duration,
    format_name,
    format_percent,
    format_plain,
    from_csv,
    parse_name,
    to_csv,
)
from tests.names import DECODED


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (65, "1:05"), (3600, "60:00")],
)
def test_a_clock_never_shows_sixty_seconds(seconds: float, text: str) -> None:
    assert format_clock(seconds) == text


def test_a_clock_with_tenths() -> None:
    assert format_clock(5.04, digits=1) == "0:05.0"
    assert format_clock(59.97, digits=1) == "1:00.0"


def test_durations() -> None:
    assert [format_duration(s) for s in (7.4, 99, 150, 5940, 12000)] == [
        "7 s",
        "99 s",
        "2 min",
        "99 min",
        "3 h 20 min",
    ]


def test_percentages() -> None:
    assert format_percent(0.005, digits=1, space="\N{NO-BREAK SPACE}") == "0.5\N{NO-BREAK SPACE}%"
    assert format_percent(1) == "100 %"


def test_sizes() -> None:
    assert [format_bytes(n) for n in (0, 999, 1000, 999_960, 12.4e6, 7.2e9, 5e13)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "1.0 MB",
        "12 MB",
        "7.2 GB",
        "50000 GB",
    ]


@pytest.mark.parametrize("name", DECODED.values(), ids=DECODED)
def test_any_name_can_be_printed_and_parsed(name: str) -> None:
    text = format_name(name)
    assert text.isprintable()
    assert text.encode()
    assert parse_name(text) == name
    assert format_plain(text) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Motörhead.mp3", "Motörhead.mp3"),
        (os.fsdecode(b"caf\xe9.wav"), r"caf\xe9.wav"),
        ("caf\\xe9.wav", r"caf\\xe9.wav"),
        ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("\x85\u202e", r"\u0085\u202e"),
    ],
)
def test_names_are_escaped(name: str, text: str) -> None:
    assert format_name(name) == text


def test_each_byte_has_its_own_text() -> None:
    names = [os.fsdecode(bytes([byte])) for byte in range(1, 256)]
    assert len({format_name(name) for name in names}) == 255
    assert [parse_name(format_name(name)) for name in names] == names


FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '"=1', "' =1", "\tx"),
    "\N{FULLWIDTH EQUALS SIGN}1",
]
PLAIN = [
    *("None", "NA", "nan", "null", "N/A", "000002", "1e5", "True", " x ", "'quoted'", "''", "a=1"),
    *('a "b", c', "two\nlines", "a\rb", "\u2028", "\x0b", "\x85", "\N{MUSICAL SYMBOL G CLEF}"),
]


@pytest.mark.parametrize("text", FORMULAS + PLAIN)
def test_a_table_comes_back_as_it_was_and_holds_no_formula(text: str, tmp_path) -> None:
    table = pd.DataFrame({"track": [text, f"'{text}", "x"], "start": [-1.5, np.nan, 0.25]})
    table[text] = [0.1, 0.2, np.nan]
    path = tmp_path / "table.csv"
    path.write_text(to_csv(table), encoding="utf-8", newline="")
    pd.testing.assert_frame_equal(from_csv(path, ("track",)), table, check_dtype=False)
    rows = list(csv.reader(io.StringIO(to_csv(table), newline="")))
    assert [rows[0][2], rows[1][0]] == [f"'{text}" if text in FORMULAS else text] * 2
    assert [row[1] for row in rows] == ["start", "-1.5", "", "0.25"]
