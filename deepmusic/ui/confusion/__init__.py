"""The parts of the Confusion page."""

#: Views: the matrix of one network, one for each of several, or the difference of two.
SINGLE, SIDE_BY_SIDE, DIFFERENCE = "single", "matrices", "difference"
