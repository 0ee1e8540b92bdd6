"""How many visitors does one machine hold? Run with ``python benchmarks/load.py``.

Starts a server and real sessions (Streamlit's own protocol over websockets, on this machine alone).
Each session uploads songs of its own, one after the other, while a worker trains on the toy set.
Printed are the time from upload to prediction, the memory of the server as predictions add up, and
whether any session was shown the song or prediction of another.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The sessions are no browsers, and bring no cookie.
os.environ["STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION"] = "false"

import numpy as np

from benchmarks.sessions import Session
from deepmusic import audio, models, prediction
from deepmusic.audio import encode, synth
from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_genre
from deepmusic.prediction.pretrained import PretrainedClassifier
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.runs import Run
from deepmusic.training import recipes, worker
from deepmusic.ui.answers import certainty
from tools.running_app import RunningApp, running_app

#: Streamlit keeps a visitor who left for 120 s, in case they come back, with their song.
FORGOTTEN = 150

#: In s, after which what a page freed has been given back.
SETTLED = 5


# === Songs, each with its answer ===


class Songs:
    """Songs of which no two have the same bytes, with what the page must say of them."""

    def __init__(self, networks: list[str], seconds: float) -> None:
        self._classifiers = prediction.load_classifiers(networks, DEPLOYED_PROTOCOL)
        self._pretrained = PretrainedClassifier()
        self._music = {genre: synth.play(genre, seconds=seconds, seed=1) for genre in GTZAN_GENRES}
        self._answers: dict[str, list[str]] = {}
        self._count, self._lock = 0, threading.Lock()

    def draw(self, genre: str) -> tuple[str, bytes, list[str]]:
        """Return a new name, the bytes, and the words of the right answer."""
        with self._lock:
            self._count += 1
            number = self._count
            samples = self._music[genre].copy()
            # Too soft to hear, but other bytes: no cache can know the answer.
            samples[number] += np.float32(1e-3)
            if genre not in self._answers:
                song = audio.load_song(encode.encode_flac(samples, audio.SAMPLE_RATE))
                lead = self._pretrained.predict(song)
                answer = prediction.answer(lead, prediction.measure_content(song))
                self._answers[genre] = [format_genre(answer.genre or ""), certainty(answer)]
        return (
            f"song{number}q.flac",
            encode.encode_flac(samples, audio.SAMPLE_RATE),
            self._answers[genre],
        )

    def predict(self, genre: str) -> None:
        """Decode and classify most of a song in this process, each from a sample of its own."""
        with self._lock:
            self._count += 1
        samples = self._music[genre][self._count :]
        song = audio.load_song(encode.encode_flac(samples, audio.SAMPLE_RATE))
        prediction.classify(song, self._classifiers)
        self._pretrained.predict(song)


def megabytes(pid: int) -> float:
    """Return the resident memory of a process (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def processor_seconds(pid: int) -> float:
    """Return how long a process has worked (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def visit(address: str, songs: Songs, number: int, rounds: int) -> tuple[list[float], list[str]]:
    """Be one visitor; return the time to each prediction, and what was wrong."""
    session = Session(address)
    times, faults = [], []
    for index in range(rounds):
        genre = GTZAN_GENRES[(number + index) % len(GTZAN_GENRES)]
        name, data, answer = songs.draw(genre)
        times.append(session.upload(name, data))
        said = session.said
        missing = [words for words in (name.partition(".")[0], *answer) if words not in said]
        if missing or said.count("q\\\\.flac") != 1:
            faults.append(f"{name}: {missing} not said")
    session.close()
    return times, faults


def measure_latency(app: RunningApp, songs: Songs, visitors: int, rounds: int, name: str) -> int:
    """Print how long so many visitors at once wait; return how many were answered wrongly."""
    began, worked = time.perf_counter(), processor_seconds(app.pid)
    with ThreadPoolExecutor(visitors) as pool:
        results = list(
            pool.map(lambda number: visit(app.address, songs, number, rounds), range(visitors))
        )
    took = time.perf_counter() - began
    times = sorted(one for times, _ in results for one in times)
    faults = [fault for _, faults in results for fault in faults]
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    work = (processor_seconds(app.pid) - worked) / len(times)
    print(
        f"{name:14} {visitors:3} visitors at once: "
        f"median {statistics.median(times):6.2f} s, p95 {p95:6.2f} s to the prediction; "
        f"{len(times) / took:5.2f} songs/s; {work:.2f} s of processor a song; "
        f"{len(faults)} of {len(times)} wrong; server {megabytes(app.pid):.0f} MB",
        flush=True,
    )
    print("\n".join(faults[:3]), end="\n" if faults else "")
    return len(faults)


def measure_while_training(
    app: RunningApp, songs: Songs, visitors: list[int], rounds: int, folder: Path
) -> int:
    """Print the waits of visitors beside a training; return how many were answered wrongly."""
    model, recipe = recipes.recipe("cnn", "class")
    run: Run = worker.create(model, recipe.changed(data="toy", epochs=500), folder)
    worker.start(run)
    while not run.history():
        time.sleep(0.5)
    n_faults = sum(
        measure_latency(app, songs, number, rounds, "while training") for number in visitors
    )
    worker.stop(run)
    while run.is_locked():
        time.sleep(0.2)
    return n_faults


def measure_memory(app: RunningApp, songs: Songs, pages: int) -> int:
    """Print the server's memory as songs add up; return how many were answered wrongly."""
    n_faults, done, per_session = 0, 0, 10
    while done < pages:
        with ThreadPoolExecutor(4) as pool:
            for _, faults in pool.map(
                lambda number: visit(app.address, songs, number, per_session), range(4)
            ):
                n_faults += len(faults)
        done += 4 * per_session
        print(f"after {done:5} songs on pages: server {megabytes(app.pid):.0f} MB", flush=True)
    if done:
        time.sleep(FORGOTTEN)
        visit(app.address, songs, 0, 1)
        print(
            f"{FORGOTTEN} s after they left, with one new visitor: "
            f"server {megabytes(app.pid):.0f} MB"
        )
    return n_faults


def measure_long(app: RunningApp, minutes: float) -> None:
    """Print by how much a long WAV, in mono and in stereo, raises the server's memory."""
    for rate, channels in ((audio.SAMPLE_RATE, 1), (44_100, 2)):
        thirty = synth.play("rock", seconds=30, seed=1)
        samples = np.tile(thirty, round(minutes * 2))
        if channels == 2:
            samples = np.repeat(samples, 2)[:, None] * np.float32([1, 0.5])
        data = encode.encode_wav(samples, rate)
        del samples
        session = Session(app.address)
        before = most = megabytes(app.pid)
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[float] = pool.submit(session.upload, "long.wav", data)
            while not waiting.done():
                most = max(most, megabytes(app.pid))
                time.sleep(0.02)
        took = waiting.result()
        assert "long" in session.said, "the page does not name the song"
        time.sleep(SETTLED)
        kept = megabytes(app.pid)
        session.close()
        time.sleep(FORGOTTEN)
        print(
            f"{minutes:g} min of WAV, {channels} channel(s), {len(data) / 2**20:.0f} MB: "
            f"answered in {took:.1f} s; server {before:.0f} MB before, "
            f"{most - before:+.0f} MB at most, {kept - before:+.0f} MB after {SETTLED} s, "
            f"{megabytes(app.pid) - before:+.0f} MB {FORGOTTEN} s after the visitor left",
            flush=True,
        )


def main() -> int:
    """Print latency by number of visitors, then memory over many predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, nargs="*", default=[1, 4, 8, 16])
    parser.add_argument("--songs", type=int, default=4, help="songs of each visitor")
    parser.add_argument("--seconds", type=float, default=30, help="length of the songs")
    parser.add_argument("--pages", type=int, default=200, help="songs for the server's memory")
    parser.add_argument("--long", type=float, default=0, help="minutes of a long WAV")
    parser.add_argument("--predictions", type=int, default=1000, help="for the library's memory")
    options = parser.parse_args()
    songs = Songs(list(models.MODELS), options.seconds)
    for genre in GTZAN_GENRES:
        songs.draw(genre)
    n_faults = 0
    with tempfile.TemporaryDirectory() as folder, running_app(DEEPMUSIC_RUNS=folder) as app:
        visit(app.address, songs, 0, 2)
        print(
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
            f"songs of {options.seconds:g} s; server {megabytes(app.pid):.0f} MB"
        )
        for visitors in options.visitors:
            n_faults += measure_latency(app, songs, visitors, options.songs, "idle")
        if options.visitors:
            n_faults += measure_while_training(
                app, songs, options.visitors, options.songs, Path(folder)
            )
        n_faults += measure_memory(app, songs, options.pages)
        if options.long:
            measure_long(app, options.long)
    for done in range(1, options.predictions + 1):
        songs.predict(GTZAN_GENRES[done % len(GTZAN_GENRES)])
        if done in (20, 100) or done % 200 == 0:
            print(f"after {done:5} predictions of the library: {megabytes(os.getpid()):.0f} MB")
    return n_faults > 0


if __name__ == "__main__":
    sys.exit(main())
