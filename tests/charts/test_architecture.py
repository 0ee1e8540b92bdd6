"""Diagrams of networks."""

import pandas as pd

from deepmusic.charts.architecture import architecture_html, list_blocks


def table(*rows):
    return pd.DataFrame(rows, columns=["Layer", "Kind", "Reads", "Output", "Parameters"])


FORKED = table(
    ("window", "InputLayer", "", "128 x 39", 0),
    ("levels", "BatchNormalization", "", "39 x 128", 512),
    ("conv", "Conv2D", "", "39 x 128 x 16", 160),
    ("halve", "MaxPooling2D", "levels", "19 x 64", 0),
    ("pool", "MaxPooling2D", "conv", "19 x 64 x 16", 0),
    ("gru", "Bidirectional GRU", "halve", "128", 49920),
    ("flatten", "Flatten", "pool", "1024", 0),
    ("both", "Concatenate", "flatten, gru", "1152", 0),
    ("drop", "Dropout", "", "1152", 0),
    ("genres", "Dense", "", "10", 1290),
)


def test_layers_without_a_head_of_their_own_belong_to_the_block_before():
    blocks = {block.name: block for block in list_blocks(FORKED)}
    assert [(name, block.output, block.parameters) for name, block in blocks.items()] == [
        ("log-mel of 3 s", "39 x 128", 512),
        ("convolution", "19 x 64 x 16", 160),
        ("halve", "19 x 64", 0),
        ("two-way GRU", "128", 49920),
        ("flatten", "1024", 0),
        ("join", "1152", 0),
        ("genres", "10", 1290),
    ]
    assert [one.name for one in blocks["join"].inputs] == ["flatten", "two-way GRU"]
    assert sum(block.parameters for block in blocks.values()) == FORKED["Parameters"].sum()


def test_branches_stand_side_by_side_and_every_block_once():
    drawn = architecture_html(FORKED, "#2f86c9")
    assert drawn.count("flex:1") == 2
    assert drawn.count("border-radius") == 7 and drawn.count(">join<") == 1
    assert "\N{DOWNWARDS ARROW} 19 x 64 x 16" in drawn and ">49,920<" in drawn
    assert drawn.count("<div") == drawn.count("</div>")


def test_a_chain_has_no_branches():
    chain = FORKED[FORKED["Layer"].isin(["window", "levels", "conv", "flatten", "genres"])]
    chain = chain.assign(Reads="")
    drawn = architecture_html(chain, "#2f86c9")
    assert "flex:1" not in drawn
    assert drawn.index("log-mel") < drawn.index("convolution") < drawn.index("genres")
