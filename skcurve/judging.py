"""How good a codebook is on rows in blocks, and which segments they use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from skcurve.blocks import Blocks, InMemory, Passing, Spread
from skcurve.metrics.distortion import squares_fit
from skcurve.projection import project
from skcurve.solvers.order import RandomOrder, RowNumbers

ROWS_PER_VERTEX = 256
FEWEST_ROWS = 1 << 14
PART_BYTES = 1 << 26


@dataclass(frozen=True)
class Verdict:
    """What rows say of a codebook; of two sets of rows, the sum.

    Attributes
    ----------
    sq_error : () float64 tensor
        The sum of their weighted squared distances to the curve.
    usage : (M-1,) tensor
        How many each segment won, or their weight.
    """

    sq_error: torch.Tensor
    usage: torch.Tensor

    def __add__(self, other: Verdict) -> Verdict:
        """Give what both sets of rows say together."""
        return Verdict(self.sq_error + other.sq_error, self.usage + other.usage)


@dataclass(frozen=True)
class Judged:
    """The rows that codebooks are compared on: all, or a sample of those that are not in memory.

    Attributes
    ----------
    rows : Blocks or Passing
    weights : (n,) tensor or None
        Of all rows.
    chosen : (m,) array of int or None
        The sample; None for all.
    """

    rows: Blocks | Passing
    weights: torch.Tensor | None
    chosen: RowNumbers | None = None

    @classmethod
    def sample(cls, rows: Blocks, weights: torch.Tensor | None, n_vertices: int) -> Judged:
        """Choose so many rows that every segment of a codebook has its share."""
        enough = max(FEWEST_ROWS, ROWS_PER_VERTEX * n_vertices)
        if isinstance(rows, InMemory) or len(rows) <= enough:
            return cls(rows, weights)
        kept = None if weights is None else np.flatnonzero(weights.cpu().numpy() > 0)
        n_kept = len(rows) if kept is None else len(kept)
        chosen = RandomOrder(n_kept, np.random.default_rng(0)).next(min(enough, n_kept))
        return cls(rows, weights, np.sort(chosen if kept is None else kept[chosen]))

    def measure(self, codebook: torch.Tensor) -> tuple[float, torch.Tensor]:
        """Give the summed squared error, and the usage; of a sample, as if all were like it.

        Parameters
        ----------
        codebook : (M, D) tensor
            In the units of the data.
        """
        if isinstance(self.rows, Spread):
            shares = self._shares(slice(None) if self.chosen is None else self.chosen)
            judge = partial(_judge_there, codebook)
            verdict = self.rows.total(self.chosen, shares, judge, np.random.default_rng(0))
        else:
            verdicts = (_judge(codebook, *part) for part in self._parts())
            verdict = next(verdicts)
            for other in verdicts:
                verdict = verdict + other
        if self.chosen is None or not isinstance(self.rows, Blocks):
            return float(verdict.sq_error), verdict.usage
        total = len(self.rows) if self.weights is None else float(self.weights.double().sum())
        factor = total / float(verdict.usage.sum())
        return float(verdict.sq_error) * factor, verdict.usage * factor

    def _parts(self) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        if self.chosen is not None:
            assert isinstance(self.rows, Blocks)
            step = max(1, PART_BYTES // self.rows.row_bytes)
            for start in range(0, len(self.chosen), step):
                part = self.chosen[start : start + step]
                yield self.rows.take(part), self._shares(part)
            return
        start = 0
        for points in self.rows.scan():
            yield points, self._shares(slice(start, start + len(points)))
            start += len(points)

    def _shares(self, rows: RowNumbers | slice) -> torch.Tensor | None:
        """Give the weights of some rows, None for ones."""
        if self.weights is None:
            return None
        where = rows if isinstance(rows, slice) else torch.from_numpy(rows).to(self.weights.device)
        return self.weights[where].double()


def _judge(codebook: torch.Tensor, points: torch.Tensor, weights: torch.Tensor | None) -> Verdict:
    found = project(points, codebook.to(points))
    errors = found.sq_distance.double()
    if points.dtype != torch.float64:
        steps = torch.diff(codebook, dim=0)
        length = float(torch.linalg.vector_norm(steps, dim=1, dtype=torch.float64).sum())
        if not (squares_fit(length, points.dtype) and bool(errors.isfinite().all())):
            return _judge(codebook.double(), points.double(), weights)
    total = errors.sum() if weights is None else weights @ errors
    return Verdict(total, torch.bincount(found.segment, weights, minlength=len(codebook) - 1))


def _judge_there(
    codebook: torch.Tensor,
    X: torch.Tensor,
    chosen: torch.Tensor,
    weights: torch.Tensor,
    generator: np.random.Generator,
    number: int,
) -> Verdict:
    """Judge by rows in another process."""
    return _judge(codebook, X[chosen], weights.double())
