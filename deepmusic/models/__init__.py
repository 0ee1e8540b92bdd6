"""Networks of the paper, by name. Importing this loads no Keras; building a network does."""

from deepmusic.models.registry import (
    ALL,
    BASELINE,
    ENSEMBLE,
    FMA,
    MODELS,
    PRETRAINED,
    ModelSpec,
    build,
    spec,
    title,
)

__all__ = [
    "ALL",
    "BASELINE",
    "ENSEMBLE",
    "FMA",
    "MODELS",
    "PRETRAINED",
    "ModelSpec",
    "build",
    "spec",
    "title",
]
