"""Accessibility: contrast (WCAG 2.2, AA), and a text alternative for every image and sound."""

import ast
import inspect
import re
import tomllib
from pathlib import Path

import pytest
import streamlit as st

from deepmusic.charts.style import MODEL_COLOURS, MODEL_MARKS, NEUTRAL, OUTLINE

ROOT = Path(__file__).resolve().parents[2]
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
STYLE = (ROOT / "deepmusic" / "ui" / "style.css").read_text()
TEXT, LARGE = 4.5, 3.0


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def blend(ink: str, ground: str, opacity: float) -> str:
    pairs = [(int(ink[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * i + (1 - opacity) * g):02x}" for i, g in pairs)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_can_be_read(scheme):
    theme = THEMES[scheme]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], ground) >= TEXT
        (opacity,) = re.findall(r"stCaptionContainer.*opacity: ([\d.]+)", STYLE)
        caption = blend(theme["textColor"], ground, float(opacity))
        assert contrast(caption, ground) >= TEXT
        assert contrast(theme["linkColor"], ground) >= TEXT
    assert contrast("#ffffff", theme["primaryColor"]) >= TEXT, "a button's label"
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= LARGE, "focus, sliders"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_networks_stand_out_from_the_page(scheme):
    ground = THEMES[scheme]["backgroundColor"]
    for colour in (*MODEL_COLOURS.values(), NEUTRAL, OUTLINE):
        assert contrast(colour, ground) >= LARGE, colour


def test_networks_differ_in_more_than_colour():
    assert len(set(MODEL_MARKS.values())) == len(MODEL_COLOURS)


def calls_without_alt() -> list[str]:
    """Every image, chart, table or sound of the app without `alt`."""
    found = []
    for path in [*(ROOT / "pages").glob("*.py"), *(ROOT / "deepmusic" / "ui").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            element = getattr(st, node.func.attr, None)
            # A table is text already; a method `map` is pandas'.
            if element in (st.table, st.map) or not callable(element):
                continue
            if "alt" not in inspect.signature(element).parameters:
                continue
            if "alt" not in {keyword.arg for keyword in node.keywords}:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.func.attr}")
    return found


def test_every_image_chart_and_sound_has_a_text_alternative():
    assert calls_without_alt() == []
