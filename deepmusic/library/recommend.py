"""Songs that sound like a song, a passage of it, or several songs.

All songs of an index are ranked by the cosine of their embeddings. Then copies of the query and of
each other are left out, one artist gets no more than its places, and each result says why it is
there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepmusic.errors import LibraryError
from deepmusic.formatting import format_clock
from deepmusic.library import descriptors, embeddings
from deepmusic.library.song_index import AnalyzedSong, Entry, SongIndex
from deepmusic.prediction import export

#: Two files hold the same recording where their distance (`descriptors.recording_distance`) is
#: lower than this and the cosine of their embeddings is higher: other encodings of a recording do
#: (`benchmarks/known_clips.py`), other songs of one band do not.
MAX_COPY_DISTANCE = 1.5

MIN_COPY_COSINE = 0.5

#: Candidates that are looked at closely, in multiples of the results that are wanted.
_SHORTLIST = 20

#: Tempos differ by less than this, as a logarithm, where they are called the same; so brightness.
_SAME_TEMPO = 0.06

_SAME_BRIGHTNESS = 0.2


@dataclass(frozen=True)
class Query:
    """What is asked for.

    Attributes
    ----------
    title : str
        For people to read.
    profile : np.ndarray [shape=(n_genres,)]
        Genre probabilities.
    embedding : np.ndarray [shape=(n_dimensions,)]
        Of unit length.
    entries : tuple of Entry
        The songs that ask; they are not among the results.
    recordings : tuple of (np.ndarray, np.ndarray)
        Embedding and timbre of each of them as a whole, by which copies of them are known.
    passage : (float, float) or None
        The part that asks, in s; then results are ranked by their segment that is nearest.
    """

    title: str
    profile: np.ndarray
    embedding: np.ndarray
    entries: tuple[Entry, ...] = ()
    recordings: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
    passage: tuple[float, float] | None = None


@dataclass(frozen=True)
class Result:
    """One recommendation.

    Attributes
    ----------
    entry : Entry
        The song.
    similarity : float
        Cosine of the embeddings; of its nearest segment's, where a passage asks.
    profile : np.ndarray [shape=(n_genres,)]
        Its genre probabilities.
    passage : (float, float) or None
        Its segment that is nearest to the query, in s.
    reasons : tuple of str
        Why it is there, in words and numbers.
    """

    entry: Entry
    similarity: float
    profile: np.ndarray
    passage: tuple[float, float] | None = None
    reasons: tuple[str, ...] = ()


# === Queries ===


def query_by_song(song: AnalyzedSong, passage: tuple[float, float] | None = None) -> Query:
    """Ask for songs like this one, or like a passage of it.

    Parameters
    ----------
    song : AnalyzedSong
        What `analyze_song` returned.
    passage : (float, float), optional
        Start and end, in s.

    Raises
    ------
    LibraryError
        If the passage does not lie in the song.
    """
    entry, embedding = song.entry, song.embedding
    recordings = ((embedding.song, song.timbre),)
    if passage is None:
        return Query(entry.name, embedding.profile, embedding.song, (entry,), recordings)
    start, end = passage
    if not 0 <= start < min(end, entry.duration):
        raise LibraryError(
            f"The passage {start:g} to {end:g} s does not lie in {entry.title}, which lasts "
            f"{entry.duration:.1f} s. Choose another."
        )
    end = min(end, entry.duration)
    return Query(
        f"{entry.name}, {format_clock(start)} to {format_clock(end)}",
        profile=embedding.probabilities[embedding.inside(start, end)].mean(axis=0),
        embedding=embedding.passage(start, end),
        entries=(entry,),
        recordings=recordings,
        passage=(start, end),
    )


def query_by_ids(index: SongIndex, ids: Sequence[int]) -> Query:
    """Ask for songs like one or several of an index.

    Raises
    ------
    LibraryError
        If no id is given, or one's song is not there any more.
    """
    if any(song not in index.rows for song in ids):
        raise LibraryError("A song that was chosen is not there any more. Choose again.")
    queries = []
    for row in (index.rows[song] for song in ids):
        entry, embedding = index.entries[row], index.embeddings[row]
        recordings = ((embedding, index.timbre[row]),)
        queries.append(Query(entry.name, index.profiles[row], embedding, (entry,), recordings))
    return combine(queries)


def combine(queries: Sequence[Query]) -> Query:
    """Ask for what lies between several queries: the mean of their embeddings.

    Raises
    ------
    LibraryError
        If there is none.
    """
    if not queries:
        raise LibraryError("Choose one song or more.")
    if len(queries) == 1:
        return queries[0]
    return Query(
        " + ".join(query.title for query in queries),
        profile=np.mean([query.profile for query in queries], axis=0),
        embedding=embeddings.l2_normalize(np.mean([query.embedding for query in queries], axis=0)),
        entries=tuple(entry for query in queries for entry in query.entries),
        recordings=tuple(one for query in queries for one in query.recordings),
    )


# === Ranking ===


def recommend(
    index: SongIndex, query: Query, *, limit: int = 10, per_artist: int = 2
) -> list[Result]:
    """Find songs like the query.

    Parameters
    ----------
    index : SongIndex
        Where to look.
    query : Query
        What `query_by_song`, `query_by_ids` or `combine` returned.
    limit : int
        Results wanted.
    per_artist : int
        Most results of one artist; those whose artist is unknown are not counted.

    Returns
    -------
    list of Result
        Best first; fewer where the index holds no more. Copies of the query and of each other are
        left out.
    """
    if not len(index):
        return []
    cosines = index.embeddings @ query.embedding
    n_candidates = min(len(cosines), max(limit * _SHORTLIST, 100))
    shortlist = np.argpartition(-cosines, n_candidates - 1)[:n_candidates]
    found = {int(row): float(cosines[row]) for row in shortlist}
    spans = {}
    if query.passage:
        for row in found:
            if nearest := _nearest_segment(index, query, row):
                spans[row], found[row] = nearest
    results = []
    ranking = sorted(found, key=lambda row: (-found[row], row))
    for row in _choose(index, query, ranking, limit, per_artist):
        if not query.passage and (nearest := _nearest_segment(index, query, row)):
            spans[row] = nearest[0]
        result = Result(index.entries[row], found[row], index.profiles[row], spans.get(row))
        results.append(replace(result, reasons=tuple(explain(query, result, index.genres))))
    return results


def _nearest_segment(
    index: SongIndex, query: Query, row: int
) -> tuple[tuple[float, float], float] | None:
    """Return start and end of a song's segment that is nearest to the query, and its cosine."""
    if not (passages := index.passages(index.entries[row].id)):
        return None
    number, cosine = passages.nearest(query.embedding)
    return (float(passages.starts[number]), float(passages.ends[number])), cosine


def _choose(
    index: SongIndex, query: Query, ranking: Sequence[int], limit: int, per_artist: int
) -> list[int]:
    """Go down the ranking, and leave out copies and those whose artist has its places."""
    taken = list(query.entries)
    recordings = list(query.recordings)
    artists: dict[str, int] = {}
    chosen: list[int] = []
    for row in ranking:
        entry, recording = index.entries[row], (index.embeddings[row], index.timbre[row])
        artist = entry.artist.casefold()
        if artist and artists.get(artist, 0) >= per_artist:
            continue
        if any(_same_facts(entry, other) for other in taken) or any(
            is_same_recording(recording, other) for other in recordings
        ):
            continue
        artists[artist] = artists.get(artist, 0) + 1
        chosen.append(row)
        if len(chosen) == limit:
            break
        taken.append(entry)
        recordings.append(recording)
    return chosen


def _same_facts(one: Entry, other: Entry) -> bool:
    """Tell whether two entries are one file, or one title by one artist."""
    if one.digest and one.digest == other.digest:
        return True
    named = (one.artist.casefold(), one.title.casefold())
    return all(named) and named == (other.artist.casefold(), other.title.casefold())


def is_same_recording(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> bool:
    """Tell whether two songs, each given by embedding and timbre, are copies of one recording."""
    if float(one[0] @ other[0]) <= MIN_COPY_COSINE:
        return False
    distance = descriptors.recording_distance(one[1], other[1][None])[0]
    return float(distance) < MAX_COPY_DISTANCE


# === Saying why ===


def explain(query: Query, result: Result, genres: Sequence[str]) -> list[str]:
    """Return why a result is there, in words and numbers: genres, segment, tempo, brightness."""
    said = [_genre_words(query.profile, result.profile, genres)]
    if result.passage:
        start, end = map(format_clock, result.passage)
        what = "nearest to your passage" if query.passage else "most alike"
        said.append(f"{what} at {start} to {end}")
    asked = query.entries[0] if len(query.entries) == 1 else None
    if asked and asked.tempo and result.entry.tempo:
        said.append(_tempo_words(asked.tempo, result.entry.tempo))
    if asked and asked.brightness and result.entry.brightness:
        said.append(_brightness_words(asked.brightness, result.entry.brightness))
    return said


def _genre_words(asked: np.ndarray, found: np.ndarray, genres: Sequence[str]) -> str:
    shared = np.minimum(asked, found)
    best = [index for index in np.argsort(-shared)[:2] if shared[index] >= 0.1]
    if not best:
        top = int(np.argmax(found))
        return f"predicted {genres[top]} ({100 * found[top]:.0f} %), unlike the query"
    return "both " + " and ".join(
        f"{genres[index]} ({100 * asked[index]:.0f} and {100 * found[index]:.0f} %)"
        for index in best
    )


def _tempo_words(asked: float, found: float) -> str:
    ratio = math.log(found / asked)
    numbers = f"({asked:.0f} and {found:.0f} BPM)"
    if abs(ratio) < _SAME_TEMPO:
        return f"same tempo {numbers}"
    if abs(abs(ratio) - math.log(2)) < _SAME_TEMPO:
        return f"{'double' if found > asked else 'half'} tempo {numbers}"
    return f"{'faster' if found > asked else 'slower'} {numbers}"


def _brightness_words(asked: float, found: float) -> str:
    numbers = f"({asked:.0f} and {found:.0f} Hz)"
    if abs(math.log(found / asked)) < _SAME_BRIGHTNESS:
        return f"as bright {numbers}"
    return f"{'brighter' if found > asked else 'darker'} {numbers}"


# === Files ===


def to_m3u8(results: Sequence[Result]) -> str:
    """Return the results that are files as an extended M3U playlist in UTF-8."""
    lines = ["#EXTM3U"]
    for result in results:
        # A line break would be read as another entry: a tag loses it, and a file whose path has one
        # cannot be in a playlist.
        if result.entry.path and not {"\n", "\r"} & set(str(result.entry.path)):
            name = " ".join(result.entry.name.split())
            lines += [f"#EXTINF:{round(result.entry.duration)},{name}", str(result.entry.path)]
    return "\n".join(lines) + "\n"


def to_csv(results: Sequence[Result]) -> str:
    """Return the results as a table."""
    import pandas as pd

    rows = [
        {
            "rank": rank,
            "similarity": f"{result.similarity:.4f}",
            "artist": result.entry.artist,
            "title": result.entry.title,
            "album": result.entry.album,
            "duration": f"{result.entry.duration:.1f}",
            "path": str(result.entry.path or ""),
            "why": "; ".join(result.reasons),
        }
        for rank, result in enumerate(results, start=1)
    ]
    return export.to_csv(pd.DataFrame(rows, dtype=object))
