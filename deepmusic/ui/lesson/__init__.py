"""What stands on the Lesson page: its steps, and what chooses among them."""
