"""What a sweep over the data leaves behind, and the vertices that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import solveh_banded

from skcurve.solvers.tridiagonal import solve_tridiagonal

ANCHOR = 0.02
"""How firmly each vertex is held where it was, beside the mean weight of a vertex."""


@dataclass(frozen=True)
class Statistics:
    r"""Everything about the rows that the best vertices depend on, for a fixed assignment.

    A row x of weight w that meets segment i at dither :math:`\lambda` is approximated by
    :math:`(1-\lambda)\, c_i + \lambda\, c_{i+1}`. The summed squared error is quadratic in the
    vertices C and couples only neighbours, so its normal equations :math:`A C = B` are one
    symmetric tridiagonal system shared by all D columns:

    .. math:: A_{ii} \mathrel{+}= w (1-\lambda)^2, \quad A_{i+1,i+1} \mathrel{+}= w \lambda^2, \quad
              A_{i,i+1} \mathrel{+}= w (1-\lambda) \lambda, \quad
              B_i \mathrel{+}= w (1-\lambda) x, \quad B_{i+1} \mathrel{+}= w \lambda x .

    They add up: the statistics of two sets of rows sum to those of both together.

    Attributes
    ----------
    diagonal : (M,) tensor
    beside : (M-1,) tensor
        The entries next to the diagonal.
    moment : (M, D) tensor
        B.
    usage : (M-1,) tensor
        The weight of the rows that each segment won; see `accumulate` for rows near a vertex.
    sq_error : (M-1,) tensor
        Their weighted squared distances to the points that they met.

    Examples
    --------
    >>> import torch
    >>> from skcurve.solvers import Statistics
    >>> here, there = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[3.0], [4.0], [5.0]])
    >>> both = Statistics.of_vertices(here, 6.0) + Statistics.of_vertices(there, 3.0)
    >>> both.weight
    9.0
    >>> both.solve(torch.tensor([[1.0], [2.0], [3.0]]), smoothness=0.0)
    tensor([[1.], [2.], [3.]])
    """

    diagonal: torch.Tensor
    beside: torch.Tensor
    moment: torch.Tensor
    usage: torch.Tensor
    sq_error: torch.Tensor

    @classmethod
    def of_segments(cls, sums: torch.Tensor, moment: torch.Tensor) -> Statistics:
        r"""Put together statistics from sums over the rows of each segment.

        Parameters
        ----------
        sums : (5, M-1) tensor
            Of :math:`w (1-\lambda)^2`, :math:`w \lambda^2`, :math:`w (1-\lambda) \lambda`, the
            weights, and the weighted squared errors.
        moment : (M, D) tensor
            B.
        """
        first, second, beside, usage, sq_error = sums
        diagonal = torch.nn.functional.pad(first, (0, 1)) + torch.nn.functional.pad(second, (1, 0))
        return cls(diagonal, beside, moment, usage, sq_error)

    @classmethod
    def of_vertices(cls, vertices: torch.Tensor, weight: float) -> Statistics:
        """Give the statistics of rows that lie on the vertices, as much of them on each.

        Parameters
        ----------
        vertices : (M, D) tensor
            A curve that is known already.
        weight : float
            What all of it counts.
        """
        n_vertices = len(vertices)
        share = weight / n_vertices
        beside = vertices.new_zeros(n_vertices - 1)
        usage = vertices.new_full((n_vertices - 1,), weight / (n_vertices - 1))
        diagonal = vertices.new_full((n_vertices,), share)
        return cls(diagonal, beside, share * vertices, usage, beside.clone())

    def __add__(self, other: Statistics) -> Statistics:
        """Give the statistics of both sets of rows together."""
        return Statistics(*(a + b for a, b in zip(self._parts(), other._parts(), strict=True)))

    def __mul__(self, factor: float) -> Statistics:
        """Give the statistics with every weight multiplied by `factor`: forgetting, below one."""
        return Statistics(*(part * factor for part in self._parts()))

    def _parts(self) -> tuple[torch.Tensor, ...]:
        return self.diagonal, self.beside, self.moment, self.usage, self.sq_error

    @property
    def weight(self) -> float:
        """The weight of all rows."""
        return float(self.usage.sum())

    @property
    def distortion(self) -> float:
        """The mean squared error a feature that the rows had before the vertices moved."""
        return float(self.sq_error.sum()) / (self.weight * self.moment.shape[1])

    @property
    def perplexity(self) -> float:
        """How many segments the rows used, as the exponential of the entropy of their usage."""
        return perplexity_of(self.usage)

    def solve(self, vertices: torch.Tensor, smoothness: float | torch.Tensor) -> torch.Tensor:
        r"""Give the vertices that minimise the summed squared error plus the smoothness penalty.

        The penalty is `smoothness` times the mean diagonal entry times
        :math:`\sum_i |c_{i+1} - c_i|^2`, whose matrix, the path Laplacian, is tridiagonal too.

        Parameters
        ----------
        vertices : (M, D) tensor
            Where the vertices were: a vertex that no row asks to move stays there.
        smoothness : float or (M-1,) tensor
            Not negative. Keeps segments short, each as firmly as it says.

        Returns
        -------
        vertices : (M, D) tensor
        """
        if vertices.is_cuda:
            return self.solve_on_device(vertices, smoothness)
        diagonal, beside = (p.cpu().double().numpy() for p in (self.diagonal, self.beside))
        mean = diagonal.mean() or 1.0
        banded = np.zeros((2, len(diagonal)))
        banded[1] = diagonal + mean * ANCHOR
        tension = mean * np.broadcast_to(
            torch.as_tensor(smoothness, dtype=torch.float64).cpu().numpy(), beside.shape
        )
        banded[0, 1:] = beside - tension
        banded[1, 1:] += tension
        banded[1, :-1] += tension
        target = self.moment.double() + mean * ANCHOR * vertices
        solution = solveh_banded(
            banded, target.cpu().numpy(), overwrite_ab=True, overwrite_b=True, check_finite=False
        )
        return torch.from_numpy(solution).to(vertices)

    def solve_on_device(
        self, vertices: torch.Tensor, smoothness: float | torch.Tensor
    ) -> torch.Tensor:
        """Give what `solve` gives, without waiting for the host; see `solve_tridiagonal`.

        Parameters
        ----------
        vertices : (M, D) tensor
            Where the vertices were.
        smoothness : float or (M-1,) tensor
            See `solve`.

        Returns
        -------
        vertices : (M, D) tensor
        """
        diagonal, beside = self.diagonal.double(), self.beside.double()
        mean = diagonal.mean()
        mean = torch.where(mean > 0, mean, 1.0)
        if isinstance(smoothness, torch.Tensor):
            smoothness = smoothness.to(diagonal)
        tension = (mean * smoothness).expand_as(beside)
        pad = torch.nn.functional.pad
        return solve_tridiagonal(
            diagonal + mean * ANCHOR + pad(tension, (1, 0)) + pad(tension, (0, 1)),
            beside - tension,
            self.moment.double() + mean * ANCHOR * vertices,
        ).to(vertices)


def perplexity_of(usage: torch.Tensor) -> float:
    """Give the exponential of the entropy of a usage, which has no negative entry."""
    return float(torch.special.entr(usage / usage.sum()).sum().exp())
