"""The pretrained network beside the paper's three: on the clips whose sound is at hand."""

from collections.abc import Sequence

import streamlit as st

from deepmusic import models
from deepmusic.evaluation.candidates import find_pretrained
from deepmusic.evaluation.scores import Score, on_same_clips
from deepmusic.formatting import format_percent
from deepmusic.ui import markdown
from deepmusic.ui.cache.scores import scores_of

_HELP = (
    "A head on musicnn's embedding, trained under this protocol; counted on the test clips whose "
    "sound is at hand, and so are the others here. musicnn has very likely heard songs of GTZAN, "
    "under other labels. `deepmusic results` prints it."
)


def show(scores: Sequence[Score]) -> None:
    """Show the pretrained network's accuracy under the scores' protocol, if it was measured."""
    protocol = scores[0].candidate.protocol
    found, _ = scores_of([one for one in find_pretrained() if one.protocol == protocol])
    shipped = [score for score in scores if score.candidate.shipped]
    for lead in found[:1]:
        others = on_same_clips(lead, shipped)
        listed = ", ".join(
            f"{markdown.plain(name)} {format_percent(accuracy)}"
            for name, accuracy in others.items()
        )
        st.markdown(
            f"**{models.title(models.PRETRAINED)}**, not of the paper: "
            f"**{format_percent(lead.clip.value)}** of {lead.clips} clips. "
            f"The same clips: {listed}.",
            help=_HELP,
        )
