"""Time that networks take for 30 s of music on this machine."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial

from deepmusic.audio import SAMPLE_RATE, song_from_array, synth
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.models import ENSEMBLE
from deepmusic.prediction.classifier import Classifier, classify


def time_classifiers(
    classifiers: Mapping[str, Classifier], on_progress: Progress = no_progress
) -> dict[str, float]:
    """Measure how long networks take for 30 s of music, in ms, from samples to genres.

    Parameters
    ----------
    classifiers : mapping of str to Classifier
        By name.
    on_progress : callable
        Called with the numbers of measurements done and in total.

    Returns
    -------
    dict of str to float
        The median of five, by name, and for all of them together as the ensemble. Each includes
        the log-mels, which the ensemble computes once; none includes decoding a file.
    """
    song = song_from_array(synth.play("blues"), sample_rate=SAMPLE_RATE)
    calls: dict[str, Callable[[], object]] = {
        name: partial(classifier.predict, song) for name, classifier in classifiers.items()
    }
    if len(classifiers) > 1:
        calls[ENSEMBLE] = partial(classify, song, classifiers)
    return median_milliseconds(calls, on_progress=on_progress)


def median_milliseconds(
    calls: Mapping[str, Callable[[], object]],
    repeats: int = 5,
    on_progress: Progress = no_progress,
) -> dict[str, float]:
    """Return the median time that each call takes, in ms, after one that is not counted.

    They take turns, so that a machine which is busy for a while slows all of them.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    for repeat in range(repeats + 1):
        on_progress(repeat, repeats + 1)
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - began)
    on_progress(repeats + 1, repeats + 1)
    return {name: 1000 * statistics.median(times[1:]) for name, times in taken.items()}
