"""``deepmusic results`` and ``time``."""

from deepmusic import models
from deepmusic.evaluation import candidates, metrics
from deepmusic.evaluation.candidates import find_shipped
from deepmusic.runs import shipped_run
from tests.cli import run


def test_a_song_is_timed(monkeypatch):
    monkeypatch.setattr(
        "deepmusic.prediction.latency.time_classifiers", lambda *asked: {"crnn": 17.4}
    )
    monkeypatch.setattr("deepmusic.prediction.load_classifiers", lambda names: {})
    assert run("time").stdout == "CRNN         17 ms\n"


def test_results_prints_and_compares_every_network(monkeypatch):
    of_paper = [one for one in find_shipped() if str(one.protocol) == "paper"]
    monkeypatch.setattr(candidates, "find_shipped", lambda: of_paper)
    result = run("results")
    assert result.exit_code == 0
    for name in [*models.MODELS, models.ENSEMBLE]:
        assert models.title(name) in result.stdout
    assert result.stdout.count("300 test clips") == 4
    assert "All agree on 0." in result.stdout
    test = metrics.mcnemar(
        *(
            metrics.clip_table(shipped.read_predictions(), shipped.config.model.genres)
            for shipped in (shipped_run("cnn"), shipped_run("crnn"))
        )
    )
    words = f"only one is right on {test['only_one']} and {test['only_other']} clips"
    assert f"CNN against CRNN: {words}" in result.stdout
