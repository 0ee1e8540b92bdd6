# The app in a container; see docs/deployment.md.
FROM python:3.12-slim

WORKDIR /app
COPY requirements.txt .
COPY requirements/ requirements/
RUN pip install --no-cache-dir -r requirements.txt
COPY . .

# What is made at run time lies in a volume, and belongs to a user without rights.
RUN useradd --create-home deepmusic && install --directory --owner=deepmusic /data
USER deepmusic
ENV DEEPMUSIC_RUNS=/data/runs DEEPMUSIC_LIBRARY=/data/library DEEPMUSIC_DATA=/data
VOLUME /data

EXPOSE 8501
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
