"""Degradations of a tone, and the table of accuracies after them."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import robustness
from deepmusic.audio import degrade
from deepmusic.audio.degrade import DEGRADATIONS
from deepmusic.cli import main, results
from deepmusic.config import RunConfig, TrainConfig
from deepmusic.data import Gtzan
from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import candidates
from deepmusic.evaluation.candidates import find_shipped
from deepmusic.models import MODELS
from deepmusic.runs import Run, shipped_path

SAMPLE_RATE = 22_050


def tone(hertz, seconds=2.0):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


def level(y):
    return 20 * np.log10(np.sqrt(np.mean(np.square(y))))


def loudest_hertz(y):
    return np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * SAMPLE_RATE / len(y)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_change_gives_samples_of_the_same_kind(name, music):
    changed = DEGRADATIONS[name].apply(music, SAMPLE_RATE)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert len(changed) == pytest.approx(len(music), rel=0.021)


def test_gain_is_in_decibels_and_clips_at_full_scale():
    y = tone(440).astype(np.float32)
    assert level(degrade.gain(y, -6)) - level(y) == pytest.approx(-6, abs=0.01)
    assert degrade.gain(y, 40).max() == 1


def test_a_telephone_passes_speech_and_nothing_else():
    y = tone(1000)
    assert level(degrade.phone_band(y, SAMPLE_RATE)) == pytest.approx(level(y), abs=0.5)
    for hertz in (60, 9000):
        assert level(degrade.phone_band(tone(hertz), SAMPLE_RATE)) < level(tone(hertz)) - 30


def test_noise_is_as_loud_as_it_says():
    y = tone(440).astype(np.float32)
    hiss = degrade.noise(y, 20) - y
    assert level(hiss) - level(y) == pytest.approx(-20, abs=0.2)


@pytest.mark.parametrize("factor", [1.02, 0.98])
def test_speed_takes_the_pitch_along(factor):
    faster = degrade.speed(tone(1000).astype(np.float32), factor)
    assert loudest_hertz(faster) == pytest.approx(1000 * factor, abs=1)
    assert len(faster) == pytest.approx(2 * SAMPLE_RATE / factor, abs=2)


def test_mp3_is_of_the_bit_rate_it_says(monkeypatch):
    import soundfile

    sizes = []
    read = soundfile.read
    monkeypatch.setattr(
        soundfile,
        "read",
        lambda file, **how: sizes.append(len(file.getvalue())) or read(file, **how),
    )
    y = tone(440, seconds=10).astype(np.float32)
    heard = degrade.mp3(y, SAMPLE_RATE)
    assert sizes[0] * 8 / 10 / 1000 == pytest.approx(64, rel=0.02)
    assert len(heard) == len(y)
    # What comes back is the same tone at the same place, and yet not the same samples.
    assert np.corrcoef(heard, y)[0, 1] > 0.99
    assert not np.array_equal(heard, y)


@pytest.mark.slow
def test_the_table_is_counted_and_stored_and_results_print_it(
    toy_gtzan, monkeypatch, tmp_path, capsys
):
    """One clip is corrupt, as jazz.00054 is in the usual copy: it is skipped, told and counted."""
    root = tmp_path / "gtzan"
    shutil.copytree(toy_gtzan, root)
    paths = Gtzan(root).split("paper").test
    broken = next(path for track in paths if (path := Gtzan(root).audio_path(track)))
    broken.write_bytes(b"no sound at all")
    monkeypatch.setenv("DEEPMUSIC_GTZAN", str(root))
    few = {name: DEGRADATIONS[name] for name in ("original", "phone")}
    monkeypatch.setattr(robustness, "DEGRADATIONS", few)
    path = tmp_path / "robustness.json"
    for module in (robustness, results):
        monkeypatch.setattr(
            module,
            "robustness_path",
            lambda protocol: path if str(protocol) == "paper" else tmp_path / "no",
        )
    of_paper = [one for one in find_shipped() if str(one.protocol) == "paper"]
    monkeypatch.setattr(candidates, "find_shipped", lambda: of_paper)
    robustness.main([*(str(shipped_path(name)) for name in MODELS), "--store"])
    said = capsys.readouterr()
    found = json.loads(path.read_text())
    assert (found["clips"], found["of"], found["skipped"]) == (9, 300, 1)
    assert broken.name in said.err and "1 clips skipped" in said.err
    assert list(found["right"]["phone"]) == [*MODELS, "ensemble"]
    for accuracy in found["right"]["phone"].values():
        assert accuracy["interval"][0] <= accuracy["accuracy"] <= accuracy["interval"][1]
    assert "9 of 300 test clips" in said.out
    assert said.out in CliRunner().invoke(main, ["results"]).output


def run_of(path, **recipe):
    config = RunConfig(model=MODELS["crnn"].config, train=TrainConfig(**recipe))
    return Run.create(path, config)


def test_without_sound_there_is_nothing_to_change(tmp_path):
    with pytest.raises(DatasetError, match="sound of no test clip"):
        robustness.measure([run_of(tmp_path / "toy", data="toy")])


def test_protocols_are_not_mixed(tmp_path):
    runs = [run_of(tmp_path / split, split=split) for split in ("paper", "fault_filtered")]
    with pytest.raises(RunError, match="different protocols"):
        robustness.measure(runs)
