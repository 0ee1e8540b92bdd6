"""Sounds to learn classes of one's own from: embedded, and without copies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from deepmusic.audio import load_song
from deepmusic.data.fingerprints import fingerprint, same_recording
from deepmusic.data.labelled import LabelledSound
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import AudioError
from deepmusic.prediction.own_classes import embed_sound

#: Cosine of two mean embeddings from which on two files are the same sound; other clips of one
#: song reach 0.9995, two notes of one instrument 0.998.
_SAME = 0.9999


@dataclass(frozen=True)
class Example:
    """A sound to learn from.

    Attributes
    ----------
    label, name, recording : str
        As of `LabelledSound`.
    digest : str
        SHA-256 of its file.
    embeddings : np.ndarray [shape=(n_windows, 200)]
        By the pretrained network.
    fingerprint : np.ndarray [shape=(n_frames, 32)] or None
        As of `deepmusic.data.fingerprints`; without, only the same sound is found to be a copy.
    """

    label: str
    name: str
    recording: str
    digest: str
    embeddings: np.ndarray = field(repr=False)
    fingerprint: np.ndarray | None = field(default=None, repr=False)


def embed_sounds(
    sounds: Sequence[LabelledSound], on_progress: Progress = no_progress
) -> tuple[list[Example], list[str]]:
    """Return sounds with their embeddings, and a sentence on each that cannot be used."""
    examples, faults = [], []
    for done, sound in enumerate(sounds, start=1):
        try:
            song = load_song(sound.source, name=sound.name)
            found = embed_sound(song).embeddings
        except AudioError as error:
            faults.append(str(error))
        else:
            about = sound.label, sound.name, sound.recording, song.digest
            examples.append(Example(*about, found, fingerprint(song)))
        on_progress(done, len(sounds))
    return examples, faults


def without_copies(examples: Sequence[Example]) -> tuple[list[int], list[Example], list[str]]:
    """Return the sounds that count, by number, and sentences on copies.

    The same sound counts once in a class. Other encodings of it are learnt, too, as one recording:
    none is tested by what another one taught.
    """
    kept, warnings = _without_same(examples)
    found = [examples[number] for number in kept]
    prints = [one.fingerprint for one in found]
    pairs = same_recording([one for one in prints if one is not None])
    rows = [row for row, one in enumerate(prints) if one is not None]
    copies: Counter[str] = Counter()
    recording = [one.recording for one in found]
    for first, second in ((rows[one], rows[other]) for one, other in pairs):
        known, copy = found[first], found[second]
        old, new = recording[second], recording[first]
        if old == new:
            continue
        recording = [new if one == old else one for one in recording]
        if known.label == copy.label:
            copies[copy.label] += 1
        elif known.digest != copy.digest:
            warnings.append(_in_two_classes(copy, known))
    for label, count in copies.items():
        noun = "sound is a copy of another" if count == 1 else "sounds are copies of others"
        warnings.append(f"{label}: {count} {noun} in another encoding: one recording, tested so.")
    found = [replace(one, recording=name) for one, name in zip(found, recording, strict=True)]
    return kept, found, warnings


def _without_same(examples: Sequence[Example]) -> tuple[list[int], list[str]]:
    """Return the numbers of sounds that are not the same as one before; and sentences on those."""
    means = np.stack([one.embeddings.mean(axis=0) for one in examples])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    copies: Counter[str] = Counter()
    kept: list[int] = []
    warnings: list[str] = []
    for number, example in enumerate(examples):
        same = [row for row in kept if means[row] @ means[number] > _SAME]
        if any(examples[row].label == example.label for row in same):
            copies[example.label] += 1
            continue
        if same:
            warnings.append(_in_two_classes(example, examples[same[0]]))
        kept.append(number)
    for label, count in copies.items():
        noun = "sound is a copy of another" if count == 1 else "sounds are copies of others"
        warnings.append(f"{label}: {count} {noun}, and {'is' if count == 1 else 'are'} left out.")
    return kept, warnings


def _in_two_classes(copy: Example, known: Example) -> str:
    return (
        f"{copy.name} of {copy.label} is the same sound as {known.name} of {known.label}: decide "
        "for one class."
    )
