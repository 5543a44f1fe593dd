"""Learning from a stream: one batch after another, none of them kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from skcurve.solvers.accumulate import accumulate
from skcurve.solvers.base import Sweep
from skcurve.solvers.growth import split_segments
from skcurve.solvers.lloyd import BLOCK_ROWS
from skcurve.solvers.rows import Rows, Sample
from skcurve.solvers.statistics import Statistics
from skcurve.solvers.untangle import short_order

ROWS_PER_VERTEX = 128
"""The memory of a curve that still grows, in rows a vertex."""
MEMORIES_PER_BITRATE = 8
"""A bitrate has learnt enough when this many memories of rows have passed."""
DITHERS = 4
"""How many dithers each row meets."""


class Stream(NamedTuple):
    """What is known after some batches.

    The statistics of earlier batches fade as new ones come. While the curve grows, they are worth
    `ROWS_PER_VERTEX` rows a vertex; at the last bitrate, half of all rows seen there, so that the
    curve comes to rest and still follows a slow change.

    Attributes
    ----------
    vertices : (M, D) tensor
        The curve, in normalised form.
    center : (D,) tensor
    scale : float
        The normalised form of a row x is ``(x - center) * scale``.
    statistics : Statistics
        Of the rows so far, faded.
    seen : float
        The weight of the rows that came at this bitrate.
    distortion, perplexity : float
        Of the last batch; the distortion in normalised form.
    """

    vertices: torch.Tensor
    center: torch.Tensor
    scale: float
    statistics: Statistics
    seen: float = 0.0
    distortion: float = torch.inf
    perplexity: float = torch.nan

    @classmethod
    def begin(cls, vertices: torch.Tensor, rows: Rows, weight: float) -> Stream:
        """Begin with a curve that counts as much as rows of the given weight.

        Parameters
        ----------
        vertices : (M, D) tensor
            In the rows' normalised form.
        rows : Rows
            The first batch, whose mean and spread are kept for all that follow.
        weight : float
            0 for a first guess that the first batch replaces.
        """
        everything = rows.everything()
        known = Statistics.of_vertices(vertices, weight)
        return cls(vertices, everything.center, everything.scale, known, seen=weight)

    def step(
        self,
        X: torch.Tensor,
        weights: torch.Tensor | None,
        n_bits: int,
        smoothness: float,
        generator: np.random.Generator,
    ) -> Stream:
        """Learn from a batch, after growing if the last one completed a bitrate.

        Parameters
        ----------
        X : (n, D) tensor
            The batch.
        weights : (n,) tensor or None
            Its weights.
        n_bits : int
            The last bitrate.
        smoothness : float
            See `Lloyd`.
        generator : numpy.random.Generator
            Draws the dithers.
        """
        stream = self._grown() if self.bitrate < n_bits and self._is_complete else self
        weights = X.new_ones(len(X)) if weights is None else weights
        everyone = torch.arange(len(X), device=X.device)
        sample = Sample(X, everyone, weights, stream.center, stream.scale)
        shape = (DITHERS, max(1, len(X) // BLOCK_ROWS), len(stream.vertices) - 1)
        dithers = torch.from_numpy(generator.random(shape)).to(stream.vertices)
        exact = torch.zeros(shape[:2], dtype=torch.bool)
        seen = accumulate(sample, stream.vertices, dithers, exact) * (1.0 / DITHERS)
        total = stream.seen + seen.weight
        memory = float(ROWS_PER_VERTEX * len(stream.vertices))
        if stream.bitrate == n_bits:
            memory = max(memory, total / 2.0)
        known = seen + stream.statistics * max(0.0, 1.0 - seen.weight / memory)
        return stream._replace(
            vertices=known.solve(stream.vertices, smoothness),
            statistics=known,
            seen=total,
            distortion=seen.distortion,
            perplexity=seen.perplexity,
        )

    def record(self, sweep: int, seconds: float) -> Sweep:
        """Give the record of the last batch, as the number `sweep` of all."""
        distortion = self.distortion / self.scale / self.scale
        return Sweep(self.bitrate, sweep, distortion, self.perplexity, seconds)

    @property
    def bitrate(self) -> int:
        """The curve has ``2**bitrate`` vertices."""
        return len(self.vertices).bit_length() - 1

    @property
    def codebook(self) -> torch.Tensor:
        """The vertices in the units of the data."""
        return self.vertices / self.scale + self.center

    @property
    def _is_complete(self) -> bool:
        return self.seen >= MEMORIES_PER_BITRATE * ROWS_PER_VERTEX * len(self.vertices)

    def _grown(self) -> Stream:
        vertices = split_segments(self.vertices, self.statistics.sq_error)
        vertices = vertices[short_order(vertices).to(vertices.device)]
        return self._replace(
            vertices=vertices, statistics=Statistics.of_vertices(vertices, 0.0), seen=0.0
        )
