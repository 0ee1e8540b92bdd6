"""The lesson, step by step, without a browser."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic.charts import class_hour
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.formatting import format_clock
from deepmusic.prediction import inspect_layers
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.ui import cache, demos, what_if
from deepmusic.ui.lesson import answers, excitement, hour, steps
from deepmusic.ui.song import SongFile

pytestmark = pytest.mark.usefixtures("without_gtzan")


def open_lesson(**query):
    # The first step that needs a network loads it.
    app = AppTest.from_file("../../pages/lesson.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def alt_texts(app) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def address(app, name) -> str | None:
    """Return what the address says; it comes as a list where it was not set from outside."""
    value = app.query_params.get(name)
    return value if isinstance(value, str | None) else value[0]


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_the_lesson_begins_with_sound_and_one_goes_on_by_a_button():
    app = open_lesson()
    assert app.subheader[0].value == "1. What is sound to a computer?"
    assert "661,500 numbers" in words(app)
    assert [one.disabled for one in app.button] == [False, True, False]
    press(app, "Next")
    assert address(app, "step") == "2"
    assert "Waveform of the window" in alt_texts(app)[0]
    press(app, "Back")
    assert address(app, "step") is None, "the default"


def test_every_filter_is_shown_with_its_name():
    app = open_lesson(step="4", demo="jazz")
    page = words(app)
    assert page.count("<figcaption>") == page.count('for the window"') + 1 == 17
    assert page.count('alt="Weights of filter') == 16
    assert "<b>16 filters</b>" in page
    assert {"time edges", "pitch edges"} <= set(page.replace("<", ">").split(">"))


def test_three_windows_of_three_pieces_light_a_map_up_and_can_be_played(monkeypatch):
    """Of each layer; those of a map are the library's answer, with their genres and seconds."""
    few = ("blues", "jazz", "metal", "reggae")
    monkeypatch.setattr(excitement, "GTZAN_GENRES", few)
    app = open_lesson(step="4", demo="jazz", excites="on", map="5")
    songs = [demos.song(genre) for genre in few]
    shown = cache.layer_activations(demos.song("jazz"), 13.5)
    activity, owners, windows = cache.mean_activations(songs, "conv_1", DEPLOYED_PROTOCOL)
    best = inspect_layers.most_exciting(activity[:, shown.channels[4]].tolist(), owners)
    assert len(best) == len({owners[one] for one in best}) == 3
    for number in best:
        song, start = songs[owners[number]], windows[number].start
        assert f"{song.title}, {format_clock(start)} to" in words(app)
        sound = soundfile.SoundFile(io.BytesIO(cache.play_part(song, start, 3.0)))
        assert sound.frames == 3 * 22_050
    assert len(app.get("audio")) == 3 + 1, "with the clip's own"
    app.button_group(key="lesson.layer").set_value("embedding").run()
    assert not app.exception
    assert len(app.button_group(key="lesson.unit").options) == 8
    assert "Map of" not in words(app)
    assert len(app.get("audio")) == 3 + 1


def test_memory_branches_and_answers_show_this_clip_s_numbers():
    app = open_lesson(step="5", demo="jazz")
    assert "is 96 numbers" in words(app)
    assert "after each of 9 steps" in alt_texts(app)[0]
    at_first = words(app)
    app.select_slider[0].set_value("1").run()
    assert not app.exception
    assert address(app, "window") == "1"
    assert words(app) != at_first
    press(app, "Next")
    assert "reads 19 steps, 64 numbers each way" in words(app)
    press(app, "Next")
    assert "<b>20 windows</b>" in words(app)
    predicted = cache.classify_song(SongFile("demo-jazz.opus", demos.read("jazz")))["ensemble"]
    assert (
        f"<b>{predicted.genre}</b>, {100 * predicted.confidence:.0f}\N{NO-BREAK SPACE}%"
        in words(app)
    )


def test_the_last_step_says_why_and_changes_the_sound_for_the_same_network(monkeypatch):
    asked = []
    monkeypatch.setattr(what_if, "_show_change", lambda *given: asked.append(given[1:]))
    app = open_lesson(step="8", demo="jazz", network="crnn")
    assert "</b> speaks for it" in words(app)
    assert not asked
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert asked == [("crnn", 0)]


def test_the_stft_follows_its_knobs():
    app = open_lesson(step="2", demo="jazz")
    assert "<b>1,025 frequencies</b>" in words(app)
    app.select_slider(key="lesson_n_fft").set_value(256).run()
    assert not app.exception
    assert "<b>129 frequencies</b>" in words(app)


def test_the_hour_has_45_minutes_and_every_part_a_task_a_question_and_an_answer():
    assert list(steps.STEPS) == [str(number) for number in range(1, 9)]
    assert all(step.formula for step in steps.STEPS.values())
    parts = hour.parts()
    assert [part.label for part in parts[7:9]] == ["8 Why?", "Vote"]
    assert sum(part.minutes for part in parts) == 45
    for part in parts:
        assert part.say.endswith(".")
        assert part.try_this
        assert part.ask.endswith("?")
        assert part.answer.endswith((".", "?"))


def test_what_is_printed_says_and_asks_what_the_page_does():
    app = open_lesson()
    assert {"Teacher's notes", "Student's sheet"} <= {
        button.proto.label for button in app.get("download_button")
    }
    notes, first = class_hour.teachers_notes(hour.parts()), steps.STEPS["1"]
    assert first.say in words(app) and first.say in notes
    assert first.ask in words(app) and first.ask in notes


def test_leaving_out_a_window_changes_only_close_answers():
    def count(*windows):
        return answers.decisive_windows(SimpleNamespace(window_probabilities=np.array(windows)))

    assert count([0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.1, 0.9]) == 0
    assert count([0.9, 0.1], [0.4, 0.6], [0.3, 0.7]) == 1
    assert count([0.9, 0.1]) == 0


def test_a_link_leads_to_a_step_a_clip_and_a_window():
    app = open_lesson(step="3", demo="metal", window="5")
    assert app.selectbox[0].value == "metal"
    assert "from 0:06" in words(app)
    assert app.select_slider[0].value == "5"


def test_a_link_with_nonsense_leads_to_the_first_step():
    app = open_lesson(step="99", demo="<b>", window="-1")
    assert app.subheader[0].value.startswith("1.")


def test_gtzan_clips_can_be_chosen_where_they_are(monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    app = open_lesson(step="7")
    assert app.selectbox[0].label == "A demo piece"
    app.button_group[1].set_value("gtzan").run()
    assert not app.exception
    assert address(app, "source") == "gtzan"
    assert "demo" not in app.query_params
    again = open_lesson(step="7", gtzan=app.selectbox[0].value)
    assert again.selectbox[0].label == "A clip of GTZAN"
    assert "GTZAN's label: **blues**" in again.caption[0].value
    of_gtzan = open_lesson(step="4", gtzan=again.selectbox[0].value, excites="on")
    assert len(of_gtzan.get("audio")) == 3 + 1
    assert not [title for title in demos.TITLES.values() if title in words(of_gtzan)]
