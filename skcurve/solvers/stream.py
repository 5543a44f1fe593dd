"""Learning from a stream: one batch after another, none of them kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from skcurve.solvers.base import Sweep
from skcurve.solvers.growth import split_segments
from skcurve.solvers.lloyd import OVERSTEP, Lloyd
from skcurve.solvers.meeting import Meeting
from skcurve.solvers.relocate import relocate
from skcurve.solvers.rows import Rows, Sample
from skcurve.solvers.statistics import Statistics
from skcurve.solvers.untangle import short_order

ROWS_PER_VERTEX = 128
"""The memory of a curve that still moves, in rows a vertex."""
MEMORIES_PER_BITRATE = 5
"""A bitrate has learnt enough when this many memories of rows have passed: half of them moving."""
KNOWN_ROWS = 1024
"""What a curve that is known counts at least, in rows a vertex."""
SETTLED_SHARE = 1 / 8
"""The memory of a settled curve, as a share of all rows that came at its bitrate."""
DITHERS = 4
"""How many dithers each row meets."""
MORE_EXACT = 4 / 3
"""How many times as often as in `Lloyd` a row meets the line itself. A long average shortens the
curve; with this it gets as near to the data as one that `Lloyd` has learnt."""
FEWEST_ROWS = 16
"""What a vertex needs to have seen, on average, before any is called dead."""


@dataclass(frozen=True)
class Stream:
    """What is known after some batches: the state of a curve that learns from a stream.

    It goes through the phases of `Lloyd`, in rows where that counts sweeps. The statistics of
    earlier batches fade as new ones come.

    1. *Moving*: they are worth `ROWS_PER_VERTEX` rows a vertex; steps are taken 1.8 times as far;
       vertices that no row needs are given to segments that lack one.
    2. *Settling*, after an untangling of the order: steps are taken as they are. At the last
       bitrate, which never ends, the memory grows to an eighth of all rows seen there, so that the
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

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skcurve.solvers import STARTS, Lloyd, Rows, Stream
    >>> generator = np.random.default_rng(0)
    >>> batches = torch.from_numpy(generator.standard_normal((8, 1024, 2)))
    >>> rows = Rows(batches[0], None, generator)
    >>> stream = Stream.begin(STARTS["norm"](rows, 8, generator), rows)
    >>> for batch in batches:
    ...     stream = stream.step(batch, None, 3, Lloyd(), generator)
    >>> stream.codebook.shape
    torch.Size([8, 2])
    """

    vertices: torch.Tensor
    center: torch.Tensor
    scale: float
    statistics: Statistics
    seen: float = 0.0
    distortion: float = torch.inf
    perplexity: float = torch.nan

    @classmethod
    def begin(cls, vertices: torch.Tensor, rows: Rows) -> Stream:
        """Begin with a first guess, which the first batch replaces.

        Parameters
        ----------
        vertices : (M, D) tensor
            In the rows' normalised form.
        rows : Rows
            The first batch, whose mean and spread are kept for all that follow.
        """
        nothing = Statistics.of_vertices(vertices, 0.0)
        return cls(vertices, rows.center, rows.scale, nothing)

    @classmethod
    def resume(cls, codebook: torch.Tensor, weight: float, smoothness: float) -> Stream:
        """Begin with a curve that has been learnt.

        Parameters
        ----------
        codebook : (M, D) tensor
            Its vertices, in the units of the data.
        weight : float
            Of the rows that it was learnt from, if known. It counts as much as they, and at least
            `KNOWN_ROWS` a vertex: a small batch cannot undo it.
        smoothness : float
            With which it was learnt: without any batch, it would stay as it is.
        """
        first = cls.begin(codebook, Rows(codebook, None, np.random.default_rng(0)))
        vertices = (codebook - first.center) * first.scale
        weight = max(weight, float(KNOWN_ROWS * len(codebook)))
        known = Statistics.of_vertices(vertices, weight)
        # Against the pull of the neighbours, which the solution adds.
        steps = torch.nn.functional.pad(torch.diff(vertices, dim=0), (0, 0, 1, 1))
        held = known.moment - known.diagonal[:, None] * smoothness * torch.diff(steps, dim=0)
        return replace(
            first, vertices=vertices, statistics=replace(known, moment=held), seen=weight
        )

    def step(
        self,
        X: torch.Tensor,
        weights: torch.Tensor | None,
        n_bits: int,
        solver: Lloyd,
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
        solver : Lloyd
            Its `smoothness`, the longest segment that comes with it, and its `exact_share`.
        generator : numpy.random.Generator
            Draws the dithers.
        """
        stream = self._grown() if self.bitrate < n_bits and self._is_complete else self
        seen = stream._meet(X, weights, solver.exact_share, generator)
        known = stream._remembered(seen, last=stream.bitrate == n_bits)
        after = replace(
            stream,
            statistics=known,
            seen=stream.seen + seen.weight,
            distortion=seen.distortion,
            perplexity=seen.perplexity,
        )
        if not stream._is_moving:
            return replace(after, vertices=solver.solve_within_reach(known, stream.vertices))
        step = known.solve(stream.vertices, solver.smoothness) - stream.vertices
        after = replace(
            after, vertices=stream.vertices + (OVERSTEP if stream.seen > 0 else 1.0) * step
        )
        if known.weight >= FEWEST_ROWS * len(stream.vertices):
            after = replace(after, vertices=relocate(after.vertices, known, solver.longest))
        return after if after._is_moving else after._untangled()

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
    def _rows_per_bitrate(self) -> int:
        return MEMORIES_PER_BITRATE * ROWS_PER_VERTEX * len(self.vertices)

    @property
    def _is_complete(self) -> bool:
        return self.seen >= self._rows_per_bitrate

    @property
    def _is_moving(self) -> bool:
        return self.seen < self._rows_per_bitrate / 2

    def _meet(
        self,
        X: torch.Tensor,
        weights: torch.Tensor | None,
        exact_share: float,
        generator: np.random.Generator,
    ) -> Statistics:
        weights = X.new_ones(len(X)) if weights is None else weights
        everyone = torch.arange(len(X), device=X.device)
        sample = Sample(X, everyone, weights, self.center, self.scale)
        meet = Meeting(self.vertices, DITHERS, min(1.0, MORE_EXACT * exact_share))
        return meet(sample, generator) * (1.0 / DITHERS)

    def _remembered(self, seen: Statistics, *, last: bool) -> Statistics:
        """Add the statistics of a batch to those of earlier ones, which fade."""
        memory = float(ROWS_PER_VERTEX * len(self.vertices))
        if last and not self._is_moving:
            memory = max(memory, SETTLED_SHARE * (self.seen + seen.weight))
        return seen + self.statistics * max(0.0, 1.0 - seen.weight / memory)

    def _untangled(self) -> Stream:
        order = short_order(self.vertices)
        if bool((order.diff() == 1).all()):
            return self
        # What is known of segments is of no use where these are others.
        vertices = self.vertices[order.to(self.vertices.device)]
        return replace(self, vertices=vertices, statistics=Statistics.of_vertices(vertices, 0.0))

    def _grown(self) -> Stream:
        vertices = split_segments(self.vertices, self.statistics.sq_error)
        vertices = vertices[short_order(vertices).to(vertices.device)]
        return replace(
            self, vertices=vertices, statistics=Statistics.of_vertices(vertices, 0.0), seen=0.0
        )

    def __getstate__(self) -> dict[str, Any]:
        # Arrays, whatever they were: there are formats that hold no tensors.
        statistics = {name: part.cpu().numpy() for name, part in vars(self.statistics).items()}
        state = {**vars(self), "statistics": statistics, "device": str(self.vertices.device)}
        return {
            **state,
            "vertices": self.vertices.cpu().numpy(),
            "center": self.center.cpu().numpy(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        device = state.pop("device")
        parts = {name: torch.from_numpy(p).to(device) for name, p in state["statistics"].items()}
        state["statistics"] = Statistics(**parts)
        for name in ("vertices", "center"):
            state[name] = torch.from_numpy(state[name]).to(device)
        for name, value in state.items():
            object.__setattr__(self, name, value)
