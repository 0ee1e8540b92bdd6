"""The quality report finds what was broken on purpose, and nothing else."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner

from deepmusic import audio
from deepmusic.audio import encode, synth
from deepmusic.cli import main
from deepmusic.config import FRONT_ENDS
from deepmusic.data import ExpectedFiles, Folder, Gtzan, duplicates, quality
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import DatasetError
from deepmusic.library import embeddings
from tests.audio.formats import encoded_by_ffmpeg

COMPACT = FRONT_ENDS["compact"]
RATE = 22_050


def tone(seconds=6.0, level=0.5):
    return level * synth.tone(440, seconds=seconds)


@pytest.fixture
def sound(toy_gtzan, tmp_path, monkeypatch) -> Gtzan:
    """A toy GTZAN whose files are as they should be."""
    shutil.copytree(toy_gtzan, tmp_path / "gtzan")
    dataset = Gtzan(tmp_path / "gtzan")
    digests = {
        track: encode.digest_as_wav(audio.load_song(dataset.audio_path(track)))
        for track in dataset.audio_tracks
    }
    expected = ExpectedFiles(seconds=(5.9, 6.1), sample_rate=RATE, sha256=digests)
    monkeypatch.setattr("deepmusic.data.gtzan._expected_files", lambda: expected)
    return Gtzan(dataset.location)


def test_a_dataset_without_faults_is_called_so(sound):
    report = quality.examine(sound, jobs=1)
    faults = report.table["faults"]
    assert set(faults) == {"", "missing"}
    assert (faults == "").sum() == 40
    assert list(report.counts["tracks"]) == [100] * 10
    assert list(report.counts["available"]) == list(report.counts["readable"]) == [4] * 10
    assert report.words() == [
        "gtzan: 1000 tracks of 10 genres; 40 available, 40 readable.",
        "40 have the same audio as the usual copy (SHA-256).",
        "No identical tracks.",
        "Near duplicates were not looked for.",
    ]


def test_a_broken_copy_is_found_out(sound):
    """One truncated, one text file, one duplicate across labels, one missing."""
    tracks = sound.audio_tracks
    truncated, text, copy, original, missing, other = (tracks[n] for n in (0, 5, 9, 20, 33, 37))
    path = sound.audio_path(truncated)
    path.write_bytes(path.read_bytes()[:100_000])
    sound.audio_path(text).write_text("no sound at all")
    shutil.copyfile(sound.audio_path(original), sound.audio_path(copy))
    sound.audio_path(missing).unlink()
    soundfile.write(sound.audio_path(other), tone(6.0), 44_100)
    report = quality.examine(Gtzan(sound.location), jobs=1)
    assert report.having("length") == [truncated, other]
    assert report.having("unreadable") == [text]
    assert set(report.having("changed")) == {truncated, copy, other}
    assert report.having("identical") == [copy, original]
    assert report.having("sample rate") == [other]
    assert missing in report.having("missing")
    (pair,) = report.pairs
    assert pair.across_genres
    assert pair.parts == tuple(sound.split("paper").part_of(t) for t in (copy, original))
    assert report.counts["available"].sum() == 39
    assert report.counts["readable"].sum() == 38
    words = "\n".join(report.words())
    assert f"1 of them across two genres ({copy} = {original})." in words
    assert f"Unreadable (the file is no audio, or damaged): 1 track, {text}." in words


def test_lossless_copies_have_the_digest_of_the_wav(tmp_path):
    samples = (32_000 * np.sin(np.arange(50_000) / 9)).astype(np.int16)
    samples[:2] = -32768, 32767
    digests = []
    for name in ("a.wav", "a.flac", "a.au"):
        soundfile.write(tmp_path / name, samples, RATE, subtype="PCM_16")
        song = audio.load_song(tmp_path / name, sample_rate=None)
        digests.append(encode.digest_as_wav(song))
    wav = audio.load_song(tmp_path / "a.wav").digest
    assert digests == [wav] * 3


def test_the_archive_alone_still_tells_the_known_pairs(tmp_path):
    np.savez(
        tmp_path / "x.npz", logmel=np.zeros((1, 128, 387), np.uint8), track=np.array(["rock.00001"])
    )
    report = quality.examine(Gtzan(tmp_path))
    assert len(report.pairs) == 14
    assert [(p.first, p.second) for p in report.pairs if p.across_genres] == [
        ("metal.00058", "rock.00016")
    ]
    assert sum(pair.straddles for pair in report.pairs) == 8
    filtered = quality.examine(Gtzan(tmp_path), "fault_filtered")
    assert sum(pair.straddles for pair in filtered.pairs) == 0
    assert len(report.having("missing")) == len(read_facts())


# --- What it measures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "percent"),
    [
        ([0.0] * 100, 0),
        ([1.0, 1.0] + [0.0] * 98, 0),
        ([1.0, 1.0, 1.0] + [0.0] * 97, 3),
        ([1.0, -1.0, 1.0, 1.0] + [0.0] * 92 + [1.0] * 4, 8),
        ([1.0], 0),
    ],
)
def test_clipping_is_runs_at_full_scale(samples, percent):
    assert quality.clipped_percent(np.array(samples)) == pytest.approx(percent)


def test_silence_is_measured_without_a_break():
    gap = np.zeros(2 * RATE)
    samples = np.concatenate([tone(1), gap, tone(1), gap, gap, tone(1)])
    assert quality.longest_silence(samples, RATE) == pytest.approx(4.0, abs=0.2)
    assert quality.longest_silence(samples + 0.2, RATE) == pytest.approx(4.0, abs=0.2)
    assert quality.longest_silence(tone(3), RATE) == 0
    assert quality.longest_silence(np.zeros(5), RATE) == 0


def test_silent_clipped_and_foreign_files_of_ones_own(tmp_path):
    (tmp_path / "rock").mkdir()
    (tmp_path / "pop").mkdir()
    soundfile.write(tmp_path / "rock" / "silent.wav", np.zeros(4 * RATE), RATE)
    soundfile.write(tmp_path / "rock" / "loud.wav", np.clip(20 * tone(), -1, 1), RATE)
    soundfile.write(tmp_path / "pop" / "fine.wav", tone(), 44_100)
    report = quality.examine(_drawn(tmp_path), "paper", jobs=1)
    faults = dict(report.table["faults"])
    assert faults["rock/silent.wav"] == "silent"
    assert faults["rock/loud.wav"] == "clipped"
    assert faults["pop/fine.wav"] == ""
    assert not report.compared


def test_too_few_clips_for_a_split_are_looked_at_all_the_same(tmp_path):
    for genre in ("rock", "pop"):
        (tmp_path / genre).mkdir()
        soundfile.write(tmp_path / genre / "same.wav", tone(), RATE)
    report = quality.examine(Folder(tmp_path), jobs=1)
    assert report.split == ""
    (pair,) = report.pairs
    assert pair.parts == ("unused", "unused")
    assert "1 pairs of identical tracks, 1 of them across two genres" in "\n".join(report.words())
    with pytest.raises(DatasetError, match="6 of each genre are needed"):
        quality.examine(Folder(tmp_path), "paper", jobs=1)


def test_segments_tell_the_part_of_their_recording(toy_gtzan):
    report = quality.examine(Gtzan(toy_gtzan), "window_leak", jobs=1)
    assert report.table["part"].str.contains("test and train").mean() > 0.9


def test_an_m4a_is_measured_like_any_other(tmp_path):
    for genre in ("rock", "pop"):
        (tmp_path / genre).mkdir()
        soundfile.write(tmp_path / genre / "a.wav", tone(), 44_100)
    (tmp_path / "rock" / "b.m4a").write_bytes(encoded_by_ffmpeg("m4a", tone()))
    row = quality.examine(Folder(tmp_path), jobs=1).table.loc["rock/b.m4a"]
    assert (row["sample_rate"], row["faults"]) == (44_100, "")
    assert row["seconds"] == pytest.approx(3, abs=0.1)


def _drawn(root: Path) -> Folder:
    """A folder with enough (missing) clips to draw a split."""
    found = [path.relative_to(root) for path in sorted(root.rglob("*.wav"))]
    rows = [f"{path},{path.parts[0]}" for path in found]
    rows += [f"{genre}/{n}.mp3,{genre}" for genre in ("rock", "pop") for n in range(8)]
    (root / "list.csv").write_text("path,genre\n" + "\n".join(rows))
    return Folder(root / "list.csv")


# --- Near duplicates -----------------------------------------------------------------------------


def test_correlation_finds_a_shifted_log_mel():
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 256, (128, 200)).astype(np.uint8)
    assert duplicates.correlation(whole[:, :150], whole[:, 30:180]) == pytest.approx(1)
    assert duplicates.correlation(whole, whole[:, 60:140]) == pytest.approx(1)
    other = rng.integers(0, 256, (128, 200)).astype(np.uint8)
    assert duplicates.correlation(whole, other) < 0.2
    assert duplicates.correlation(np.zeros((128, 50), np.uint8), whole) == 0


def test_pairs_are_proposed_by_direction():
    vectors = {"a": [1, 0], "b": [0, 1], "c": [0.9999, 0.0141]}
    proposed = duplicates.propose({t: np.array(v) for t, v in vectors.items()})
    assert proposed == [("a", "c")]


@pytest.mark.slow
def test_the_same_recording_in_another_format_is_found(tmp_path):
    (tmp_path / "rock").mkdir()
    (tmp_path / "pop").mkdir()
    song = synth.play("rock", seconds=12, seed=3)
    soundfile.write(tmp_path / "rock" / "song.wav", song, RATE)
    soundfile.write(tmp_path / "pop" / "song.wav", 0.7 * song[RATE // 2 :], RATE)
    soundfile.write(tmp_path / "pop" / "other.wav", synth.play("pop", seconds=12), RATE)
    dataset = _drawn(tmp_path)
    clips = dataset.log_mels(dataset.tracks, COMPACT).by_track
    vectors = embeddings.embed_clips(clips, embeddings.load_networks())
    report = quality.examine(dataset, vectors=vectors, log_mels=clips, jobs=1)
    (pair,) = report.pairs
    assert (pair.kind, {pair.first, pair.second}) == (
        "near duplicate",
        {"rock/song.wav", "pop/song.wav"},
    )
    assert pair.across_genres
    assert "1 pairs of near duplicates, 1 of them across two genres" in "\n".join(report.words())


# --- The command ---------------------------------------------------------------------------------


def test_the_command_writes_a_table_and_tells_by_its_exit_code(sound, tmp_path):
    arguments = ["data", "check", "--data", str(sound.location), "--no-near", "--jobs", "1"]
    table = tmp_path / "report.csv"
    result = CliRunner().invoke(main, [*arguments, "--csv", str(table)])
    assert result.exit_code == 0, result.output
    rows = pd.read_csv(table, keep_default_na=False)
    assert len(rows) == 1000
    assert rows["sha256"].str.len().isin([0, 64]).all()
    track = sound.audio_tracks[7]
    sound.audio_path(track).write_text("broken")
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert f"{track:20} unreadable ({track}.wav is not sound" in result.stdout
