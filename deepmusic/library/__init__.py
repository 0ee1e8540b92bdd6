"""A music library: embeddings and descriptors of songs, their index on disk, recommendations."""
