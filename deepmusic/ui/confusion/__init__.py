"""What the page Confusion is made of."""

#: How it can be looked at: one matrix for each network, or one less another.
SIDE_BY_SIDE, DIFFERENCE = "matrices", "difference"
