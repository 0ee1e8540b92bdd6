"""What a visitor of a public server can and cannot do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import audio
from deepmusic.audio import encode, synth
from deepmusic.config import PUBLIC_VARIABLE, current_deployment
from deepmusic.data import Gtzan
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.errors import AudioError, RunError
from deepmusic.runs import find_run
from deepmusic.training import recipes, worker
from deepmusic.ui import markdown

OUTSIDE = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    "blues.00000/../../../etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "blues.00000\0.wav",
    "<script>alert(1)</script>",
]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    for name in (PUBLIC_VARIABLE, ENVIRONMENT_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def in_public(monkeypatch):
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")


WORDS = {"1": True, "yes": True, "True": True, "0": False, "no": False, "False": False, "": False}


@pytest.mark.parametrize(("word", "is_public"), WORDS.items())
def test_one_variable_decides(word, is_public, monkeypatch):
    monkeypatch.setenv(PUBLIC_VARIABLE, word)
    here = current_deployment()
    assert here.is_public is is_public
    assert {here.may_train, here.may_index, here.plays_dataset} == {not is_public}
    assert here.audio_limits.max_bytes == (20 if is_public else 200) * 2**20


@pytest.mark.parametrize(("word", "is_public"), WORDS.items())
def test_uploads_end_where_songs_do(word, is_public, tmp_path):
    """What `make app` tells Streamlit, with a stand-in for it that prints its options."""
    root = Path(__file__).parent.parent
    commands = {"streamlit": 'echo "$@"', "python": f'exec {sys.executable} "$@"', "pip": ""}
    (tmp_path / "bin").mkdir()
    for name, command in commands.items():
        script = tmp_path / "bin" / name
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)
    (tmp_path / ".app").touch()
    make = ["make", "--silent", "-C", root, "app", f"VENV={tmp_path}"]
    done = subprocess.run(
        make, env=os.environ | {PUBLIC_VARIABLE: word}, capture_output=True, text=True
    )
    limit = 20 if is_public else 200
    assert f"run app.py --server.maxUploadSize {limit}\n" in done.stdout, done.stderr


def test_nobody_trains(in_public, tmp_path):
    with pytest.raises(RunError, match="switched off here"):
        worker.create(*recipes.recipe("crnn", "class"), tmp_path)
    assert not list(tmp_path.iterdir())
    app = AppTest.from_file("../pages/train.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.run()
    assert "switched off" in app.info[0].value
    assert not app.button


def test_songs_are_smaller(in_public):
    with pytest.raises(AudioError, match=r"big\.wav is 21 MB; the limit is 20 MB"):
        audio.load_song(bytes(21 * 2**20), name="big.wav")
    eleven_minutes = encode.encode_flac(synth.tone(440, seconds=660, sample_rate=8_000), 8_000)
    with pytest.raises(AudioError, match="lasts more than 10 min"):
        audio.load_song(eleven_minutes)


def test_the_uploader_says_so(in_public):
    app = AppTest.from_file("../app.py", default_timeout=120).run()
    assert "3 s to 10 min, up to 20 MB" in app.file_uploader[0].help
    assert not app.exception


def test_gtzan_is_not_played(in_public, monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    app = AppTest.from_file("../app.py", default_timeout=120)
    app.query_params["source"] = "gtzan"
    app.run()
    assert not app.exception
    assert "not available" in app.info[0].value
    assert str(toy_gtzan) not in str(app)


def test_folders_stay_unsaid(monkeypatch):
    words = "/home/ada/music lessons/runs/x/config.json cannot be read (see /srv/data/a.npz)."
    assert markdown.message(words).startswith("/home/ada")
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    said = markdown.message(words)
    assert "config.json cannot be read (see a.npz)" in said
    for folder in ("/home", "ada/", "/srv", "data/"):
        assert folder not in said
    assert markdown.message("Set 3/4 or a/b; see http://x.org/y/z") == (
        "Set 3/4 or a/b; see http\\://x.org/y/z"
    )


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_id_leads_out_of_its_folder(name, tmp_path, toy_gtzan):
    folder = tmp_path / "runs"
    for path in (folder / "20261122-174803-crnn", tmp_path / "etc"):
        path.mkdir(parents=True)
        (path / "config.json").write_text("{}")
    with pytest.raises(RunError, match="There is no run named"):
        find_run(name, folder)
    assert Gtzan(toy_gtzan).audio_path(name) is None


#: All names that a page reads from its address.
PARAMETERS = (
    "source demo gtzan model one other honest network protocol view numbers layout networks first "
    "second by label heard clip runs"
)


@pytest.mark.parametrize("page", ["classify", "compare", "confusion", "curves"])
@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", pytest.param("../../etc/passwd", marks=pytest.mark.slow)],
)
def test_an_address_with_nonsense_shows_none_of_it(page, text, monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    app = AppTest.from_file(f"../pages/{page}.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    for name in PARAMETERS.split():
        app.query_params[name] = text
    app.run()
    assert not app.exception
    said = [getattr(e, "value", "") for e in (*app.markdown, *app.error, *app.warning, *app.info)]
    said += [element.proto.body for element in app.get("html")]
    assert not any(text in str(words) for words in said)


NASTY = [
    "<script>alert(1)</script>.mp3",
    "<img src=x onerror=alert(1)>.mp3",
    "![x](data:image,1).mp3",
    "[click](javascript:alert(1)).mp3",
    ":red[no] `code` $x$ **bold**.mp3",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_files_name_stays_text(name):
    app = AppTest.from_file("../app.py", default_timeout=120).run()
    app.file_uploader[0].set_value((name, b"no music", "audio/mpeg"))
    app.run()
    assert not app.exception
    said = app.error[0].value
    assert said.replace("\\", "").startswith(name.rpartition("/")[2])
    shown = audio.load_song(encode.encode_wav(synth.tone(440, seconds=1), 22_050), name=name).name
    assert said.startswith(markdown.message(shown))
    for letter in "<[`$*":
        assert said.count(letter) == said.count(f"\\{letter}")


def show_all_kinds():
    import streamlit as st

    from deepmusic.ui import markdown

    fault = st.session_state["fault"]
    markdown.show_error(fault)
    markdown.show_warning(fault, st.container())
    markdown.show_faults({"<b>run*": fault})
    markdown.show_faults({})


@pytest.mark.parametrize("in_public", ["0", "1"])
def test_every_error_shows_literally(in_public, monkeypatch):
    """Fault 14: what a file is called is no markup, and in public no folder is named."""
    monkeypatch.setenv(PUBLIC_VARIABLE, in_public)
    app = AppTest.from_function(show_all_kinds)
    app.session_state["fault"] = "/home/ada/songs/<b>*a*_[x](http://y)_`$1$.mp3 is no music."
    app.run()
    assert not app.exception and len(app.error) == 1 and len(app.warning) == 2
    for element in (*app.error, *app.warning):
        said = element.value
        for letter in "<[]*_`$:":
            assert said.count(letter) - said.startswith("\\<b\\>run\\*:") * (letter == ":") == (
                said.count(f"\\{letter}")
            )
        assert ("ada" in said) == (in_public == "0")
    assert len(app.expander) == 1


def test_pages_show_errors_by_one_way():
    """Whoever shows an error escapes it and takes out folders: `markdown.show_error` does both."""
    root = Path(__file__).parent.parent
    sources = [root / "app.py", *root.glob("pages/*.py"), *root.glob("deepmusic/ui/**/*.py")]
    found = {
        path.relative_to(root).as_posix()
        for path in sources
        if ".error(" in path.read_text(encoding="utf-8") and path.name != "markdown.py"
    }
    assert found == set()


def test_only_our_own_words_become_html():
    """Whoever writes another place with HTML reads this first, and escapes what others wrote."""
    root = Path(__file__).parent.parent
    sources = [*root.glob("*.py"), *root.glob("pages/*.py"), *root.glob("deepmusic/ui/**/*.py")]
    found = {
        path.name: path.read_text(encoding="utf-8").count("st.html(")
        for path in sources
        if "st.html(" in path.read_text(encoding="utf-8")
    }
    for path in sources:
        assert "unsafe_allow_html" not in path.read_text(encoding="utf-8")
        script = "unsafe_allow_javascript" in path.read_text(encoding="utf-8")
        assert script == (path.name == "frame.py"), "the frame's own file alone is run"
    assert {"frame.py", "result.py", "welcome.py"} <= set(found)
    player = (root / "deepmusic/ui/player/player.js").read_text(encoding="utf-8")
    assert "innerHTML" not in player
    assert "insertAdjacentHTML" not in player
