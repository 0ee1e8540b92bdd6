"""Detection rate of GTZAN's clips in songs. Run with ``python benchmarks/known_clips.py``.

Needs GTZAN. Takes clips of GTZAN's audio, makes of each what people would upload (other
formats, bit rates, volumes, beginnings; the clip in the midst of other music), and prints how often
the clip is found. Then every clip is removed in turn, with the clips of its artist, and must match
no other.
"""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.retrieval import same_artist
from deepmusic import prediction
from deepmusic.audio import SAMPLE_RATE, load_song, song_from_array
from deepmusic.data import Gtzan
from deepmusic.data.gtzan import read_facts
from deepmusic.library import embeddings, known_clips
from deepmusic.library.descriptors import envelope_distance
from tests.audio.formats import encode_with_pyav

#: Every so many-th clip available is tried.
EVERY = 4


def encoded(
    container: str, codec: str, bit_rate: int
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that sends samples through a codec, at 44,100 Hz, and back."""

    def change(clip: np.ndarray, other: np.ndarray) -> np.ndarray:
        samples = soxr.resample(clip, SAMPLE_RATE, 44_100)
        data = encode_with_pyav(samples, container, codec, 44_100, bit_rate=bit_rate)
        return load_song(data).samples

    return change


def as_ogg(clip: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return a clip after Vorbis of quality 2."""
    buffer = io.BytesIO()
    samples = soxr.resample(clip, SAMPLE_RATE, 44_100)
    soundfile.write(buffer, samples, 44_100, format="OGG", compression_level=0.8)
    return load_song(buffer.getvalue()).samples


#: Each takes the clip and another clip.
WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "as it is": lambda clip, other: clip,
    "MP3, 128 kbit/s": encoded("mp3", "libmp3lame", bit_rate=128_000),
    "MP3, 64 kbit/s": encoded("mp3", "libmp3lame", bit_rate=64_000),
    "M4A, 96 kbit/s": encoded("ipod", "aac", bit_rate=96_000),
    "Ogg, quality 2": as_ogg,
    "12 dB quieter": lambda clip, other: clip / 4,
    "from 2 s on": lambda clip, other: clip[2 * SAMPLE_RATE :],
    "first 20 s": lambda clip, other: clip[: 20 * SAMPLE_RATE],
    "amid other music": lambda clip, other: np.concatenate(
        [other[: 21 * SAMPLE_RATE], clip, other[: 13 * SAMPLE_RATE]]
    ),
}


def matches(samples: np.ndarray, networks: list) -> list[known_clips.Match]:
    """Return the clips that are found in some samples."""
    song = song_from_array(samples, sample_rate=SAMPLE_RATE)
    log_mels = prediction.compute_log_mels(song, networks[0].config.mel)
    return known_clips.find(log_mels, embeddings.embed_song(log_mels, song.duration, networks))


def tries(dataset: Gtzan) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield tracks, their samples, and those of a clip of another genre."""
    tracks = dataset.audio_tracks
    for index in range(0, len(tracks), EVERY):
        other = tracks[(index + len(tracks) // 2) % len(tracks)]
        yield (
            tracks[index],
            load_song(dataset.audio_path(tracks[index])).samples,
            load_song(dataset.audio_path(other)).samples,
        )


def false_alarms() -> tuple[int, int]:
    """Return the number of clips that match one of another artist, and the number of all."""
    facts = read_facts()
    vectors, clips = (
        known_clips.vectors(known_clips.ALL_NETWORKS),
        known_clips.read(known_clips.MFCC),
    )
    apart = ~same_artist(facts)
    there = np.flatnonzero(~np.isnan(clips[:, 0]))
    taken = sum(
        bool(
            (
                (envelope_distance(clips[row], clips[there]) < known_clips.MAX_DISTANCE)
                & (vectors[there] @ vectors[row] > known_clips.MIN_COSINE)
                & apart[row, there]
            ).any()
        )
        for row in there
    )
    return taken, len(there)


def main() -> None:
    """Print a line for each way, and the false alarms."""
    networks = embeddings.load_networks()
    digests = {row["track"]: row["wav_sha256"] for row in read_facts()}
    found: dict[str, list[bool]] = {}
    for track, clip, other in tries(Gtzan.from_environment()):
        for way, change in WAYS.items():
            matched = {digests[match.track] for match in matches(change(clip, other), networks)}
            found.setdefault(way, []).append(digests[track] in matched)
    for way, right in found.items():
        print(f"{way:18} found {sum(right)} of {len(right)}")
    taken, of = false_alarms()
    print(f"matching a clip of another artist: {taken} of {of}")


if __name__ == "__main__":
    main()
