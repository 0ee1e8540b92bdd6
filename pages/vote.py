"""A class votes on a clip's genre before the networks answer: joined by a code, or opened."""

from deepmusic.ui import frame
from deepmusic.ui.lesson import vote

frame.enter("pages/vote.py")
vote.show()
