"""Twenty visitors at once: is a vote or a run lost? ``python benchmarks/twenty_sessions.py`` tells.

Twenty sessions (Streamlit's own protocol over websockets) and one browser join a room and vote at
the same moment, one of them three times. Then each session queues a tiny CNN on the toy set, all at
once; while these train, half of the sessions watch, and half go through the lesson, as does the
browser. Printed are the votes counted, how the runs ended, and how long it took from a click until
the page was complete. Needs Chromium; takes seven minutes on two cores.
"""

import argparse
import logging
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from playwright.sync_api import Page

from benchmarks.sessions import Session
from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_genre
from deepmusic.runs import ALIVE, list_runs
from deepmusic.training import worker
from tools.running_app import PATIENCE, READY, running_app, running_chromium, settle

#: In seconds: how often a live page looks (`deepmusic.ui.train.live`), and how long a visitor stays
#: at a step of the lesson; a class takes minutes.
LOOKS_EVERY, STAYS = 2.0, (5.0, 15.0)

#: Clicks a button; returns the seconds until a text stands on the complete page.
PRESS = f"""([label, text]) => {{
  const began = performance.now();
  const all = [...document.querySelectorAll("button")];
  all.find((one) => one.textContent.trim() === label).click();
  return new Promise((resolve) => {{
    const look = () => {{
      const done = document.querySelector("{READY}") && document.body.innerText.includes(text);
      if (done) resolve((performance.now() - began) / 1000);
      else setTimeout(look, 20);
    }};
    setTimeout(look, 20);
  }});
}}"""


def lesson_steps() -> list[tuple[str, str]]:
    """Return the buttons of the lesson's steps, and what their pages say."""
    logging.disable(logging.WARNING)  # Without a server, each cache of the page warns.
    from deepmusic.ui.lesson.steps import STEPS

    return [(f"{number} {one.label}", f"{number}. {one.question}") for number, one in STEPS.items()]


LESSON = lesson_steps()


def report(name: str, times: list[float]) -> None:
    """Print median, 95th percentile and worst."""
    middle, high, worst = np.percentile(times, [50, 95, 100])
    print(f"{name:34} median {middle:5.2f} s, p95 {high:5.2f} s, worst {worst:5.2f} s "
          f"({len(times)})", flush=True)  # fmt: skip


def expect(session: Session, text: str) -> None:
    """Fail if a page does not say a text."""
    if text not in session.said:
        raise RuntimeError(f"{text!r} is not said, but: {session.said[-2000:]}")


# === The vote ===


def vote(sessions: Executor, number: int, address: str, page: Page) -> None:
    """Let all vote at once, and print how many votes the wall counts."""
    wall = Session(address, "vote")
    wall.press("Open a room")
    code = re.search(r"room=(\w+)", wall.query)
    assert code, wall.query
    room = f"vote?room={code[1]}"
    browsers: list[dict[str, str]] = [{} for _ in range(number)]

    def join(index: int) -> tuple[float, Session]:
        began = time.perf_counter()
        session = Session(address, room, browsers[index])
        return time.perf_counter() - began, session

    joined = list(sessions.map(join, range(number)))
    report("sessions, joining the room", [seconds for seconds, _ in joined])
    page.goto(f"{address}/{room}")
    page.get_by_role("button", name="blues").wait_for(timeout=PATIENCE)
    settle(page)
    second_tab = Session(address, room, browsers[0])
    # All sessions, the second tab of the first one, and the browser.
    start = threading.Barrier(number + 2)
    genres = cycle(map(format_genre, GTZAN_GENRES))

    def press(session: Session, genre: str) -> float:
        start.wait()
        seconds = session.press(genre)
        expect(session, "You voted **")
        return seconds

    devices = [session for _, session in joined]
    votes = [sessions.submit(press, one, next(genres)) for one in [*devices, second_tab]]
    start.wait()
    clicked = page.evaluate(PRESS, [next(genres), "You voted"])
    report("sessions, voting", [one.result() for one in votes])
    report("browser, voting", [clicked])
    # Once more, in a page that was opened anew and does not know yet what the browser keeps.
    Session(address, room, browsers[0], hasty=True).press("jazz")
    wall.look()
    said = re.search(r"\*\*(\d+)\*\* of (\d+) devices", wall.said)
    assert said, wall.said
    print(f"{said[1]} votes of {said[2]} devices are counted; wanted {number + 1}", flush=True)


# === The queue ===


def queue(sessions: Executor, number: int, address: str) -> list[Session]:
    """Let each queue a tiny training, all at once; return their pages."""
    start = threading.Barrier(number)

    def prepare(index: int) -> Session:
        session = Session(address, "train", {"deepmusic_owner": f"visitor {index}"})
        session.choose("Networks", "CNN")
        session.type_number("Most epochs", 1)
        session.type_text("Filters, layer by layer", "4, 4")
        expect(session, f"visitor {index}")
        return session

    def press(session: Session) -> float:
        start.wait()
        seconds = session.press("Train")
        expect(session, "CNN on toy")
        return seconds

    pages = list(sessions.map(prepare, range(number)))
    report("sessions, pressing Train", list(sessions.map(press, pages)))
    return pages


def watch(session: Session, is_over: threading.Event) -> list[float]:
    """Look at the live view as its page does; return the seconds of each rerun."""
    times = []
    while not is_over.is_set():
        began = time.perf_counter()
        times.append(session.look())
        is_over.wait(max(0.0, began + LOOKS_EVERY - time.perf_counter()))
    return times


def attend(press: Callable[[str, str], float], ends: Callable[[float], bool]) -> list[float]:
    """Go from step to step of the lesson until the end; return the seconds of each rerun."""
    times: list[float] = []
    for label, text in cycle([*LESSON[1:], LESSON[0]]):
        if ends(random.uniform(*STAYS)):
            return times
        times.append(press(label, text))
    raise AssertionError("unreachable")


def in_lesson(address: str) -> Callable[[str, str], float]:
    """Open the lesson; return what goes to one of its steps."""
    session = Session(address, "lesson")
    expect(session, LESSON[0][1])

    def press(label: str, text: str) -> float:
        seconds = session.choose("Step", label)
        expect(session, text)
        return seconds

    return press


def in_browser(page: Page, address: str) -> Callable[[str, str], float]:
    """The same in a browser."""
    page.goto(f"{address}/lesson")
    page.get_by_text(LESSON[0][1]).wait_for(timeout=PATIENCE)
    settle(page)
    return lambda label, text: page.evaluate(PRESS, [label, text])


def meanwhile(
    sessions: Executor,
    watching: list[Session],
    attending: int,
    address: str,
    page: Page,
    runs: Path,
) -> None:
    """Let half watch, and half and the browser go through the lesson, until no run lives."""
    is_over, began = threading.Event(), time.perf_counter()

    def ends(seconds: float) -> bool:
        """Wait, and tell whether no run lives."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and not is_over.is_set():
            if not any(run.state in ALIVE for run in list_runs(runs)):
                is_over.set()
            is_over.wait(1.0)
        return is_over.is_set()

    looks = [sessions.submit(watch, one, is_over) for one in watching]
    steps = [
        sessions.submit(lambda: attend(in_lesson(address), is_over.wait)) for _ in range(attending)
    ]
    clicks = attend(in_browser(page, address), ends)
    report("sessions, looking at the live view", [one for look in looks for one in look.result()])
    report("sessions, a step of the lesson", [one for step in steps for one in step.result()])
    report("browser, a step of the lesson", clicks)
    print(f"all runs over after {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    """Go through the lesson alone; then let all vote, queue and rerun. Print what comes of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sessions", type=int, nargs="?", default=20, help="beside the browser")
    number = parser.parse_args().sessions
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(DEEPMUSIC_RUNS=folder) as app,
        running_chromium() as browser,
        ThreadPoolExecutor(number + 1) as sessions,
    ):
        print(f"{number} sessions and a browser, {worker.training_slots()} runs at a time, "
              f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        for name, press in (
            ("session", in_lesson(app.address)),
            ("browser", in_browser(page, app.address)),
        ):
            for step in [*LESSON[1:], LESSON[0]]:  # What all have in common is computed once.
                press(*step)
            report(f"{name} alone, a step of the lesson", [press(*step) for step in LESSON[1:]])
        vote(sessions, number, app.address, page)
        pages = queue(sessions, number, app.address)
        half = number // 2
        meanwhile(sessions, pages[:half], number - half, app.address, page, Path(folder))
        runs = list_runs(Path(folder))
        states = dict(Counter(run.state for run in runs))
        print(f"runs: {states}, {number - len(runs)} lost, of {len({run.owner for run in runs})} "
              "owners")  # fmt: skip


if __name__ == "__main__":
    main()
