"""Predictions as JSON and CSV."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path
from types import SimpleNamespace
from weakref import ref

import numpy as np
import pandas as pd
import pytest

from deepmusic.cli.predict import PRINTERS, print_csv
from deepmusic.formatting import to_csv
from deepmusic.prediction import Prediction, export


@pytest.fixture
def predictions():
    rows = np.array([[0.75, 0.25], [0.25, 0.75], [1.0, 0.0]])
    starts = np.array([0.0, 1.5, 30.0])
    clips = np.array([0, 0, 1])
    return {"cnn": Prediction("cnn", ("blues", "jazz"), starts, starts + 3, clips, rows)}


def test_json_has_the_promised_shape(predictions):
    (song,) = json.loads(export.to_json("a.mp3", 33.0004, predictions, ("It is cut.",)))
    assert song["file"] == "a.mp3"
    assert song["notes"] == ["It is cut."]
    assert song["duration"] == 33.0
    cnn = song["models"]["cnn"]
    assert cnn["genre"] == "blues"
    assert cnn["probabilities"] == pytest.approx({"blues": 2 / 3, "jazz": 1 / 3})
    assert cnn["windows"][1] == {
        "start": 1.5,
        "end": 4.5,
        "probabilities": {"blues": 0.25, "jazz": 0.75},
    }
    assert [clip["probabilities"]["blues"] for clip in cnn["clips"]] == [0.5, 1.0]


@pytest.mark.parametrize("name", ["=1+1.mp3", "+a.mp3", "-a.mp3", "@SUM(A1).mp3", "\t=a.mp3"])
def test_no_name_becomes_a_formula_in_a_spreadsheet(name, predictions):
    _, row = csv.reader(io.StringIO(to_csv(export.prediction_table(name, 33.0, predictions))))
    assert row[0] == f"'{name}"
    table = pd.DataFrame({"track": [name, "plain = 1"], "loss": [-1.5, None]})
    assert [*csv.reader(io.StringIO(to_csv(table)))] == [
        ["track", "loss"],
        [f"'{name}", "-1.5"],
        ["plain = 1", ""],
    ]


def test_csv_has_a_row_a_network(predictions):
    notes = ("It is cut.", "Channels cancel.")
    text = to_csv(export.prediction_table('a "b", c.mp3', 33.0, predictions, notes))
    header, row = csv.reader(io.StringIO(text))
    assert header == ["file", "duration", "model", "genre", "blues", "jazz", "notes"]
    assert row[:4] == ['a "b", c.mp3', "33.0", "cnn", "blues"]
    assert row[-1] == "It is cut. Channels cancel."
    assert float(row[4]) == pytest.approx(2 / 3)


def test_a_name_that_is_no_unicode_stays_as_it_is(predictions):
    name = os.fsdecode(b"caf\xe9.mp3")
    text = to_csv(export.prediction_table(name, 33.0, predictions))
    assert os.fsencode(text.splitlines()[1].partition(",")[0]) == b"caf\xe9.mp3"


def test_the_command_line_defuses_names_too(predictions, capsys):
    """Fault 5.23: ``predict --csv`` prints what the page's download holds."""
    song = SimpleNamespace(duration=33.0, predictions=predictions, notes=(), answer=None)
    print_csv([(Path("=1+1.mp3"), song), (Path("b.mp3"), song)])
    printed = [line.partition(",")[0] for line in capsys.readouterr().out.splitlines()]
    assert printed == ["file", "'=1+1.mp3", "b.mp3"]


@pytest.mark.parametrize("style", ["jsonl", "json", "csv"])
def test_results_are_written_as_they_come_and_not_kept(style, predictions, capsys):
    """5,000 songs as one list of objects took 5 GB."""
    alive, printed = [], []

    class Song(SimpleNamespace):
        """One that can be watched."""

    def songs():
        for number in range(3):
            printed.append(capsys.readouterr().out)
            assert number == 0 or f"{number - 1}.mp3" in printed[-1]
            song = Song(duration=33.0, predictions=dict(predictions), notes=(), answer=None)
            alive.append(ref(song))
            yield Path(f"{number}.mp3"), song
            del song
            # The printer may hold the last one, and no other.
            assert sum(one() is not None for one in alive) <= 1

    PRINTERS[style](songs())
    text = "".join(printed) + capsys.readouterr().out
    expected = [export.to_dict(f"{number}.mp3", 33.0, predictions) for number in range(3)]
    if style == "jsonl":
        assert [json.loads(line) for line in text.splitlines()] == expected
    elif style == "json":
        assert text == json.dumps(expected, indent=2) + "\n"
    else:
        assert len(text.splitlines()) == 4


def test_no_songs_are_an_empty_list(capsys):
    for style, text in (("json", "[]\n"), ("jsonl", "")):
        PRINTERS[style]([])
        assert capsys.readouterr().out == text


def test_each_genre_has_a_playlist():
    songs = [
        {"file": "a b.mp3", "duration": 61.4, "genre": "jazz"},
        {"file": "x\ny.wav", "duration": 3.0, "genre": None},
        {"file": "c.mp3", "duration": 2.0, "genre": "jazz"},
    ]
    with zipfile.ZipFile(io.BytesIO(export.to_playlists(songs))) as archive:
        lists = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(lists) == {"jazz.m3u8", "no-music.m3u8"}
    assert lists["jazz.m3u8"].splitlines() == [
        *("#EXTM3U", "#EXTINF:61,a b", "a b.mp3", "#EXTINF:2,c", "c.mp3")
    ]
    assert len(lists["no-music.m3u8"].splitlines()) == 3
