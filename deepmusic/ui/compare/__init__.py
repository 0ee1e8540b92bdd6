"""What the page Compare is made of, a module for each view."""
