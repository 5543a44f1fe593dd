"""The loop over bitrates and sweeps, written once for every solver."""

from __future__ import annotations

from collections.abc import Callable, Generator
from time import perf_counter

import numpy as np
import torch

from skcurve.solvers.base import Solver, Sweep
from skcurve.solvers.rows import Rows


def learn(
    rows: Rows,
    vertices: torch.Tensor,
    n_bits: int,
    solver: Solver,
    generator: np.random.Generator,
    begun: Callable[[torch.Tensor], None] | None = None,
) -> Generator[Sweep | torch.Tensor, bool | None, None]:
    """Sweep until each bitrate is done, and double the vertices until the last one is.

    Parameters
    ----------
    rows : Rows
        What to learn from.
    vertices : (M, D) tensor
        Where to begin, in the rows' normalised form; M a power of two.
    n_bits : int
        The last bitrate: ``2**n_bits`` vertices, at least M.
    solver : Solver
        How to learn them.
    generator : numpy.random.Generator
        All randomness.
    begun : callable, default=None
        Called with the vertices that a further bitrate begins with, before it does.

    Yields
    ------
    record : Sweep
        After each sweep. Send True in return to end the bitrate there.
    codebook : (2**bitrate, D) tensor
        In the units of the data, when a bitrate is complete.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skcurve.solvers import STARTS, Lloyd, Rows, learn
    >>> generator = np.random.default_rng(0)
    >>> rows = Rows(torch.from_numpy(generator.standard_normal((500, 2))), None, generator)
    >>> events = learn(rows, STARTS["norm"](rows, 16, generator), 4, Lloyd(), generator)
    >>> [len(event) for event in events if isinstance(event, torch.Tensor)]
    [4, 8, 16]
    """
    for bitrate in range(len(vertices).bit_length() - 1, n_bits + 1):
        state = solver.start(vertices, rows, generator)
        for sweep in range(1, solver.max_iter + 1):
            began = perf_counter()
            state = solver.step(state, rows, generator)
            seconds = perf_counter() - began
            distortion = state.distortion / rows.scale / rows.scale
            stopped = yield Sweep(bitrate, sweep, distortion, state.perplexity, seconds)
            if stopped or solver.finished(state):
                break
        yield rows.restore(state.vertices.detach())
        if bitrate < n_bits:
            vertices = solver.grow(state)
            if begun is not None:
                begun(vertices)
