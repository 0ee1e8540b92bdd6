"""What the README promises."""

import re
from pathlib import Path

import pytest
import soundfile
from PIL import Image

from deepmusic.audio import synth
from deepmusic.cli import main
from deepmusic.config import GTZAN_GENRES

ROOT = Path(__file__).resolve().parent.parent
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
README = PAPERS[0].read_text(encoding="utf-8")


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(list(filter(None, example.splitlines()))) == 6
    soundfile.write(tmp_path / "song.mp3", synth.play("jazz", seconds=6), 22_050, format="MP3")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    genre, rest = capsys.readouterr().out.split(",", 1)
    assert genre in GTZAN_GENRES
    assert re.fullmatch(r" \d+%; by window: \[('\w+'(, )?){3}\]\n", rest)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_commands_and_targets_exist(paper):
    text = paper.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake (\w+)\b(?= |`|$)", "\n".join(code_of(text)))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in set(re.findall(r"-m deepmusic (\w+)", text)):
        assert command in main.commands, command


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_files_that_are_named_exist(paper):
    text = paper.read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", text)
    named += re.findall(r"`((?:deepmusic|assets|tests|tools|docs|pages)/[\w/.]+)`", text)
    assert named
    for name in named:
        assert (ROOT / name).exists(), name


def code_of(text: str) -> list[str]:
    """Return what is set as code in Markdown."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_the_picture_is_small_and_of_a_projector_s_size():
    path = ROOT / "assets" / "screenshot.png"
    assert Image.open(path).size == (1280, 720)
    assert path.stat().st_size < 300_000


def test_the_citation_is_of_the_paper():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    title = "DeepMusic: A deep-learning approach to music genre classification"
    assert title in citation
    assert title in " ".join(README.replace("> ", "").split())
