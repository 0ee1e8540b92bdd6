"""Teach the paper's networks what musicnn knows: ``python tools/distil.py COMMAND --help``.

``teach`` trains a network with two more heads on its layer ``embedding``, which predict musicnn's
embedding and tags of the same window; its own genres are learnt beside them. With ``--split
all_clips`` it learns from all labels there are, those from elsewhere too, and can be shipped; under
a benchmark's protocol from those of GTZAN's training clips alone, and ``deepmusic train --init``
goes on from there by the usual recipe; ``score`` sums such runs up over their seeds. ``measure``
counts how runs do on artists from elsewhere that were held out.

None of the music is part of the repository. ``--gtzan`` names musicnn's embeddings of clips of
GTZAN (``.npz``: `track`, `embedding` [n, 19, 200], `tags` [n, 19, 50]), whose log-mels are those of
the dataset; ``--elsewhere`` other clips (`genre`, empty where unknown, `artist_group`, `logmel`
[n, 128, 387], `embedding` [n, 10, 200], `tags` [n, 10, 50]).
"""

import argparse
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic import models
from deepmusic.audio.features import windows
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES, MUSICNN_FRONT_END, TrainConfig
from deepmusic.data import Dataset, open_dataset
from deepmusic.data.gtzan import read_facts
from deepmusic.evaluation import evaluate
from deepmusic.evaluation.metrics import wilson_interval
from deepmusic.models import ENSEMBLE, MODELS
from deepmusic.prediction import Classifier, load_classifiers
from deepmusic.protocols import ALL_CLIPS, DEPLOYED_PROTOCOL
from deepmusic.runs import Run
from deepmusic.training import worker

if TYPE_CHECKING:
    import keras

#: Sizes of the teacher's embedding and tags.
N_EMBEDDING, N_TAGS = 200, 50

#: Frames of the teacher's log-mel from one window to the next, which `embedding` has.
GTZAN_HOP, ELSEWHERE_HOP = 93, 187

#: Compact frames by which a window may lie beside the teacher's.
JITTER = 2

#: Weights of the two terms beside the squared error of the embedding.
TAGS_WEIGHT, GENRES_WEIGHT = 5.0, 1.0

#: Share of the label, beside the teacher's genres, in the target of labelled clips.
LABEL_SHARE = 0.7

FOLDS = 5


@dataclass(frozen=True)
class Clips:
    """Clips of one length, and what the teacher makes of their windows, if it has had them.

    `log_mels` [shape=(n, n_mels, n_frames)], `embedding` [shape=(n, n_windows, 200)] and `tags`
    [shape=(n, n_windows, 50)], NaN where the teacher's are missing; `genre` is empty where unknown.
    """

    log_mels: np.ndarray
    embedding: np.ndarray
    tags: np.ndarray
    genre: np.ndarray
    hop: int

    @property
    def is_taught(self) -> np.ndarray:
        """Whether the teacher's answers are there [shape=(n,)]."""
        return np.isfinite(self.embedding[:, 0, 0])

    @property
    def is_labelled(self) -> np.ndarray:
        """Whether the genre is one of the ten [shape=(n,)]."""
        return np.isin(self.genre, GTZAN_GENRES)

    @property
    def labels(self) -> np.ndarray:
        """One-hot genres, or zeros [shape=(n, n_genres)]."""
        return (self.genre[:, None] == np.array(GTZAN_GENRES)).astype(np.float32)

    def take(self, rows: np.ndarray) -> "Clips":
        """Return some of the clips."""
        arrays = (self.log_mels, self.embedding, self.tags, self.genre)
        return Clips(*(array[rows] for array in arrays), self.hop)


# === Clips ===


def read_gtzan(dataset: Dataset, tracks: tuple[str, ...], path: Path) -> Clips:
    """Return clips of GTZAN, with the teacher's embeddings from a file where it has them."""
    found = dataset.log_mels(tracks, FRONT_ENDS["compact"]).by_track
    with np.load(path, allow_pickle=False) as archive:
        row = {track: index for index, track in enumerate(archive["track"].astype(str))}
        known = [(index, row[track]) for index, track in enumerate(found) if track in row]
        here, there = np.array(known, int).reshape(-1, 2).T
        taught = {}
        for name in ("embedding", "tags"):
            taught[name] = np.full((len(found), *archive[name].shape[1:]), np.nan, np.float32)
            taught[name][here] = archive[name][there]
    genre = np.array([dataset.tracks[track].genre for track in found])
    return Clips(np.stack(list(found.values())), **taught, genre=genre, hop=GTZAN_HOP)


def read_elsewhere(path: Path) -> tuple[Clips, np.ndarray]:
    """Return the clips from elsewhere, and the number of each one's artist."""
    with np.load(path, allow_pickle=False) as archive:
        taught = {name: archive[name].astype(np.float32) for name in ("embedding", "tags")}
        genre = archive["genre"].astype(str)
        clips = Clips(archive["logmel"], **taught, genre=genre, hop=ELSEWHERE_HOP)
        return clips, archive["artist_group"]


def held_out(clips: Clips, artist: np.ndarray, folds: int) -> np.ndarray:
    """Tell which clips are by the artists of the first `folds` of five folds [shape=(n,)]."""
    from sklearn.model_selection import StratifiedGroupKFold

    if not folds:
        return np.zeros(len(artist), bool)
    labelled = np.flatnonzero(clips.is_labelled)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    parts = [held for _, held in splitter.split(labelled, clips.genre[labelled], artist[labelled])]
    return np.isin(artist, artist[labelled[np.concatenate(parts[:folds])]])


def training_tracks(dataset: Dataset, split: str) -> tuple[str, ...]:
    """Return the training clips of a protocol, but those of a test clip's group of artists."""
    parts = dataset.split(split)
    group = {fact["track"]: fact["artist_group"] for fact in read_facts()}
    tested = {group.get(track) for track in parts.test} - {None, ""}
    return tuple(track for track in parts.train if group.get(track) not in tested)


# === Targets ===


def teacher_genres(gtzan: Clips, elsewhere: Clips) -> tuple[np.ndarray, np.ndarray]:
    """Return the genres by a head on the teacher's embeddings of all labelled clips given.

    For the clips of GTZAN and from elsewhere [shape=(n, n_genres)]; zeros where nothing is known.
    Clips from elsewhere whose genre is hidden (empty) do not train the head.
    """
    from tools.train_head import ELSEWHERE_WEIGHT as HEAD_WEIGHT
    from tools.train_head import train

    x = [clips.embedding.mean(axis=1) for clips in (gtzan, elsewhere)]
    used = [clips.is_taught & clips.is_labelled for clips in (gtzan, elsewhere)]
    genre = np.concatenate([gtzan.genre[used[0]], elsewhere.genre[used[1]]])
    counts = Counter(genre.tolist())
    weights = np.repeat([1.0, HEAD_WEIGHT], [used[0].sum(), used[1].sum()])
    weights *= np.array([len(genre) / len(counts) / counts[one] for one in genre])
    kernel, bias = train(np.concatenate([x[0][used[0]], x[1][used[1]]]), genre, weights)
    found = []
    for part in x:
        logits = np.nan_to_num(part) @ kernel + bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        found.append(odds / odds.sum(axis=1, keepdims=True) * np.isfinite(part[:, :1]))
    return found[0], found[1]


def genre_targets(clips: Clips, taught: np.ndarray) -> np.ndarray:
    """Return labels softened by the teacher's genres, or one of the two; zeros without both."""
    labels = clips.labels
    both = LABEL_SHARE * labels + (1 - LABEL_SHARE) * taught
    return np.where(
        clips.is_labelled[:, None] & clips.is_taught[:, None],
        both,
        np.where(clips.is_labelled[:, None], labels, taught),
    )


def window_rows(
    clips: Clips, genres: np.ndarray, centre: np.ndarray, scale: np.ndarray, width: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return what the teacher's windows cover, `JITTER` wider, and their targets.

    Targets are the standardised embedding, tags, genres, and whether the first two and the last are
    there [shape=(n_windows, 262)].
    """
    step = clips.hop * MUSICNN_FRONT_END.seconds_per_frame / FRONT_ENDS["compact"].seconds_per_frame
    last = clips.log_mels.shape[2] - width
    parts, rows = [], []
    has_genre = genres.sum(axis=1) > 0
    for index in np.flatnonzero(clips.is_taught | has_genre):
        taught = float(clips.is_taught[index])
        flags = (taught, float(has_genre[index]))
        for number in range(clips.embedding.shape[1]):
            start = min(round(number * step), last)
            part = slice(max(start - JITTER, 0), start + width + JITTER)
            parts.append(clips.log_mels[index, :, part])
            embedding = (clips.embedding[index, number] - centre) / scale
            row = (embedding, clips.tags[index, number], genres[index], flags)
            rows.append(np.nan_to_num(np.concatenate(row)))
    return parts, np.array(rows, np.float32)


# === Training ===


def student(network: "keras.Model") -> "keras.Model":
    """Return a network with two more heads; its output is embedding, tags and genres in a row."""
    import keras
    from keras import layers

    embedding = network.get_layer("embedding").output
    outputs = [
        layers.Dense(N_EMBEDDING, name="teacher_embedding")(embedding),
        layers.Dense(N_TAGS, activation="sigmoid", name="teacher_tags")(embedding),
        network.output,
    ]
    return keras.Model(network.input, layers.Concatenate(name="lesson")(outputs))


def lesson_loss(target, output):
    """Return the loss of each window, from targets of `window_rows` and outputs of `student`."""
    from keras import losses, ops

    ends = (N_EMBEDDING, N_EMBEDDING + N_TAGS, N_EMBEDDING + N_TAGS + len(GTZAN_GENRES))
    embedding, tags, genres, flags = ops.split(target, ends, axis=1)
    # A window mixed from one that was taught and one that was not is neither.
    taught, labelled = ops.split(ops.cast(flags > 0.999, "float32"), 2, axis=1)
    guessed, ticked, named = ops.split(output, ends[:2], axis=1)
    lesson = losses.mean_squared_error(embedding, guessed)
    lesson += TAGS_WEIGHT * losses.binary_crossentropy(tags, ticked)
    return taught[:, 0] * lesson + GENRES_WEIGHT * labelled[:, 0] * (
        losses.categorical_crossentropy(genres, named)
    )


def accuracy(target, output):
    """Return whether the most probable genre is that of the target, per window."""
    from keras import metrics

    genres = slice(N_EMBEDDING + N_TAGS, N_EMBEDDING + N_TAGS + len(GTZAN_GENRES))
    return metrics.categorical_accuracy(target[:, genres], output[:, genres])


def _recipe(options: argparse.Namespace) -> TrainConfig:
    """Return the recipe of a network with what the options change."""
    recipe = models.spec(options.model).train
    assert recipe.augment
    mixed = recipe.augment.changed(mix_up=options.mix_up)
    changes = {"epochs": options.epochs, "learning_rate": options.learning_rate, "augment": mixed}
    return recipe.changed(split=options.split, windows_per_clip=1, seed=options.seed, **changes)


def teach(options: argparse.Namespace) -> Run:
    """Train a network to predict what musicnn makes of a protocol's training clips, and test it."""
    import keras

    from deepmusic.training import fit
    from deepmusic.training.windows import RandomWindows

    config, dataset = models.spec(options.model).config, open_dataset("gtzan")
    gtzan = read_gtzan(dataset, training_tracks(dataset, options.split), options.gtzan)
    elsewhere, artist = read_elsewhere(options.elsewhere)
    elsewhere = elsewhere.take(~held_out(elsewhere, artist, options.hold_out))
    if options.split != ALL_CLIPS:
        # A benchmark's network learns from GTZAN's labels, and of the other music from the teacher.
        elsewhere = elsewhere.take(np.arange(len(elsewhere.genre)))
        elsewhere.genre[:] = ""
    taught = np.concatenate(
        [one.embedding[one.is_taught].reshape(-1, N_EMBEDDING) for one in (gtzan, elsewhere)]
    )
    lessons = zip((gtzan, elsewhere), teacher_genres(gtzan, elsewhere), strict=True)
    cut = partial(
        window_rows, centre=taught.mean(0), scale=taught.std(0), width=config.window_frames
    )
    rows = [cut(clips, genre_targets(clips, genres)) for clips, genres in lessons]
    recipe = _recipe(options)
    run = worker.create(config, recipe, options.out)
    print(f"{run.path}: {len(gtzan.genre)} + {len(elsewhere.genre)} clips, ", end="")
    network = models.build(config)
    learner = student(network)
    # Without XLA, JAX computes operation by operation; TensorFlow on a CPU does as well without.
    compiled = keras.config.backend() != "tensorflow"
    learner.compile(
        fit.optimizer(recipe), loss=lesson_loss, metrics=[accuracy], jit_compile=compiled
    )
    log_mels = [part for parts, _ in rows for part in parts]
    targets = np.concatenate([found for _, found in rows])
    print(f"{len(log_mels)} windows", flush=True)
    fit.fit(learner, run, RandomWindows(log_mels, targets, config, recipe))
    fit.keep(network, run)
    clips = {"train": len(gtzan.genre), "elsewhere": len(elsewhere.genre)}
    facts = {"parameters": network.count_params(), "clips_by_part": clips, "skipped": []}
    run.write_evaluation(facts if recipe.is_tested else facts | {"protocol": str(recipe.protocol)})
    if recipe.is_tested:
        evaluate.evaluate(run, dataset)
    return run


# === Measurement ===


def measure(options: argparse.Namespace) -> None:
    """Print the accuracy of runs, and of the shipped networks, on the clips that are held out."""
    clips, artist = read_elsewhere(options.elsewhere)
    clips = clips.take(held_out(clips, artist, options.hold_out) & clips.is_labelled)
    own = [Classifier(Run.open(path)) for path in options.runs]
    shipped = load_classifiers(list(MODELS), DEPLOYED_PROTOCOL)
    for title, networks in (("shipped", list(shipped.values())), ("runs", own)):
        found = []
        for network in networks:
            width = network.config.window_frames
            answers = [network.predict_windows(windows(one, width))[1] for one in clips.log_mels]
            found.append(np.stack([one.mean(axis=0) for one in answers]))
            print(f"{title} {network.config.name:8} {_score(found[-1], clips.genre)}")
        if len(found) > 1:
            print(f"{title} {ENSEMBLE:8} {_score(np.mean(found, axis=0), clips.genre)}")


def score(options: argparse.Namespace) -> None:
    """Print accuracies of finished runs and of the ensemble of each seed, and over the seeds."""
    by_seed, found = defaultdict(list), defaultdict(list)
    for run in map(Run.open, options.runs):
        by_seed[run.config.train.seed].append(run)
    for seed, runs in sorted(by_seed.items()):
        for name, summary in evaluate.summarize_runs(runs).items():
            found[name].append([summary["clip_accuracy"], summary["window_accuracy"]])
            print(f"seed {seed} {name:8} clips {found[name][-1][0]:.3f}, ", end="")
            print("{:.3f} to {:.3f}, ".format(*summary["clip_accuracy_interval"]), end="")
            print(f"windows {found[name][-1][1]:.3f}")
    for name, accuracies in found.items():
        if len(accuracies) > 1:
            (clips, windows), deviation = np.mean(accuracies, axis=0), np.std(accuracies, 0, ddof=1)
            print(
                f"{len(accuracies)} seeds {name:8} clips {clips:.3f} ± {deviation[0]:.3f}, ", end=""
            )
            print(f"windows {windows:.3f} ± {deviation[1]:.3f}")


def _score(probabilities: np.ndarray, genre: np.ndarray) -> str:
    right = np.array(GTZAN_GENRES)[probabilities.argmax(axis=1)] == genre
    low, high = wilson_interval(right)
    recall = np.mean([right[genre == one].mean() for one in sorted(set(genre.tolist()))])
    return f"{right.mean():.3f} ({low:.3f}-{high:.3f}) of {len(genre)}, mean recall {recall:.3f}"


def main() -> None:
    """Run a command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action in (("teach", teach), ("score", score), ("measure", measure)):
        command = commands.add_parser(name, help=action.__doc__)
        command.set_defaults(action=action)
        if name == "score":
            command.add_argument("runs", nargs="+", type=Path, help="folders of runs")
            continue
        command.add_argument("--elsewhere", type=Path, required=True)
        command.add_argument(
            "--hold-out", type=int, default=0, help="fifths of elsewhere's artists"
        )
        if name == "measure":
            command.add_argument("runs", nargs="*", type=Path, help="folders of runs")
            continue
        command.add_argument("--gtzan", type=Path, required=True)
        command.add_argument("--model", choices=list(MODELS), required=True)
        command.add_argument("--epochs", type=int, default=25)
        command.add_argument("--learning-rate", type=float, default=2e-3)
        command.add_argument("--mix-up", type=float, default=0.3)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--out", type=Path, required=True, help="folder of the run")
        command.add_argument("--split", default=ALL_CLIPS, help="protocol of GTZAN's clips")
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()
