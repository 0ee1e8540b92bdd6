"""``python -m deepmusic``, which is the command ``deepmusic``."""

from deepmusic.cli import main

main(prog_name="deepmusic")
