"""Parts of the Lesson page: its five steps, and the controls."""
