"""How the networks and a meter see the demo music: ``python benchmarks/demo_music.py``.

Prints each piece's size and loudness (by the program ffmpeg), what each network answers, how sure
the app is of it, and how far its mean spectrum lies from those of GTZAN's genres; then how many of
the synthetic bands that it took the place of are named right. The pieces were written for this app
and chosen so that the networks know them: none of this is a measure of accuracy.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from deepmusic import load
from deepmusic.audio import Song, load_song, song_from_array, synth
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data.explore import decibels, shipped_spectra
from deepmusic.files import ASSETS, ROOT
from deepmusic.prediction import SongPrediction, compute_log_mels

NETWORKS = ("musicnn", "ensemble", "cnn", "crnn", "cnn_gru")
WIDTH = 15


def pieces() -> Iterator[tuple[str, Path, Song]]:
    """Yield genre, file and sound of each piece."""
    for genre in GTZAN_GENRES:
        path = ASSETS / "demo_music" / f"{genre}.opus"
        yield genre, path, load_song(path)


def loudness(path: Path) -> float:
    """Return the loudness of a file in LUFS; not a number without ffmpeg."""
    if not shutil.which("ffmpeg"):
        return float("nan")
    sys.path.insert(0, str(ROOT / "tools" / "render_demo_music"))
    import studio

    sound, _ = soundfile.read(path, always_2d=True)
    return studio.loudness(sound.T)


def mean_spectrum(song: Song) -> np.ndarray:
    """Return a song's mean spectrum as `shipped_spectra` has those of genres."""
    return decibels(compute_log_mels(song, FRONT_ENDS["compact"])[0].frames).mean(axis=1)


def distances(spectrum: np.ndarray) -> dict[str, float]:
    """Return the distance of a mean spectrum from each genre's, in dB; levels do not count.

    The root mean square over the bands below 8 kHz.
    """
    difference = (shipped_spectra() - spectrum).iloc[:, :110]
    difference = difference.sub(difference.mean(axis=1), axis=0)
    return dict(np.sqrt((difference**2).mean(axis=1)))


def answers(found: SongPrediction) -> dict[str, tuple[str, float]]:
    """Return genre and probability by network."""
    return {
        name: (found.predictions[name].genre, found.predictions[name].confidence)
        for name in NETWORKS
    }


def main() -> None:
    """Print the table of the pieces, and the counts of pieces and bands."""
    recognizer = load()
    right: Counter[str] = Counter()
    ways = "".join(f"{name:{WIDTH}}" for name in NETWORKS)
    print(f"piece       kB   LUFS  {ways}app says      spectrum: own, nearest")
    for genre, path, song in pieces():
        found = recognizer.predict(song)
        cells = []
        for name, (label, share) in answers(found).items():
            right[name] += label == genre
            mark = "" if label == genre else f"{label} "
            cells.append(f"{mark}{share:.2f}".ljust(WIDTH))
        away = distances(mean_spectrum(song))
        nearest = min(away, key=away.__getitem__)
        print(
            f"{genre:10} {path.stat().st_size / 1e3:4.0f} {loudness(path):6.1f}  {''.join(cells)}"
            f"{found.certainty!s:13} {away[genre]:.1f} dB, {nearest} {away[nearest]:.1f} dB"
        )
    apart = [list(distances(one).values()) for one in shipped_spectra().to_numpy()]
    middle = float(np.median([one for row in apart for one in row if one]))
    print(f"Two genres of GTZAN are {middle:.1f} dB apart (median).")
    bands: Counter[str] = Counter()
    for genre in GTZAN_GENRES:
        song = song_from_array(synth.play(genre, seconds=30), sample_rate=22_050, name=genre)
        for name, (label, _) in answers(recognizer.predict(song)).items():
            bands[name] += label == genre
    print("\nnamed right, of ten:  " + ways)
    for what, counts in (("the demo music", right), ("the synthetic bands", bands)):
        print(f"{what:22}" + "".join(f"{counts[name]:<{WIDTH}}" for name in NETWORKS))


if __name__ == "__main__":
    main()
