"""FluidSynth plays the parts, the desk mixes them, FFmpeg measures and encodes."""

import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
from mixer import RATE, Desk, limit, mix
from score import Part, Score

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
SECONDS = 30.0
LOUDNESS = -16.0  # LUFS
CEILING = 10 ** (-1.5 / 20)


def record(score: Score, desk: Desk) -> np.ndarray:
    """Return a score's sound at `LOUDNESS`, mono [shape=(1, n_samples)]."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        parts = [part for part in score.parts if part.notes]
        sounds = pool.map(lambda part: _play(score, part, Path(folder)), parts)
        stems = [(sound, part.strip) for sound, part in zip(sounds, parts, strict=True)]
        sound = mix(stems, desk, SECONDS).mean(axis=0, keepdims=True)
        sound *= 0.1 / np.sqrt(np.mean(sound**2))
        for _ in range(3):
            sound = limit(sound * 10 ** ((LOUDNESS - loudness(sound)) / 20), CEILING)
    return sound


def loudness(sound: np.ndarray) -> float:
    """Return the integrated loudness by EBU R 128 as two loudspeakers play it, in LUFS."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, sound.T, RATE, subtype="FLOAT")
        command = [
            "ffmpeg",
            "-nostats",
            "-i",
            file.name,
            "-af",
            "ebur128=dualmono=true",
            "-f",
            "null",
            "-",
        ]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", report)[-1])


def encode(sound: np.ndarray, path: Path, kilobits: int) -> None:
    """Write an Ogg Opus file, the same bytes each time."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, sound.T, RATE, subtype="FLOAT")
        exact = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
        rate = ["-c:a", "libopus", "-b:a", f"{kilobits}k", "-vbr", "constrained"]
        command = ["ffmpeg", "-y", "-loglevel", "error", "-i", file.name, *rate, *exact, str(path)]
        subprocess.run(command, check=True)


def _play(score: Score, part: Part, folder: Path) -> np.ndarray:
    midi, wav = (folder / f"{part.name}{suffix}" for suffix in (".mid", ".wav"))
    midi.write_bytes(score.to_midi(only=part))
    settings = ["-o", "synth.dynamic-sample-loading=1", "-o", "synth.polyphony=512"]
    where = ["-O", "float", "-T", "wav", "-F", str(wav), str(SOUNDFONT), str(midi)]
    dry = ["-ni", "-q", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(RATE)]
    subprocess.run(["fluidsynth", *dry, *settings, *where], check=True, capture_output=True)
    sound, _ = soundfile.read(wav)
    return sound.T
