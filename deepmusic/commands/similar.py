"""Retrieval, and more: what sounds like what."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import LibraryError

if TYPE_CHECKING:
    from deepmusic.indexing import Progress
    from deepmusic.library import Collection
    from deepmusic.recommend import Query, Result

JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
FOLDER = click.Path(path_type=Path)


@click.command()
@click.option("--store", is_flag=True, help="Compute the shipped embeddings anew (needs GTZAN).")
@click.argument("runs", nargs=-1, type=FOLDER, metavar="[RUN...]")
@JSON_OPTION
def retrieval(store: bool, runs: Sequence[Path], as_json: bool) -> None:
    """Recount how good the networks' neighbours are, on GTZAN, same artists removed.

    Run it with --store after the shipped networks have changed. The weights of protocols other than
    paper are not shipped: name the folders of their runs.
    """
    from deepmusic import retrieval
    from deepmusic.datasets import open_dataset
    from deepmusic.errors import RunError
    from deepmusic.protocols import BENCHMARK_PROTOCOL
    from deepmusic.runs import Run

    if runs and not store:
        raise click.UsageError("A RUN goes with --store.")
    if store:
        retrieval.store(open_dataset("gtzan"), [Run.open(path) for path in runs])
    found = []
    for protocol in retrieval.protocols():
        asked = [(retrieval.TEST, retrieval.TEST)]
        if protocol == BENCHMARK_PROTOCOL:
            asked += [(retrieval.TEST, retrieval.ALL), ("valid", "valid")]
        try:
            found += [
                {"protocol": str(protocol), "asks": part, "pool": pool}
                | {"systems": retrieval.measure(protocol, pool, part)}
                for part, pool in asked
            ]
        except RunError as error:
            # Another protocol's figures still stand.
            click.echo(f"deepmusic: {error}", err=True)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(retrieval.heading(one))
        click.echo(retrieval.table(one["systems"], by_genre=one["pool"] == retrieval.TEST) + "\n")


# === index ===


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--jobs", type=int, default=-1, help="Processes that read files; one a core if -1.")
@click.option("--retry", is_flag=True, help="Read files again that failed before.")
@click.option("--forget", is_flag=True, help="Take the folder's songs out of the library.")
@JSON_OPTION
def index(folder: Path, jobs: int, retry: bool, forget: bool, as_json: bool) -> None:
    """Index a folder of music: only what is new or changed is read, what went is forgotten.

    The library lies in DEEPMUSIC_LIBRARY, or in library/. Files that cannot be used are listed, and
    the exit code is then 2. Ctrl-C loses nothing but the last seconds; so does a kill.
    """
    from deepmusic import indexing
    from deepmusic.library import Library

    if forget:
        click.echo(f"{indexing.forget(folder)} files forgotten.")
        return
    library = Library()
    show = None if as_json or not sys.stderr.isatty() else show_progress
    ended = indexing.index(folder, library, jobs=jobs, retry=retry, on_progress=show)
    if show:
        click.echo(err=True)
    failures = [one for one in library.failures() if one.path.is_relative_to(folder.absolute())]
    if as_json:
        listed = [{"path": str(one.path), "reason": one.reason} for one in failures]
        click.echo(json.dumps(vars(ended) | {"failures": listed}, indent=2))
    else:
        for one in failures:
            click.echo(f"deepmusic: {one.path}: {one.reason}", err=True)
        click.echo(summary(ended) + f" The library holds {library.count()} songs.")
    if failures:
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
@click.argument("songs", nargs=-1, type=FOLDER, metavar="SONG...")
@click.option("--most", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--passage", help="A part of the song, such as 0:45-1:00.")
@click.option("--genre", "mix", multiple=True, help="Instead of songs: jazz=2, again for others.")
@click.option("--per-artist", type=click.IntRange(1), default=2, show_default=True)
@click.option("--variety", type=click.FloatRange(0, 0.9), default=0.0, show_default=True)
@click.option("--in", "where", type=click.Choice(["library", "gtzan"]), default="library")
@click.option("--m3u8", "style", flag_value="m3u8", help="Print a playlist.")
@click.option("--csv", "style", flag_value="csv", help="Print a table.")
@click.option("--json", "style", flag_value="json", help="Print every number.")
def similar(
    songs: Sequence[Path],
    most: int,
    passage: str | None,
    mix: Sequence[str],
    per_artist: int,
    variety: float,
    where: str,
    style: str | None,
) -> None:
    """Find songs of your library (see: index) that sound like a song, or like several together.

    With --in gtzan, find clips of GTZAN instead, as facts; its sound is not part of DeepMusic.
    """
    from deepmusic import recommend, retrieval
    from deepmusic.library import Library

    collection = retrieval.gtzan_collection() if where == "gtzan" else Library().collection()
    if bool(songs) == bool(mix):
        raise click.UsageError("Name a SONG or more, or a mix with --genre.")
    if mix:
        query = recommend.like_genres(parse_mix(mix), collection.genres)
    else:
        query = ask(songs, parse_passage(passage))
    found = recommend.recommend(
        collection, query, most=most, per_artist=per_artist, variety=variety
    )
    click.echo(PRINTERS[style](query, found, collection).rstrip("\n"))


def ask(songs: Sequence[Path], passage: tuple[float, float] | None) -> "Query":
    """Let the networks listen to the songs that ask."""
    from deepmusic import audio, embeddings, recommend, tags
    from deepmusic.library import Entry

    if passage and len(songs) > 1:
        raise click.UsageError("--passage goes with one SONG.")
    classifiers = embeddings.load_networks()
    queries = []
    for path in songs:
        song = audio.load_song(path, sample_rate=classifiers[0].config.mel.sample_rate)
        found = tags.read(path)
        entry = Entry(-1, found.title or path.stem, found.artist, path=path)
        queries.append(recommend.hear(song, classifiers, entry=entry).query(passage))
    return recommend.like_all(queries)


def parse_mix(mix: Sequence[str]) -> dict[str, float]:
    """Read shares such as ``jazz=2``; a genre alone has the share 1."""
    shares = {}
    for part in mix:
        genre, _, share = part.partition("=")
        try:
            shares[genre.strip()] = float(share or 1)
        except ValueError:
            raise LibraryError(
                f"--genre {part}: write a genre and its share, such as {GTZAN_GENRES[5]}=2."
            ) from None
    return shares


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


def print_text(query: "Query", found: Sequence["Result"], collection: "Collection") -> str:
    """Return two lines a result, for people."""
    lines = [f"{collection.title} ({len(collection)} songs), most like {query.title}:"]
    for rank, result in enumerate(found, start=1):
        lines.append(f"{rank:3}. {result.similarity:.3f}  {result.entry.name}")
        lines.append(f"{'':12}{'; '.join(result.reasons)}")
    return "\n".join(lines if found else [*lines, "nothing"])


def print_json(query: "Query", found: Sequence["Result"], collection: "Collection") -> str:
    """Return the query and the results as an object."""
    from deepmusic import recommend

    profile = dict(zip(collection.genres, map(float, query.profile), strict=True))
    asked = {"title": query.title, "passage": query.passage, "genres": profile}
    results = recommend.to_dicts(found, collection.genres)
    return json.dumps({"query": asked, "results": results}, indent=2)


def print_playlist(query: "Query", found: Sequence["Result"], collection: "Collection") -> str:
    """Return a playlist."""
    from deepmusic import recommend

    return recommend.to_m3u8(found)


def print_csv(query: "Query", found: Sequence["Result"], collection: "Collection") -> str:
    """Return a table."""
    from deepmusic import recommend

    return recommend.to_csv(found)


PRINTERS = {None: print_text, "json": print_json, "m3u8": print_playlist, "csv": print_csv}


# === genres of a library ===


@click.command()
@click.argument("table", type=FOLDER)
@click.option("--write", is_flag=True, help="Write the table's genres into the files' tags.")
@click.option("--restore", is_flag=True, help="TABLE is a backup: put its old genres back.")
def genres(table: Path, write: bool, restore: bool) -> None:
    """Write the genres that the networks hear in your library into a CSV file, for review.

    Files are touched with --write alone. Their old genres then go into a backup beside the table,
    named TABLE.backup-TIME.csv, which --restore takes back.
    """
    from deepmusic import genre_tags, tags
    from deepmusic.library import Library

    library = Library()
    if write and restore:
        raise click.UsageError("Choose one of --write and --restore.")
    if not write and not restore:
        click.echo(
            f"{genre_tags.write_table(library, table)} songs in {table}. Review the column "
            "genre, then: python -m deepmusic genres TABLE --write"
        )
        return
    if restore:
        faults = tags.restore_genres(table)
        click.echo(f"The genres of {table} are back.")
    else:
        backup, changed, faults = genre_tags.apply_table(library, table)
        click.echo(f"{changed} files changed; their old genres are in {backup}.")
    for fault in faults:
        click.echo(f"deepmusic: {fault}", err=True)
    if faults:
        sys.exit(2)
