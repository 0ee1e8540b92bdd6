"""Diagrams of networks as HTML: blocks of layers, their parameters, and what flows between them."""

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: Kinds of layers that begin a block; the others belong to the block that they follow.
_HEADS = {
    "InputLayer": "log-mel of 3 s",
    "Conv2D": "convolution",
    "Conv1D": "convolution in time",
    "LSTM": "LSTM",
    "GRU": "GRU",
    "Bidirectional LSTM": "two-way LSTM",
    "Bidirectional GRU": "two-way GRU",
    "Flatten": "flatten",
    "Concatenate": "join",
    "Dense": "dense",
}
#: Names of blocks that begin with another layer, since the flow divides before it.
_OTHERS = {"MaxPooling2D": "halve", "MaxPooling1D": "halve"}

_BOX = (
    "display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 0.5em;padding:0.1em 0.5em;"
    "border-radius:5px;border:1.5px solid {colour};line-height:1.45;"
    "background:linear-gradient(to right,{colour}55 {share:.0f}%,transparent {share:.0f}%)"
)
_FLOW = "text-align:center;line-height:1.25;white-space:nowrap"


@dataclass
class Block:
    """Layers that are drawn as one box: a convolution with its pooling, for example.

    Attributes
    ----------
    name : str
        For people.
    output : str
        Shape of what flows on from it, for one window.
    parameters : int
        Sum over its layers.
    inputs : list of Block
        Blocks that it reads.
    """

    name: str
    output: str = ""
    parameters: int = 0
    inputs: list["Block"] = field(default_factory=list, repr=False)


def list_blocks(layers: "pd.DataFrame") -> list[Block]:
    """Return the blocks of a network, from a table of `deepmusic.models.describe`."""
    rows = layers.to_dict("records")
    reads = _reads(rows)
    readers = Counter(one for read in reads.values() for one in read)
    blocks: list[Block] = []
    block_of: dict[str, Block] = {}
    for row in rows:
        name, kind = row["Layer"], row["Kind"]
        read = reads[name]
        if kind in _HEADS or len(read) != 1 or readers[read[0]] > 1:
            title = "genres" if name == "genres" else _HEADS.get(kind) or _OTHERS.get(kind, kind)
            block = Block(title, inputs=[block_of[one] for one in read])
            blocks.append(block)
        else:
            block = block_of[read[0]]
        block_of[name] = block
        block.output = row["Output"]
        block.parameters += int(row["Parameters"])
    return blocks


def _reads(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the layers that each layer reads."""
    above: list[str] = []
    found = {}
    for row in rows:
        found[row["Layer"]] = row["Reads"].split(", ") if row["Reads"] else above
        above = [row["Layer"]]
    return found


def architecture_html(layers: "pd.DataFrame", colour: str) -> str:
    """Return a network as boxes from top to bottom, branches side by side.

    Parameters
    ----------
    layers : pd.DataFrame
        Table of `deepmusic.models.describe`.
    colour : str
        Of the boxes, such as ``#2f86c9``. They are filled by their share of the parameters.
    """
    blocks = list_blocks(layers)
    most = max((block.parameters for block in blocks), default=0) or 1
    readers = {id(one): [block for block in blocks if one in block.inputs] for one in blocks}

    def draw(block: Block | None, end: Block | None) -> Iterator[str]:
        """Yield the boxes from a block on, before `end`."""
        while block and block is not end:
            share = 100 * block.parameters / most
            parameters = f"{block.parameters:,}" if block.parameters else ""
            yield (
                f'<div style="{_BOX.format(colour=colour, share=share)}">'
                f'<span style="white-space:nowrap">{html.escape(block.name)}</span>'
                f"<span>{parameters}</span></div>"
            )
            following = readers[id(block)]
            if following:
                yield f'<div style="{_FLOW}">\N{DOWNWARDS ARROW} {html.escape(block.output)}</div>'
            if len(following) < 2:
                block = following[0] if following else None
                continue
            block = next((one for one in blocks if len(one.inputs) > 1), None)
            yield '<div style="display:flex;gap:0.7em;align-items:flex-end">'
            for branch in following:
                yield f'<div style="flex:1">{"".join(draw(branch, block))}</div>'
            yield "</div>"

    return f'<div style="font-variant-numeric:tabular-nums">{"".join(draw(blocks[0], None))}</div>'
