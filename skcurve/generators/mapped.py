"""From noise to W: a mapping, and truncation towards the mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from skcurve.generators.outputs import as_outputs

N_FOR_MEAN = 4096
"""Latents whose mean is taken for that of W, where the generator does not show one."""


class TruncatedMapping:
    r"""A mapping that gives one latent for all layers, drawn towards the mean of W.

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

    def __init__(
        self, mapping: Callable[[torch.Tensor], Any], truncation: float, w_avg: Any
    ) -> None:
        self._mapping = mapping
        self._truncation = truncation
        self._w_avg = None if w_avg is None else as_outputs(w_avg, torch.float64)

    def __call__(self, z: torch.Tensor) -> torch.Tensor:
        """Map a batch of z.

        Parameters
        ----------
        z : tensor of shape (n, z_dim)
            Noise.

        Returns
        -------
        w : tensor of shape (n, D)
        """
        w = self._map(z)
        if self._truncation == 1.0:
            return w
        if self._w_avg is None:
            noise = np.random.default_rng(0).standard_normal((N_FOR_MEAN, z.shape[1]))
            self._w_avg = self._map(torch.from_numpy(noise).to(z)).double().mean(0)
        return torch.lerp(self._w_avg.to(w), w, self._truncation)

    def _map(self, z: torch.Tensor) -> torch.Tensor:
        w = as_outputs(self._mapping(z), z.dtype)
        return w[:, 0] if w.ndim == 3 else w
