"""Command line: one file per topic, over the functions that the app calls too."""

import io
import sys

import click

from deepmusic import __version__
from deepmusic.cli import (
    data,
    evaluate,
    explain,
    library,
    predict,
    results,
    runs,
    teach,
    train,
    what_if,
)
from deepmusic.cli.options import complain
from deepmusic.errors import DeepMusicError, missing_package
from deepmusic.formatting import format_plain


class Cli(click.Group):
    """A group whose commands print a `DeepMusicError` as one line and end with exit code 2."""

    def invoke(self, context: click.Context) -> object:
        # A character that a terminal's encoding lacks must not end a command.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(context)
        except click.UsageError as error:
            # It repeats what was given, such as a name that a shell put in for a pattern.
            words = error.format_message().expandtabs()
            plain = "\n".join(map(format_plain, words.split("\n")))
            if plain == words:
                raise
            raise click.UsageError(plain, error.ctx) from None
        except DeepMusicError as error:
            complain(error)
            context.exit(2)
        except ModuleNotFoundError as error:
            missing = missing_package(error.name or "")
            if missing is None:
                raise
            complain(missing)
            context.exit(2)
        except OSError as error:
            # Of a file that an option names; all others are faults of ours, or a closed pipe.
            if error.filename is None:
                raise
            click.echo(f"deepmusic: {error.filename}: {error.strerror}.", err=True)
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
    explain.explain,
    what_if.what_if,
    train.train,
    teach.teach,
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
