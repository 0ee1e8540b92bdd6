"""Results as pictures: PNG spectrograms and plotly figures. No Streamlit and no Keras here."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.features import ClipPicture
from deepmusic.models import ENSEMBLE, title
from deepmusic.prediction import Prediction

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: One colour per genre, everywhere: the ten of Petroff (2021, arXiv 2107.02270), chosen so that
#: colour-blind eyes tell them apart. Names stand beside them wherever they are used.
GENRE_COLOURS = dict(
    zip(
        GTZAN_GENRES,
        (
            "#3f90da",
            "#b9ac70",
            "#a96b59",
            "#832db6",
            "#e76300",
            "#ffa90e",
            "#717581",
            "#92dadd",
            "#94a4a2",
            "#bd1f01",
        ),
        strict=True,
    )
)

#: One colour and one mark per model, everywhere (after Okabe and Ito); readable on light and dark.
MODEL_COLOURS = {"cnn": "#2f86c9", "crnn": "#d55e00", "cnn_gru": "#009e73", ENSEMBLE: "#8b7cf0"}
MODEL_MARKS = {"cnn": "circle", "crnn": "square", "cnn_gru": "diamond", ENSEMBLE: "line-ns"}

#: Frequencies marked beside a spectrogram, in Hz.
FREQUENCY_TICKS = (250, 500, 1000, 2000, 4000, 8000)

_WIDEST_PNG = 2000
_AXIS_FONT = {"size": 15}


def genre_colour(genre: str) -> str:
    """Return the colour of a genre; grey for one that GTZAN does not have."""
    return GENRE_COLOURS.get(genre, "#888888")


def spectrogram_png(clips: Sequence[ClipPicture], mel: MelConfig) -> bytes:
    """Draw a song's mel-spectrogram, low notes at the bottom, on one dB scale for all its clips.

    Parameters
    ----------
    clips : sequence of ClipPicture
        The song, clip by clip.
    mel : MelConfig
        Front end; ``top_db`` is the range of the colours.

    Returns
    -------
    bytes
        A PNG of `n_mels` rows and one column a frame (fewer for songs of over 46 s), in magma:
        black is ``top_db`` below the loudest point, pale yellow is that point.
    """
    from PIL import Image

    decibels = np.concatenate([clip.decibels for clip in clips], axis=1)
    n_frames = decibels.shape[1]
    if n_frames > _WIDEST_PNG:
        # The loudest of the frames that share a column, so that drum hits stay visible.
        edges = np.linspace(0, n_frames, _WIDEST_PNG, endpoint=False).astype(int)
        decibels = np.maximum.reduceat(decibels, edges, axis=1)
    level = np.clip((decibels - decibels.max()) / mel.top_db + 1, 0, 1)
    image = Image.fromarray(np.rint(level[::-1] * 255).astype(np.uint8), mode="P")
    image.putpalette(_magma().tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _magma() -> np.ndarray:
    """Return magma as 256 rows of red, green and blue, uint8."""
    from plotly.colors import sequential, unlabel_rgb, validate_colors

    stops = np.array([unlabel_rgb(colour) for colour in validate_colors(sequential.Magma, "rgb")])
    position = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(position, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def frequency_ticks(mel: MelConfig) -> list[tuple[str, float]]:
    """Place frequency marks beside a mel-spectrogram.

    Returns
    -------
    list of (str, float)
        A label such as ``1 kHz``, and its height from 0 (bottom) to 1 (top).
    """
    import librosa

    top = librosa.hz_to_mel(mel.sample_rate / 2)
    return [
        (
            f"{frequency // 1000} kHz" if frequency >= 1000 else f"{frequency} Hz",
            float(librosa.hz_to_mel(frequency) / top),
        )
        for frequency in FREQUENCY_TICKS
        if frequency < mel.sample_rate / 2
    ]


def genre_runs(prediction: Prediction) -> list[dict[str, float | str]]:
    """Cut a song's timeline into one stretch a window, without overlap.

    Windows overlap by half; each stretch reaches from the middle between its window and the one
    before to the middle between it and the next.

    Returns
    -------
    list of dict
        ``start``, ``end`` in s, ``genre`` and its ``probability``.
    """
    middle = (prediction.starts + prediction.ends) / 2
    borders = (middle[1:] + middle[:-1]) / 2
    starts = np.concatenate([prediction.starts[:1], borders])
    ends = np.concatenate([borders, prediction.ends[-1:]])
    best = prediction.window_probabilities.max(axis=1)
    return [
        {"start": float(start), "end": float(end), "genre": genre, "probability": float(share)}
        for start, end, genre, share in zip(
            starts, ends, prediction.window_genres, best, strict=True
        )
    ]


def genre_chart(predictions: Mapping[str, Prediction], featured: str) -> "go.Figure":
    """Show what each network gives each genre: genres as rows, networks as marks on one scale.

    Parameters
    ----------
    predictions : mapping of str to Prediction
        By network.
    featured : str
        The network whose probabilities sort the rows and are drawn as bars.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    lead = predictions[featured]
    order = np.argsort(lead.song_probabilities)
    genres = [lead.genres[index] for index in order]
    figure = go.Figure(
        go.Bar(
            x=100 * lead.song_probabilities[order],
            y=genres,
            orientation="h",
            marker_color=[genre_colour(genre) for genre in genres],
            marker_opacity=0.45,
            name=f"{title(featured)} (bar)",
            showlegend=False,
            hovertemplate=f"{title(featured)}: %{{y}} %{{x:.1f}} %<extra></extra>",
        )
    )
    for name, prediction in predictions.items():
        if name == ENSEMBLE:
            continue
        figure.add_scatter(
            x=100 * prediction.song_probabilities[order],
            y=genres,
            mode="markers",
            name=title(name),
            marker={
                "symbol": MODEL_MARKS[name],
                "size": 11,
                "color": MODEL_COLOURS[name],
                "line": {"width": 1, "color": "white"},
            },
            hovertemplate=f"{title(name)}: %{{y}} %{{x:.1f}} %<extra></extra>",
        )
    figure.update_xaxes(
        range=[0, 102], ticksuffix=" %", tickfont=_AXIS_FONT, dtick=50, fixedrange=True
    )
    figure.update_yaxes(tickfont=_AXIS_FONT, fixedrange=True)
    figure.update_layout(
        height=320,
        margin={"l": 0, "r": 26, "t": 28, "b": 0},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": _AXIS_FONT},
        bargap=0.35,
    )
    return figure
