"""How rows meet a curve in a sweep: at which dithers, and how many of them meet the line itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from skcurve.solvers.accumulate import accumulate
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics

BLOCK_ROWS = 1024
"""So many rows meet the curve at the same dither."""


class Meeting(NamedTuple):
    """A curve, and how rows meet it; called with them, it gives their statistics.

    Attributes
    ----------
    vertices : (M, D) tensor
        The curve, in normalised form.
    n_passes : int
        How many dithers each row meets.
    exact_share : float
        The share of the meetings that are with the line itself, from 0 to 1.
    """

    vertices: torch.Tensor
    n_passes: int
    exact_share: float

    def __call__(
        self, sample: Sample, generator: np.random.Generator, before: float | None = None
    ) -> Statistics:
        """Let rows meet the curve.

        Parameters
        ----------
        sample : Sample
            They.
        generator : numpy.random.Generator
            Draws the dithers.
        before : float, default=None
            How many meetings other parts of the sweep have had, so that those with the line are
            spread evenly over all parts; None if this is the first.
        """
        n_blocks = max(1, len(sample.chosen) // BLOCK_ROWS)
        shape = (self.n_passes, n_blocks, len(self.vertices) - 1)
        dithers = torch.from_numpy(generator.random(shape)).to(self.vertices)
        first = generator.random() if before is None else before * self.n_passes * self.exact_share
        exact = choose_exact(self.exact_share, shape[:2], first)
        return accumulate(sample, self.vertices, dithers, exact)

    @property
    def row_bytes(self) -> int:
        """What the dithers take in memory, a row."""
        return self.n_passes * len(self.vertices) * 8 // BLOCK_ROWS


def choose_exact(share: float, shape: tuple[int, int], first: float) -> torch.Tensor:
    """Choose the meetings that are with the line itself, for `accumulate`.

    Parameters
    ----------
    share : float
        How many, from 0 to 1. They are spread evenly: every sweep has its share, up to one.
    shape : (n_passes, n_blocks)
        Of the meetings.
    first : float
        Says where the first one is: at random if it is a random number from 0 to 1.
    """
    steps = np.arange(shape[0] * shape[1] + 1) * share + first
    return torch.from_numpy(np.diff(np.floor(steps)) > 0).reshape(shape)
