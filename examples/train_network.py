"""Train a network of your own on the toy set, and print its accuracy on the test windows.

Run with ``python examples/train_network.py [EPOCHS]``. For GTZAN: `open_dataset("gtzan")`.
"""

import sys

import keras
import numpy as np

from deepmusic.audio.features import windows
from deepmusic.config import FRONT_ENDS
from deepmusic.data import open_dataset

dataset = open_dataset("toy")
split = dataset.split("paper")


def load_windows(tracks: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return windows [window, mel, frame] of 3 s from 0 to 1, and the index of their genre."""
    log_mels = dataset.log_mels(tracks, FRONT_ENDS["compact"]).by_track
    by_clip = [windows(log_mel, 39) for log_mel in log_mels.values()]
    genres = [dataset.genres.index(dataset.tracks[track].genre) for track in log_mels]
    return np.concatenate(by_clip) / 255, np.repeat(genres, [len(clip) for clip in by_clip])


network = keras.Sequential()
network.add(keras.layers.Permute((2, 1)))  # [frame, mel]: convolve over time
network.add(keras.layers.BatchNormalization(momentum=0.8))
network.add(keras.layers.Conv1D(32, 5, activation="relu"))
network.add(keras.layers.GlobalAveragePooling1D())
network.add(keras.layers.Dense(len(dataset.genres), activation="softmax"))
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
network.fit(*load_windows(split.train), epochs=int([*sys.argv, "20"][1]), verbose=2)
_, accuracy = network.evaluate(*load_windows(split.test), verbose=0)
print(f"accuracy on the test windows: {accuracy:.3f}")
