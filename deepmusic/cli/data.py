"""``python -m deepmusic data``: get a dataset, check it, prepare it."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from deepmusic.cli.options import CLUSTER_OPTION, DATA_OPTION, JOBS_OPTION, SPLIT_OPTION
from deepmusic.config import FRONT_ENDS
from deepmusic.data import Dataset


@click.group()
def data() -> None:
    """Get, check and prepare datasets of music."""


def progress(words: str) -> Callable[[int, int], None]:
    """Return what shows a bar on stderr where someone looks, and nothing elsewhere."""
    bar = None

    def report(done: int, of: int) -> None:
        nonlocal bar
        if not sys.stderr.isatty():
            return
        if bar is None:
            bar = click.progressbar(length=of, label=words, file=sys.stderr, show_pos=True)
        bar.update(done - bar.pos)
        if done == of:
            bar.render_finish()

    return report


# === prepare, export, import ===


@data.command()
@DATA_OPTION
@click.option(
    "--front-end", type=click.Choice(list(FRONT_ENDS)), default="compact", show_default=True
)
@JOBS_OPTION
@CLUSTER_OPTION
def prepare(data: str, front_end: str, jobs: int, cluster: str | None) -> None:
    """Compute log-mels once, so that training and evaluation need not.

    Goes on where it was stopped. They lie in DEEPMUSIC_DATA, or in data/.
    """
    from deepmusic.data import logmels, open_dataset

    done = logmels.prepare(
        open_dataset(data),
        FRONT_ENDS[front_end],
        jobs=jobs or -1,
        cluster=cluster,
        on_progress=progress("log-mels"),
    )
    for skipped in done.skipped:
        click.echo(f"deepmusic: {skipped.track}: {skipped.reason}", err=True)
    speed = done.computed / done.seconds
    click.echo(
        f"{done.computed} computed in {done.seconds:.1f} s ({speed:.1f} clips/s), "
        f"{done.kept} there already, {done.missing} not at hand, {len(done.skipped)} unusable.\n"
        f"{done.folder}"
    )


@data.command("export")
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@DATA_OPTION
def export_command(archive: Path, data: str) -> None:
    """Write prepared log-mels as one archive (*.npz), to pass on or to take elsewhere."""
    from deepmusic.data import logmels, open_dataset

    if archive.suffix != ".npz":
        raise click.UsageError(f"{archive} must end in .npz.")
    written, others = logmels.export_archive(open_dataset(data), archive)
    click.echo(f"{archive}: {written} log-mels")
    if others:
        click.echo(
            f"deepmusic: {len(others)} of another length were left out, as an archive has one "
            f"length: {', '.join(others[:5])}{' ...' if len(others) > 5 else ''}",
            err=True,
        )


@data.command("import")
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@DATA_OPTION
def import_command(archive: Path, data: str) -> None:
    """Take the log-mels of a dataset from an archive."""
    from deepmusic.data import logmels, open_dataset

    taken, unknown = logmels.import_archive(open_dataset(data), archive)
    click.echo(f"{taken} log-mels taken from {archive}")
    if unknown:
        click.echo(
            f"deepmusic: {len(unknown)} belong to no track of {data}: "
            f"{', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}",
            err=True,
        )


# === check ===


@data.command()
@DATA_OPTION
@SPLIT_OPTION
@click.option("--fold", type=click.IntRange(1, 3), help="Test fold, with --split artist_folds.")
@click.option("--near/--no-near", default=True, help="Look for near duplicates, too.")
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a row for each track.",
)
@JOBS_OPTION
@CLUSTER_OPTION
def check(
    data: str,
    split: str | None,
    fold: int | None,
    near: bool,
    table: Path | None,
    jobs: int,
    cluster: str | None,
) -> None:
    """Report what is wrong with a dataset: missing and broken files, copies, silence, clipping.

    The exit code is 1 if a file that is at hand cannot be read or is not what it should be.
    """
    from deepmusic.data import open_dataset, quality
    from deepmusic.files import write_atomically

    dataset = open_dataset(data)
    vectors, clips = _embedded(dataset) if near else (None, None)
    report = quality.examine(
        dataset,
        split,
        fold,
        vectors=vectors,
        log_mels=clips,
        jobs=jobs or -1,
        cluster=cluster,
        on_progress=progress("files"),
    )
    click.echo(report.counts.to_string() + "\n")
    for line in report.words():
        click.echo(line)
    faulty = report.table[~report.table["faults"].isin(["", "missing"])]
    for track, row in faulty.iterrows():
        faults = row["faults"].removeprefix("missing; ")
        click.echo(f"  {track:20} {faults}{row['remark'] and f' ({row.remark})'}")
    if table:
        write_atomically(table, report.table.to_csv())
        click.echo(f"{table}: {len(report.table)} rows")
    spoilt = {"unreadable", "cut off", "changed"}
    if any(spoilt & set(faults.split("; ")) for faults in report.table["faults"]):
        sys.exit(1)


# === download ===


@data.command("download")
@click.argument("name", type=click.Choice(["gtzan", "fma"]))
@click.option(
    "--from",
    "path",
    type=click.Path(path_type=Path),
    help="Take it from this folder or archive instead of fetching it.",
)
def download_command(name: str, path: Path | None) -> None:
    """Get GTZAN (1.2 GB) or FMA small (8 GB) into DEEPMUSIC_DATA, or into data/."""
    from deepmusic.data import download

    if path:
        click.echo(download.use(name, path))
        return
    bars: dict[str, Callable[[int, int], None]] = {}

    def report(phase: str, done: int, of: int) -> None:
        if of:
            bars.setdefault(phase, progress(phase))(done, of)

    click.echo(download.get(name, report))


# === map ===


@data.command("map", hidden=True)
@DATA_OPTION
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
def map_command(data: str, out: Path) -> None:
    """Draw the map of a dataset's clips and the spectra of its genres, as CSV.

    With --out assets/gtzan it makes what the Dataset page shows to those without GTZAN.
    """
    from deepmusic.data import explore, open_dataset
    from deepmusic.files import write_atomically

    dataset = open_dataset(data)
    vectors, clips = _embedded(dataset)
    out.mkdir(parents=True, exist_ok=True)
    table = explore.draw_map(vectors, clips)
    write_atomically(out / "map.csv", table.to_csv(float_format="%.3f"))
    spectra = explore.spectra(clips, dataset).rename_axis("genre")
    write_atomically(out / "spectra.csv", spectra.to_csv(float_format="%.2f"))
    click.echo(f"{out}: a map of {len(table)} clips, spectra of {len(spectra)} genres")


def _embedded(dataset: Dataset) -> tuple[dict, Mapping]:
    """Return embeddings and log-mels of all clips, by track; this loads the networks."""
    from deepmusic.library import embeddings

    clips = dataset.log_mels(dataset.tracks, FRONT_ENDS["compact"]).by_track
    return embeddings.embed_clips(clips, embeddings.load_networks()), clips
