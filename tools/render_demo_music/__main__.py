"""Render the demo music: ten pieces, composed in code, played by a General MIDI soundfont.

    python tools/render_demo_music [GENRE ...]

writes each score and its sound to assets/demo_music/ (about 15 s a piece). Needs the programs
fluidsynth and ffmpeg, and the soundfont FluidR3 GM (in Debian: fluidsynth, ffmpeg,
fluid-soundfont-gm). Then run tools/analyze_demo_music.py.
"""

import argparse
import hashlib
from pathlib import Path

import pieces
import studio

TARGET = Path(__file__).parents[2] / "assets" / "demo_music"
KILOBITS = 48


def main() -> None:
    """Render what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genres", nargs="*", default=list(pieces.GENRES))
    parser.add_argument("--to", type=Path, default=TARGET, help="folder to write to")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for genre in options.genres:
        score, desk = pieces.compose(genre)
        (options.to / f"{genre}.mid").write_bytes(score.to_midi())
        sound = studio.record(score, desk)
        path = options.to / f"{genre}.opus"
        studio.encode(sound, path, KILOBITS)
        print(f"{path.name}: {path.stat().st_size} bytes, {studio.loudness(sound)} LUFS")
    files = sorted(p for p in options.to.iterdir() if p.suffix in (".opus", ".mid"))
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (options.to / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
