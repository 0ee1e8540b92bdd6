"""Protocols: their text, their folder, their order and the options that lead to them."""

import pytest

from deepmusic.config import TrainConfig
from deepmusic.protocols import (
    ALL_CLIPS,
    ARTIST_FOLDS,
    BENCHMARK_PROTOCOL,
    DEPLOYED_PROTOCOL,
    SPLITS,
    STRICTER,
    TOY,
    Protocol,
)


@pytest.mark.parametrize(
    ("protocol", "text", "folder", "slug", "options"),
    [
        (BENCHMARK_PROTOCOL, "paper", ".", "paper", "--split paper"),
        (DEPLOYED_PROTOCOL, "all_clips", "all_clips", "all_clips", "--split all_clips"),
        (
            Protocol(ARTIST_FOLDS, 2),
            *("artist_folds, fold 2", "artist_folds/fold2", "artist_folds-fold2"),
            "--split artist_folds --fold 2",
        ),
        (Protocol.by_clip("my fold 3"), "my fold 3, by clip", None, None, "--split paper"),
        (Protocol.published("fma"), "fma, own split", None, None, "--split own"),
        (Protocol(TOY), "toy", "toy", "toy", "--split paper"),
    ],
)
def test_a_protocol_is_composed_and_parsed_in_one_place(protocol, text, folder, slug, options):
    assert str(protocol) == text
    assert Protocol.parse(text) == protocol
    assert protocol.cli_options == options
    assert folder is None or str(protocol.folder) == folder
    assert slug is None or protocol.slug == slug


def test_protocols_are_ordered_from_flattering_to_strict_and_described():
    of_gtzan = [Protocol(name) for name in SPLITS]
    assert [str(one) for one in sorted(of_gtzan, key=lambda one: one.order)] == list(STRICTER)
    others = [Protocol(TOY), Protocol.by_clip("music"), Protocol.published("fma")]
    assert all(one.is_of_gtzan for one in of_gtzan)
    assert not any(one.is_of_gtzan for one in (*others, DEPLOYED_PROTOCOL))
    assert all(one.description for one in (*of_gtzan, *others))
    assert not any("GTZAN" in one.description for one in (BENCHMARK_PROTOCOL, *others))
    assert Protocol("anything").description == ""


def test_a_recipe_says_its_protocol():
    assert TrainConfig(split=ARTIST_FOLDS, fold=1).protocol == Protocol(ARTIST_FOLDS, 1)
    assert TrainConfig(data=TOY).protocol == Protocol(TOY)
    assert not TrainConfig(split=ALL_CLIPS).is_tested
