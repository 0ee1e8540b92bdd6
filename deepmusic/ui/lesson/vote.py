"""You vote first: a class names genres, each on a device of its own, before the networks do."""

import html
import random
import secrets
import socket
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.song import votes_chart
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import DeepMusicError, RoomError
from deepmusic.formatting import format_genre, format_percent
from deepmusic.ui import cache, demos, gtzan_clips, kept, markdown, query_params, song_source
from deepmusic.ui.rooms import Clip, Moment, Room, choice
from deepmusic.ui.song import SongFile

_CLIPS = 10
_EVERY = 2.0

#: In the session: who votes, where the browser keeps nothing.
_SESSION = "session_device"


def find(code: str) -> Room | None:
    """Return a room; say so and return None if there is no such one."""
    try:
        return cache.all_rooms().find(code)
    except RoomError as error:
        markdown.show_error(error)
        return None


# === Where there is no room yet ===


def enter() -> None:
    """Show how to join a room, and how to open one."""
    left, right = st.columns(2, gap="large")
    with left, st.form("join", border=False):
        code = st.text_input("Code on the wall", max_chars=8, placeholder="BCDF")
        if st.form_submit_button("Join", type="primary") and code.strip():
            _go_to(room=code.strip().upper())
    with right:
        sources = {"demo": "Ten pieces of demo music"}
        if cache.gtzan():
            sources["gtzan"] = "Ten test clips of GTZAN"
        source = st.radio("For teachers", list(sources), format_func=sources.get, key="quiz")
        if st.button("Open a room"):
            try:
                room = cache.all_rooms().open(_draw_clips(source), GTZAN_GENRES)
            except RoomError as error:
                markdown.show_error(error)
                return
            _go_to(room=room.code, host=room.host)


def _go_to(**query: str) -> None:
    # With the rest of the address, such as the projector.
    st.switch_page("pages/vote.py", query_params=st.query_params.to_dict() | query)


def _draw_clips(source: str) -> list[Clip]:
    """Return one clip of each genre, in random order."""
    clips = [Clip("demo", genre, genre) for genre in GTZAN_GENRES]
    dataset = cache.gtzan()
    if source == "gtzan" and dataset:
        tracks = [one for one in dataset.audio_tracks if cache.gtzan_part(one) == "test"]
        random.shuffle(tracks)
        by_genre = {dataset.tracks[track].genre: track for track in tracks}
        clips = [Clip("gtzan", track, genre) for genre, track in by_genre.items()] or clips
    random.shuffle(clips)
    return clips[:_CLIPS]


# === A student's device ===


@st.fragment(run_every=_EVERY)
def take_part(room: Room) -> None:
    """Show the clip that is voted on, and its genres as buttons; afterwards the answers."""
    moment = room.moment(_device())
    st.subheader(f"Clip {moment.position + 1} of {moment.n_clips}: which genre?", anchor=False)
    if not moment.is_open:
        said = f"You said **{format_genre(moment.mine)}**. " if moment.mine else ""
        st.markdown(f"{said}The label is **{format_genre(moment.clip.genre)}**.")
        st.markdown("Look at the wall for what the networks say.")
        return
    if moment.mine:
        st.markdown(f"You voted **{format_genre(moment.mine)}**. Wait for the others.")
        return
    with st.container(horizontal=True):
        for genre in room.genres:
            st.button(
                format_genre(genre),
                key=f"vote_{moment.position}_{genre}",
                width=150,
                on_click=_vote,
                args=(room, moment.position, genre),
            )


def _device() -> str:
    """Return the random number by which this device votes once."""
    return kept.known("device", st.session_state[_SESSION])[:32]


def _vote(room: Room, position: int, genre: str) -> None:
    # Who votes is asked now: a page that was opened anew may have been drawn before it knew.
    try:
        room.vote(_device(), position, genre)
    except RoomError as error:
        st.toast(markdown.message(error))


# === The wall ===


def host(room: Room) -> None:
    """Show the clip, how to join, the votes as they come, and what comes next."""
    moment = room.moment()
    song = _song_of(moment.clip)
    left, right = st.columns([5, 2], gap="large")
    with left:
        title = f"Clip {moment.position + 1} of {moment.n_clips}: which genre?"
        st.subheader(title, anchor=False)
        if song is not None:
            _play(song, moment)
        _show_votes(room)
        with st.container(horizontal=True):
            if moment.is_open:
                st.button("Show the answers", type="primary", on_click=room.show)
            elif moment.position + 1 < moment.n_clips:
                st.button("Next clip", type="primary", on_click=room.go_on)
    with right:
        _invite(room)
    if not moment.is_open:
        _show_table(room)


def _play(song: SongFile, moment: Moment) -> None:
    try:
        view = cache.view_song(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    # Neither its title nor its file's name: they would tell the genre.
    alt = f"Clip {moment.position + 1}"
    st.audio(view.sound or song.data, format=view.mime_type, alt=alt)


def _song_of(clip: Clip) -> SongFile | None:
    return gtzan_clips.find(clip.name) if clip.source == "gtzan" else demos.song(clip.name)


@st.fragment(run_every=_EVERY)
def _show_votes(room: Room) -> None:
    moment = room.moment()
    n_votes = sum(moment.votes.values())
    st.markdown(f"**{n_votes}** of {moment.n_voters} devices have voted")
    st.plotly_chart(
        votes_chart(moment.votes, room.genres, None if moment.is_open else moment.clip.genre),
        config={"displayModeBar": False},
        key="votes",
        alt=f"{n_votes} votes",
    )


def _invite(room: Room) -> None:
    """Show the room's address, as text and as QR code."""
    import segno

    address = join_address(st.context.url or "", room.code)
    if address is not None:
        picture = segno.make(address, micro=False).svg_data_uri(scale=6, border=2, light="#fff")
        st.html(f'<img src="{picture}" alt="QR code of the address" style="width:100%">')
        st.markdown(f"**{markdown.plain(address)}**")
    st.subheader(f"Code: {room.code}", anchor=False)


def join_address(url: str, code: str) -> str | None:
    """Return the address by which devices of the same network join; None if it is unknown."""
    parts = urlsplit(url)
    if not parts.hostname:
        return None
    name = parts.netloc
    if song_source.LOOPBACK.fullmatch(parts.hostname):
        name = f"{_own_address() or parts.hostname}{f':{parts.port}' if parts.port else ''}"
    folder = parts.path.rpartition("/")[0]
    return f"{parts.scheme}://{name}{folder}/vote?room={code}"


def _own_address() -> str | None:
    """Return this machine's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _show_table(room: Room) -> None:
    """Show class and networks, clip by clip, and how many each got."""
    columns = {"class": "Class", **{name: models.title(name) for name in models.MODELS}}
    rows, right = [], dict.fromkeys(columns, 0)
    results = room.results()
    for number, (clip, votes) in enumerate(results, start=1):
        row: dict[str, Any] = {"Clip": number, "Label": format_genre(clip.genre)}
        said = {"class": choice(votes), **_answers(clip)}
        for key, title in columns.items():
            genre = said.get(key)
            hit = genre == clip.genre
            right[key] += hit
            named = html.escape(format_genre(genre)) if genre else "no vote"
            share = ""
            if key == "class" and genre:
                share = f" ({format_percent(votes[genre] / sum(votes.values()))})"
            row[title] = f"{'✓' if hit else '✗'} {named}{share}"
        rows.append(row)
    total = {"Clip": "", "Label": "**Right**"}
    total |= {columns[key]: f"**{count} of {len(results)}**" for key, count in right.items()}
    st.table(pd.DataFrame([*reversed(rows), total], dtype=object).astype(str), hide_index=True)
    if room.is_over():
        best = max(right, key=lambda key: right[key])
        winners = [columns[key] for key in right if right[key] == right[best]]
        st.success(f"Most clips right: {', '.join(winners)}, {right[best]} of {len(results)}.")


def _answers(clip: Clip) -> dict[str, str]:
    """Return the networks' genres for a clip; none where its sound cannot be read."""
    song = _song_of(clip)
    if song is None:
        return {}
    try:
        return {name: one.genre for name, one in cache.classify_song(song).items()}
    except DeepMusicError:
        return {}


# === The page ===


def show() -> None:
    """Show the page: joining, a student's device, or the wall."""
    code, key = query_params.requested("room"), query_params.requested("host")
    query_params.write("room", code)
    query_params.write("host", key)
    room = find(code) if code else None
    if room is None:
        st.subheader("You vote first", anchor=False)
        enter()
    elif key == room.host:
        host(room)
    else:
        st.session_state.setdefault(_SESSION, secrets.token_hex(12))
        kept.keep("device", otherwise=st.session_state[_SESSION])
        take_part(room)
