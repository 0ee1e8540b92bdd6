"""Songs from arrays, and their limits."""

import errno
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from deepmusic.audio import features, file_of, is_silent, let_go, load_song, song, song_from_array
from deepmusic.audio.encode import encode_wav
from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS, AudioLimits
from deepmusic.errors import AudioError


@pytest.mark.parametrize("value", [1e7, -1e20, 1e38])
def test_values_that_no_sound_has_are_refused(value):
    samples = tone(440, seconds=1)
    samples[1234] = value
    with pytest.raises(AudioError, match="beyond 1,000,000 times full scale"):
        song_from_array(samples, sample_rate=22_050)


def test_a_sound_that_resampling_takes_away_is_silent():
    ultrasound = tone(30_000, seconds=1, sample_rate=96_000)
    swell = np.hanning(len(ultrasound))
    with pytest.raises(AudioError, match="is silent"):
        song_from_array(0.5 * swell * ultrasound, sample_rate=96_000)


def test_what_is_just_loud_enough_is_taken():
    limit = AudioLimits().silence_peak
    song_from_array(tone(440, seconds=1, amplitude=1.1 * limit), sample_rate=22_050)
    with pytest.raises(AudioError, match="is silent"):
        song_from_array(tone(440, seconds=1, amplitude=0.9 * limit), sample_rate=22_050)


def test_an_array_that_is_too_long_is_refused():
    with pytest.raises(AudioError, match="lasts more than 60 s"):
        song_from_array(
            np.zeros(2 * 60 * 8_000), sample_rate=8_000, limits=AudioLimits(max_seconds=60)
        )


@pytest.mark.parametrize("shape", [(2, 3, 4), (0, 100)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(AudioError, match="must have the shape"):
        song_from_array(np.zeros(shape), sample_rate=22_050)


# === Long songs ===


@pytest.mark.parametrize("source_rate", [22_050, 44_100])
def test_samples_of_a_long_song_lie_in_a_file_and_are_the_same(monkeypatch, music, source_rate):
    data = encode_wav(music, source_rate)
    in_memory = load_song(data)
    assert file_of(in_memory.samples) is None
    monkeypatch.setattr("deepmusic.audio.samples.MOST_IN_MEMORY", 50_000)
    in_file = load_song(data)
    assert len(in_file.samples) > 60_000
    assert file_of(in_file.samples[1_000:2_000]) is file_of(in_file.samples) is not None
    np.testing.assert_array_equal(in_file.samples, in_memory.samples)
    let_go(in_file.samples)
    np.testing.assert_array_equal(in_file.samples, in_memory.samples)
    log_mels = (
        [*features.clip_log_mels(one.samples, FRONT_ENDS["compact"], is_silent=is_silent)]
        for one in (in_file, in_memory)
    )
    for one, other in zip(*log_mels, strict=True):
        np.testing.assert_array_equal(one.decibels, other.decibels)


def test_a_song_of_as_many_samples_as_memory_takes_stays_there(monkeypatch):
    monkeypatch.setattr("deepmusic.audio.samples.MOST_IN_MEMORY", 22_050)
    shortest = [song_from_array(tone(440, seconds=1), sample_rate=22_050).samples]
    shortest.append(song_from_array(np.append(tone(440, seconds=1), 0), sample_rate=22_050).samples)
    assert [file_of(samples) is None for samples in shortest] == [True, False]
    assert [len(samples) for samples in shortest] == [22_050, 22_051]


def test_a_long_song_without_room_for_its_file_is_refused(monkeypatch):
    def refuse():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("deepmusic.audio.samples.MOST_IN_MEMORY", 22_050)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(AudioError, match=r"long.wav is longer .*No space left on device.*TMPDIR"):
        load_song(encode_wav(tone(440, seconds=2), 22_050), name="long.wav")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_holds_only_what_is_read_of_a_long_song(monkeypatch):
    def megabytes():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

    monkeypatch.setattr("deepmusic.audio.samples.MOST_IN_MEMORY", 22_050)
    long = song_from_array(np.tile(tone(440, seconds=1), 600), sample_rate=22_050).samples
    before = megabytes()
    assert long.max() > 0.4
    read = megabytes()
    let_go(long)
    assert read - before > 40, "50 MB"
    assert megabytes() - before < 10
    assert not is_silent(long)
    assert megabytes() - before < 10


def test_silence_of_a_long_song_is_measured_over_all_its_blocks(monkeypatch):
    monkeypatch.setattr(song, "_CHECKED_AT_ONCE", 100)
    samples = np.full(1_000, 0.25, np.float32)
    assert is_silent(samples)
    samples[950:] = 0.3
    assert not is_silent(samples), "constant within each block, but not over all"
    assert is_silent(samples[:0])
