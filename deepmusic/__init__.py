"""DeepMusic: what genre is this, and why? Importing this loads neither Keras nor Streamlit."""

import os

# TensorFlow reads this when it is imported, wherever that happens first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "0.1.0"
