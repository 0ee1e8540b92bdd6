"""The parts of the Confusion page."""

#: Views: one matrix for each network, or the difference of two.
SIDE_BY_SIDE, DIFFERENCE = "matrices", "difference"
