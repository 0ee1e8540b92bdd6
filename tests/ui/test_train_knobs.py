"""The knobs of the Train page: sizes, front end, and mistakes on purpose."""

import pytest

from deepmusic.errors import ModelError
from deepmusic.training.recipes import MISTAKES
from deepmusic.ui.train.knobs import parse_filters
from tests.ui.test_train_page import app, press, started, texts, widget

__all__ = ["app", "started"]


def test_knobs_change_the_parameters_at_once_and_reach_the_run(app, started):
    app.run()
    app.pills[0].set_value(["crnn"]).run()
    before = next(line for line in texts(app).splitlines() if line.startswith("Parameters"))
    widget(app.text_input, "Filters, layer by layer").set_value("8, 16, 32")
    widget(app.number_input, "Kernel").set_value(4)
    widget(app.number_input, "Recurrent units").set_value(12)
    widget(app.number_input, "Dropout at the end").set_value(0.0)
    widget(app.selectbox, "n_mels").set_value(64).run()
    assert not app.exception
    assert before not in texts(app)
    assert "4 \N{MULTIPLICATION SIGN} 32" in app.table[0].value["Output"].tolist()
    assert app.table[0].value.loc["lstm", "Output"] == "12"
    press(app, "Train")
    model = started[0].config.model
    assert (model.filters, model.kernel_size, model.recurrent_units) == ((8, 16, 32), 4, 12)
    assert (model.mel.n_mels, model.mel.n_fft, model.head_dropout) == (64, 2048, 0.0)


@pytest.mark.parametrize(
    ("filters", "words"),
    [("4, 4, 4, 4, 4, 4", "leave nothing"), ("16, many", "such as 16, 32, 64"), ("0", "from 1")],
)
def test_impossible_sizes_are_refused_in_a_sentence(app, filters, words):
    app.run()
    widget(app.text_input, "Filters, layer by layer").set_value(filters).run()
    assert not app.exception
    assert words in app.error[0].value
    assert not [button for button in app.button if button.label.startswith("Train")]


def test_a_mistake_says_what_to_look_for_and_reaches_the_run(app, started):
    app.run()
    app.pills[0].set_value(["cnn"]).run()
    widget(app.selectbox, "A mistake to learn from").set_value("rate_too_high").run()
    assert MISTAKES["rate_too_high"].look_for in [info.value for info in app.info]
    press(app, "Train")
    assert started[0].config.train.learning_rate == 0.5


def test_filters_are_read_from_a_text():
    assert parse_filters("16, 32 64,") == (16, 32, 64)
    for text in ("16.5", "-3", "1 " * 9, "99999999999999999999"):
        with pytest.raises(ModelError, match="Filters are up to"):
            parse_filters(text)
