"""Predict the genre of every sound file in a folder, and write a CSV.

Run with ``python examples/classify_folder.py FOLDER genres.csv``.
"""

import sys
from pathlib import Path

import pandas as pd

import deepmusic
from deepmusic.audio import find_sound_files
from deepmusic.errors import AudioError
from deepmusic.formatting import format_name, to_csv


def main(folder: Path, table: Path) -> None:
    """Write a row for each file that can be read: path, genre, probability, duration in s."""
    recognizer = deepmusic.load()
    rows = []
    for path in find_sound_files(folder).files.values():
        try:
            song = recognizer.predict(path)
        except AudioError as error:
            print(error, file=sys.stderr)
            continue
        numbers = {"probability": round(song.probability, 3), "duration": round(song.duration, 1)}
        rows.append({"path": format_name(path), "genre": song.genre} | numbers)
    # Such a table holds no formulas, whatever the files are called.
    table.write_text(to_csv(pd.DataFrame(rows)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
