"""The plain quantiser, without a curve: to compare with."""

from __future__ import annotations

import torch

from skcurve.nn.gradients import Target
from skcurve.nn.layer import QuantizerLayer
from skcurve.nn.nearest import nearest_point
from skcurve.nn.noise import Draws
from skcurve.solvers.relocate import DEAD, MOST_MOVED
from skcurve.solvers.statistics import ANCHOR

APART = 0.1
"""How far beside the vector that it relieves another one begins, in root mean squared errors."""


class VectorQuantizer(QuantizerLayer):
    """Vector quantisation inside a network: latents go to the nearest codebook vector.

    The same layer as `SpaceFillingVQ`, but for the curve: the same gradients, statistics, state and
    calls. `coordinate` is the index, as a floating number, and evaluation differs from training by
    its gradient alone.

    Parameters
    ----------
    n_bits : int
        ``2**n_bits`` codebook vectors, from 2 to 16 bits.
    dim : int
        Features of a latent.
    gradient, noise, ema, commitment, channel_last, generator
        See `SpaceFillingVQ`.

    See Also
    --------
    SpaceFillingVQ : With a curve through the codebook vectors.

    References
    ----------
    Van den Oord, Vinyals and Kavukcuoglu, "Neural discrete representation learning", NeurIPS 2017.

    Examples
    --------
    >>> import torch
    >>> from skcurve.nn import VectorQuantizer
    >>> layer = VectorQuantizer(4, dim=8, gradient="ste")
    >>> out = layer(torch.randn(32, 8))
    >>> layer.update()
    >>> out.quantized.shape, out.index.shape
    (torch.Size([32, 8]), torch.Size([32]))
    """

    def __init__(
        self,
        n_bits: int,
        dim: int,
        *,
        gradient: str = "diveq",
        noise: float = 1e-3,
        ema: float | None = 0.9,
        commitment: float | None = None,
        channel_last: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(
            n_bits, dim, gradient=gradient, noise=noise, ema=ema, commitment=commitment,
            channel_last=channel_last, generator=generator,
        )  # fmt: skip

    @property
    def _n_places(self) -> int:
        return 2**self._bitrate

    def _assign(self, rows: torch.Tensor, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
        return self._nearest(rows)

    def _nearest(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        index = nearest_point(rows, self.vertices.detach().to(rows.dtype))
        return index, torch.zeros_like(index, dtype=rows.dtype)

    def _target(self, index: torch.Tensor, position: torch.Tensor) -> Target:
        one = torch.ones_like(position)[:, None]
        return Target((self.vertices[index].to(one.dtype),), (one,))

    def _solve(self, vertices: torch.Tensor) -> torch.Tensor:
        """Give the means of what each vector has won, drawn a little to where it was."""
        moment, usage, _ = self._known()
        held = ANCHOR * torch.where(usage.mean() > 0, usage.mean(), 1.0)
        return (moment + held * vertices) / (usage + held)[:, None]

    def _tidied(self, vertices: torch.Tensor) -> torch.Tensor:
        """Put vectors that win next to nothing beside those with the largest error, which share."""
        _, usage, sq_error = self._known()
        n_moved = min(int((usage < DEAD * usage.mean()).sum()), int(MOST_MOVED * len(vertices)))
        taken = usage.argsort(stable=True)[:n_moved]
        split = sq_error.argsort(descending=True, stable=True)[:n_moved]
        spread = (sq_error[split] / usage[split].clamp(min=1e-30) / self.dim).sqrt()
        away = self.random.advance().normal(n_moved, self.dim).to(vertices.dtype)
        tidied = vertices.clone()
        tidied[taken] = vertices[split] + APART * spread[:, None] * away
        self.memory.known[split] /= 2
        self.memory.known[taken] = self.memory.known[split]
        return tidied

    def _known(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Give the moment, the usage and the squared error of each vector."""
        moment, sums = self.memory.known.split([self.dim, self.memory.known.shape[1] - self.dim], 1)
        return moment, sums[:, 2], sums[:, 3]
