"""From every page to every other: choices of one page are no other's, and the song comes along."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE

PAGES = sorted(path.stem for path in Path("pages").glob("*.py"))
#: For each page a link that sets as much as can be set.
LINKS = {
    "classify": {"source": "demo", "demo": "metal", "model": "crnn"},
    "lesson": {"step": "4", "demo": "jazz", "window": "3"},
    "listen": {},
    "compare": {"view": "duel", "protocol": "artist_folds", "source": "demo", "one": "CRNN"},
    "confusion": {"protocol": "fault_filtered", "layout": "difference", "label": "rock"},
    "curves": {"runs": "shipped-crnn"},
    "dataset": {"dataset": "toy", "view": "browse", "split": "fold-1"},
    "recommend": {"in": "demo", "by": "songs", "source": "record"},
    "teach": {"source": "demo", "demo": "pop"},
    "train": {},
    "vote": {"room": "nothing"},
}


@pytest.fixture(autouse=True)
def _without_gtzan(monkeypatch, tmp_path):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))


def every_pair(pages=PAGES) -> list[str]:
    """Walk through pages so that each follows each other one once (an Euler circuit)."""
    left = {page: [other for other in pages if other != page] for page in pages}
    path, walk = [pages[0]], []
    while path:
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            walk.append(path.pop())
    return walk[::-1]


def go(app, page, **query):
    """Follow a link to a page; what stood in the address before is gone."""
    for name in [*app.query_params]:
        del app.query_params[name]
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    return app


def start():
    return AppTest.from_file("../../app.py", default_timeout=120).run()


def test_every_page_enters_the_frame():
    """As the first page of a fresh server, too: see `deepmusic.ui.frame.enter`."""
    for page in PAGES:
        statements = ast.parse(Path(f"pages/{page}.py").read_text(encoding="utf-8")).body
        first = next(one for one in statements[1:] if isinstance(one, ast.Expr))
        assert ast.unparse(first) == f"frame.enter('pages/{page}.py')"


def test_no_page_stops_the_frame():
    """`st.stop` would leave the header without its switch, and the address as it was."""
    for path in [*Path("pages").glob("*.py"), *Path("deepmusic/ui").rglob("*.py")]:
        if path.name != "frame.py":
            assert "st.stop(" not in path.read_text(encoding="utf-8"), path


def test_the_walk_is_complete():
    assert set(LINKS) == set(PAGES)
    pairs = list(pairwise(every_pair()))
    assert len(pairs) == len(set(pairs)) == len(PAGES) * (len(PAGES) - 1)


@pytest.mark.slow
def test_every_page_follows_every_other():
    """With all that was chosen before; by links that choose all they can, and by the menu."""
    app = start()
    for links in (LINKS, {}):
        for before, page in pairwise([None, *every_pair()]):
            # A link opens a session of its own; here, once, it meets all that was chosen before.
            go(app, page, **links.get(page, {}))
            assert not app.exception, f"{before} -> {page}: {app.exception[0].message}"
