"""The parts of the Teach page."""
