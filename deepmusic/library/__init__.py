"""A music library: embeddings of songs, their index, recommendations."""
