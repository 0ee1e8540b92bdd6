"""Tests of the command line, as a user types it."""

from click.testing import CliRunner, Result

from deepmusic.cli import main


def run(*arguments: object, **options: object) -> Result:
    """Run a command and return what it printed, and its exit code."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)
