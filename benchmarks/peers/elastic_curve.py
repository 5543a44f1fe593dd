"""An elastic principal curve by elpigraph: a chain of nodes that grows one node at a time.

Each new node is tried in every place, so the time grows with the square of the number of nodes. The
package's own elasticity, `Lambda=0.01` and `Mu=0.1`, is so stiff that the curve does not reach into
the data. At 5 bits a tenth of both was better in both distortions on the digits, a pentagon, normal
rows and those of a mapping network; a hundredth was worse in the dithered one on the first two.
"""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import numpy.typing as npt

STRETCHING = 1e-3
BENDING = 1e-2


def fit(X: npt.NDArray[np.float32], n_vertices: int, seed: int) -> npt.NDArray[np.float32]:
    """Give the (n_vertices, D) nodes in their order along the curve; there is no randomness."""
    from elpigraph import computeElasticPrincipalCurve

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        (graph,) = computeElasticPrincipalCurve(
            X.astype(np.float64), NumNodes=n_vertices, Lambda=STRETCHING, Mu=BENDING
        )
    return graph["NodePositions"][chain_order(graph["Edges"][0])]


def chain_order(edges: npt.NDArray[np.int64]) -> list[int]:
    """Walk along the (M - 1, 2) edges of a chain, from one end to the other."""
    neighbors: dict[int, list[int]] = {}
    for a, b in edges.tolist():
        neighbors.setdefault(a, []).append(b)
        neighbors.setdefault(b, []).append(a)
    last, node = -1, min(node for node, others in neighbors.items() if len(others) == 1)
    order = [node]
    while len(order) <= len(edges):
        last, node = node, next(other for other in neighbors[node] if other != last)
        order.append(node)
    return order
