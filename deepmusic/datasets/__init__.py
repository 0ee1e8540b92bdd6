"""Collections of music: what tracks they hold, where they lie, how they are split."""

from deepmusic.datasets.base import Dataset, Pictures, Problem, Split, Track
from deepmusic.datasets.gtzan import Gtzan

__all__ = ["Dataset", "Gtzan", "Pictures", "Problem", "Split", "Track"]
