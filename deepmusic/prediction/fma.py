"""The network of FMA's eight genres: another taxonomy than GTZAN's, asked on its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from deepmusic.audio import Song
from deepmusic.audio.features import ClipLogMel
from deepmusic.models import FMA
from deepmusic.prediction.classifier import Classifier, compute_log_mels
from deepmusic.prediction.result import Prediction
from deepmusic.protocols import FMA_NETWORK, FMA_PROTOCOL
from deepmusic.runs import shipped_run


class FmaClassifier(Classifier):
    """The shipped network that was trained on clips of FMA; raises `RunError` as `Classifier`.

    It reads 44.1 kHz: load a song with ``sample_rate=classifier.config.mel.sample_rate``.
    """

    def __init__(self) -> None:
        run = shipped_run(FMA_NETWORK, FMA_PROTOCOL)
        super().__init__(run)
        self.evaluation: dict[str, Any] = run.evaluation

    def predict(self, song: Song, log_mels: Sequence[ClipLogMel] | None = None) -> Prediction:
        """As of `Classifier.predict`; the prediction bears the name ``fma``."""
        if log_mels is None:  # A song of another rate is refused here, before its length is asked.
            log_mels = compute_log_mels(song, self.config.mel)
        return replace(super().predict(song, log_mels), model=FMA)

    @property
    def note(self) -> str:
        """Which genres it knows, and how often it is right, in two sentences."""
        *others, last = self.config.genres
        right = round(100 * self.evaluation["clip_accuracy"])
        return (
            f"This network knows the {len(others) + 1} genres of FMA: {', '.join(others)} and "
            f"{last}. It was right on {right} % of {self.evaluation['clips']} test clips."
        )
