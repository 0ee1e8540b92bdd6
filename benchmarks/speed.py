"""Ours against the paper's pipeline, side by side. Run with ``python benchmarks/speed.py``.

From the bytes of an upload (30 s of synthetic rock, MP3, 44.1 kHz stereo) to the probabilities of
three networks, in one process, round by round in turn, networks loaded and warm:

- the paper's way, as its notebooks have it: librosa decodes, 39 windows of 1.5 s, a mel-spectrogram
  of each window for each network, and `predict` of each network (of the notebooks' sizes);
- ours: `load_song` and `classify`.

Wall time is what a visitor waits; the processor's time is what it costs, and moves less when other
programs run. With ``--browser`` the page is timed too (needs Chromium).
"""

import argparse
import io
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keras
import librosa
import numpy as np
import scipy.fft
import soundfile
from keras import layers

from deepmusic import audio, models, prediction
from deepmusic.audio import features, synth
from deepmusic.config import FRONT_ENDS

SECONDS, RATE = 30, 22_050

# === The paper's pipeline ===

WINDOW, N_WINDOWS = 33_000, 39

#: Front ends of the notebooks: n_fft, hop_length, n_mels.
PAPER_MELS = {"cnn": (1024, 256, 128), "crnn": (1024, 256, 128), "cnn_gru": (1024, 512, 64)}

#: What the notebooks print.
PAPER_PARAMETERS = {"cnn": 2_495_114, "crnn": 47_562, "cnn_gru": 95_466}


def paper_cnn() -> keras.Model:
    window = x = layers.Input((128, 129, 1))
    for filters in (16, 32, 64, 128, 256):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Dropout(0.25)(layers.MaxPooling2D(2)(x))
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    x = layers.Dropout(0.25)(layers.Dense(512, activation="relu")(x))
    return keras.Model(window, layers.Dense(10, activation="softmax")(x))


def paper_crnn() -> keras.Model:
    window = x = layers.Input((128, 129))
    for filters in (16, 32):
        x = layers.BatchNormalization()(layers.Conv1D(filters, 5)(x))
        x = layers.Dropout(0.35)(layers.MaxPooling1D(2)(layers.ReLU()(x)))
    x = layers.Dropout(0.35)(layers.LSTM(64)(x))
    x = layers.Dropout(0.35)(layers.Dense(128)(x))
    return keras.Model(window, layers.Dense(10, activation="softmax")(x))


def paper_cnn_gru() -> keras.Model:
    window = x = layers.Input((64, 65, 1))
    for filters in (16, 32, 32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Dropout(0.25)(layers.MaxPooling2D(2)(x))
    convolved = layers.Dropout(0.3)(layers.Flatten()(x))
    recurrent = layers.Reshape((32, 32))(layers.MaxPooling2D(2)(window))
    recurrent = layers.Bidirectional(layers.GRU(64))(recurrent)
    x = layers.Concatenate()([convolved, recurrent])
    x = layers.Dropout(0.25)(layers.Dense(64, activation="relu")(x))
    return keras.Model(window, layers.Dense(10, activation="softmax")(x))


def paper_features(y: np.ndarray, name: str) -> np.ndarray:
    n_fft, hop_length, n_mels = PAPER_MELS[name]
    starts = range(0, N_WINDOWS * WINDOW // 2, WINDOW // 2)
    return np.stack(
        [
            librosa.feature.melspectrogram(
                y=y[start : start + WINDOW], sr=RATE, n_fft=n_fft, hop_length=hop_length,
                n_mels=n_mels,
            )
            for start in starts
        ]
    )  # fmt: skip


def paper_pipeline(data: bytes, networks: dict[str, keras.Model]) -> dict[str, np.ndarray]:
    y, _ = librosa.load(io.BytesIO(data), sr=RATE)
    y = librosa.util.fix_length(y, size=660_000)
    return {
        name: network.predict(paper_features(y, name), verbose=0)
        for name, network in networks.items()
    }


# === Measuring ===


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor time of an action, in s."""
    began = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - began[0], time.process_time() - began[1]


def measure(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple]:
    """Do all actions in turn, round by round; return medians and the best wall time."""
    times = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(timed(action))
    return {
        name: (*map(statistics.median, zip(*taken, strict=True)), min(wall for wall, _ in taken))
        for name, taken in times.items()
    }


def row(name: str, wall: float, processor: float, best: float, remark: str = "") -> None:
    print(
        f"{name:52} {1000 * wall:9.1f} {1000 * processor:10.1f} {1000 * best:9.1f} ms  {remark}",
        flush=True,
    )


def multiply_adds(network: keras.Model) -> float:
    """Count what the matrix products and convolutions of one window cost."""
    total = 0
    for layer in network.layers:
        kernel = [w.shape for w in getattr(layer, "weights", []) if len(w.shape) > 1]
        steps = 1
        if isinstance(layer, (layers.Conv1D, layers.Conv2D)):
            steps = np.prod(layer.output.shape[1:-1])
        elif isinstance(layer, (layers.LSTM, layers.GRU, layers.Bidirectional)):
            steps = layer.input.shape[1]
        total += steps * sum(np.prod(shape) for shape in kernel)
    return float(total)


def song_bytes() -> bytes:
    high = synth.play("rock", seconds=SECONDS, seed=0, sample_rate=2 * RATE)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([high, 0.9 * high], axis=1), 2 * RATE, format="MP3")
    return buffer.getvalue()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--browser", action="store_true", help="time the page too")
    options = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; TensorFlow on the CPU, "
        f"{options.rounds} rounds\n\n{'':52} {'wall':>9} {'processor':>10} {'best wall':>9}"
    )
    data = song_bytes()
    ours = prediction.load_classifiers(list(models.MODELS))
    papers = {"cnn": paper_cnn(), "crnn": paper_crnn(), "cnn_gru": paper_cnn_gru()}
    for name, network in papers.items():
        assert network.count_params() == PAPER_PARAMETERS[name], (name, network.count_params())

    # === Upload to probabilities ===
    whole = measure(
        {
            "the paper's": lambda: paper_pipeline(data, papers),
            "ours": lambda: prediction.classify(audio.load_song(data), ours),
        },
        options.rounds,
    )
    for name, times in whole.items():
        row(f"upload to three networks' probabilities, {name}", *times)
    faster = [a / b for a, b in zip(whole["the paper's"], whole["ours"], strict=True)]
    print(f"{'ours is faster by':52} {faster[0]:8.1f}x {faster[1]:9.1f}x {faster[2]:8.1f}x\n")

    # === Where it goes ===
    song, mel = audio.load_song(data), FRONT_ENDS["compact"]
    log_mels = prediction.compute_log_mels(song, mel)
    y, _ = librosa.load(io.BytesIO(data), sr=RATE)
    y = librosa.util.fix_length(y, size=660_000)
    seen = {name: paper_features(y, name) for name in papers}
    frames = np.lib.stride_tricks.sliding_window_view(song.samples, mel.n_fft)[:: mel.hop_length]
    window = np.hanning(mel.n_fft).astype(np.float32)
    actions = {
        "decode, the paper's": lambda: librosa.load(io.BytesIO(data), sr=RATE),
        "decode, ours": lambda: audio.load_song(data),
        "  floor: libsndfile alone": lambda: soundfile.read(io.BytesIO(data), dtype="float32"),
        "features, the paper's (2 front ends, 3 times)": lambda: [
            paper_features(y, name) for name in papers
        ],
        "features, ours": lambda: prediction.compute_log_mels(song, mel),
        "  floor: windowing and FFT alone": lambda: scipy.fft.rfft(frames * window, axis=1),
        "networks, the paper's": lambda: [
            network.predict(seen[name], verbose=0) for name, network in papers.items()
        ],
    }
    for name in ours:
        actions[f"{models.title(name)}, ours"] = lambda name=name: ours[name].predict(
            song, log_mels
        )
    square = np.ones((512, 512), np.float32)
    actions["512 x 512 matrix product"] = lambda: square @ square
    stages = measure(actions, options.rounds)
    rate = 512**3 / stages["512 x 512 matrix product"][2]
    windows = sum(len(features.window_starts(clip.frames.shape[1], 39)) for clip in log_mels)
    for name, times in stages.items():
        remark = ""
        if name == "features, ours":
            remark = f"{SECONDS / times[0]:,.0f} s of music a second"
        for key, classifier in ours.items():
            if name == f"{models.title(key)}, ours":
                work = windows * multiply_adds(models.build(classifier.config))
                remark = (
                    f"{work / 1e6:,.0f} million multiply-adds: floor {1000 * work / rate:.1f} ms"
                )
        row(name, *times, remark)

    print()
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{'memory of this process at most, both pipelines':52} {peak:9.0f} MB")

    if options.browser:
        for script in ("first_paint.py", "rerun_while_training.py"):
            print(f"\n{script}", flush=True)
            subprocess.run([sys.executable, Path(__file__).with_name(script)], check=True)


if __name__ == "__main__":
    main()
