"""Parts of the Lesson page: its eight steps, and the controls."""
