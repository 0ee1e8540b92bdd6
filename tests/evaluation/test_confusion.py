"""Confusion matrices from tables of clips."""

import numpy as np
import pandas as pd
import pytest

from deepmusic.evaluation import confusion
from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL
from tests.evaluation.examples import POP_ROCK_JAZZ


def test_rows_are_labels_and_columns_what_was_predicted(first):
    counts = confusion.confusion_matrix(first, POP_ROCK_JAZZ)
    assert counts.to_numpy().tolist() == [[1, 1, 0], [3, 1, 0], [0, 0, 0]]
    assert (counts.index.name, counts.columns.name) == ("genre", "predicted")


def test_recall_reads_along_rows_and_precision_down_columns(first):
    counts = confusion.confusion_matrix(first, POP_ROCK_JAZZ)
    assert confusion.normalize(counts, COUNTS) is counts
    recall = confusion.normalize(counts, RECALL)
    assert recall.loc["rock"].tolist() == [75, 25, 0]
    assert recall.loc["jazz"].isna().all(), "a fraction of no clips is no number"
    precision = confusion.normalize(counts, PRECISION)
    assert precision["pop"].tolist() == [25, 75, 0]
    assert precision["jazz"].isna().all()
    with pytest.raises(ValueError, match="Received: 'f1'"):
        confusion.normalize(counts, "f1")


def test_matrices_agree_with_scikit_learn():
    from sklearn.metrics import confusion_matrix

    drawn = np.random.default_rng(0).choice(POP_ROCK_JAZZ, size=(2, 200))
    counts = confusion.confusion_matrix(
        pd.DataFrame({"genre": drawn[0], "predicted": drawn[1]}), POP_ROCK_JAZZ
    )
    assert np.array_equal(counts, confusion_matrix(*drawn, labels=POP_ROCK_JAZZ))
    for measure, normalize in ((RECALL, "true"), (PRECISION, "pred")):
        expected = confusion_matrix(*drawn, labels=POP_ROCK_JAZZ, normalize=normalize)
        assert np.allclose(confusion.normalize(counts, measure), 100 * expected)


def test_the_diagonal_is_what_was_right(first):
    counts = confusion.confusion_matrix(first, POP_ROCK_JAZZ)
    assert confusion.diagonal(counts).to_dict() == {"pop": 1, "rock": 1, "jazz": 0}


def test_the_worst_confusions_come_first_and_in_words(first):
    counts = confusion.confusion_matrix(first, POP_ROCK_JAZZ)
    assert list(map(str, confusion.most_confused(counts))) == [
        "rock → pop, 3 of 4 clips",
        "pop → rock, 1 of 2 clips",
    ]
    assert len(confusion.most_confused(counts, 1)) == 1
    assert confusion.most_confused(counts.where(np.eye(3) > 0, 0)) == []


def test_only_common_clips_are_subtracted(first, second):
    left, right = confusion.common_clips(first, second)
    assert list(left.index) == list(right.index) == ["c", "d", "f"]


def test_matrices_differ_most_where_the_gap_is_widest(first, second):
    counts = [confusion.confusion_matrix(table, POP_ROCK_JAZZ) for table in (first, second)]
    (ours, theirs), *rest = confusion.largest_differences(*counts)
    assert (str(ours), str(theirs)) == ("rock → pop, 3 of 4 clips", "rock → pop, 1 of 3 clips")
    assert [pair[0].predicted for pair in rest] == ["rock", "jazz"]
    assert confusion.largest_differences(counts[0], counts[0]) == []


def test_the_clips_of_a_cell_are_sorted_and_say_what_others_predict(first, second):
    tables = {"one": first, "two": second}
    listed = confusion.clips_in_cell(tables, ["one"], "rock", "pop")
    assert list(listed.index) == ["d", "e", "f"]
    assert listed["confidence"].tolist() == [0.7, 0.6, 0.5]
    assert listed["two"].fillna("?").tolist() == ["jazz", "?", "pop"]
    either = confusion.clips_in_cell(tables, ["one", "two"], "rock", "pop")
    assert list(either.index) == ["f", "d", "e"], "f by the surest of both"
    assert confusion.clips_in_cell(tables, ["two"], "pop", "jazz").empty


def test_windows_are_predicted_one_by_one():
    windows = pd.DataFrame(
        {"track": "a", "genre": "pop", "start": [0.0, 1.5], "pop": [0.6, 0.1], "rock": [0.4, 0.9]}
    )
    predicted = confusion.window_table(windows, ["pop", "rock"])
    assert predicted.to_numpy().tolist() == [["pop", "pop"], ["pop", "rock"]]
