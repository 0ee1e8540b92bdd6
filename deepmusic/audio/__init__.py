"""Sound: decoding, features, synthesis and degradation."""

from deepmusic.audio.changes import CHANGES, PRESETS, change_song
from deepmusic.audio.decode import is_left_to_ffmpeg, load_song
from deepmusic.audio.ffmpeg import start as start_decoder
from deepmusic.audio.samples import file_of, let_go
from deepmusic.audio.song import SAMPLE_RATE, Song, is_silent, song_from_array
from deepmusic.audio.walk import SUFFIXES, SoundFiles, describe_passed_over, find_sound_files

__all__ = [
    "CHANGES",
    "PRESETS",
    "SAMPLE_RATE",
    "SUFFIXES",
    "Song",
    "SoundFiles",
    "change_song",
    "describe_passed_over",
    "file_of",
    "find_sound_files",
    "is_left_to_ffmpeg",
    "is_silent",
    "let_go",
    "load_song",
    "song_from_array",
    "start_decoder",
]
