"""Classes of one's own: a head that was taught, kept in one file, and its predictions.

`deepmusic.training.teach` makes such a head on the embeddings of the pretrained network. Its file
is a ZIP with one JSON: numbers and text, and nothing that could be run.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deepmusic.audio import Song, load_song, song_from_array
from deepmusic.errors import AudioError, ModelError
from deepmusic.files import write_atomically
from deepmusic.formatting import format_plain
from deepmusic.models import PRETRAINED
from deepmusic.prediction.measures import read_shipped
from deepmusic.prediction.pretrained import (
    WINDOW_SECONDS,
    Embedded,
    Head,
    shipped_trunk,
)
from deepmusic.prediction.result import Prediction
from deepmusic.prediction.segments import Segment, genre_segments

#: Fewest and most classes, and the longest name of one, in characters.
FEWEST_CLASSES, MOST_CLASSES, LONGEST_NAME = 2, 20, 60

#: A shorter sound, in s, says too little; up to a window of 3 s, it is repeated.
SHORTEST_SECONDS = 0.3

FORMAT = "deepmusic classes"
VERSION = 1
_MEMBER = "classes.json"

#: Of the file and of what it unpacks to; twenty classes take 60 kB.
_MOST_BYTES = 4 * 2**20

_LEARNT = "It was taught with this very sound, so that its answer proves nothing."

#: Windows of a song that are asked, at most; of a longer one every second, third ...
_MOST_WINDOWS = 60


def check_name(name: str) -> str:
    """Return the name of a class without spaces around it; raise `ModelError` if it is none."""
    stripped = format_plain(name).strip()
    if not 0 < len(stripped) <= LONGEST_NAME:
        raise ModelError(
            f"The name of a class has 1 to {LONGEST_NAME} characters. Received: "
            f"{stripped[: LONGEST_NAME + 1]!r}"
        )
    return stripped


def short_digest(digest: str) -> str:
    """Return what a file of classes keeps of a digest: enough to know a sound again."""
    return digest[:16]


def embed_sound(song: Song) -> Embedded:
    """Return the embeddings of a song's windows; a sound that is shorter than one is repeated.

    Raises
    ------
    AudioError
        If it is shorter than `SHORTEST_SECONDS`, or silent.
    """
    if song.duration < SHORTEST_SECONDS:
        raise AudioError(
            f"{song.name} lasts {song.duration:.2f} s; {SHORTEST_SECONDS} s are needed at least. "
            "Choose a longer sound."
        )
    # A little more than a window, which rounding must not make shorter.
    times = int(np.ceil((WINDOW_SECONDS + 0.1) / song.duration))
    if times > 1:
        song = replace(song, samples=np.tile(song.samples, times))
    every = max(1, round(song.duration / WINDOW_SECONDS / _MOST_WINDOWS))
    return shipped_trunk().embed(song, every)


@dataclass(frozen=True)
class ClassPrediction:
    """Predicted class of a song, of classes of one's own.

    Attributes
    ----------
    label : str
        The most probable class.
    probability : float
        Its probability; it presumes that the song is of one of the classes.
    probabilities : dict of str to float
        Of all classes, the highest first; they sum to 1.
    segments : tuple of Segment
        ``(start, end, genre, probability)`` of each window of 3 s; ``genre`` is its class.
    duration : float
        In s.
    notes : tuple of str
        What was cut, damaged or left out of the file; usually nothing.
    name : str
        Name of the song.
    prediction : Prediction
        The same by window.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    segments: tuple[Segment, ...] = field(repr=False)
    duration: float
    notes: tuple[str, ...]
    name: str
    prediction: Prediction = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return all but `prediction` as plain values for JSON."""
        values = {key: value for key, value in vars(self).items() if key != "prediction"}
        return values | {"segments": [segment._asdict() for segment in self.segments]}


class OwnClasses:
    """A head that tells classes of one's own, on the pretrained network. Threads may share it.

    Parameters
    ----------
    labels : tuple of str
        Names of the classes.
    kernel : np.ndarray [shape=(200, n_classes)]
        With `bias` [shape=(n_classes,)], from an embedding to logits.
    facts : mapping
        How it was taught and what was measured, for JSON.

    Raises
    ------
    ModelError
        If names, shapes or numbers do not fit.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        kernel: np.ndarray,
        bias: np.ndarray,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        if not FEWEST_CLASSES <= len(labels) <= MOST_CLASSES:
            raise ModelError(
                f"{FEWEST_CLASSES} to {MOST_CLASSES} classes are needed. Received: {len(labels)}"
            )
        if [check_name(label) for label in labels] != list(labels):
            raise ModelError("The names of classes have no spaces around them.")
        if len({label.casefold() for label in labels}) < len(labels):
            raise ModelError("Two classes have the same name. Rename one.")
        shapes = np.shape(kernel), np.shape(bias)
        if shapes != ((200, len(labels)), (len(labels),)):
            raise ModelError(
                f"The head's numbers have the shapes {shapes} for {len(labels)} names."
            )
        self.facts = dict(facts or {})
        self._head = Head(
            tuple(labels), np.asarray(kernel, np.float32), np.asarray(bias, np.float32), self.facts
        )
        if not all(np.isfinite(one).all() for one in (self._head.kernel, self._head.bias)):
            raise ModelError("The head holds values that are no numbers.")

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the outputs."""
        return self._head.genres

    def has_learnt(self, digest: str) -> bool:
        """Tell whether it was taught with a file of this SHA-256."""
        learnt = self.facts.get("learnt")
        return isinstance(learnt, list) and short_digest(digest) in learnt

    # === Prediction ===

    def predict(
        self,
        source: str | Path | bytes | BinaryIO | np.ndarray,
        *,
        sample_rate: int | None = None,
        name: str | None = None,
    ) -> ClassPrediction:
        """Predict the class of a song.

        Parameters
        ----------
        source, sample_rate, name
            As of `deepmusic.prediction.Recognizer.predict`.

        Raises
        ------
        AudioError
            If it cannot be decoded, is silent, too long or too short.
        """
        if isinstance(source, np.ndarray):
            if sample_rate is None:
                raise TypeError("Samples need sample_rate=. Received: sample_rate=None")
            song = song_from_array(source, sample_rate=sample_rate, name=name or "array")
        else:
            song = load_song(source, name=name)
        return self.predict_embedded(embed_sound(song), song)

    def predict_embedded(self, embedded: Embedded, song: Song) -> ClassPrediction:
        """Predict from what `embed_sound` returned of a song."""
        ends = np.minimum(embedded.starts + WINDOW_SECONDS, song.duration)
        prediction = Prediction(
            model=PRETRAINED,
            genres=self.labels,
            starts=embedded.starts,
            ends=ends,
            clip_index=embedded.clip_index,
            window_probabilities=self._head.predict(embedded.embeddings),
            pooling="geometric",
        )
        shares = prediction.song_probabilities.tolist()
        found = dict(zip(self.labels, shares, strict=True))
        return ClassPrediction(
            label=prediction.genre,
            probability=prediction.confidence,
            probabilities=dict(sorted(found.items(), key=lambda item: -item[1])),
            segments=tuple(genre_segments(prediction)),
            duration=song.duration,
            notes=(*song.notes, *([_LEARNT] if self.has_learnt(song.digest) else [])),
            name=song.name,
            prediction=prediction,
        )

    # === The file ===

    def to_bytes(self) -> bytes:
        """Return the content of its file, the same for the same head."""
        content = {
            "labels": self.labels,
            "kernel": [[round(float(value), 6) for value in row] for row in self._head.kernel],
            "bias": [round(float(value), 6) for value in self._head.bias],
            "facts": self.facts,
        }
        stored = {
            "format": FORMAT,
            "version": VERSION,
            "pretrained": _trunk_digest(),
            "sha256": _digest(content),
            **content,
        }
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(_MEMBER), json.dumps(stored), zipfile.ZIP_DEFLATED)
        return packed.getvalue()

    def save(self, path: str | Path) -> None:
        """Write its file; raise `OSError` if that fails."""
        write_atomically(Path(path), self.to_bytes())

    @classmethod
    def load(cls, source: str | Path | bytes) -> "OwnClasses":
        """Read a file that `save` wrote, or its content.

        Raises
        ------
        ModelError
            If it is missing, damaged, changed, of another version, or for another network.
        """
        name = "The file" if isinstance(source, bytes) else str(source)
        try:
            stored = json.loads(_read(source))
            known = stored["format"] == FORMAT
            version, pretrained = stored["version"], stored["pretrained"]
            content = {key: stored[key] for key in ("labels", "kernel", "bias", "facts")}
        except OSError as error:
            why = error.strerror or error
            raise ModelError(f"{name} cannot be read ({why}). Check the path.") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _NoClasses(name) from error
        if not known:
            raise _NoClasses(name)
        if version != VERSION:
            raise ModelError(
                f"{name} has the version {format_plain(version)[:20]} of its format; version "
                f"{VERSION} is read here. Teach the classes anew, or update DeepMusic."
            )
        if stored.get("sha256") != _digest(content):
            raise ModelError(
                f"{name} was changed or damaged since it was written. Get it again, or teach the "
                "classes anew."
            )
        if pretrained != _trunk_digest():
            raise ModelError(
                f"{name} was taught on another pretrained network than the one here. Teach the "
                "classes anew."
            )
        try:
            kernel, bias = (np.array(content[key], np.float32) for key in ("kernel", "bias"))
            return cls(tuple(map(str, content["labels"])), kernel, bias, dict(content["facts"]))
        except (ValueError, TypeError) as error:
            raise _NoClasses(name) from error


class _NoClasses(ModelError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is no file of classes, or is damaged. Give the .zip that was downloaded from "
            "Teach, or that deepmusic teach wrote."
        )


def is_classes(source: Path | bytes) -> bool:
    """Tell whether a ZIP, or its content, is a file of classes, in whatever state."""
    try:
        with zipfile.ZipFile(
            io.BytesIO(source) if isinstance(source, bytes) else source
        ) as archive:
            return _MEMBER in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _read(source: str | Path | bytes) -> bytes:
    """Return the JSON in a file; raise `OSError` if it cannot be read, or `ValueError`."""
    if isinstance(source, bytes):
        data = source[: _MOST_BYTES + 1]
    else:
        with Path(source).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_MEMBER) as member:
            content = member.read(_MOST_BYTES + 1)
    except Exception as error:
        # zipfile raises a dozen kinds of errors for damaged files.
        raise ValueError(str(error)) from error
    if max(len(data), len(content)) > _MOST_BYTES:
        raise ValueError("too large")
    return content


@cache
def _trunk_digest() -> str:
    """Return the SHA-256 of the pretrained network, to which a head belongs."""
    return hashlib.sha256(read_shipped("musicnn.onnx")).hexdigest()


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
