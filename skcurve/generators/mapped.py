"""From noise to W: a mapping, and truncation towards the mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from skcurve.generators.outputs import as_outputs

N_FOR_MEAN = 4096
"""Latents whose mean is taken for that of W, where the generator does not show one."""


def mapped(
    mapping: Callable[[torch.Tensor], Any], truncation: float, w_avg: Any
) -> Callable[[torch.Tensor], torch.Tensor]:
    r"""Make a mapping that gives one latent for all layers, truncated.

    .. math:: w = \bar w + \psi (f(z) - \bar w)

    Parameters
    ----------
    mapping : callable
        f, from (n, z_dim) to (n, D), or to (n, L, D), of which the first layer is taken.
    truncation : float
        ψ; 1 for none.
    w_avg : array of shape (D,) or None
        The mean; None to estimate it from 4,096 latents, always the same.
    """

    def plain(z: torch.Tensor) -> torch.Tensor:
        w = as_outputs(mapping(z), z.dtype)
        return w[:, 0] if w.ndim == 3 else w

    if truncation == 1.0:
        return plain
    known: list[torch.Tensor] = [] if w_avg is None else [as_outputs(w_avg, torch.float64)]

    def truncated(z: torch.Tensor) -> torch.Tensor:
        if not known:
            noise = np.random.default_rng(0).standard_normal((N_FOR_MEAN, z.shape[1]))
            known.append(plain(torch.from_numpy(noise).to(z)).double().mean(0))
        w = plain(z)
        return torch.lerp(known[0].to(w), w, truncation)

    return truncated
