"""What README, docs and examples say is there: commands, options, files, figures."""

import doctest
import importlib
import json
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import click
import pytest
import soundfile
from PIL import Image

from deepmusic.audio import synth
from deepmusic.cli import main
from deepmusic.config import GTZAN_GENRES
from tools import paper_tables

ROOT = Path(__file__).resolve().parent.parent
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

#: Values of arguments that the docs leave open.
PLACEHOLDERS = {"NAME": "cnn", "<name>": "cnn", "PROTOCOL": "paper", "RUN...": "RUN"}

#: Folders that a user makes.
MADE_LATER = ("runs", "data", "library")

each_doc = pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


def code_of(text: str) -> list[str]:
    """Return the lines of code blocks, and inline code on one line each."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return lines + [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]


def commands_of(text: str) -> list[list[str]]:
    """Return the arguments of each call of ``deepmusic`` or ``python -m deepmusic``."""
    calls = []
    for line in code_of(text):
        for part in line.split("&&"):
            call = re.match(r"(?:\S*python -m )?deepmusic ([a-z].*)", part.strip())
            if call:
                words = shlex.split(call[1], comments=True)
                calls.append([PLACEHOLDERS.get(word, word) for word in words])
    return calls


def parse(arguments: list[str]) -> str:
    """Parse a call as click would, without running it; return its command's name."""
    command, name, context = main, "deepmusic", None
    while isinstance(command, click.Group):
        assert arguments, f"{name} needs a command"
        name, *arguments = arguments
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    if arguments:  # Without arguments, the docs mean the command itself.
        context = command.make_context(name, list(arguments))
        context.close()
    return name


@pytest.mark.parametrize(
    "call", ["listen song.mp3", "predict song.mp3 --loud", "train --model rnn", "runs burn RUN"]
)
def test_a_command_that_does_not_exist_is_seen(call):
    (arguments,) = commands_of(f"```\ndeepmusic {call}   # text\n```")
    with pytest.raises((AssertionError, click.UsageError)):
        parse(arguments)


@each_doc
def test_commands_exist_with_their_options(doc, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in commands_of(doc.read_text(encoding="utf-8")):
        parse(arguments)


def test_every_command_is_documented():
    documented = {
        parse(call) for doc in DOCS for call in commands_of(doc.read_text(encoding="utf-8"))
    }
    assert set(main.commands) - {"data", "runs"} <= documented


@each_doc
def test_scripts_and_make_targets_exist(doc):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in code_of(doc.read_text(encoding="utf-8")):
        if target := re.match(r"make (\w+)", line):
            assert re.search(rf"^{target[1]}:", makefile, re.MULTILINE), line
        for script, options in re.findall(r"\b((?:benchmarks|examples|tools)/\w+\.py)(.*)", line):
            text = (ROOT / script).read_text(encoding="utf-8")
            for option in re.findall(r"--[\w-]+", options.partition("#")[0]):
                assert f'"{option}"' in text, line


@each_doc
def test_files_that_are_named_exist(doc):
    text = doc.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text):
        assert (doc.parent / link).exists(), link
    folders = (
        r"(?:deepmusic|assets|tests|tools|docs|pages|benchmarks|examples|\.github|\.streamlit)"
    )
    for name in re.findall(rf"`({folders}/[\w/.-]*)`", text):
        assert (ROOT / name).exists(), name
    for module in re.findall(r"`(\w+/\w+\.py)`", text):
        assert (ROOT / module).exists() or (ROOT / "deepmusic" / module).exists(), module


def test_environment_variables_are_those_of_the_code():
    usage = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
    sources = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "deepmusic").rglob("*.py"))
    table = set(re.findall(r"^\| `(DEEPMUSIC_\w+)`", usage, re.MULTILINE))
    assert table == set(re.findall(r"\bDEEPMUSIC_[A-Z_]+\b", sources))


def test_every_dependency_has_a_reason():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## Dependencies")[2]
    reasons = re.findall(r"^\| ([a-z][^|]*) \| ", table, re.MULTILINE)
    explained = {name for row in reasons for name in row.split(", ")} - {"package"}
    files = [ROOT / "requirements-dev.txt", *ROOT.glob("requirements/*.txt")]
    required = "\n".join(path.read_text() for path in files)
    assert explained == set(re.findall(r"^([\w-]+)[~=<>]", required, re.MULTILINE))


# === README ===


def test_the_readme_is_short_and_begins_with_what_people_come_for():
    lines = README.splitlines()
    assert len(lines) <= 150
    first_screen = "\n".join(lines[:34])
    for wanted in ("screenshot.png", "make app", "make test", "import deepmusic", "predict"):
        assert wanted in first_screen


@pytest.mark.slow
@pytest.mark.parametrize("doc", ["README.md", "docs/usage.md"])
def test_the_python_example_runs(doc, tmp_path, monkeypatch, capsys):
    text = (ROOT / doc).read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(list(filter(None, examples[0].splitlines()))) == 3
    soundfile.write(tmp_path / "song.mp3", synth.play("jazz", seconds=6), 22_050, format="MP3")
    monkeypatch.chdir(tmp_path)
    exec(compile("".join(examples), doc, "exec"), {})
    genre = capsys.readouterr().out.split()[0]
    assert genre in GTZAN_GENRES


def test_the_picture_is_small_and_of_a_projector_s_size():
    path = ROOT / "assets" / "screenshot.png"
    assert Image.open(path).size == (1280, 720)
    assert path.stat().st_size < 300_000


def test_the_citation_is_of_the_paper():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    title = "DeepMusic: A deep-learning approach to music genre classification"
    assert title in citation
    assert title in " ".join(README.replace("> ", "").split())


# === Figures ===

PRINTERS = {
    "deepmusic results": ["-m", "deepmusic", "results"],
    "python benchmarks/retrieval.py": ["benchmarks/retrieval.py"],
    "python benchmarks/growth.py": ["benchmarks/growth.py"],
    "python benchmarks/fma.py": ["benchmarks/fma.py"],
}
NETWORKS = ("CNN", "CRNN", "CNN-GRU", "Ensemble", "SVM")


@cache
def printed_by(command: str) -> str:
    done = subprocess.run(
        [sys.executable, *PRINTERS[command]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTERS)
def test_figures_are_those_that_the_command_prints(command):
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    sections = [part for part in text.split("\n## ") if f"Printed by `{command}`" in part]
    stated = {figure for part in sections for figure in re.findall(r"\b0\.\d{3}\b", part)}
    printed = set(re.findall(r"\b[01]\.\d{3}\b", printed_by(command)))
    assert len(stated) > 10
    assert stated <= printed


@pytest.mark.slow
def test_the_readme_states_each_accuracy_of_its_protocol():
    output = printed_by("deepmusic results")
    rows = re.findall(r"^\|[^|`]*\(`(\w+)`, (\d+) clips\) \|(.*)\|$", README, re.MULTILINE)
    assert [protocol for protocol, *_ in rows] == ["fault_filtered", "artist_folds", "paper"]
    for protocol, clips, cells in rows:
        for network, cell in zip(NETWORKS, cells.split("|"), strict=True):
            line = re.search(rf"^{network} +{protocol}: .*?clip (0\.\d+).*$", output, re.MULTILINE)
            assert line[1] in cell, (network, protocol)
            assert network == "SVM" or f"({clips} test clips" in line[0]


@pytest.mark.slow
def test_the_paper_page_has_the_numbers_of_the_shipped_runs():
    text = paper_tables.PAGE.read_text(encoding="utf-8")
    places = set(re.findall(r"<!-- (\w+) -->", text)) - {"end"}
    assert places == set(paper_tables.PLACES)
    assert paper_tables.fill(text) == text, "run: python tools/paper_tables.py"


# === Examples, doctests, container ===


@each_example
def test_an_example_is_short(example):
    assert len(example.read_text(encoding="utf-8").splitlines()) < 40


@pytest.mark.slow
@each_example
def test_an_example_runs(example, tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    for seed, genre in enumerate(("jazz", "rock", "pop")):
        # Takes of one band, which sound alike.
        soundfile.write(music / f"{genre}.wav", synth.play("jazz", seconds=8, seed=seed), 22_050)
    (music / "broken.wav").write_bytes(b"not sound")
    (music / "cover.jpg").write_bytes(b"no sound either")
    arguments, check = {
        "classify_folder": ([music, tmp_path / "genres.csv"], check_table),
        "find_neighbours": ([music, music / "jazz.wav"], check_neighbours),
        "train_network": (["3"], check_accuracy),
    }[example.stem]
    done = subprocess.run(
        [sys.executable, example, *map(str, arguments)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "DEEPMUSIC_LIBRARY": str(tmp_path / "library")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    check(done.stdout, tmp_path)


def check_table(output, folder):
    header, *rows = (folder / "genres.csv").read_text().splitlines()
    assert header == "path,genre,probability,duration"
    assert [Path(row.split(",")[0]).stem for row in rows] == ["jazz", "pop", "rock"]
    assert all(row.split(",")[1] in GTZAN_GENRES and row.endswith(",8.0") for row in rows)


def check_neighbours(output, folder):
    found = re.findall(r"^(0\.\d{3})  .*?(pop|rock)\b", output, re.MULTILINE)
    assert sorted(name for _, name in found) == ["pop", "rock"]
    assert found == sorted(found, reverse=True)


def check_accuracy(output, folder):
    accuracy = re.search(r"accuracy on the test windows: (0\.\d+)", output)
    assert float(accuracy[1]) > 0.2  # one in ten by chance


def modules_with_examples():
    """Yield modules; one that loads networks takes seconds."""
    for path in sorted((ROOT / "deepmusic").rglob("*.py")):
        lines = re.findall(r"^ *>>> .*", path.read_text(encoding="utf-8"), re.MULTILINE)
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if lines:
            slow = any("load(" in line or "Recognizer(" in line for line in lines)
            yield pytest.param(name, marks=[pytest.mark.slow] if slow else [])


#: What a user calls first; each is documented by an example.
FRONT_DOOR = [
    "deepmusic.load",
    "deepmusic.audio.load_song",
    "deepmusic.audio.song_from_array",
    "deepmusic.audio.synth.play",
    "deepmusic.data.open_dataset",
    "deepmusic.prediction.Recognizer.predict",
]


@pytest.mark.parametrize("name", FRONT_DOOR)
def test_the_front_door_has_runnable_examples(name):
    function = pkgutil.resolve_name(name)
    assert ">>> " in function.__doc__.partition("Examples\n")[2]
    modules = {parameter.values[0] for parameter in modules_with_examples()}
    assert function.__module__ in modules


def test_shapes_of_arrays_are_written_in_one_way():
    for path in (ROOT / "deepmusic").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"(?<![\w=])\[n_\w+(?:, \w+)*\]", text), f"{path}: [shape=(...)]"


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples_in_docstrings_are_true(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0
    assert failed == 0


def test_the_container_is_built_from_what_is_there():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    python = re.search(r"^FROM python:(3\.\d+)-slim$", text, re.MULTILINE)
    assert python[1] in ("3.11", "3.12", "3.13")
    (command,) = re.findall(r"^CMD (.*)$", text, re.MULTILINE)
    assert json.loads(command)[:3] == ["streamlit", "run", "app.py"]
    ignored = (ROOT / ".dockerignore").read_text().split()
    for needed in ("app.py", "pages", "deepmusic", "assets", "requirements.txt", ".streamlit"):
        assert needed not in ignored and (ROOT / needed).exists()
