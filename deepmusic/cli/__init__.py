"""Command line: one file per topic, over the functions that the app calls too."""

import io
import sys

import click

from deepmusic import __version__
from deepmusic.cli import data, evaluate, library, predict, results, runs, train
from deepmusic.errors import DeepMusicError


class Cli(click.Group):
    """A group whose commands print a `DeepMusicError` as one line and end with exit code 2."""

    def invoke(self, context: click.Context) -> object:
        # Names of files are bytes; one that is no UTF-8 is printed as it is.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="surrogateescape")
        try:
            return super().invoke(context)
        except DeepMusicError as error:
            click.echo(f"deepmusic: {error}", err=True)
            context.exit(2)


#: Completion comes with click; the variable is named after the command.
_COMPLETION = (
    'Completion of commands and options with Tab: eval "$(_DEEPMUSIC_COMPLETE=bash_source '
    'deepmusic)"; zsh and fish alike.'
)


@click.group(cls=Cli, epilog=_COMPLETION)
@click.version_option(__version__, prog_name="deepmusic")
def main() -> None:
    """DeepMusic: predict the genre of music, and explain the prediction.

    \b
    Example:
      deepmusic predict song.mp3
    """


for command in (
    predict.predict,
    train.train,
    runs.runs,
    data.data,
    evaluate.evaluate,
    evaluate.report,
    results.results,
    results.ship,
    results.time_song,
    library.index,
    library.similar,
):
    main.add_command(command)
