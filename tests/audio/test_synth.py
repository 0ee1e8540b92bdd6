"""The synthetic bands: repeatable, varied, distinct, and in time."""

import numpy as np
import pytest

from deepmusic.audio import bands, synth
from deepmusic.audio.features import below_loudest, log_mel
from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.errors import DatasetError

SAMPLE_RATE = 22_050


def mean_spectrum(genre: str, seed: int) -> np.ndarray:
    """Return the mean mel-spectrum of a short clip, in dB."""
    mel = MelConfig()
    samples = synth.play(genre, seconds=6.0, seed=seed)
    return below_loudest(log_mel(samples, mel), mel).mean(axis=1)


def test_there_is_one_band_for_each_genre():
    assert tuple(bands.BANDS) == GTZAN_GENRES
    for genre, band in bands.BANDS.items():
        assert band.genre == genre
        assert band.description.endswith(".")


@pytest.mark.parametrize("genre", GTZAN_GENRES)
def test_tables_are_sound(genre):
    band = bands.BANDS[genre]
    phrase = synth.BARS_PER_PHRASE * synth.BEATS_PER_BAR * band.steps_per_beat
    assert band.scale in bands.SCALES
    for part in band.parts:
        symbols = "xXo." if part.sound in bands.DRUMS else "cCm1235678."
        assert part.sound in bands.DRUMS or part.sound in bands.INSTRUMENTS
        for pattern in part.patterns.replace(" ", "").split("|"):
            assert phrase % len(pattern) == 0, pattern
            assert set(pattern) <= set(symbols), pattern
    for progression in band.progressions.split("|"):
        for name in progression.split():
            letters = 2 if name[1:2] == "b" else 1
            assert name[:letters] in bands.ROOTS
            assert name[letters:] in bands.CHORD_TONES


@pytest.mark.parametrize("genre", GTZAN_GENRES)
def test_clip_has_the_length_peak_and_type_promised(genre):
    samples = synth.play(genre, seconds=3.3, seed=1)
    assert samples.dtype == np.float32
    assert samples.shape == (round(3.3 * SAMPLE_RATE),)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() == pytest.approx(synth.PEAK, abs=0.01)


#: Samples of a song of each genre, 0.5 s and more apart.
SAMPLES = {
    "blues": (0.0207, -0.2583, 0.0238, -0.2734),
    "classical": (-0.0402, -0.2010, -0.1298, -0.0460),
    "country": (0.1588, -0.0416, 0.2279, -0.0346),
    "disco": (-0.0066, -0.1191, 0.1206, 0.0293),
    "hiphop": (0.2949, -0.3319, -0.2211, -0.1409),
    "jazz": (-0.0470, 0.0511, -0.0514, 0.0814),
    "metal": (0.0232, 0.2554, -0.0142, -0.2553),
    "pop": (0.0079, 0.0158, -0.0063, -0.2107),
    "reggae": (-0.1740, -0.2062, 0.0298, -0.0618),
    "rock": (0.0167, 0.1313, -0.1621, -0.1202),
}


@pytest.mark.parametrize("genre", GTZAN_GENRES)
def test_no_sample_changes_from_version_to_version(genre):
    """The toy's figures are of this sound."""
    samples = synth.play(genre, seconds=3.0, seed=1)
    assert samples[11_025::16_000] == pytest.approx(SAMPLES[genre], abs=1e-3)


@pytest.mark.parametrize("seconds, sample_rate", [(0.0, 22_050), (0.01, 22_050), (1.0, 8_000)])
def test_odd_lengths_and_rates(seconds, sample_rate):
    samples = synth.play("jazz", seconds=seconds, sample_rate=sample_rate)
    assert samples.dtype == np.float32
    assert samples.shape == (round(seconds * sample_rate),)


@pytest.mark.parametrize("genre", GTZAN_GENRES)
def test_same_seed_same_samples_and_other_seed_other_song(genre):
    first = synth.play(genre, seconds=4.0, seed=5)
    np.testing.assert_array_equal(first, synth.play(genre, seconds=4.0, seed=5))
    other = synth.play(genre, seconds=4.0, seed=6)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.5


def test_no_two_bands_sound_alike():
    spectra = np.array([[mean_spectrum(genre, seed) for seed in (0, 1)] for genre in GTZAN_GENRES])
    centres = spectra.mean(axis=1)
    distances = np.sqrt(((centres[:, None] - centres) ** 2).mean(axis=2))
    np.fill_diagonal(distances, np.inf)
    assert distances.min() > 3.0  # in dB, over all mel bands


def test_unknown_genre_names_the_choices():
    with pytest.raises(DatasetError, match=r"blues, classical.*rock\. Received: 'polka'"):
        synth.play("polka")


def test_tone_is_a_sine_at_its_frequency():
    samples = synth.tone(440.0, seconds=2.0, amplitude=0.25)
    assert samples.dtype == np.float32
    assert samples.shape == (2 * SAMPLE_RATE,)
    assert np.abs(samples).max() == pytest.approx(0.25, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)[spectrum.argmax()] == 440.0
    assert np.sort(spectrum)[-2] < 1e-3 * spectrum.max()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_disco_drums_are_regular(seed):
    samples = synth.play("disco", seconds=10.0, seed=seed)
    hop = 441  # 20 ms
    levels = np.sqrt((samples.reshape(-1, hop) ** 2).mean(axis=1))
    onsets = np.maximum(np.diff(levels), 0)
    onsets -= onsets.mean()
    similarity = np.correlate(onsets, onsets, "full")[len(onsets) - 1 :]
    slowest, fastest = (60 / tempo * SAMPLE_RATE / hop for tempo in bands.BANDS["disco"].tempo)
    beat = slice(int(fastest), int(np.ceil(slowest)) + 1)
    assert similarity[beat].max() > 0.5 * similarity[0]
