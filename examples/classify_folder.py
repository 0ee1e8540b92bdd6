"""Predict the genre of every sound file in a folder, and write a CSV.

Run with ``python examples/classify_folder.py FOLDER genres.csv``.
"""

import csv
import sys
from pathlib import Path

import deepmusic
from deepmusic.audio import SUFFIXES
from deepmusic.errors import AudioError


def main(folder: Path, table: Path) -> None:
    """Write a row for each file that can be read: path, genre, probability, duration in s."""
    recognizer = deepmusic.load()
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "genre", "probability", "duration"])
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            try:
                song = recognizer.predict(path)
            except AudioError as error:
                print(error, file=sys.stderr)
                continue
            row = [path, song.genre, f"{song.probability:.3f}", f"{song.duration:.1f}"]
            writer.writerow(row)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
