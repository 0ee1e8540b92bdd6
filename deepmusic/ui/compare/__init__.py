"""What the page Compare shows below its table, a module for each view."""
