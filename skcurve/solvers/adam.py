"""The papers' own procedure, as published: stochastic gradient steps on the dithered error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from skcurve.solvers.growth import split_vertices
from skcurve.solvers.rows import Rows
from skcurve.solvers.statistics import perplexity_of

NOTED_STEPS = 1024
"""What so many steps have found is held, before it is summed."""


class AdamState(NamedTuple):
    """A state of `Adam`; the optimiser's own moments live in `optimizer`.

    Attributes
    ----------
    vertices : (M, D) tensor
        The curve, which the optimiser updates in place.
    optimizer : torch.optim.Adam
    scheduler : torch.optim.lr_scheduler.MultiStepLR
    distortion : float
        The mean over the batches of the last epoch.
    perplexity : float
        Of the segments in the last epoch.
    """

    vertices: torch.Tensor
    optimizer: torch.optim.Adam
    scheduler: torch.optim.lr_scheduler.MultiStepLR
    distortion: float = torch.inf
    perplexity: float = torch.nan


@dataclass(frozen=True)
class Adam:
    """The reference solver: Adam on batches, at the published settings unless told otherwise.

    A sweep is an epoch: the rows in their own order, a batch at a time, each batch at one dither,
    an incomplete last batch left out. Each bitrate has a new optimiser, whose learning rate is
    halved after 60% and after 80% of the epochs, in whole epochs, and not before the first is over.
    Every vertex of a finished bitrate gets a twin 1% of a segment away.

    Parameters
    ----------
    max_iter : int, default=5
        Epochs a bitrate.
    batch_size : int, default=64
        Rows a step.
    learning_rate : float, default=1e-3
        In the units of the data.
    milestones : tuple of float, default=(0.6, 0.8)
        The shares of the epochs after which the learning rate is halved, above 0 and up to 1.
    insertion : float, default=0.01
        How far along a segment a new vertex begins, between 0 and 1.

    References
    ----------
    Vali and Bäckström, TMLR 2025 (arXiv 2410.20573), and its published code.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve import SFVQ
    >>> from skcurve.solvers import Adam
    >>> X = np.random.default_rng(0).standard_normal((500, 3))
    >>> SFVQ(n_bits=3, solver=Adam(learning_rate=1e-2, max_iter=4), random_state=0).fit(X).n_iter_
    8
    """

    max_iter: int = 5
    batch_size: int = 64
    learning_rate: float = 1e-3
    milestones: tuple[float, ...] = (0.6, 0.8)
    insertion: float = 0.01

    def __post_init__(self) -> None:
        for name in ("max_iter", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}.")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive; got {self.learning_rate}.")
        if not all(0 < share <= 1 for share in self.milestones):
            raise ValueError(f"milestones must lie above 0, up to 1; got {self.milestones}.")
        if not 0 < self.insertion < 1:
            raise ValueError(f"insertion must lie between 0 and 1; got {self.insertion}.")

    def start(
        self, vertices: torch.Tensor, rows: Rows, generator: np.random.Generator
    ) -> AdamState:
        """Begin a bitrate; see `Solver`."""
        learnt = vertices.clone().requires_grad_()
        # The rows are scaled; so is a step that is meant in the units of the data.
        optimizer = torch.optim.Adam([learnt], lr=self.learning_rate * rows.scale, fused=True)
        # Rounded down, but not to the beginning.
        epochs = [max(1, int(share * self.max_iter)) for share in self.milestones]
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, epochs, gamma=0.5)
        return AdamState(learnt, optimizer, scheduler)

    def step(self, state: AdamState, rows: Rows, generator: np.random.Generator) -> AdamState:
        """Run an epoch; see `Solver`."""
        learnt = state.vertices
        n_steps = max(1, len(rows) // self.batch_size)
        total, usage = 0.0, learnt.new_zeros(len(learnt) - 1, dtype=torch.float64).detach()
        for first in range(0, n_steps, NOTED_STEPS):
            part = range(first, min(first + NOTED_STEPS, n_steps))
            dithers = torch.from_numpy(generator.random((len(part), len(usage))))
            errors, segments, shares = [], [], []
            for i, dither in zip(part, dithers.to(learnt.detach()).unbind(), strict=True):
                points, weights = rows.batch(i * self.batch_size, self.batch_size)
                error, segment = self._descend(state, points, weights, dither)
                errors.append(error)
                segments.append(segment)
                shares.append(torch.ones_like(segment) if weights is None else weights)
            total += float(torch.stack(errors).double().sum())
            usage += torch.bincount(torch.cat(segments), torch.cat(shares).double(), len(usage))
        state.scheduler.step()
        return state._replace(distortion=total / n_steps, perplexity=perplexity_of(usage))

    def _descend(
        self,
        state: AdamState,
        points: torch.Tensor,
        weights: torch.Tensor | None,
        dither: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take a step, and give the error and the segments of its rows."""
        learnt = state.vertices
        with torch.enable_grad():
            dithered = torch.lerp(learnt[:-1], learnt[1:], dither[:, None])
            segment = _nearest(points, dithered.detach())
            sq_error = (points - dithered[segment]).square()
            if weights is None:
                loss = sq_error.mean()
            else:
                loss = (weights @ sq_error).sum() / (weights.sum() * learnt.shape[1])
            state.optimizer.zero_grad()
            loss.backward()
        state.optimizer.step()
        return loss.detach(), segment

    def finished(self, state: AdamState) -> bool:
        """Never before the last epoch; see `Solver`."""
        return False

    def grow(self, state: AdamState) -> torch.Tensor:
        """Give every vertex a twin; see `Solver`."""
        return split_vertices(state.vertices.detach(), self.insertion)


def _nearest(points: torch.Tensor, dithered: torch.Tensor) -> torch.Tensor:
    sq_norms = (dithered * dithered).sum(1)
    return torch.addmm(sq_norms, points, dithered.T, alpha=-2.0).argmin(1)
