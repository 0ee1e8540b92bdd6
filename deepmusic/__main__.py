"""``python -m deepmusic``."""

from deepmusic.cli import main

main(prog_name="python -m deepmusic")
