"""``deepmusic explain``: what in a song speaks for a genre, in words, as a picture and as sound."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.cli.options import CLIP, FiniteRange, complain
from deepmusic.config import FRONT_ENDS
from deepmusic.errors import SilenceError
from deepmusic.files import write_atomically
from deepmusic.models import PRETRAINED

if TYPE_CHECKING:
    from deepmusic.audio import Song
    from deepmusic.explain import Evidence


@click.command()
@click.argument("song", type=click.Path(path_type=Path))
@click.option(
    "--model",
    type=click.Choice([PRETRAINED, *models.MODELS]),
    default=PRETRAINED,
    show_default=True,
)
@click.option("--genre", help="What to explain; by default what the network predicts.")
@click.option("--against", help="Why not this genre.")
@click.option("--clip", type=CLIP, default=0, help="Which 30 s of the song, from 0.")
@click.option(
    "--keep",
    type=FiniteRange(0, 1, min_open=True),
    default=0.2,
    show_default=True,
    help="Share of the spectrogram that is kept as what mattered.",
)
@click.option("--evidence", type=click.Path(path_type=Path), help="Write what mattered, as WAV.")
@click.option("--rest", type=click.Path(path_type=Path), help="Write the rest, as WAV.")
@click.option("--png", type=click.Path(path_type=Path), help="Write the map, as an image.")
@click.option("--json", "as_json", is_flag=True, help="Print the map and all else as JSON.")
def explain(
    song: Path,
    model: str,
    genre: str | None,
    against: str | None,
    clip: int,
    keep: float,
    evidence: Path | None,
    rest: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Say why a network predicts a genre: which pitches of a song, and when.

    Parts of the spectrogram are blanked out; the more the genre's log-odds fall, the more the part
    speaks for it.

    \b
    Examples:
      deepmusic explain song.mp3
      deepmusic explain song.mp3 --genre reggae --against pop --evidence kept.wav --png map.png
    """
    from deepmusic.audio import load_song
    from deepmusic.audio.encode import encode_wav
    from deepmusic.explain import explain as find_evidence

    try:
        loaded = load_song(song)
    except SilenceError as error:
        raise SilenceError(
            f"{song.name} is silent, and has no evidence. Choose a song with music in it."
        ) from error
    for note in loaded.notes:
        complain(f"{song}: {note}")
    found = find_evidence(loaded, model, genre, against, clip=clip)
    for path, is_rest in ((evidence, False), (rest, True)):
        if path:
            sound = found.resynthesise(loaded, keep, rest=is_rest)
            write_atomically(path, encode_wav(sound, loaded.sample_rate))
    if png:
        write_atomically(png, draw(loaded, found, clip))
    click.echo(json.dumps(to_dict(found), indent=2) if as_json else found.sentence())


def draw(song: "Song", evidence: "Evidence", clip: int) -> bytes:
    """Return the spectrogram of a clip with its evidence as a PNG."""
    from deepmusic.charts.evidence import evidence_over_spectrogram
    from deepmusic.prediction import compute_log_mels

    mel = FRONT_ENDS["compact"]
    return evidence_over_spectrogram(compute_log_mels(song, mel)[clip], evidence, mel)


def to_dict(evidence: "Evidence") -> dict[str, Any]:
    """Return evidence as plain values."""
    return {
        "genre": evidence.genre,
        "against": evidence.against,
        "model": evidence.model,
        "log_odds": round(evidence.log_odds, 4),
        "sentence": evidence.sentence(),
        "times": [round(float(one), 3) for one in evidence.times],
        "frequencies": [round(float(one), 1) for one in evidence.frequencies],
        "map": [[round(float(one), 4) for one in row] for row in evidence.map],
    }
