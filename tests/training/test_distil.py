"""Distillation by `tools/distil.py`, on clips made here."""

import argparse

import numpy as np
import pytest

from deepmusic import models
from deepmusic.config import GTZAN_GENRES, TrainConfig
from deepmusic.data import Dataset, LogMels, Split, Track
from deepmusic.prediction import Classifier
from deepmusic.protocols import ALL_CLIPS, DEPLOYED_PROTOCOL, FAULT_FILTERED, Protocol
from deepmusic.runs import FINISHED, Run, shipped_run
from tools import distil

N_MELS, N_FRAMES, WIDTH = 128, 100, 39
TINY = models.MODELS["cnn"].config.changed(filters=(8,), dense_units=32)


def clips_of(genres, n_windows=2, taught=True, hop=distil.ELSEWHERE_HOP):
    """Return clips whose values tell the frame, one a genre."""
    rng = np.random.default_rng(0)
    log_mels = np.tile(np.arange(N_FRAMES, dtype=np.uint8), (len(genres), N_MELS, 1))
    embedding = rng.normal(size=(len(genres), n_windows, 200)).astype(np.float32)
    tags = rng.random((len(genres), n_windows, 50)).astype(np.float32)
    if not taught:
        embedding[:], tags[:] = np.nan, np.nan
    return distil.Clips(log_mels, embedding, tags, np.array(genres, dtype="U16"), hop)


def genres_of(clips, taught=0.1):
    return distil.genre_targets(clips, np.full((len(clips.genre), 10), taught))


def test_a_window_lies_where_the_teachers_does():
    clips = clips_of(["blues", "pop"])
    parts, _ = distil.window_rows(clips, genres_of(clips), 0.0, 1.0, WIDTH)
    # 187 frames of the teacher's 62.5 a second are 2.992 s, 38.6 frames of ours.
    assert [(part[0, 0], part[0, -1]) for part in parts] == [(0, 40), (37, 79)] * 2


def test_a_row_of_targets_is_embedding_tags_genres_and_what_is_there():
    clips = clips_of(["blues", ""])
    _, rows = distil.window_rows(clips, genres_of(clips), 1.0, 2.0, WIDTH)
    assert rows.shape == (4, 262)
    np.testing.assert_allclose(rows[1, :200], (clips.embedding[0, 1] - 1) / 2, rtol=1e-6)
    np.testing.assert_allclose(rows[1, 200:250], clips.tags[0, 1])
    np.testing.assert_allclose(rows[1, 250:260], [0.73, *[0.03] * 9], rtol=1e-6)
    np.testing.assert_allclose(rows[2, 250:260], 0.1)
    assert (rows[:, 260:] == 1).all()


def test_clips_without_the_teachers_answer_teach_their_label_alone():
    clips = clips_of(["jazz"], taught=False)
    _, rows = distil.window_rows(clips, distil.genre_targets(clips, np.zeros((1, 10))), 0, 1, WIDTH)
    assert rows[:, :250].max() == 0
    assert rows[0, 250 + GTZAN_GENRES.index("jazz")] == 1
    assert rows[0, 260:].tolist() == [0, 1]


def test_the_loss_counts_what_is_there():
    clips = clips_of(["jazz"])
    _, rows = distil.window_rows(clips, genres_of(clips), 0.0, 1.0, WIDTH)
    rows = np.concatenate([rows[:1]] * 4)
    rows[1, 260], rows[2, 261], rows[3, 260] = 0, 0, 0.7
    output = np.concatenate([rows[:, :200] + 2, np.full((4, 50), 0.5), np.full((4, 10), 0.1)], 1)
    genres = -np.log(0.1) * distil.GENRES_WEIGHT
    lesson = 4 + distil.TAGS_WEIGHT * np.log(2)
    found = np.asarray(distil.lesson_loss(rows, output.astype(np.float32)))
    np.testing.assert_allclose(found, [genres + lesson, genres, lesson, genres], rtol=1e-5)


def test_no_artist_is_on_both_sides():
    rng = np.random.default_rng(1)
    clips = clips_of(rng.choice(["blues", "pop", "rock", ""], 200))
    artist = rng.integers(0, 60, 200)
    held = distil.held_out(clips, artist, 2)
    assert 0.3 < held[clips.is_labelled].mean() < 0.5
    assert not set(artist[held]) & set(artist[~held])
    assert (held & (clips.genre == "")).any()
    assert not distil.held_out(clips, artist, 0).any()


def test_no_group_of_a_test_clip_teaches():
    dataset = FewGtzan()
    assert "blues.00000" in dataset.split(FAULT_FILTERED).train
    groups = {"blues.00000": "7", "blues.00001": "7", "pop.00000": "8"}
    with pytest.MonkeyPatch.context() as patch:
        facts = [{"track": track, "artist_group": group} for track, group in groups.items()]
        patch.setattr(distil, "read_facts", lambda: facts)
        tracks = distil.training_tracks(dataset, FAULT_FILTERED)
    assert "blues.00000" not in tracks
    assert "pop.00000" in tracks


class FewGtzan(Dataset):
    """Two clips a genre, each with a loud band of its genre."""

    name, genres, splits = "gtzan", GTZAN_GENRES, (FAULT_FILTERED,)

    def __init__(self):
        names = [(genre, f"{genre}.0000{number}") for genre in GTZAN_GENRES for number in (0, 1)]
        self.tracks = {track: Track(track, genre) for genre, track in names}

    def split(self, name, fold=None):
        train = tuple(track for track in self.tracks if track.endswith("0"))
        test = tuple(track for track in self.tracks if track.endswith("1"))
        return (
            Split(name, (*train, *test), (), ())
            if name == ALL_CLIPS
            else Split(name, train, (), test)
        )

    def log_mels(self, tracks, mel, on_progress=None):
        return LogMels({track: loud_band(self.tracks[track].genre, 7) for track in tracks})


def loud_band(genre, seed):
    log_mel = np.random.default_rng(seed).integers(0, 120, (N_MELS, N_FRAMES), dtype=np.uint8)
    band = 12 * GTZAN_GENRES.index(genre)
    log_mel[band : band + 12] += 120
    return log_mel


@pytest.mark.slow
def test_a_network_is_taught(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    dataset, genre = FewGtzan(), np.repeat(GTZAN_GENRES, 6)
    embedding = np.eye(10).repeat(6, axis=0) @ rng.normal(size=(10, 200))
    answers = {
        "embedding": np.repeat(embedding[:, None], 2, axis=1).astype(np.float16),
        "tags": np.full((60, 2, 50), 0.1, np.float16),
    }
    elsewhere, gtzan = tmp_path / "elsewhere.npz", tmp_path / "gtzan.npz"
    log_mels = np.stack([loud_band(one, seed) for seed, one in enumerate(genre)])
    np.savez(elsewhere, genre=genre, artist_group=np.arange(60), logmel=log_mels, **answers)
    tracks = [track for track in dataset.tracks if track.endswith("0")]
    np.savez(gtzan, track=tracks, **{name: values[::6] for name, values in answers.items()})
    monkeypatch.setattr(distil, "open_dataset", lambda name: dataset)
    spec = argparse.Namespace(config=TINY, train=TrainConfig(batch_size=8))
    monkeypatch.setattr(distil.models, "spec", lambda name: spec)
    monkeypatch.setattr(distil, "read_facts", lambda: [])
    shared = {"model": "cnn", "elsewhere": elsewhere, "gtzan": gtzan, "hold_out": 1, "seed": 0}
    shared |= {"mix_up": 0.0, "out": tmp_path / "runs", "learning_rate": 1e-2, "epochs": 20}
    tested = distil.teach(argparse.Namespace(**shared | {"epochs": 1}, split=FAULT_FILTERED))
    assert "10 + 48 clips" in capsys.readouterr().out
    assert tested.state == FINISHED
    assert tested.evaluation["clips"] == 10
    run = distil.teach(argparse.Namespace(**shared, split=ALL_CLIPS))
    assert run.evaluation["clips_by_part"] == {"train": 20, "elsewhere": 48}
    assert run.protocol == DEPLOYED_PROTOCOL
    found = Classifier(Run.open(run.path)).predict_windows(log_mels[:, :, :WIDTH])[1]
    # Chance is 0.1; sums of threads are not the same each time.
    assert (np.array(GTZAN_GENRES)[found.argmax(axis=1)] == genre).mean() > 0.6


def test_runs_are_summed_up_over_their_seeds(tmp_path, capsys):
    runs = []
    for name in models.MODELS:
        shipped = shipped_run(name, Protocol(FAULT_FILTERED))
        predictions = shipped.read_predictions()
        again = Run.create(
            tmp_path / name,
            shipped.config.changed(train=shipped.config.train.changed(seed=1)),
        )
        if name == "crnn":  # Its probabilities in reverse: what was most probable is least so.
            genres = list(shipped.config.model.genres)
            predictions[genres] = 0.2 - predictions[genres]
        again.write_predictions(predictions)
        again.write_evaluation({"protocol": FAULT_FILTERED})
        runs += [shipped.path, again.path]
    distil.score(argparse.Namespace(runs=runs))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * 4 + 4
    # docs/results.md
    assert lines[0] == "seed 0 cnn      clips 0.586, 0.529 to 0.641, windows 0.529"
    assert lines[3] == "seed 0 ensemble clips 0.659, 0.602 to 0.711, windows 0.597"
    assert "2 seeds cnn      clips 0.586 ± 0.000, windows 0.529 ± 0.000" in lines
    first, second = (float(lines[row].split()[4].strip(",")) for row in (1, 5))
    assert second < 0.05
    deviation = (first - second) / 2**0.5
    (crnn,) = (line for line in lines if line.startswith("2 seeds crnn"))
    assert float(crnn.split()[6].strip(",")) == pytest.approx(deviation, abs=1e-3)
