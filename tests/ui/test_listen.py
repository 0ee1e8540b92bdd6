"""Sound from a browser: what it sends is checked, and counted once."""

import base64

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from deepmusic.errors import AudioError
from deepmusic.ui.listen.hearing import Hearing
from deepmusic.ui.listen.sound import parse_sound


def sent(first, *values, **changes):
    chunks = [base64.b64encode(np.full(4, v, "<i2").tobytes()).decode() for v in values]
    sound = {"session": "one", "first": first, "rate": 48_000, "chunks": chunks, "stop": False}
    return sound | changes


class Ear:
    """Keeps what it is given."""

    is_full = False

    def __init__(self):
        self.taken = []

    def add(self, samples, rate):
        self.taken += (samples * 32768).astype(int)[::4].tolist()


def test_samples_arrive_as_they_were():
    sound = parse_sound(sent(3, 100, -200))
    assert (sound.session, sound.first, sound.last, sound.rate) == ("one", 3, 4, 48_000)
    np.testing.assert_allclose(np.concatenate(sound.chunks) * 32768, [100] * 4 + [-200] * 4)


def test_what_is_sent_twice_is_taken_once_and_what_was_lost_is_left_out():
    hearing = Hearing("one", Ear())
    for sound in (sent(0, 1, 2), sent(1, 2, 3), sent(1, 2, 3), sent(5, 6)):
        hearing.take(parse_sound(sound))
    assert hearing.listener.taken == [1, 2, 3, 6]
    assert hearing.confirmed == 5 and not hearing.is_ended
    hearing.take(parse_sound(sent(6, stop=True)))
    assert hearing.is_ended and hearing.confirmed == 5


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        sent(-1, 1),
        sent(0, 1, rate=3),
        sent(0, 1, chunks=["no base64!"]),
        sent(0, 1, chunks=["AAAA"]),
        sent(0, 1, chunks=["A" * 4 * 48_001]),
        sent(0, *[1] * 21),
    ],
)
def test_nonsense_is_refused(value):
    with pytest.raises(AudioError, match="Reload the page"):
        parse_sound(value)


def test_the_page_invites():
    page = AppTest.from_file("../../pages/listen.py", default_timeout=120)
    page.session_state["frame_is_up"] = True
    page.run()
    assert not page.exception
    assert any("Start" in one.value for one in page.markdown)
    assert not page.button
