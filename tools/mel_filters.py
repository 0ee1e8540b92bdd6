"""Store librosa's mel filters of the named front ends, for ``deepmusic.audio.features``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import librosa
import numpy as np

from deepmusic.audio import features
from deepmusic.config import FRONT_ENDS, MUSICNN_FRONT_END

filters = {
    f"{mel.sample_rate}-{mel.n_fft}-{mel.n_mels}": librosa.filters.mel(
        sr=mel.sample_rate, n_fft=mel.n_fft, n_mels=mel.n_mels
    )
    for mel in (*FRONT_ENDS.values(), MUSICNN_FRONT_END)
}
np.savez_compressed(features._STORED, **filters)
print(f"{features._STORED}: {', '.join(filters)}")
