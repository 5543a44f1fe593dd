"""Rows in blocks: data that need not fit in memory, from files, other arrays, or a stream.

`as_blocks` makes one thing of whatever comes in blocks; a fit reads from it the rows it needs, and
a transform one part after another. `Block` is what a new kind has to say.
"""

from skcurve.blocks.base import Block, Blocks, InMemory, Spread, find_gap
from skcurve.blocks.opening import as_blocks
from skcurve.blocks.passing import Passing

__all__ = ["Block", "Blocks", "InMemory", "Passing", "Spread", "as_blocks", "find_gap"]
