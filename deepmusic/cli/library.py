"""Commands of the music library: index, similar."""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic.cli.options import (
    JOBS_OPTION,
    RESULTS,
    Passage,
    complain,
    progress_bar,
    with_progress,
)
from deepmusic.formatting import format_name, format_plain

if TYPE_CHECKING:
    from deepmusic.library.recommend import Query, Result
    from deepmusic.library.song_index import SongIndex

FOLDER = click.Path(path_type=Path)


# === index ===


@click.command()
@click.argument("folder", type=FOLDER)
@JOBS_OPTION
@click.option("--retry", is_flag=True, help="Read files again that failed before.")
@click.option("--forget", is_flag=True, help="Remove the folder's songs from the library.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def index(folder: Path, jobs: int, retry: bool, forget: bool, as_json: bool) -> None:
    """Index a folder of music: new and changed files are read, deleted ones removed.

    The library is stored in the folder DEEPMUSIC_LIBRARY, or in library/. Files and folders that
    cannot be used are listed, and the exit code is then 2. After Ctrl-C the next indexing resumes.

    \b
    Example:
      deepmusic index ~/Music
      deepmusic similar ~/Music/song.mp3
    """
    from deepmusic.audio import SUFFIXES
    from deepmusic.library import embeddings, indexing
    from deepmusic.library.store import Library

    if forget:
        click.echo(f"{indexing.forget(folder)} files forgotten.")
        return
    library = Library()
    with progress_bar("Indexing") as report:
        ended = indexing.index(
            folder,
            library,
            jobs=jobs,
            retry=retry,
            on_progress=lambda progress: report(progress.done, progress.total),
        )

    def is_below(path: Path | None) -> bool:
        return path is not None and any(path.is_relative_to(root) for root in ended.roots)

    failures = {str(one.path): one.reason for one in library.failures() if is_below(one.path)}
    notes = {
        str(song.path): song.note
        for song in library.open().entries
        if song.note and is_below(song.path)
    }
    n_files = ended.total + ended.unchanged
    if as_json:
        listed = {
            "failures": [{"path": path, "reason": reason} for path, reason in failures.items()],
            "notes": [{"path": path, "note": note} for path, note in notes.items()],
        }
        click.echo(json.dumps(vars(ended) | listed, indent=2))
    else:
        for path, why in (failures | notes).items():
            complain(f"{path}: {why}")
        for hidden in ended.unreachable:
            complain(
                f"{hidden} is empty or cannot be read; its songs are kept. Is a disk missing? To "
                f"forget them: deepmusic index --forget {shlex.quote(hidden)}"
            )
        if ended.passed_over:
            complain(ended.passed_over)
        if not n_files:
            complain(f"{folder} must hold sound files ({' '.join(SUFFIXES)}); none is there.")
        if ended.renewed:
            complain(f"{ended.renewed} {indexing.RENEWED}")
        if why := embeddings.fallback_reason():
            complain(why)
        click.echo(
            f"{ended.ended.capitalize()} in {ended.seconds:.1f} s: {ended.added} songs added or "
            f"renewed, {ended.unchanged} unchanged, {ended.removed} gone, {ended.failed} unusable. "
            f"The library holds {library.count()} songs."
        )
    if failures or ended.unreachable or not n_files:
        sys.exit(2)


# === similar ===


@click.command()
@click.argument("songs", nargs=-1, required=True, type=FOLDER, metavar="SONG...")
@click.option("--limit", "--most", type=RESULTS, default=10, show_default=True, help="Results.")
@click.option(
    "--per-artist",
    type=RESULTS,
    default=2,
    show_default=True,
    help="Results by one artist.",
)
@click.option("--passage", type=Passage(), help="A part of the song, such as 0:45-1:00.")
@click.option(
    "--in",
    "where",
    type=click.Choice(["library", "gtzan"]),
    default="library",
    show_default=True,
    help="Songs to search.",
)
@click.option("--m3u8", "style", flag_value="m3u8", help="Print a playlist.")
@click.option("--csv", "style", flag_value="csv", help="Print a table.")
@click.option("--json", "style", flag_value="json", help="Print every number.")
def similar(
    songs: Sequence[Path],
    limit: int,
    per_artist: int,
    passage: tuple[float, float] | None,
    where: str,
    style: str | None,
) -> None:
    """Find songs of your library (see: index) that sound like a song, or like several together.

    With --in gtzan, find clips of GTZAN instead, as facts; its sound is not part of DeepMusic.

    \b
    Example:
      deepmusic similar song.mp3 --passage 0:45-1:00
      deepmusic similar one.mp3 other.flac --m3u8 > like-these.m3u8
    """
    from deepmusic.library import embeddings, known_clips, recommend
    from deepmusic.library.store import Library

    if passage and len(songs) > 1:
        raise click.UsageError("--passage goes with one SONG.")
    index = known_clips.gtzan_index() if where == "gtzan" else Library().open()
    if where == "library" and (why := embeddings.fallback_reason()):
        complain(why)
    query = query_by_files(songs, passage, index.space)
    found = recommend.recommend(index, query, limit=limit, per_artist=per_artist)
    if style == "m3u8":
        text = recommend.to_m3u8(found)
    elif style == "csv":
        text = recommend.to_csv(found)
    else:
        text = (to_json if style == "json" else to_text)(query, found, index)
    # As UTF-8, which playlists and tables are by definition, whatever the terminal's encoding is.
    click.echo(text.rstrip("\n").encode("utf-8", "backslashreplace"))


def query_by_files(
    songs: Sequence[Path], passage: tuple[float, float] | None, space: str
) -> "Query":
    """Query by songs together, or by a passage of one, in a space of embeddings."""
    from deepmusic import audio
    from deepmusic.library import embeddings, recommend
    from deepmusic.library.song_index import MEL, Entry, analyze_song

    embedder = embeddings.load_embedder(space)
    queries = []
    for path in with_progress(songs, "Analysing"):
        song = audio.load_song(path, sample_rate=MEL.sample_rate)
        if song.note:
            complain(f"{path}: {song.note}")
        entry = Entry.of_file(path, format_name(path.stem), path)
        queries.append(recommend.query_by_song(analyze_song(song, embedder, entry=entry), passage))
    return recommend.combine(queries)


def to_text(query: "Query", results: Sequence["Result"], index: "SongIndex") -> str:
    """Format results for people, two lines each."""
    lines = [f"{index.title} ({len(index)} songs), most like {format_plain(query.title)}:"]
    for rank, result in enumerate(results, start=1):
        lines.append(f"{rank:3}. {result.similarity:.3f}  {format_plain(result.entry.name)}")
        lines.append(f"{'':12}{'; '.join(result.reasons)}")
    return "\n".join(lines if results else [*lines, "nothing"])


def to_json(query: "Query", results: Sequence["Result"], index: "SongIndex") -> str:
    """Format the query and the results with all their numbers."""
    profile = dict(zip(index.genres, map(float, query.profile), strict=True))
    asked = {"title": query.title, "passage": query.passage, "genres": profile}
    found = [to_dict(result, index.genres) for result in results]
    return json.dumps({"query": asked, "results": found}, indent=2)


def to_dict(result: "Result", genres: Sequence[str]) -> dict[str, Any]:
    """Format a result as an object of JSON."""
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
        "passage": result.segment and [round(second, 1) for second in result.segment],
        "why": list(result.reasons),
    }
