"""The front end: log-mels as librosa's and the archive's, windows and clips."""

import math

import librosa
import numpy as np
import pytest

from deepmusic import audio
from deepmusic.audio import features, synth
from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS, MUSICNN_FRONT_END, MelConfig
from deepmusic.data import Gtzan
from deepmusic.data.archive import read_archive
from deepmusic.errors import AudioError

PAPER, COMPACT, FMA = (FRONT_ENDS[name] for name in ("paper", "compact", "fma"))
SAMPLE_RATE = 22_050


@pytest.mark.parametrize("frequency", [110, 440, 3_000])
def test_the_loudest_band_of_a_tone_holds_its_frequency(frequency):
    decibels = features.log_mel(tone(frequency, seconds=2), PAPER)
    edges = librosa.mel_frequencies(n_mels=PAPER.n_mels + 2, fmax=SAMPLE_RATE / 2)
    band = decibels.mean(axis=1).argmax()
    assert edges[band] < frequency < edges[band + 2]


def test_a_clip_is_measured_from_its_loudest_point(music):
    # A second of digital silence goes far below what is kept.
    clip = np.concatenate([music, np.zeros(SAMPLE_RATE, np.float32)])
    result = features.below_loudest(features.log_mel(clip, PAPER), PAPER)
    assert result.max() == 0
    assert result.min() == -80


def assert_librosas(y, mel):
    """Compare with librosa's mel-spectrogram, to the clip's reference and to the floor."""
    power = librosa.feature.melspectrogram(
        y=y, sr=mel.sample_rate, n_fft=mel.n_fft, hop_length=mel.hop_length, n_mels=mel.n_mels
    )
    expected = librosa.power_to_db(power, ref=np.max, top_db=mel.top_db)
    decibels = features.log_mel(y, mel)
    assert decibels.dtype == np.float32
    result = features.below_loudest(decibels, mel)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-4)
    to_the_floor = librosa.power_to_db(power, ref=1.0, top_db=None)
    np.testing.assert_allclose(decibels, to_the_floor, rtol=0, atol=1e-3)


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("gain", [1, 0.01])
@pytest.mark.parametrize(
    "mel",
    [
        PAPER,
        COMPACT,
        MelConfig(n_fft=256, hop_length=64, n_mels=256),  # With bands that hold no frequency.
        MelConfig(sample_rate=16_000, n_fft=512, hop_length=256, n_mels=96),
        MelConfig(n_fft=1025, hop_length=300, n_mels=5),
    ],
)
def test_the_scale_is_that_of_librosa(mel, gain, music):
    assert_librosas(np.float32(gain) * music, mel)


@pytest.mark.parametrize("mel", [PAPER, COMPACT], ids=["paper", "compact"])
def test_the_scale_is_that_of_librosa_on_gtzan(mel, gtzan_root):
    for path in sorted(gtzan_root.glob("genres/*/*"))[::10]:
        assert_librosas(audio.load_song(path).samples, mel)


@pytest.mark.parametrize("n_samples", [1, 2, 511, 512, 2047, 2048, 2049, 64 * 512])
def test_short_sounds_have_librosas_frames(n_samples):
    assert_librosas(np.random.default_rng(0).normal(size=n_samples).astype(np.float32), PAPER)


def test_the_stored_filters_are_librosas():
    """`tools/mel_filters.py` stores them."""
    with np.load(features._STORED) as stored:
        wanted = (*FRONT_ENDS.values(), MUSICNN_FRONT_END)
        assert set(stored) == {f"{mel.sample_rate}-{mel.n_fft}-{mel.n_mels}" for mel in wanted}
        for name, filters in stored.items():
            rate, n_fft, n_mels = map(int, name.split("-"))
            expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels)
            np.testing.assert_array_equal(filters, expected)


@pytest.mark.parametrize("frequency", [0, 50, 999, 1000, 1001, 4000, 11_025])
def test_the_mel_scale_is_librosas(frequency):
    assert features.hz_to_mel(frequency) == pytest.approx(librosa.hz_to_mel(frequency))


@pytest.mark.parametrize("shape", [(0,), (2, 22_050)])
def test_a_log_mel_needs_one_channel_with_samples(shape):
    with pytest.raises(AudioError, match="one channel"):
        features.log_mel(np.zeros(shape, np.float32), PAPER)


def test_bytes_span_the_full_range():
    decibels = np.array([[-51.0, -25.4], [-10.2, 0.0]])
    np.testing.assert_array_equal(features.to_bytes(decibels), [[0, 128], [204, 255]])
    assert features.to_bytes(decibels).dtype == np.uint8


def test_a_flat_log_mel_is_all_zeros():
    result = features.to_bytes(np.full((3, 4), -7.0))
    np.testing.assert_array_equal(result, np.zeros((3, 4), np.uint8))
    assert result.dtype == np.uint8


def test_kept_frames_of_a_gtzan_clip():
    expected = [math.floor((j + 0.5) * 1293 / 387.5) for j in range(387)]
    np.testing.assert_array_equal(features.kept_frames(1293, COMPACT), expected)


@pytest.mark.parametrize("n_frames", [1290, 1293, 1300, 1306, 1310, 1320])
def test_clips_of_gtzans_lengths_give_387_frames(n_frames):
    kept = features.kept_frames(n_frames, COMPACT)
    assert len(kept) == 387
    assert kept[-1] < n_frames
    _, spacing = features.frame_spacing(n_frames, COMPACT)
    assert spacing == n_frames / 387.5


@pytest.mark.parametrize("n_frames", [0, 1, 2, 3, 10, 130, 1279, 1331, 1938, 155_040])
@pytest.mark.parametrize("mel", [PAPER, COMPACT, MelConfig(frame_step=2.5)])
def test_kept_frames_rise_within_the_clip_at_nearly_the_usual_spacing(n_frames, mel):
    kept = features.kept_frames(n_frames, mel)
    assert (np.diff(kept) > 0).all()
    assert ((kept >= 0) & (kept < n_frames)).all()
    assert len(kept) == pytest.approx(n_frames / mel.frame_step, abs=1)
    if n_frames > 100:
        _, spacing = features.frame_spacing(n_frames, mel)
        assert spacing == pytest.approx(mel.frame_step, rel=0.02)


def test_the_paper_front_end_keeps_every_frame(music):
    decibels = features.log_mel(music, PAPER)
    np.testing.assert_array_equal(
        features.network_input(decibels, PAPER),
        features.to_bytes(features.below_loudest(decibels, PAPER)),
    )


@pytest.mark.filterwarnings("ignore:Empty filters")
def test_fmas_front_end_is_librosas_decimated():
    """As FMA's archive was made (docs/data.md): 128 columns of 30 s, bytes over a fixed range."""
    y = synth.play("rock", seconds=30, sample_rate=44_100)
    power = librosa.feature.melspectrogram(y=y, sr=44_100, n_fft=2048, hop_length=512, n_mels=128)
    decibels = librosa.power_to_db(power, ref=np.max)
    kept = [math.floor((column + 0.5) * decibels.shape[1] / 128) for column in range(128)]
    expected = (decibels[:, kept] + 80) * 255 / 80
    result = features.network_input(features.log_mel(y, FMA), FMA)
    assert result.shape == (128, 128)
    np.testing.assert_allclose(result, expected, rtol=0, atol=0.51)


@pytest.mark.parametrize(("seconds", "frames"), [(30, 128), (29.98, 128), (10, 43), (0.1, 0)])
def test_fmas_frames_cover_a_clip_of_any_length(seconds, frames):
    n_frames = 1 + int(seconds * 44_100) // 512
    kept = features.kept_frames(n_frames, FMA)
    assert len(kept) == frames
    assert frames == 0 or kept[0] == pytest.approx(n_frames - 1 - kept[-1], abs=1)


def test_a_clip_of_narrow_range_keeps_its_decibels():
    decibels = np.repeat([[-20.0, 0.0]], 40, axis=1)
    np.testing.assert_array_equal(features.network_input(decibels, FMA), [[191, 191, 255, 255]])


@pytest.mark.parametrize(("seconds", "fills"), [(3.0, True), (3.02, True), (2.9, False)])
def test_three_seconds_fill_a_window(seconds, fills):
    y = tone(440, seconds=seconds)
    network_input = features.network_input(features.log_mel(y, COMPACT), COMPACT)
    assert (network_input.shape[1] >= 39) == fills
    assert len(features.windows(network_input, 39)) == fills


@pytest.mark.parametrize("overlap", [0.5, 0.25])
@pytest.mark.parametrize(
    ("n_frames", "window_frames"),
    [(39, 39), (40, 39), (58, 39), (59, 39), (77, 39), (387, 39), (1000, 39), (50, 8), (5, 1)],
)
def test_windows_cover_a_clip(n_frames, window_frames, overlap):
    clip = np.random.default_rng(0).integers(0, 256, (7, n_frames)).astype(np.uint8)
    starts = features.window_starts(n_frames, window_frames, overlap)
    naive = np.stack([clip[:, start : start + window_frames] for start in starts])
    result = features.windows(clip, window_frames, overlap)
    np.testing.assert_array_equal(result, naive)
    assert result.dtype == np.uint8
    assert starts[0] == 0
    assert starts[-1] == n_frames - window_frames
    if window_frames > 1:
        assert (window_frames - np.diff(starts) >= overlap * window_frames).all()
    assert (np.diff(starts) > 0).all()


def test_a_clip_shorter_than_a_window_gives_none():
    assert features.window_starts(38, 39).size == 0
    result = features.windows(np.zeros((128, 38), np.uint8), 39)
    assert result.shape == (0, 128, 39)
    assert result.dtype == np.uint8


@pytest.mark.parametrize(
    ("seconds", "n_clips"),
    [(0.1, 1), (30, 1), (30.65, 1), (44.9, 1), (45.1, 2), (60, 2), (75.1, 3), (3600, 120)],
)
def test_a_song_is_cut_into_clips_that_join(seconds, n_clips):
    n_samples = round(seconds * SAMPLE_RATE)
    bounds = features.clip_bounds(n_samples, COMPACT)
    assert len(bounds) == n_clips
    starts, stops = zip(*bounds, strict=True)
    assert starts[0] == 0
    assert stops[-1] == n_samples
    assert starts[1:] == stops[:-1]
    if n_clips > 1:
        lengths = np.subtract(stops, starts) / SAMPLE_RATE
        assert (lengths[:-1] == 30).all()
        assert 15 <= lengths[-1] < 45


@pytest.mark.parametrize("name", ["paper", "compact"])
def test_a_song_gives_a_log_mel_a_clip(name, music):
    mel = FRONT_ENDS[name].model_copy(update={"clip_seconds": 2.0})
    samples = music.copy()
    samples[2 * SAMPLE_RATE : 4 * SAMPLE_RATE] = 0.3
    clips = list(features.clip_log_mels(samples, mel, is_silent=audio.is_silent))
    assert [clip.start for clip in clips] == [0.0, 2.0, 4.0]
    assert [clip.frames.shape[1] > 0 for clip in clips] == [True, False, True]
    for index, clip in enumerate(clips):
        part = samples[2 * index * SAMPLE_RATE : 2 * (index + 1) * SAMPLE_RATE]
        np.testing.assert_array_equal(clip.decibels, features.log_mel(part, mel))
        assert clip.frames.shape[0] == mel.n_mels
        assert clip.frames.dtype == np.uint8
        if clip.frames.size:
            np.testing.assert_array_equal(clip.frames, features.network_input(clip.decibels, mel))
            duration = clip.frames.shape[1] * clip.seconds_per_frame
            assert duration == pytest.approx(2, abs=0.1)


def test_each_clip_of_a_song_has_its_own_reference(music):
    mel = COMPACT.model_copy(update={"clip_seconds": 3.0})
    half = music[: 3 * SAMPLE_RATE]
    loud, soft = features.clip_log_mels(
        np.concatenate([half, 0.1 * half]), mel, is_silent=audio.is_silent
    )
    # The same music 20 dB softer has the same log-mel.
    assert np.abs(loud.frames.astype(int) - soft.frames).max() <= 1


def test_log_mels_are_computed_lazily(music):
    mel = COMPACT.model_copy(update={"clip_seconds": 2.0})
    asked = []
    clips = features.clip_log_mels(music, mel, is_silent=lambda clip: asked.append(clip) or False)
    next(clips)
    assert len(asked) == 1


@pytest.mark.slow
def test_the_front_end_gives_the_archive_back(gtzan_root):
    # Pointed at the audio alone, so that nothing is taken from the archive itself.
    dataset = Gtzan(gtzan_root / "genres")
    (path,) = gtzan_root.glob("*.npz")
    archive = read_archive(path)
    computed = dataset.log_mels(dataset.audio_tracks, COMPACT)
    assert computed.skipped == ()
    assert len(computed.by_track) == 100
    difference = {
        track: np.abs(network_input.astype(int) - archive[track]).mean()
        for track, network_input in computed.by_track.items()
    }
    assert {track: value for track, value in difference.items() if value >= 1} == {}


def test_the_stft_finds_a_tone_in_its_bin():
    times = np.arange(22_050) / 22_050
    decibels = features.stft_decibels(np.sin(2 * np.pi * 1_000 * times), 2048, 512)
    assert decibels.shape == (1025, 1 + 22_050 // 512)
    assert decibels[:, 20].argmax() == round(1_000 * 2048 / 22_050)
