"""The same fit over many machines: workers keep their rows, and send back statistics.

`SFVQ.fit` takes a Dask array, a Dask frame or a list of delayed blocks as it takes an array, and
`Processes`, the rows of all processes of a torch.distributed group. Of each sweep, what travels is
what the best vertices follow from, M × (D + 2) numbers for M vertices of D features, however many
rows there are.
"""

from typing import Any

from skcurve.blocks import Blocks
from skcurve.distributed.processes import Processes

__all__ = ["Processes"]


def open_blocks(X: Any) -> Blocks:
    """Make blocks of a Dask collection, or of a list of delayed blocks; see `as_blocks`."""
    from skcurve.distributed.dask import open_dask

    return open_dask(X)
