"""Random training windows, redrawn in each epoch."""

from collections.abc import Sequence

import keras
import numpy as np

from deepmusic.config import ModelConfig, TrainConfig
from deepmusic.training.augment import augment, mix_up


class RandomWindows(keras.utils.PyDataset):
    """Batches of random windows, redrawn in each epoch from the seed and its number.

    Their source is one log-mel [shape=(n_mels, n_frames)], uint8, and one row of `targets`
    [shape=(n_clips, n_targets)] per clip.
    """

    def __init__(
        self,
        log_mels: Sequence[np.ndarray],
        targets: np.ndarray,
        model: ModelConfig,
        train: TrainConfig,
    ) -> None:
        super().__init__()
        self._log_mels = log_mels
        self._targets = targets.astype(np.float32)
        self._model, self._train = model, train
        self.draw(epoch=0)

    def draw(self, epoch: int) -> None:
        """Draw the clip and the first frame of each window of an epoch."""
        self._epoch = epoch
        rng = np.random.default_rng((self._train.seed, epoch))
        clips = np.repeat(np.arange(len(self._log_mels)), self._train.windows_per_clip)
        self._clips = rng.permutation(clips)
        room = [self._log_mels[clip].shape[1] - self._model.window_frames for clip in self._clips]
        self._starts = rng.integers(0, np.asarray(room) + 1)

    def __len__(self) -> int:
        return -(-len(self._clips) // self._train.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(index * self._train.batch_size, (index + 1) * self._train.batch_size)
        width = self._model.window_frames
        batch = np.stack(
            [
                self._log_mels[clip][:, start : start + width]
                for clip, start in zip(self._clips[part], self._starts[part], strict=True)
            ]
        ).astype(np.float32)
        targets = self._targets[self._clips[part]]
        # Seeded per batch: the order in which Keras asks does not matter.
        rng = np.random.default_rng((self._train.seed, self._epoch, index))
        if self._train.augment:
            batch = augment(batch, self._train.augment, self._model.mel, rng)
            if self._train.augment.mix_up:
                return mix_up(batch, targets, self._train.augment.mix_up, rng)
        return batch, targets
