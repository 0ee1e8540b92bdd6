"""The pretrained network under a protocol: from embeddings to a table of predictions."""

import numpy as np
import pytest

from deepmusic.data import open_dataset
from deepmusic.errors import DatasetError
from deepmusic.evaluation import transfer
from deepmusic.evaluation.scores import model_of
from deepmusic.models import PRETRAINED


@pytest.fixture
def dataset(tmp_path):
    """Two genres of ten missing clips each."""
    rows = [f"{genre}/{n}.mp3,{genre}" for genre in ("rock", "jazz") for n in range(10)]
    (tmp_path / "list.csv").write_text("path,genre\n" + "\n".join(rows) + "\n")
    return open_dataset(str(tmp_path / "list.csv"))


def embeddings(dataset, genres=("rock", "jazz")) -> dict[str, np.ndarray]:
    """Embeddings by which the genres can be told."""
    rng = np.random.default_rng(0)
    return {
        name: rng.normal(size=(10, 200)) + (3 if track.genre == "rock" else -3)
        for name, track in dataset.tracks.items()
        if track.genre in genres
    }


def test_what_can_be_told_apart_is(dataset, tmp_path):
    archive = tmp_path / "embeddings.npz"
    known = embeddings(dataset)
    np.savez(archive, track=list(known), embedding=np.stack(list(known.values())))
    run = transfer.train(dataset, dataset.splits[0], None, tmp_path / "runs", archive)
    assert model_of(run) == PRETRAINED
    found = run.evaluation
    assert found["clip_accuracy"] == 1
    assert found["clips"] == found["clips_by_part"]["test"] == len(run.read_predictions())


def test_noise_cannot(dataset):
    rng = np.random.default_rng(0)
    noise = {name: rng.normal(size=(10, 200)) for name in dataset.tracks}
    _, found = transfer.evaluate(dataset, dataset.splits[0], None, noise)
    assert found["clip_accuracy"] < 1


def test_a_genre_without_embeddings_is_named(dataset):
    with pytest.raises(DatasetError, match="jazz"):
        transfer.evaluate(dataset, dataset.splits[0], None, embeddings(dataset, ("rock",)))


def test_without_any_the_option_is_named(dataset):
    with pytest.raises(DatasetError, match="--embeddings"):
        transfer.evaluate(dataset, dataset.splits[0], None, {})


@pytest.mark.parametrize(
    "arrays",
    [{"track": ["a"]}, {"track": ["a"], "embedding": np.zeros((1, 200))}, {"x": [1]}],
)
def test_other_archives_are_refused(arrays, tmp_path):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(DatasetError, match="holds no arrays"):
        transfer.read_archive(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_text("no archive")
    with pytest.raises(DatasetError, match="holds no arrays"):
        transfer.read_archive(tmp_path / "y.npz")
