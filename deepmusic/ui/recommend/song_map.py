"""Map of an index: similar songs are near each other, with the query among them."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from deepmusic.charts.library import MapPoint, song_map
from deepmusic.library.recommend import Query, Result
from deepmusic.library.song_index import SongIndex

#: Songs on a map; more would only cover each other.
_ON_MAP = 2000


def show(index: SongIndex, query: Query | None, results: Sequence[Result], *, key: str) -> None:
    """Show the map of an index, with the query in it where there is one."""
    if len(index) < 3:
        return
    ranks = {index.rows[result.entry.id]: rank for rank, result in enumerate(results, start=1)}
    step = -(-len(index) // _ON_MAP)
    rows = np.unique([*range(0, len(index), step), *ranks])
    laid, *asked = project(index.embeddings[rows], [query.embedding[None]] if query else [])
    predicted = index.profiles[rows].argmax(axis=1)
    points = [
        MapPoint(
            x=float(x),
            y=float(y),
            name=index.entries[row].name,
            genre=index.genres[int(genre)],
            rank=ranks.get(int(row)),
        )
        for row, (x, y), genre in zip(rows, laid, predicted, strict=True)
    ]
    where = (float(asked[0][0, 0]), float(asked[0][0, 1])) if asked else None
    st.plotly_chart(
        song_map(points, where, index.genres),
        key=key,
        config={"displayModeBar": False},
        alt="Map: songs that sound alike lie near each other",
    )
    sampled = f" {len(rows):,} of {len(index):,} songs are drawn." if step > 1 else ""
    st.caption(
        f"Songs near each other sound alike.{sampled}",
        help=f"The embeddings have {index.embeddings.shape[1]} dimensions. The map shows the two "
        "principal components, so that some neighbours are farther apart here than they are. The "
        "colour is the predicted genre.",
    )


def project(vectors: np.ndarray, others: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """Project vectors onto the two directions along which they vary most (PCA).

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
