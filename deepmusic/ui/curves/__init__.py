"""What stands on the Curves page: trainings as curves, as a table and as CSV."""
