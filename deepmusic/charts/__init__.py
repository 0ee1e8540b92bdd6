"""Plotly charts and PNG images. No Streamlit and no Keras here."""
