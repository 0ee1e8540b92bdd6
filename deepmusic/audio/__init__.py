"""Sound: decoding, features, synthesis and degradation."""

from deepmusic.audio.decode import SUFFIXES, load_song
from deepmusic.audio.song import SAMPLE_RATE, Song, is_silent, song_from_array

__all__ = ["SAMPLE_RATE", "SUFFIXES", "Song", "is_silent", "load_song", "song_from_array"]
