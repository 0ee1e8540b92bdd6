"""Imports: what they load decides how fast the first page is there."""

import os
import subprocess
import sys

import pytest
import soundfile

from deepmusic.files import ROOT

#: Whatever the app and the command load before anyone asks for something.
LIGHT = [
    "deepmusic.audio",
    "deepmusic.charts.song",
    "deepmusic.cli",
    "deepmusic.library.indexing",
    "deepmusic.library.known_clips",
    "deepmusic.library.recommend",
    "deepmusic.models",
    "deepmusic.prediction",
    "deepmusic.ui.frame",
]
HEAVY = {"keras", "tensorflow", "librosa", "sklearn", "scipy", "numba"}


def loaded_after(module: str) -> set[str]:
    """Return the names of all modules that are loaded after one was imported."""
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_nothing_heavy(module):
    loaded = loaded_after(module)
    assert loaded.isdisjoint(HEAVY)
    assert "streamlit" not in loaded or module.startswith("deepmusic.ui")


#: What training and the app need, and no prediction.
FOREIGN = "tensorflow keras onnx tf2onnx streamlit"
#: What a single prediction does not wait for either.
SLOW = f"{FOREIGN} pandas plotly sklearn scipy librosa numba requests av"


def loaded_after_running(code: str, *arguments: object, **environment: str) -> set[str]:
    """Return the names of the modules that are loaded once a program has ended."""
    code += "\nprint('LOADED', *sys.modules)"
    command = [sys.executable, "-c", f"import sys\n{code}", *map(str, arguments)]
    environment = os.environ | environment
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.rpartition("LOADED ")[2].split())


COMMAND = """
from deepmusic.cli import main
main(sys.argv[1:], standalone_mode=False)
"""


@pytest.fixture
def song(tmp_path, music):
    path = tmp_path / "music" / "song.wav"
    path.parent.mkdir()
    soundfile.write(path, music, 22_050)
    return path


@pytest.mark.parametrize("style", [[], ["--json"]])
def test_a_prediction_waits_for_no_other_package(song, style):
    loaded = loaded_after_running(COMMAND, "predict", song, *style)
    assert "onnxruntime" in loaded
    assert loaded.isdisjoint(SLOW.split())


UPLOAD = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1] + "/app.py", default_timeout=120).run()
app.file_uploader[0].set_value([("song.wav", open(sys.argv[2], "rb").read(), "audio/wav")]).run()
assert not app.exception
assert not app.error
assert any("predict" in one.value for one in app.markdown)
"""


@pytest.mark.slow
def test_an_upload_waits_for_no_heavy_package(song, tmp_path):
    loaded = loaded_after_running(UPLOAD, ROOT, song, DEEPMUSIC_RUNS=str(tmp_path))
    assert "onnxruntime" in loaded
    assert loaded.isdisjoint({"tensorflow", "keras", "librosa", "numba", "sklearn", "scipy.signal"})


@pytest.mark.slow
def test_a_library_needs_no_keras(song, tmp_path):
    folder = {"DEEPMUSIC_LIBRARY": str(tmp_path / "library")}
    for command in (["index", song.parent, "--jobs", 1], ["similar", song]):
        loaded = loaded_after_running(COMMAND, *command, **folder)
        assert loaded.isdisjoint(FOREIGN.split()), command


APP = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1] + "/app.py", default_timeout=120)
app.query_params |= {"source": "demo", "demo": "jazz"}
for page in sorted(map(str, Path("pages").glob("*.py"))):
    app.switch_page(page).run()
    assert not app.exception, (page, app.exception)
from deepmusic.ui import cache
from deepmusic.audio import encode, synth
from deepmusic.ui.song import SongFile
song = SongFile("song.wav", encode.encode_wav(synth.play("jazz", seconds=6), 22_050))
assert cache.classify_song(song)["ensemble"].genre
cache.layer_activations(song, 0.0)
cache.layer_table("cnn")
assert "onnxruntime" in sys.modules
"""


@pytest.mark.slow
def test_no_page_of_a_server_loads_keras(tmp_path):
    loaded = loaded_after_running(APP, ROOT, DEEPMUSIC_RUNS=str(tmp_path))
    assert loaded.isdisjoint({"tensorflow", "keras", "onnx", "tf2onnx"})


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("tensorflow", ["train", "--data", "toy"], "train"),
        ("onnx", ["runs", "export", "assets/runs/crnn"], "train"),
    ],
)
def test_a_command_says_which_extra_it_needs(missing, command, extra, tmp_path):
    code = f"import sys; sys.modules[{missing!r}] = None\n" + COMMAND.replace(
        ", standalone_mode=False", ""
    )
    command = [str(ROOT / one) if one.startswith("assets") else one for one in command]
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "DEEPMUSIC_RUNS": str(tmp_path / "runs")},
    )
    assert done.returncode == 2
    assert f"needs {missing}," in done.stderr
    assert f"pip install 'deepmusic[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_numba_gets_a_folder_where_nothing_can_be_written(tmp_path):
    """A container with a read-only file system, but for its temporary folder."""
    code = (
        "import os; os.access = lambda *args: False\n"
        "import deepmusic, stat; folder = os.environ['NUMBA_CACHE_DIR']\n"
        "print(folder, stat.filemode(os.stat(folder).st_mode))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment |= {"HOME": "/proc/nowhere", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    folder, mode = done.stdout.split()
    assert folder.startswith(str(tmp_path / "deepmusic-numba-"))
    assert mode == "drwx------", "numba runs what lies there"
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_numba_keeps_its_own_folder_where_it_has_one():
    assert (
        "NUMBA_CACHE_DIR" not in os.environ
        or "deepmusic-numba" not in (os.environ["NUMBA_CACHE_DIR"])
    )
