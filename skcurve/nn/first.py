"""Where the codebook of a layer begins: a curve through the first latents."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from skcurve.solvers import STARTS, Lloyd, Rows, learn

ROWS_PER_VERTEX = 32
"""So many latents a vertex are learnt from, at most: an encoder that has not been trained moves
them all soon."""


@torch.library.custom_op("skcurve::first_curve", mutates_args=())
def first_curve(latents: torch.Tensor, n_vertices: int, seed: torch.Tensor) -> torch.Tensor:
    """Learn a curve of so many vertices from latents, by the package's own solver.

    An operator of its own, which a compiler calls as it stands.

    Parameters
    ----------
    latents : (n, D) tensor
        At least one.
    n_vertices : int
        A power of two, at least 4.
    seed : () tensor
        Not negative. Decides the dithers.

    Returns
    -------
    vertices : (n_vertices, D) tensor
    """
    generator = np.random.default_rng(int(seed))
    chosen = torch.arange(len(latents), device=latents.device)
    most = ROWS_PER_VERTEX * n_vertices
    if len(latents) > most:  # evenly spread
        chosen = chosen[:most] * len(latents) // most
    points = latents[chosen]
    if points.dtype not in (torch.float32, torch.float64):
        points = points.float()
    rows = Rows(points, None, generator)
    n_bits = n_vertices.bit_length() - 1
    start = STARTS["norm"](rows, n_vertices, generator)
    *_, codebook = learn(rows, start, n_bits, Lloyd(), generator)
    assert isinstance(codebook, torch.Tensor)
    return codebook.to(latents.dtype).contiguous()


def quarters(latents: torch.Tensor) -> torch.Tensor:
    """Give the means of four equal parts of the latents, sorted by their norm, as published.

    Parameters
    ----------
    latents : (n, D) tensor
        At least one; of fewer than four, some are taken again.

    Returns
    -------
    vertices : (4, D) tensor
    """
    order = torch.linalg.vector_norm(latents, dim=1).argsort(stable=True)
    n_rows = len(latents)
    edges = [n_rows * part // 4 for part in range(5)]
    parts = [order[min(a, n_rows - 1) : max(b, a + 1)] for a, b in pairwise(edges)]
    return torch.stack([latents[part].mean(0) for part in parts])


@first_curve.register_fake
def _(latents: torch.Tensor, n_vertices: int, seed: torch.Tensor) -> torch.Tensor:
    return latents.new_empty((n_vertices, latents.shape[1]))
