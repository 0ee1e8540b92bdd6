"""Commands of the music library: index, similar."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic.errors import LibraryError

if TYPE_CHECKING:
    from deepmusic.library.indexing import Progress
    from deepmusic.library.recommend import Query, Result
    from deepmusic.library.song_index import SongIndex


FOLDER = click.Path(path_type=Path)


# === index ===


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--jobs", type=click.IntRange(-1), default=-1, help="Processes; -1 is one a core.")
@click.option("--retry", is_flag=True, help="Read files again that failed before.")
@click.option("--forget", is_flag=True, help="Take the folder's songs out of the library.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def index(folder: Path, jobs: int, retry: bool, forget: bool, as_json: bool) -> None:
    """Index a folder of music: only what is new or changed is read, what went is forgotten.

    The library lies in DEEPMUSIC_LIBRARY, or in library/. Files and folders that cannot be used are
    listed, and the exit code is then 2. Ctrl-C loses nothing but the last seconds; so does a kill.
    """
    from deepmusic.library import indexing
    from deepmusic.library.store import Library

    if forget:
        click.echo(f"{indexing.forget(folder)} files forgotten.")
        return
    library = Library()
    show = None if as_json or not sys.stderr.isatty() else show_progress
    ended = indexing.index(folder, library, jobs=jobs or -1, retry=retry, on_progress=show)
    if show:
        click.echo(err=True)
    root = folder.resolve()
    failures = [one for one in library.failures() if one.path.is_relative_to(root)]
    damaged = [
        song for song in library.open().entries if song.note and song.path.is_relative_to(root)
    ]
    if as_json:
        listed = [{"path": str(one.path), "reason": one.reason} for one in failures]
        notes = [{"path": str(song.path), "note": song.note} for song in damaged]
        click.echo(json.dumps(vars(ended) | {"failures": listed, "notes": notes}, indent=2))
    else:
        for one in failures:
            click.echo(f"deepmusic: {one.path}: {one.reason}", err=True)
        for song in damaged:
            click.echo(f"deepmusic: {song.path}: {song.note}", err=True)
        for place in ended.unreachable:
            click.echo(
                f"deepmusic: {place} is empty or cannot be read; what is known of its songs is "
                "kept. Is a disk missing? To forget them: python -m deepmusic index "
                f"--forget {place}",
                err=True,
            )
        click.echo(summary(ended) + f" The library holds {library.count()} songs.")
    if failures or ended.unreachable:
        sys.exit(2)


def show_progress(progress: "Progress") -> None:
    """Keep one line of the terminal up to date."""
    speed = progress.done / max(progress.seconds, 0.1)
    line = f"{progress.done} of {progress.total} files, {speed:.1f} a second"
    click.echo(f"\r{line:60}", nl=False, err=True)


def summary(ended: "Progress") -> str:
    """Say in words how an indexing ended."""
    return (
        f"{ended.ended.capitalize()} in {ended.seconds:.1f} s: {ended.added} songs added or "
        f"renewed, {ended.unchanged} unchanged, {ended.removed} gone, {ended.failed} unusable."
    )


# === similar ===


@click.command()
@click.argument("songs", nargs=-1, required=True, type=FOLDER, metavar="SONG...")
@click.option("--most", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--per-artist", type=click.IntRange(1), default=2, show_default=True)
@click.option("--passage", help="A part of the song, such as 0:45-1:00.")
@click.option("--in", "where", type=click.Choice(["library", "gtzan"]), default="library")
@click.option("--m3u8", "style", flag_value="m3u8", help="Print a playlist.")
@click.option("--csv", "style", flag_value="csv", help="Print a table.")
@click.option("--json", "style", flag_value="json", help="Print every number.")
def similar(
    songs: Sequence[Path],
    most: int,
    per_artist: int,
    passage: str | None,
    where: str,
    style: str | None,
) -> None:
    """Find songs of your library (see: index) that sound like a song, or like several together.

    With --in gtzan, find clips of GTZAN instead, as facts; its sound is not part of DeepMusic.
    """
    from deepmusic.library import known_clips, recommend
    from deepmusic.library.store import Library

    if passage and len(songs) > 1:
        raise click.UsageError("--passage goes with one SONG.")
    span = parse_passage(passage)
    index = known_clips.gtzan_index() if where == "gtzan" else Library().open()
    query = ask(songs, span)
    found = recommend.recommend(index, query, limit=most, per_artist=per_artist)
    click.echo(PRINTERS[style](query, found, index).rstrip("\n"))


def ask(songs: Sequence[Path], passage: tuple[float, float] | None) -> "Query":
    """Return the query of songs, or of a passage of one."""
    from deepmusic import audio
    from deepmusic.library import embeddings, recommend, tags
    from deepmusic.library.song_index import Entry, analyze_song

    classifiers = embeddings.load_networks()
    queries = []
    for path in songs:
        song = audio.load_song(path, sample_rate=classifiers[0].config.mel.sample_rate)
        if song.note:
            click.echo(f"deepmusic: {path}: {song.note}", err=True)
        found = tags.read(path)
        entry = Entry(-1, found.title or path.stem, found.artist, path=path)
        analyzed = analyze_song(song, classifiers, entry=entry)
        queries.append(recommend.query_by_song(analyzed, passage))
    return recommend.combine(queries)


def parse_passage(text: str | None) -> tuple[float, float] | None:
    """Read a part of a song, such as ``0:45-1:00`` or ``45-60``, in s."""
    if text is None:
        return None
    try:
        start, end = (
            sum(float(part) * 60**power for power, part in enumerate(reversed(time.split(":"))))
            for time in text.split("-")
        )
    except ValueError:
        raise LibraryError(
            f"--passage {text}: write where it begins and ends, such as 0:45-1:00."
        ) from None
    return start, end


def print_text(query: "Query", found: Sequence["Result"], index: "SongIndex") -> str:
    """Return two lines a result, for people."""
    lines = [f"{index.title} ({len(index)} songs), most like {query.title}:"]
    for rank, result in enumerate(found, start=1):
        lines.append(f"{rank:3}. {result.similarity:.3f}  {result.entry.name}")
        lines.append(f"{'':12}{'; '.join(result.reasons)}")
    return "\n".join(lines if found else [*lines, "nothing"])


def print_json(query: "Query", found: Sequence["Result"], index: "SongIndex") -> str:
    """Return the query and the results with all their numbers, as an object."""
    profile = dict(zip(index.genres, map(float, query.profile), strict=True))
    asked = {"title": query.title, "passage": query.passage, "genres": profile}
    results = [to_dict(result, index.genres) for result in found]
    return json.dumps({"query": asked, "results": results}, indent=2)


def to_dict(result: "Result", genres: Sequence[str]) -> dict[str, Any]:
    """Return a result as an object."""
    entry = result.entry
    return {
        "path": str(entry.path) if entry.path else None,
        "title": entry.title,
        "artist": entry.artist,
        "album": entry.album,
        "duration": round(entry.duration, 3),
        "similarity": round(result.similarity, 4),
        "genres": {
            genre: round(float(probability), 4)
            for genre, probability in zip(genres, result.profile, strict=True)
        },
        "tempo": entry.tempo and round(entry.tempo, 1),
        "passage": result.passage and [round(second, 1) for second in result.passage],
        "why": list(result.reasons),
    }


def print_playlist(query: "Query", found: Sequence["Result"], index: "SongIndex") -> str:
    """Return a playlist."""
    from deepmusic.library import recommend

    return recommend.to_m3u8(found)


def print_csv(query: "Query", found: Sequence["Result"], index: "SongIndex") -> str:
    """Return a table."""
    from deepmusic.library import recommend

    return recommend.to_csv(found)


PRINTERS = {None: print_text, "json": print_json, "m3u8": print_playlist, "csv": print_csv}
