"""Decoding: every usual format in, a clear error for everything else."""

import hashlib
import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic.audio import decode, load_song, song_from_array
from deepmusic.audio.encode import encode_wav
from deepmusic.audio.synth import tone
from deepmusic.config import AudioLimits
from deepmusic.errors import AudioError
from tests.audio.formats import (
    AAC_HEADER,
    FFMPEG_FORMATS,
    FORMATS,
    M4A_HEADER,
    PLAYLIST,
    WEBM_HEADER,
    encoded,
    encoded_by_ffmpeg,
    encoded_tone,
    loudest_frequency,
    streamed_flac,
)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_from_path_and_bytes(kind, tmp_path):
    data = encoded_tone(kind)
    path = tmp_path / "sound.bin"  # what a file is called says nothing
    path.write_bytes(data)
    song = load_song(data, name="upload")
    assert song.name == "upload"
    assert (song.sample_rate, song.source_sample_rate) == (22_050, FORMATS[kind][2])
    assert song.source_channels == 1
    assert song.digest == hashlib.sha256(data).hexdigest()
    assert song.note == ""
    assert song.samples.dtype == np.float32
    assert song.samples.ndim == 1
    assert song.duration == pytest.approx(3, abs=0.01)
    assert loudest_frequency(song) == pytest.approx(440, abs=0.5)
    assert np.abs(song.samples[2000:-2000]).max() == pytest.approx(0.5, abs=0.05)
    for other in (load_song(path), load_song(str(path))):
        assert other.name == "sound.bin"
        assert other.digest == song.digest
        # mpg123 rounds differently from one decoding to the next.
        np.testing.assert_allclose(other.samples, song.samples, rtol=0, atol=1e-6)


@pytest.mark.parametrize("sample_rate", [22_050, 44_100])
def test_path_bytes_and_array_give_one_result(sample_rate, music, tmp_path):
    stereo = np.stack([music, 0.5 * music[::-1]])
    data = encoded(stereo.T, "wav-float", sample_rate)
    path = tmp_path / "music.wav"
    path.write_bytes(data)
    songs = [
        load_song(path),
        load_song(data, name="music.wav"),
        song_from_array(stereo, sample_rate=sample_rate, name="music.wav"),
    ]
    for song in songs:
        np.testing.assert_array_equal(song.samples, songs[0].samples)
        assert song.name == "music.wav"
        assert song.source_channels == 2
        assert song.source_sample_rate == sample_rate


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_every_sample_rate_keeps_pitch_and_duration(sample_rate):
    samples = tone(440, seconds=2, sample_rate=sample_rate)
    for song in (
        load_song(encoded(samples, "wav", sample_rate)),
        song_from_array(samples, sample_rate=sample_rate),
    ):
        assert loudest_frequency(song) == pytest.approx(440, abs=0.5)
        assert song.duration == pytest.approx(2, abs=0.001)
        assert song.source_sample_rate == sample_rate


@pytest.mark.parametrize("sample_rate", [16_000, 44_100])
def test_another_target_rate(sample_rate):
    song = load_song(encoded_tone("wav"), sample_rate=sample_rate)
    assert song.sample_rate == sample_rate
    assert song.duration == pytest.approx(3, abs=0.001)
    assert loudest_frequency(song) == pytest.approx(440, abs=0.5)


@pytest.mark.parametrize("n_channels", [1, 2, 6, 64])
def test_channels_are_averaged(n_channels):
    gains = np.linspace(1, 0.1, n_channels)
    channels = tone(440, seconds=1)[:, None] * gains
    song = load_song(encoded(channels, "wav-float", 22_050))
    assert song.source_channels == n_channels
    np.testing.assert_allclose(song.samples, channels.mean(axis=1), rtol=0, atol=1e-6)
    same = song_from_array(channels.T, sample_rate=22_050)
    np.testing.assert_array_equal(same.samples, song.samples)


@pytest.mark.parametrize("kind", FFMPEG_FORMATS)
def test_ffmpeg_reads_what_libsndfile_cannot(kind, tmp_path):
    data = encoded_by_ffmpeg(kind)
    path = tmp_path / "sound.bin"
    path.write_bytes(data)
    song = load_song(path)
    assert song.digest == hashlib.sha256(data).hexdigest()
    assert song.notes == ()
    assert (song.source_sample_rate, song.source_channels) == (FFMPEG_FORMATS[kind][2], 1)
    assert song.duration == pytest.approx(3, abs=0.1)  # AAC pads
    assert loudest_frequency(song) == pytest.approx(440, abs=0.5)
    assert np.abs(song.samples[4000:-4000]).max() == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(load_song(data).samples, song.samples)
    with pytest.raises(AudioError, match="lasts more than 2 s"):
        load_song(path, limits=AudioLimits(max_seconds=1.5))


@pytest.mark.parametrize("kind", ["wav", "aiff", "au", "flac", "vorbis"])
def test_both_decoders_give_the_same_samples(kind, music, monkeypatch):
    data = encoded(np.stack([music, 0.5 * music[::-1]], axis=1), kind, 44_100)
    first = load_song(data, sample_rate=44_100)
    monkeypatch.setattr(decode, "_LIBSNDFILE_FORMATS", set())
    second = load_song(data, sample_rate=44_100)
    np.testing.assert_allclose(second.samples, first.samples, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", FORMATS)
def test_blocks_join_without_a_seam(kind, music):
    # A quiet tone and loud music together make MP3 lean on the frames before.
    samples = np.concatenate([tone(440, seconds=2), music[:66_150]])
    sample_rate = FORMATS[kind][2]
    data = encoded(samples, kind)
    at_once, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    song = load_song(data, sample_rate=sample_rate)
    np.testing.assert_allclose(song.samples, at_once, rtol=0, atol=5e-6)


def test_a_song_is_decoded_without_a_second_copy_of_its_samples():
    wav = encode_wav(tone(440, seconds=240), 22_050)
    tracemalloc.start()
    song = load_song(wav)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(song.samples) == 240 * 22_050
    assert most < 1.3 * song.samples.nbytes


def test_flac_from_a_stream():
    song = load_song(streamed_flac())
    assert song.note == ""
    np.testing.assert_array_equal(song.samples, load_song(encoded_tone("flac")).samples)
    with pytest.raises(AudioError, match="epic lasts"):
        load_song(streamed_flac(), name="epic", limits=AudioLimits(max_seconds=2.9))


@pytest.mark.parametrize("data", [M4A_HEADER, M4A_HEADER[:16] + PLAYLIST, WEBM_HEADER, AAC_HEADER])
def test_a_hollow_container_is_refused(data):
    with pytest.raises(AudioError, match="holds no sound that can be decoded"):
        load_song(data)


def test_text_called_mp3_is_refused(tmp_path):
    path = tmp_path / "song.mp3"
    path.write_text("I am a song, believe me.\n" * 100)
    with pytest.raises(AudioError, match=r"song\.mp3 is not sound that can be read.*Choose a WAV"):
        load_song(path)


def test_emptiness_is_refused(tmp_path):
    with pytest.raises(AudioError, match="nothing is empty"):
        load_song(b"", name="nothing")
    path = tmp_path / "empty.wav"
    path.touch()
    with pytest.raises(AudioError, match=r"empty\.wav is empty"):
        load_song(path)
    with pytest.raises(AudioError, match="holds no sound"):
        load_song(encoded(np.zeros(0), "wav"))
    with pytest.raises(AudioError, match="holds no sound"):
        song_from_array(np.zeros(0), sample_rate=22_050)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [1, 4, 12, 20])
def test_a_cut_header_is_refused(kind, size):
    with pytest.raises(AudioError, match=r"no sound that can be decoded|not sound"):
        load_song(encoded_tone(kind)[:size])


@pytest.mark.parametrize("level", [0.0, 0.5, -0.9])
@pytest.mark.parametrize("sample_rate", [22_050, 44_100, 48_000])
def test_silence_at_any_offset_is_refused(level, sample_rate):
    samples = np.full(2 * sample_rate, level)
    with pytest.raises(AudioError, match=r"quiet is silent.*microphone"):
        load_song(encoded(samples, "wav-float", sample_rate), name="quiet")
    with pytest.raises(AudioError, match="is silent"):
        song_from_array(samples, sample_rate=sample_rate)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sample_rate", [22_050, 44_100])
def test_what_is_no_number_is_refused(value, sample_rate):
    stereo = np.stack([tone(440, seconds=1), tone(330, seconds=1)])
    stereo[1, 1234] = value
    with pytest.raises(AudioError, match=r"bad holds values that are no numbers"):
        load_song(encoded(stereo.T, "wav-float", sample_rate), name="bad")
    with pytest.raises(AudioError, match="no numbers"):
        song_from_array(stereo, sample_rate=sample_rate)


def test_what_is_too_large_is_refused(tmp_path):
    limits = AudioLimits(max_bytes=3 * 2**19)
    data = bytes(2 * 2**20)
    path = tmp_path / "big.wav"
    path.write_bytes(data)
    for source in (path, data):
        with pytest.raises(AudioError, match=r"big\.wav is 2 MB; the limit is 2 MB.*MP3"):
            load_song(source, name="big.wav", limits=limits)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_too_long_is_refused(kind):
    data = encoded_tone(kind)
    load_song(data, limits=AudioLimits(max_seconds=3.1))
    with pytest.raises(AudioError, match=r"epic lasts more than"):
        load_song(data, name="epic", limits=AudioLimits(max_seconds=2.9))


@pytest.mark.parametrize("data", [encoded_tone("flac"), streamed_flac()])
def test_what_unpacks_to_too_much_is_refused(data):
    load_song(data, limits=AudioLimits(max_samples=3 * 22_050 * 2))
    with pytest.raises(AudioError, match="thick holds more than 0 million samples"):
        load_song(data, name="thick", limits=AudioLimits(max_samples=100_000))


@pytest.mark.parametrize(("sample_rate", "said"), [(4_000, "4,000"), (384_000, "384,000")])
def test_odd_sample_rates_are_refused(sample_rate, said):
    samples = tone(440, seconds=0.5, sample_rate=sample_rate)
    message = f"odd has a sample rate of {said} Hz; 8,000 to 192,000 Hz"
    with pytest.raises(AudioError, match=message):
        load_song(encoded(samples, "wav", sample_rate), name="odd")
    with pytest.raises(AudioError, match=message):
        song_from_array(samples, sample_rate=sample_rate, name="odd")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(AudioError, match=r"gone\.wav cannot be read \(No such file"):
        load_song(tmp_path / "gone.wav")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(AudioError, match=r"cannot be read \(Is a directory\)"):
        load_song(tmp_path)


def test_pipes_and_devices_are_refused(tmp_path):
    """Repro 33: a FIFO kept its reader waiting for ever, an endless device filled the memory."""
    os.mkfifo(tmp_path / "song.mp3")
    for path in (tmp_path / "song.mp3", Path("/dev/zero")):
        with pytest.raises(AudioError, match="pipe or a device"):
            load_song(path)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("<script>", "<script>"),
        ("a\nb\0c; rm -rf", "a\nb\0c; rm -rf"),
    ],
)
def test_names_are_labels_only(name, shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_song(encoded_tone("wav", seconds=0.5), name=name).name == shown
    with pytest.raises(AudioError) as caught:
        load_song(b"text", name=name)
    assert str(caught.value).startswith(f"{shown} is not sound")
    assert song_from_array(tone(440, seconds=0.5), sample_rate=22_050, name=name).name == name
    assert not list(tmp_path.iterdir())
