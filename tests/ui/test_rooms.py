"""Rooms for votes, without Streamlit."""

import random
import threading

import pytest

from deepmusic.errors import RoomError
from deepmusic.ui import rooms
from deepmusic.ui.rooms import Clip, Rooms

GENRES = ("blues", "jazz", "rock")
CLIPS = [Clip("demo", genre, genre) for genre in GENRES]


def test_a_class_votes_clip_by_clip():
    room = Rooms().open(CLIPS, GENRES)
    room.vote("one", 0, "blues")
    room.vote("two", 0, "jazz")
    moment = room.moment("two")
    assert (moment.position, moment.mine, moment.is_open) == (0, "jazz", True)
    assert moment.votes == {"blues": 1, "jazz": 1}
    room.show()
    assert not room.moment().is_open
    room.go_on()
    assert room.moment().clip == CLIPS[1]
    assert room.moment("two").mine is None
    assert room.results() == [(CLIPS[0], {"blues": 1, "jazz": 1})]
    room.go_on()
    assert not room.is_over()
    room.show()
    assert room.is_over()


def test_a_vote_counts_once_for_the_clip_at_hand_and_for_a_genre():
    room = Rooms().open(CLIPS, GENRES)
    room.vote("one", 0, "blues")
    with pytest.raises(RoomError, match="One vote a device"):
        room.vote("one", 0, "jazz")
    with pytest.raises(RoomError, match="Received: polka"):
        room.vote("two", 0, "polka")
    room.show()
    for position in (0, 1, -1):
        with pytest.raises(RoomError, match="over"):
            room.vote("two", position, "jazz")
    assert room.moment().votes == {"blues": 1}


def test_a_room_is_found_by_its_code_until_it_closes():
    now = [0.0]
    found = Rooms(lambda: now[0])
    room = found.open(CLIPS, GENRES)
    assert found.find(f" {room.code.lower()} ") is room
    with pytest.raises(RoomError, match="Received: <b>"):
        found.find("<b>")
    now[0] = 3600 * rooms.HOURS + 1
    with pytest.raises(RoomError, match="no such room"):
        found.find(room.code)


def test_rooms_voters_and_clips_are_bounded(monkeypatch):
    monkeypatch.setattr(rooms, "MOST_ROOMS", 2)
    monkeypatch.setattr(rooms, "MOST_VOTERS", 1)
    found = Rooms()
    room, _ = found.open(CLIPS, GENRES), found.open(CLIPS, GENRES)
    with pytest.raises(RoomError, match="2 rooms"):
        found.open(CLIPS, GENRES)
    room.vote("one", 0, "jazz")
    with pytest.raises(RoomError, match="1 devices"):
        room.vote("two", 0, "jazz")
    with pytest.raises(RoomError, match="Received: 0"):
        found.open([], GENRES)


def test_twenty_devices_at_once_lose_no_vote_and_count_none_twice():
    room = Rooms().open(CLIPS * 10, GENRES)
    refused = []
    for position in range(30):
        together = threading.Barrier(40)

        def vote(number, position=position, together=together):
            together.wait()
            try:
                room.vote(f"device {number % 20}", position, random.choice(GENRES))
            except RoomError:
                refused.append(number)

        threads = [threading.Thread(target=vote, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        room.go_on()
    assert len(refused) == 30 * 20
    assert [sum(votes.values()) for _, votes in room.results()] == [20] * 30


def test_the_class_chooses_what_has_most_votes():
    assert rooms.choice({"rock": 2, "jazz": 3}) == "jazz"
    assert rooms.choice({"rock": 2, "jazz": 2}) == "jazz"
    assert rooms.choice({}) is None
