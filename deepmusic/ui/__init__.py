"""The app's own parts: frame, caches, player and words. The only Streamlit code of the library."""
