"""What a step of the lesson is, and what it is shown of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepmusic.charts.class_hour import Part
from deepmusic.formatting import format_percent
from deepmusic.prediction.inspect_layers import Window
from deepmusic.ui.song import SongFile, SongView


@dataclass(frozen=True)
class LessonContext:
    """The clip, its waveform, the window whose activations are shown, and whether it is dark."""

    song: SongFile
    view: SongView
    outline: tuple[np.ndarray, np.ndarray]
    window: Window
    dark: bool
    #: Container below the figure, for what is to be tried.
    knobs: Any

    @property
    def span(self) -> tuple[float, float]:
        """Start and end of the window, in s."""
        return self.window.start, self.window.start + self.window.seconds


#: Sentences as HTML, a figure or HTML, and a text alternative of the figure.
Content = tuple[str, Any, str]


@dataclass(frozen=True, kw_only=True)
class Step(Part):
    """One step: a part of the hour, and what is shown of a clip."""

    #: Its sentences follow what the step says of any clip.
    build: Callable[[LessonContext], Content]
    #: Markdown behind the help icon.
    formula: str
    #: CSS selector of its pictures, and whether they show the window alone.
    pictures: str = ".nsewdrag"
    window_alone: bool = False
    #: Whether it has knobs, which take the place of the clip's caption.
    has_knobs: bool = False
    #: Shows what stands below all else.
    below: Callable[[LessonContext], None] | None = None


def percent(fraction: float) -> str:
    """Return a percentage that no line break parts."""
    return format_percent(fraction, space="\N{NO-BREAK SPACE}")
