r"""How gradients pass a quantiser, which has none of its own.

All take rows x, and where each is quantised to: the point :math:`p = \sum_k w_k\, c_k`, with one
codebook vector of weight one (a plain quantiser), or the two ends of a segment. `noise()` gives
standard normal numbers of the shape of x. sg is the identity whose gradient is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

TINY = 1e-12


class Target(NamedTuple):
    """Where rows are quantised to.

    Attributes
    ----------
    ends : tuple of (n, D) tensor
        The codebook vectors, one or two.
    weights : tuple of (n, 1) tensor
        Which sum to one.
    """

    ends: tuple[torch.Tensor, ...]
    weights: tuple[torch.Tensor, ...]

    @property
    def points(self) -> torch.Tensor:
        """The points themselves, of shape (n, D)."""
        if len(self.ends) == 1:
            return self.ends[0]
        first, second = self.ends
        return torch.lerp(first, second, self.weights[1])


Draw = Callable[[], torch.Tensor]


def nsvq(x: torch.Tensor, target: Target, noise: Draw, spread: float) -> torch.Tensor:
    r"""Put noise as large as the quantisation error in its place.

    .. math:: \hat x = x + |x - p|\, v / |v|, \qquad v \sim N(0, I)

    References
    ----------
    Vali and Bäckström, "NSVQ: noise substitution in vector quantization for machine learning",
    IEEE Access 10 (2022).
    """
    return x + _norm(x - target.points) * _unit(noise())


def diveq(x: torch.Tensor, target: Target, noise: Draw, spread: float) -> torch.Tensor:
    r"""Add the quantisation error, as long as it is, and in a direction that has no gradient.

    .. math:: \hat x = x + \sum_k |c_k - x|\;
              \mathrm{sg}\left[w_k\, v_k / |v_k|\right], \qquad v_k \sim N(c_k - x,\ \sigma^2 I)

    With one codebook vector this is DiVeQ; with the two ends of a segment, SF-DiVeQ. As
    :math:`\sigma \to 0` the value is p itself.

    References
    ----------
    Vali, Bäckström and Solin, "DiVeQ: differentiable vector quantization using the
    reparameterization trick", ICLR 2026 (arXiv 2509.26469).
    """
    quantized = x
    for end, weight in zip(target.ends, target.weights, strict=True):
        error = end - x
        direction = error.detach()
        if spread > 0:
            direction = torch.add(direction, noise(), alpha=spread)
        quantized = quantized + _norm(error) * (weight * _unit(direction)).detach()
    return quantized


def ste(x: torch.Tensor, target: Target, noise: Draw, spread: float) -> torch.Tensor:
    r"""Pass the gradient of the output straight through to the input.

    .. math:: \hat x = x + \mathrm{sg}[p - x]

    References
    ----------
    Van den Oord, Vinyals and Kavukcuoglu, "Neural discrete representation learning", NeurIPS 2017.
    """
    return target.points.detach() + (x - x.detach())


def rotation(x: torch.Tensor, target: Target, noise: Draw, spread: float) -> torch.Tensor:
    r"""Turn and scale the input to its point, by a map without gradient: the rotation trick.

    .. math:: \hat x = \mathrm{sg}\left[\frac{|p|}{|x|} R\right] x, \qquad
              R\, y = y - 2\, r\, (r \cdot y) + 2\, \hat p\, (\hat u \cdot y)

    where :math:`\hat u = x / |x|`, :math:`\hat p = p / |p|` and r is the unit vector along
    :math:`\hat u + \hat p`. R turns x to p in the plane of both.

    References
    ----------
    Fifty et al., "Restructuring vector quantization with the rotation trick", ICLR 2025
    (arXiv 2410.06424).
    """
    fixed, points = x.detach(), target.points.detach()
    before, after = _unit(fixed), _unit(points)
    between = _unit(before + after)
    scale = _norm(points) / _norm(fixed).clamp(min=TINY)
    turned = (
        x
        - 2.0 * between * (between * x).sum(1, keepdim=True)
        + 2.0 * after * (before * x).sum(1, keepdim=True)
    )
    return scale * turned


GRADIENTS: dict[str, Callable[[torch.Tensor, Target, Draw, float], torch.Tensor]] = {
    "diveq": diveq,
    "nsvq": nsvq,
    "ste": ste,
    "rotation": rotation,
}
"""By the name that `SpaceFillingVQ(gradient=...)` takes."""

NEED_LOSSES = frozenset({"ste", "rotation"})
"""The ones that send the codebook no gradient, and the input none of its distance to it."""


def _norm(vectors: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(vectors, dim=1, keepdim=True)


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    return vectors / _norm(vectors).clamp(min=TINY)
