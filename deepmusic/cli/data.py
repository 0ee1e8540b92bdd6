"""``deepmusic data``: get a dataset, check it, prepare it."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepmusic.cli.options import (
    CLUSTER_OPTION,
    DATA_OPTION,
    FOLD,
    JOBS_OPTION,
    SPLIT_OPTION,
    complain,
    open_data,
    phase_bars,
    progress_bar,
)
from deepmusic.config import FRONT_ENDS
from deepmusic.data import Dataset
from deepmusic.formatting import format_plain

if TYPE_CHECKING:
    import numpy as np

#: Faults after which `check` ends with exit code 1.
_SERIOUS = {"unreadable", "cut off", "changed"}


@click.group()
def data() -> None:
    """Get, check and prepare datasets of music.

    \b
    Examples:
      deepmusic data download gtzan
      deepmusic data check --data my_music/
    """


def _warn(message: str, tracks: Sequence[str]) -> None:
    more = " ..." if len(tracks) > 5 else ""
    complain(f"{len(tracks)} {message}: {', '.join(tracks[:5])}{more}")


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

    \b
    Example:
      deepmusic data prepare --data fma --jobs 4
    """
    from deepmusic.data import logmels

    dataset = open_data(data)
    with progress_bar("Computing log-mels") as report:
        done = logmels.prepare(
            dataset, FRONT_ENDS[front_end], jobs=jobs, cluster=cluster, on_progress=report
        )
    for skipped in done.skipped:
        complain(f"{skipped.track}: {skipped.reason}")
    speed = done.computed / done.seconds
    click.echo(
        f"{done.computed} computed in {done.seconds:.1f} s ({speed:.1f} clips/s), "
        f"{done.kept} there already, {done.missing} not available, {len(done.skipped)} unusable.\n"
        f"{format_plain(done.folder)}"
    )


@data.command("export")
@click.argument("path", metavar="ARCHIVE", type=click.Path(path_type=Path, dir_okay=False))
@DATA_OPTION
def export_command(path: Path, data: str) -> None:
    """Write prepared log-mels as one archive (*.npz), to pass on or to move.

    \b
    Example:
      deepmusic data export logmel.npz
    """
    from deepmusic.data import archive

    if path.suffix != ".npz":
        raise click.UsageError(f"{path} must end in .npz.")
    with progress_bar("Exporting log-mels") as report:
        written, others = archive.export_archive(open_data(data), path, report)
    click.echo(f"{format_plain(path)}: {written} log-mels")
    if others:
        _warn("of another length were left out, as an archive has one length", others)


@data.command("import")
@click.argument(
    "path", metavar="ARCHIVE", type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@DATA_OPTION
def import_command(path: Path, data: str) -> None:
    """Store an archive's log-mels as those of a dataset.

    \b
    Example:
      deepmusic data import logmel.npz --data gtzan
    """
    from deepmusic.data import archive, open_dataset

    with progress_bar("Importing log-mels") as report:
        taken, unknown = archive.import_archive(open_dataset(data), path, report)
    click.echo(f"{taken} log-mels imported from {format_plain(path)}")
    if unknown:
        _warn(f"belong to no track of {data}", unknown)


# === check ===


@data.command()
@DATA_OPTION
@SPLIT_OPTION
@click.option("--fold", type=FOLD, help="Test fold, with --split artist_folds.")
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
    """Report faults of a dataset: missing and broken files, duplicates, silence, clipping.

    The exit code is 1 if a file cannot be read or is not what it should be.

    \b
    Example:
      deepmusic data check --data my_music/ --csv report.csv
    """
    from deepmusic.data import open_dataset, quality
    from deepmusic.files import write_atomically
    from deepmusic.formatting import to_csv

    dataset = open_dataset(data, any_size=True)
    vectors, log_mels = _embed(dataset) if near else (None, None)
    with progress_bar("Checking files") as on_progress:
        report = quality.examine(
            dataset,
            split,
            fold,
            vectors=vectors,
            log_mels=log_mels,
            jobs=jobs,
            cluster=cluster,
            on_progress=on_progress,
        )
    click.echo(report.counts.to_string() + "\n")
    for line in report.words():
        click.echo(format_plain(line))
    faulty = report.table[~report.table["faults"].isin(["", "missing"])]
    for track, row in faulty.iterrows():
        faults = row["faults"].removeprefix("missing; ")
        line = f"{track:20} {faults}{row['remark'] and f' ({row.remark})'}"
        click.echo(f"  {format_plain(line)}")
    if table:
        write_atomically(table, to_csv(report.table.reset_index()))
        click.echo(f"{format_plain(table)}: {len(report.table)} rows")
    is_serious = any(_SERIOUS & set(faults.split("; ")) for faults in faulty["faults"])
    if is_serious or dataset.search.unreadable:
        sys.exit(1)


# === download ===


@data.command("download")
@click.argument("name", type=click.Choice(["gtzan", "fma"]))
@click.option(
    "--from",
    "path",
    type=click.Path(path_type=Path),
    help="Use this folder or archive instead of downloading it.",
)
def download_command(name: str, path: Path | None) -> None:
    """Get GTZAN (1.2 GB) or FMA small (8 GB) into DEEPMUSIC_DATA, or into data/.

    \b
    Example:
      deepmusic data download gtzan --from a.tar.gz
    """
    from deepmusic.data import download

    with phase_bars() as report:
        found = download.use(name, path, report) if path else download.get(name, report)
    click.echo(format_plain(found))


def _embed(dataset: Dataset) -> tuple[dict[str, "np.ndarray"], Mapping[str, "np.ndarray"]]:
    """Return embeddings and log-mels of all clips, by track; this loads the networks."""
    from deepmusic.library import embeddings

    log_mels = dataset.log_mels(dataset.tracks, dataset.mel).by_track
    networks = embeddings.networks_for(dataset.mel)
    with progress_bar("Embedding clips") as report:
        vectors = embeddings.embed_clips(log_mels, networks, report)
    return vectors, log_mels
