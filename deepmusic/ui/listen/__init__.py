"""Listen: the microphone's sound by halves of a second, and the answer as it forms."""
