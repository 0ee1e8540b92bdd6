"""Why a network predicts a genre: evidence to see and hear, and how far it can be believed."""

from deepmusic.explain.evidence import Evidence
from deepmusic.explain.masks import explain

__all__ = ["Evidence", "explain"]
