"""Commands of the command line, a module for each topic; ``deepmusic.__main__`` registers them."""
