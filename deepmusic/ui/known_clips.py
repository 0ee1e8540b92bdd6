"""Heard this before? Analysis of a visitor's song, and a warning when GTZAN has it."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from deepmusic.errors import DeepMusicError, RunError
from deepmusic.library import tags
from deepmusic.library.known_clips import Match
from deepmusic.library.song_index import AnalyzedSong, Entry, analyze_song
from deepmusic.prediction import Classifier
from deepmusic.protocols import DEPLOYED_PROTOCOL, Protocol
from deepmusic.ui import cache, markdown
from deepmusic.ui.song import SongFile

_PARTS = {
    "train": "The networks **learnt from it**, so a right answer proves little.",
    "valid": "It **chose when training stopped**, so a right answer proves little.",
    "test": "It is a **test clip**, which the networks never learnt from.",
}


def show(song: SongFile, protocol: Protocol) -> None:
    """Say so if a visitor's song, or another rip of it, is in GTZAN.

    Parameters
    ----------
    song : SongFile
        What was given.
    protocol : Protocol
        By which the networks learnt that were asked about it.
    """
    if song.remark:
        return  # Where it comes from is known, and stands beside it.
    try:
        _, matches = analyze(song)
    except DeepMusicError:
        return  # The page has said what is wrong with it.
    for match in matches[:2]:
        part = "train" if protocol == DEPLOYED_PROTOCOL else match.part
        (st.info if part == "test" else st.warning)(
            f"**Heard this before?** This sounds like GTZAN's clip `{match.track}`"
            f"{_names(match)}. {_PARTS[part]}"
        )


def _names(match: Match) -> str:
    named = " - ".join(filter(None, (match.artist, match.title)))
    return f" ({markdown.plain(named)})" if named else ""


def embedding_networks() -> list[Classifier]:
    """Return the shipped networks that embed, waiting for them if need be."""
    from deepmusic.library import embeddings

    return [cache.networks()[name] for name in embeddings.NETWORKS]


def analyze(song: SongFile) -> tuple[AnalyzedSong, Sequence[Match]]:
    """Embed and describe a visitor's song, and find GTZAN's clips in it.

    Raises
    ------
    AudioError
        If it cannot be used.
    """
    analyzed, matches = _analyze(song.digest, song)
    # Not in the cache: the same bytes may have another name for another visitor.
    title = analyzed.entry.title or Path(song.name).stem
    return replace(analyzed, entry=replace(analyzed.entry, title=title)), matches


@st.cache_data(show_spinner=False, max_entries=32)
def _analyze(digest: str, _song: SongFile) -> tuple[AnalyzedSong, list[Match]]:
    from deepmusic.library import known_clips

    networks = embedding_networks()
    analysis = cache.analyse(_song)
    log_mels = analysis.log_mels(networks[0].config.mel)
    found = tags.read(io.BytesIO(_song.data))
    entry = Entry(-1, found.title, found.artist, found.album, found.genre)
    analyzed = analyze_song(analysis.song, networks, log_mels=log_mels, entry=entry)
    try:
        return analyzed, known_clips.find(log_mels, analyzed.embedding)
    except RunError:
        # The shipped embeddings are those of other networks: nothing can be said.
        return analyzed, []
