"""More like this: from a song, a passage, several songs or a mix of genres to what sounds alike.

Candidates are ranked by the cosine of their embeddings, all of them: a matrix times a vector is
fast enough for a million songs (`benchmarks/neighbours.py`). Then copies of the query and of each
other go, one artist takes no more than its places, and each result says why it is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepmusic import embeddings, export, traits
from deepmusic.audio import Song
from deepmusic.embeddings import SongEmbedding, unit
from deepmusic.errors import LibraryError
from deepmusic.features import ClipPicture
from deepmusic.library import Collection, Entry
from deepmusic.prediction import Classifier, picture_song

#: Two files hold the same recording where their mean spectra lie nearer than this
#: (`deepmusic.traits.recording_distance`) and the cosine of their embeddings is higher: other rips
#: of a recording do (`benchmarks/familiar.py`), other songs of one band do not.
SAME_SPECTRUM = 1.5
SAME_COSINE = 0.5

#: Candidates that are looked at closely, in multiples of the results that are wanted.
_SHORTLIST = 20

#: Songs whose timbre is compared, at most, to say how near a result's is.
_TIMBRE_SAMPLE = 10_000

#: Tempos differ by less than this where they are called alike.
_SAME_TEMPO = 0.06


@dataclass(frozen=True)
class Query:
    """What is asked for.

    Attributes
    ----------
    title : str
        For people to read.
    profile : np.ndarray [shape=(n_genres,)]
        Genres, sum 1.
    embedding : np.ndarray [shape=(n_dimensions,)] or None
        Of unit length; None where only a mix of genres is asked for.
    timbre : np.ndarray [shape=(80,)] or None
        `deepmusic.traits.mfcc_statistics`.
    entries : tuple of Entry
        The songs that ask; they are not among the results.
    recordings : tuple of (np.ndarray, np.ndarray)
        Embedding and timbre of each of them as a whole, by which other rips of them are known.
    passage : (float, float) or None
        The part that asks, in s; then results are ranked by the passage of theirs that is nearest.
    """

    title: str
    profile: np.ndarray
    embedding: np.ndarray | None = None
    timbre: np.ndarray | None = None
    entries: tuple[Entry, ...] = ()
    recordings: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
    passage: tuple[float, float] | None = None


@dataclass(frozen=True)
class Heard:
    """A song as the networks hear it: all that a query or a collection needs of it."""

    entry: Entry
    embedding: SongEmbedding
    timbre: np.ndarray

    def query(self, passage: tuple[float, float] | None = None) -> Query:
        """Ask for songs like this one, or like a passage of it.

        Parameters
        ----------
        passage : (float, float), optional
            Start and end, in s.

        Raises
        ------
        LibraryError
            If the passage does not lie in the song.
        """
        whole = Query(
            self.entry.name,
            profile=self.embedding.profile,
            embedding=self.embedding.song,
            timbre=self.timbre,
            entries=(self.entry,),
            recordings=((self.embedding.song, self.timbre),),
        )
        if passage is None:
            return whole
        start, end = passage
        if not 0 <= start < end or start >= self.entry.duration:
            raise LibraryError(
                f"The passage {start:g} to {end:g} s does not lie in {self.entry.title}, which "
                f"lasts {self.entry.duration:.1f} s. Choose another."
            )
        end = min(end, self.entry.duration)
        inside = self.embedding.inside(start, end)
        return replace(
            whole,
            title=f"{self.entry.name}, {clock(start)} to {clock(end)}",
            profile=self.embedding.probabilities[inside].mean(axis=0),
            embedding=self.embedding.passage(start, end),
            passage=(start, end),
        )


@dataclass(frozen=True)
class Result:
    """One recommendation.

    Attributes
    ----------
    entry : Entry
        The song.
    similarity : float
        Cosine of the embeddings, of a passage where one asks; of a mix of genres, its affinity.
    profile : np.ndarray [shape=(n_genres,)]
        Its genres.
    passage : (float, float) or None
        Where in it the query is heard most, in s.
    timbre_rank : float or None
        Share of the collection whose timbre is farther from the query's.
    reasons : tuple of str
        Why it is there, in words and numbers.
    """

    entry: Entry
    similarity: float
    profile: np.ndarray
    passage: tuple[float, float] | None = None
    timbre_rank: float | None = None
    reasons: tuple[str, ...] = ()


# === Asking ===


def hear(
    song: Song,
    classifiers: Sequence[Classifier],
    *,
    pictures: Sequence[ClipPicture] | None = None,
    entry: Entry | None = None,
) -> Heard:
    """Let the networks listen to a song.

    Parameters
    ----------
    song : Song
        What `deepmusic.audio` loaded.
    classifiers : sequence of Classifier
        What `deepmusic.embeddings.load_networks` returned.
    pictures : sequence of ClipPicture, optional
        What `picture_song` returned for it.
    entry : Entry, optional
        What else is known of it, such as its tags.

    Raises
    ------
    AudioError
        If the song is shorter than a window, or silent.
    """
    mel = classifiers[0].config.mel
    if pictures is None:
        pictures = picture_song(song, mel)
    embedded = embeddings.embed_song(song, pictures, classifiers)
    described = traits.describe(pictures, mel)
    known = entry or Entry(row=-1, title=Path(song.name).stem or song.name)
    facts = replace(
        known,
        duration=song.duration,
        tempo=described.tempo,
        brightness=described.brightness,
        digest=song.digest,
    )
    return Heard(facts, embedded, described.timbre)


def like_songs(collection: Collection, rows: Sequence[int]) -> Query:
    """Ask for songs like one or several of a collection: the mean of their embeddings.

    Raises
    ------
    LibraryError
        If no row is given, or one holds no song any more.
    """
    entries = collection.fetch(rows)
    if not entries or len(entries) != len(rows):
        raise LibraryError("A song that was chosen is not there any more. Choose again.")
    index = [entry.row for entry in entries]
    return like_all(
        [
            Query(entry.name, profile, embedding, timbre, (entry,), ((embedding, timbre),))
            for entry, profile, embedding, timbre in zip(
                entries,
                collection.profiles[index],
                collection.embeddings[index],
                collection.timbre[index],
                strict=True,
            )
        ]
    )


def like_all(queries: Sequence[Query]) -> Query:
    """Ask for what lies between several queries: the mean of their embeddings.

    Raises
    ------
    LibraryError
        If there is none, or one has no embedding.
    """
    if not queries or any(query.embedding is None for query in queries):
        raise LibraryError("Choose one song or more.")
    if len(queries) == 1:
        return queries[0]
    timbres = [query.timbre for query in queries if query.timbre is not None]
    return Query(
        " + ".join(query.title for query in queries),
        profile=np.mean([query.profile for query in queries], axis=0),
        embedding=unit(np.mean([query.embedding for query in queries], axis=0)),
        timbre=np.mean(timbres, axis=0) if timbres else None,
        entries=tuple(entry for query in queries for entry in query.entries),
        recordings=tuple(one for query in queries for one in query.recordings),
    )


def like_genres(mix: Mapping[str, float], genres: Sequence[str]) -> Query:
    """Ask for a mix of genres, such as ``{"jazz": 2, "hiphop": 1}``.

    Raises
    ------
    LibraryError
        If a genre is unknown, a share negative, or all are zero.
    """
    strange = [genre for genre in mix if genre not in genres]
    if strange or any(share < 0 for share in mix.values()) or not sum(mix.values()):
        raise LibraryError(
            f"A mix gives some of these genres a share above zero: {', '.join(genres)}."
        )
    shares = np.array([mix.get(genre, 0.0) for genre in genres], float)
    shares /= shares.sum()
    named = " + ".join(
        f"{100 * share:.0f} % {genre}"
        for genre, share in sorted(zip(genres, shares, strict=True), key=lambda pair: -pair[1])
        if share > 0
    )
    return Query(named, profile=shares)


def recommend(
    collection: Collection,
    query: Query,
    *,
    most: int = 10,
    per_artist: int = 2,
    variety: float = 0.0,
) -> list[Result]:
    """Find songs like the query.

    Parameters
    ----------
    collection : Collection
        Where to look.
    query : Query
        What `Heard.query`, `like_songs`, `like_all` or `like_genres` returned.
    most : int
        Results wanted.
    per_artist : int
        Most results of one artist; those whose artist nobody names are not counted.
    variety : float
        From 0 to below 1. Above 0, each next result is also to be unlike those before it (maximal
        marginal relevance, Carbonell and Goldstein, SIGIR 1998); at 0, only near to the query.

    Returns
    -------
    list of Result
        Best first; fewer where the collection holds no more. Copies of the query and of each other
        are left out.
    """
    if not len(collection):
        return []
    scores = _scores(collection, query)
    n_candidates = min(len(scores), max(most * _SHORTLIST, 100))
    shortlist = np.argpartition(-scores, n_candidates - 1)[:n_candidates]
    found: dict[int, float] = {
        int(collection.rows[place]): float(scores[place])
        for place in shortlist[np.argsort(-scores[shortlist], kind="stable")]
    }
    entries = {entry.row: entry for entry in collection.fetch(list(found))}
    found = {row: score for row, score in found.items() if row in entries}
    passages = {}
    if query.passage:
        for row in found:
            if held := collection.passages(row):
                number, found[row] = held.nearest(query.embedding)
                passages[row] = (float(held.starts[number]), float(held.ends[number]))
        found = dict(sorted(found.items(), key=lambda pair: -pair[1]))
    chosen = _choose(collection, query, found, entries, most, per_artist, variety)
    timbre_ranks = _timbre_ranks(collection, query, chosen)
    results = []
    for row in chosen:
        span = passages.get(row)
        if span is None and query.embedding is not None and (held := collection.passages(row)):
            number, _ = held.nearest(query.embedding)
            span = (float(held.starts[number]), float(held.ends[number]))
        result = Result(
            entries[row],
            similarity=found[row],
            profile=np.array(collection.profiles[row]),
            passage=span,
            timbre_rank=timbre_ranks.get(row),
        )
        results.append(replace(result, reasons=tuple(reasons(query, result, collection.genres))))
    return results


def _scores(collection: Collection, query: Query) -> np.ndarray:
    """Return how near each song is [n_songs]."""
    if query.embedding is not None:
        return (collection.embeddings @ query.embedding)[collection.rows]
    # The affinity of two distributions (Bhattacharyya): 1 where they are equal.
    return (np.sqrt(collection.profiles) @ np.sqrt(query.profile))[collection.rows]


def _choose(
    collection: Collection,
    query: Query,
    found: Mapping[int, float],
    entries: Mapping[int, Entry],
    most: int,
    per_artist: int,
    variety: float,
) -> list[int]:
    """Pick rows one after the other: the best that is left, no copy, no artist too often."""
    left = [row for row in found if not _is_copy_of_query(collection, query, row, entries[row])]
    chosen: list[int] = []
    artists: dict[str, int] = {}
    nearest = dict.fromkeys(left, 0.0)
    while left and len(chosen) < most:
        row = max(left, key=lambda row: (1 - variety) * found[row] - variety * nearest[row])
        left.remove(row)
        artist = entries[row].artist.casefold()
        if artist and artists.get(artist, 0) >= per_artist:
            continue
        if any(_are_copies(collection, row, other, entries) for other in chosen):
            continue
        artists[artist] = artists.get(artist, 0) + 1
        chosen.append(row)
        if variety and left:
            cosines = collection.embeddings[left] @ collection.embeddings[row]
            for other, cosine in zip(left, cosines, strict=True):
                nearest[other] = max(nearest[other], float(cosine))
    return chosen


def _is_copy_of_query(collection: Collection, query: Query, row: int, entry: Entry) -> bool:
    if any(_same_facts(entry, asked) for asked in query.entries):
        return True
    return any(
        is_same_recording(
            collection.timbre[row], timbre, float(collection.embeddings[row] @ embedding)
        )
        for embedding, timbre in query.recordings
    )


def _are_copies(collection: Collection, one: int, other: int, entries: Mapping[int, Entry]) -> bool:
    return _same_facts(entries[one], entries[other]) or is_same_recording(
        collection.timbre[one],
        collection.timbre[other],
        float(collection.embeddings[one] @ collection.embeddings[other]),
    )


def _same_facts(one: Entry, other: Entry) -> bool:
    """Tell whether two entries are one file, or one title by one artist."""
    if one.digest and one.digest == other.digest:
        return True
    named = (one.artist.casefold(), one.title.casefold())
    return all(named) and named == (other.artist.casefold(), other.title.casefold())


def is_same_recording(one: np.ndarray, other: np.ndarray, cosine: float) -> bool:
    """Tell whether two songs are rips of one recording.

    Parameters
    ----------
    one, other : np.ndarray [shape=(80,)]
        Their timbre.
    cosine : float
        Of their embeddings.
    """
    if cosine <= SAME_COSINE:
        return False
    return float(traits.recording_distance(one, other[None])[0]) < SAME_SPECTRUM


def _timbre_ranks(collection: Collection, query: Query, rows: Sequence[int]) -> dict[int, float]:
    """Say of each row which share of the collection has a timbre farther from the query's.

    In a large collection, songs drawn evenly stand for all.
    """
    if query.timbre is None or not rows:
        return {}
    everyone = collection.rows[:: -(-len(collection) // _TIMBRE_SAMPLE)]

    def distances(of: Sequence[int]) -> np.ndarray:
        apart = (collection.timbre[of] - query.timbre) / collection.timbre_spread
        return np.linalg.norm(apart, axis=1)

    others = np.sort(distances(everyone))
    farther = len(others) - np.searchsorted(others, distances(list(rows)), side="right")
    return {
        row: float(count / max(len(others) - 1, 1))
        for row, count in zip(rows, farther, strict=True)
    }


# === Saying why ===


def reasons(query: Query, result: Result, genres: Sequence[str]) -> list[str]:
    """Say in words and numbers why a result is there.

    Parameters
    ----------
    query : Query
    result : Result
    genres : sequence of str
        Of the profiles.

    Returns
    -------
    list of str
        What tells most first: genres, passage, tempo, brightness, timbre.
    """
    said = [_genre_words(query.profile, result.profile, genres)]
    if result.passage:
        where = f"{clock(result.passage[0])} to {clock(result.passage[1])}"
        said.append(
            f"nearest to your passage at {where}" if query.passage else f"most alike at {where}"
        )
    asked = query.entries[0] if len(query.entries) == 1 else None
    if asked and asked.tempo and result.entry.tempo:
        said.append(_tempo_words(asked.tempo, result.entry.tempo))
    if asked and asked.brightness and result.entry.brightness:
        said.append(_brightness_words(asked.brightness, result.entry.brightness))
    if result.timbre_rank is not None:
        nearest = max(1, round(100 * (1 - result.timbre_rank)))
        said.append(f"timbre among the nearest {nearest} % of the collection")
    return said


def _genre_words(asked: np.ndarray, found: np.ndarray, genres: Sequence[str]) -> str:
    shared = np.minimum(asked, found)
    best = [index for index in np.argsort(-shared)[:2] if shared[index] >= 0.1]
    if not best:
        heard = int(np.argmax(found))
        return f"heard as {genres[heard]} ({100 * found[heard]:.0f} %), unlike the query"
    return "both " + " and ".join(
        f"{genres[index]} ({100 * asked[index]:.0f} and {100 * found[index]:.0f} %)"
        for index in best
    )


def _tempo_words(asked: float, found: float) -> str:
    numbers = f"({asked:.0f} and {found:.0f} BPM)"
    if abs(np.log(found / asked)) < _SAME_TEMPO:
        return f"same tempo {numbers}"
    if abs(abs(np.log2(found / asked)) - 1) < _SAME_TEMPO / np.log(2):
        return f"{'double' if found > asked else 'half'} tempo {numbers}"
    return f"{'faster' if found > asked else 'slower'} {numbers}"


def _brightness_words(asked: float, found: float) -> str:
    numbers = f"({asked:.0f} and {found:.0f} Hz)"
    if abs(np.log(found / asked)) < 0.2:
        return f"as bright {numbers}"
    return f"{'brighter' if found > asked else 'darker'} {numbers}"


def clock(seconds: float) -> str:
    """Return a time in a song, such as ``1:05``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


# === Maps ===


def project(vectors: np.ndarray, others: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """Lay vectors out in two dimensions, those along which they differ most (PCA).

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_songs, n_dimensions)]
        They decide the two directions.
    others : sequence of np.ndarray [shape=(n, n_dimensions)]
        Laid into the same plane.

    Returns
    -------
    list of np.ndarray [shape=(n, 2)]
        For the vectors and for each of the others.
    """
    centre = vectors.mean(axis=0)
    centred = vectors - centre
    _, directions = np.linalg.eigh(centred.T @ centred)
    plane = directions[:, [-1, -2]]
    # A direction's sign is arbitrary; fix it, so that a map does not flip when a song is added.
    plane = plane * np.where(plane.sum(axis=0) < 0, -1.0, 1.0)
    return [(one - centre) @ plane for one in (vectors, *others)]


# === To take home ===


def to_m3u8(results: Sequence[Result]) -> str:
    """Return the results that are files as an extended M3U playlist in UTF-8."""
    lines = ["#EXTM3U"]
    for result in results:
        # A line break would be read as another entry: no tag keeps one, and no such file can be
        # named in a playlist.
        if result.entry.path and len(str(result.entry.path).splitlines()) == 1:
            name = " ".join(result.entry.name.split())
            lines += [f"#EXTINF:{round(result.entry.duration)},{name}", str(result.entry.path)]
    return "\n".join(lines) + "\n"


def to_dicts(results: Sequence[Result], genres: Sequence[str]) -> list[dict[str, Any]]:
    """Return the results with all their numbers, for JSON."""
    return [
        {
            "path": str(result.entry.path) if result.entry.path else None,
            "title": result.entry.title,
            "artist": result.entry.artist,
            "album": result.entry.album,
            "duration": round(result.entry.duration, 3),
            "similarity": round(result.similarity, 4),
            "genres": {
                genre: round(float(share), 4)
                for genre, share in zip(genres, result.profile, strict=True)
            },
            "tempo": result.entry.tempo and round(result.entry.tempo, 1),
            "passage": result.passage and [round(second, 1) for second in result.passage],
            "why": list(result.reasons),
        }
        for result in results
    ]


def to_csv(results: Sequence[Result]) -> str:
    """Return the results as a table."""
    header = ["rank", "similarity", "artist", "title", "album", "duration", "path", "why"]
    rows = []
    for rank, result in enumerate(results, start=1):
        entry = result.entry
        names = (entry.artist, entry.title, entry.album)
        length, path, why = f"{entry.duration:.1f}", entry.path or "", "; ".join(result.reasons)
        rows.append([rank, f"{result.similarity:.4f}", *names, length, path, why])
    return export.table_text(header, rows)
