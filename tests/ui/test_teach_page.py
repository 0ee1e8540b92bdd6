"""The Teach page: classes of one's own in every state."""

import io
import zipfile

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic.data.labelled import open_sounds
from deepmusic.errors import DatasetError
from deepmusic.ui.song import SongFile
from deepmusic.ui.teach import session

RATE = 22_050


def wav(frequency: float, number: int) -> bytes:
    """A sound of 4 s: a buzz at a pitch, or noise of a colour at 0 Hz."""
    rng = np.random.default_rng(number)
    time = np.arange(4 * RATE) / RATE
    sound = rng.normal(0, 0.2, time.size)
    if frequency:
        pitch = frequency * (1 + 0.02 * number)
        sound = 0.02 * sound + 0.3 * np.sign(np.sin(2 * np.pi * pitch * time))
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE, format="WAV")
    return buffer.getvalue()


def files(n_sounds: int) -> list[tuple[str, bytes]]:
    """Sounds of two classes that anyone can tell apart, named as in a folder."""
    return [
        (f"mine/{name}/{number}.wav", wav(frequency, number))
        for name, frequency in (("buzz", 220.0), ("noise", 0.0))
        for number in range(n_sounds)
    ]


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path))
    app = AppTest.from_file("../../pages/teach.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    return app


def own_classes(found: list[tuple[str, bytes]]) -> list[session.OwnClass]:
    by_name: dict[str, session.OwnClass] = {}
    for path, data in found:
        _, label, name = path.split("/")
        own = by_name.setdefault(label, session.OwnClass(len(by_name) + 100, label))
        own.sounds.append(session.Sound(SongFile(name, data)))
    return list(by_name.values())


def press(page, label):
    next(button for button in page.button if button.label == label).click().run()


def texts(page):
    return "\n".join(one.value for one in [*page.markdown, *page.caption, *page.warning])


def test_it_invites_and_refuses_to_learn_from_nothing(page):
    page.run()
    assert not page.exception
    assert [one.label for one in page.text_input] == ["Class 1", "Class 2"]
    press(page, "Learn")
    assert not page.exception
    assert [one.value for one in page.error] == ["Class 1 has no name. Give it one, or remove it."]
    assert not page.info
    page.session_state["tab"] = {"kept": {"classes": ["guitar (3 sounds)"]}}
    page.run()
    assert "guitar" in page.info[0].value, "lost with a reload"


def test_classes_are_learnt_tested_tried_and_saved(page, tmp_path):
    page.session_state["teach_classes"] = own_classes(files(4))
    page.run()
    assert page.session_state["held_files"]["classes"] == ["buzz (4 sounds)", "noise (4 sounds)"]
    press(page, "Learn")
    assert not page.exception and not page.error
    assert "**8 of 8** sounds" in texts(page)
    assert page.selectbox(key="teach_cell").options == [
        "buzz: 4 sounds right",
        "noise: 4 sounds right",
    ]
    page.query_params["source"] = "demo"
    page.run()
    assert not page.exception
    saved = tmp_path / "classes" / "my classes.zip"
    press(page, "Save on this machine")
    first = saved.read_bytes()
    press(page, "Save on this machine")
    assert [path.name for path in saved.parent.iterdir()] == ["my classes.zip"]
    saved.write_bytes(b"others of that name")
    press(page, "Save on this machine")
    assert saved.read_bytes() == b"others of that name"
    assert (saved.parent / "my classes 2.zip").read_bytes() == first
    saved.unlink()
    press(page, "Start anew")
    assert page.selectbox[-1].options == ["my classes 2"]
    press(page, "Open")
    assert not page.exception and "**8 of 8**" in texts(page)


def test_a_sound_that_was_learnt_is_answered_by_a_head_that_had_not_learnt_it(page):
    own = own_classes(files(3))
    page.session_state["teach_classes"] = own
    page.session_state["uploaded_songs"] = [SongFile("again.wav", own[0].sounds[0].file.data)]
    page.query_params["source"] = "upload"
    page.run()
    press(page, "Learn")
    assert not page.exception
    assert [one.value for one in page.info] == [
        "It learnt from this sound, as **buzz**. This is the answer of a head that did not."
    ]
    press(page, "Save on this machine")
    press(page, "Start anew")
    press(page, "Open")
    assert [one.value[:27] for one in page.info] == ["It learnt from this sound. "]


def test_a_sound_that_cannot_be_read_is_told_and_the_others_are_learnt(page):
    own = own_classes(files(3))
    own[0].sounds.append(session.Sound(SongFile("letter.wav", b"Dear Sir or Madam")))
    page.session_state["teach_classes"] = own
    page.run()
    press(page, "Learn")
    assert not page.exception
    assert "letter.wav" in texts(page) and "**6 of 6**" in texts(page)


def test_a_zip_with_folders_gives_classes_and_nonsense_leaves_them(monkeypatch):
    state: dict = {}
    monkeypatch.setattr(session.st, "session_state", state)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files(2):
            archive.writestr(name, data)
        archive.writestr("mine/buzz/notes.txt", "no sound")
    session.fill_from([("mine.zip", b"")], packed.getvalue())
    assert {one.name: len(one.sounds) for one in session.classes()} == {"buzz": 2, "noise": 2}
    with pytest.raises(DatasetError):
        session.fill_from([("mine.zip", b"")], b"no archive")
    assert [one.name for one in session.classes()] == ["buzz", "noise"]
    session.fill_from(files(2))
    assert {one.name: len(one.sounds) for one in session.classes()} == {"buzz": 2, "noise": 2}


def test_the_sounds_can_train_a_network_from_scratch(monkeypatch, tmp_path):
    state = {"teach_classes": own_classes(files(2))}
    monkeypatch.setattr(session.st, "session_state", state)
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path))
    state["teach_classes"][0].name = "buzz/../hum"
    path = session.take_to_train()
    assert state["train_path"] == path
    with open_sounds(path) as (found, _):
        assert sorted({one.label for one in found}) == ["buzz-..-hum", "noise"]
        assert len(found) == 4


def test_a_class_takes_so_many_sounds(monkeypatch):
    monkeypatch.setattr(session.st, "session_state", {})
    own = session.classes()[0]
    session.add_sounds(own, [(f"{number}.wav", b"") for number in range(session.MOST_SOUNDS + 2)])
    assert len(own.sounds) == session.MOST_SOUNDS
    assert "2 sounds were left out" in session.told()[0]
    assert session.told() == []
