"""The parts of the Compare page, a module for each view."""
