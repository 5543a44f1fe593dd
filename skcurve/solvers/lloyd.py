"""Lloyd's algorithm for a curve: assign, sum, solve, repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from skcurve.parallel import kernels_first
from skcurve.solvers.growth import split_segments
from skcurve.solvers.meeting import Meeting
from skcurve.solvers.relocate import relocate
from skcurve.solvers.rows import Rows
from skcurve.solvers.statistics import Statistics
from skcurve.solvers.untangle import short_order

FEWEST_ROWS = 2048
WORTH_KICKING = 64  # with fewer vertices, kicks would take a large share of a short fit
OVERSTEP = 1.8
FEW_FEATURES = 8
SUITED_TO_FEW = {"max_iter": 36, "exact_share": 0.4}
LONGEST, SMOOTH, STIFFENINGS = 1.8, 0.01, 20
STIFFEST = 1e9  # far above, double precision no longer tells the rows from the penalty


class LloydState(NamedTuple):
    """A state of `Lloyd`.

    Attributes
    ----------
    vertices : (M, D) tensor
        The curve.
    statistics : Statistics or None
        Of the rows of the last sweep and, fading, of those before.
    moved, settled : int
        How many sweeps of each phase are done.
    distortion, perplexity : float
        Of the last sweep.
    """

    vertices: torch.Tensor
    statistics: Statistics | None = None
    moved: int = 0
    settled: int = 0
    distortion: float = torch.inf
    perplexity: float = torch.nan


@dataclass(frozen=True)
class Lloyd:
    r"""The fast solver: each sweep solves for the best vertices of the present assignment.

    A sweep lets rows meet the dithered curve, each block of about a thousand at a new dither, or, a
    share of them, the curve as it is, and solves the tridiagonal system of their `Statistics`. A
    bitrate has two phases:

    1. *Moving*, two thirds of the sweeps. The step to the solution is taken 1.8 times as far, which
       gets a curve that is still unfolding where it goes in far fewer sweeps. Vertices that no row
       needs are given to segments that lack one, and the order is untangled.
    2. *Settling*, the rest. The steps are taken as they are, and the statistics of earlier sweeps
       fade instead of being forgotten, which averages over the rows and over the dither.

    A sweep reads about `rows_per_vertex` rows a vertex. Where the data has fewer, it reads all of
    them, and each meets up to `most_dithers` dithers.

    Parameters
    ----------
    smoothness : float, default=0.01
        Weight of the squared segment lengths beside the squared errors, at most 1e9. From 0.01 on
        it also keeps every segment below 1.8 times the mean length, by making longer ones stiffer;
        the bound is twice as loose at a quarter of that, and gone at 0.
    max_iter : int, default=12
        Sweeps a bitrate.
    tol : float, default=1e-2
        The moving phase ends early when the vertices move, on average, by no more than this share
        of the mean segment length.
    rows_per_vertex : int, default=128
        How many rows a sweep reads.
    most_dithers : int, default=16
        How many dithers a row meets in a sweep, at most.
    exact_share : float, default=0.3
        The share of the meetings at which a row goes to the nearest point of the whole line, not to
        the nearest dithered point. The curve then minimises a mean of both errors,

        .. math:: (1-\beta)\, E_x E_\lambda \min_i |x - (1-\lambda_i)\, c_i - \lambda_i c_{i+1}|^2
                  + \beta\, E_x \min_i \min_t |x - (1-t)\, c_i - t\, c_{i+1}|^2 ,

        and gets nearer to the data at the same length. At 0 it is the objective of the papers; at
        1, lines stray from the data where no row holds them.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve import SFVQ
    >>> from skcurve.solvers import Lloyd
    >>> X = np.random.default_rng(0).standard_normal((500, 3))
    >>> loose, stiff = (SFVQ(4, solver=Lloyd(s), random_state=0).fit(X) for s in (0.01, 1.0))
    >>> stiff.curve_.length < loose.curve_.length
    True
    """

    smoothness: float = SMOOTH
    max_iter: int = 12
    tol: float = 1e-2
    rows_per_vertex: int = 128
    most_dithers: int = 16
    exact_share: float = 0.3

    def __post_init__(self) -> None:
        for name in ("max_iter", "rows_per_vertex", "most_dithers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}.")
        if not 0 <= self.smoothness <= STIFFEST:
            raise ValueError(f"smoothness must lie in [0, {STIFFEST:g}]; got {self.smoothness}.")
        if not 0 <= self.tol < np.inf:
            raise ValueError(f"tol must be finite and not negative; got {self.tol}.")
        if not 0 <= self.exact_share <= 1:
            raise ValueError(f"exact_share must lie in [0, 1]; got {self.exact_share}.")

    @staticmethod
    def suited_to(n_features: int) -> dict[str, Any]:
        """Give the settings that serve rows of so few features better than the defaults.

        A curve has more ways to tangle there, a sweep costs next to nothing, and a line has data on
        both sides of it wherever it goes.
        """
        return SUITED_TO_FEW if n_features < FEW_FEATURES else {}

    @property
    def longest(self) -> float:
        """How many times the mean length a segment may have."""
        looseness = SMOOTH / self.smoothness if self.smoothness > 0 else torch.inf
        return LONGEST * max(1.0, looseness**0.5)

    @property
    def settling_sweeps(self) -> int:
        """How many sweeps the second phase has."""
        return max(1, self.max_iter // 3)

    @property
    def moving_sweeps(self) -> int:
        """How many sweeps the first phase has, at most."""
        return self.max_iter - self.settling_sweeps

    def start(
        self, vertices: torch.Tensor, rows: Rows, generator: np.random.Generator
    ) -> LloydState:
        """Begin a bitrate; see `Solver`."""
        return LloydState(vertices)

    def step(self, state: LloydState, rows: Rows, generator: np.random.Generator) -> LloydState:
        """Sweep once; see `Solver`."""
        sweep = self._move if state.moved < self.moving_sweeps else self._settle
        with kernels_first():
            return sweep(state, rows, generator)

    def finished(self, state: LloydState) -> bool:
        """Whether the settling sweeps are done; see `Solver`."""
        return state.settled == self.settling_sweeps

    def grow(self, state: LloydState) -> torch.Tensor:
        """Halve every segment; see `Solver`."""
        assert state.statistics is not None  # a bitrate has at least one sweep
        with kernels_first():
            return split_segments(state.vertices, state.statistics.sq_error)

    def solve_within_reach(self, known: Statistics, vertices: torch.Tensor) -> torch.Tensor:
        """Solve, and again with segments made stiffer that are too long beside the others.

        Parameters
        ----------
        known : Statistics
            What the best vertices follow from.
        vertices : (M, D) tensor
            Where they were.
        """
        stiffness = vertices.new_full((len(vertices) - 1,), self.smoothness)
        for _ in range(STIFFENINGS):
            solved = known.solve(vertices, stiffness)
            lengths = torch.linalg.vector_norm(torch.diff(solved, dim=0), dim=1)
            excess = lengths / (self.longest * lengths.mean())
            if not bool((excess > 1.0).any()):
                break
            stiffness *= excess.clamp(min=1.0).square()
        return solved

    def _move(self, state: LloydState, rows: Rows, generator: np.random.Generator) -> LloydState:
        vertices = state.vertices
        if state.moved in (0, self.moving_sweeps // 2):
            order = short_order(
                vertices, thorough=state.moved > 0 and len(vertices) >= WORTH_KICKING
            )
            vertices = vertices[order.to(vertices.device)]
        seen = self._sweep(vertices, rows, generator)
        step = seen.solve(vertices, self.smoothness) - vertices
        vertices = relocate(
            vertices + (OVERSTEP if state.moved > 0 else 1.0) * step, seen, self.longest
        )
        lengths = torch.linalg.vector_norm(torch.diff(vertices, dim=0), dim=1)
        moves = torch.linalg.vector_norm(step, dim=1)
        stalled = bool(moves.mean() <= self.tol * lengths.mean())
        return state._replace(
            vertices=vertices,
            statistics=seen,
            moved=self.moving_sweeps if stalled else state.moved + 1,
            distortion=seen.distortion,
            perplexity=seen.perplexity,
        )

    def _settle(self, state: LloydState, rows: Rows, generator: np.random.Generator) -> LloydState:
        seen = self._sweep(state.vertices, rows, generator)
        known = seen
        if state.settled > 0 and state.statistics is not None:
            known = seen + state.statistics * (state.settled / (state.settled + 1))
        return state._replace(
            vertices=self.solve_within_reach(known, state.vertices),
            statistics=known,
            settled=state.settled + 1,
            distortion=seen.distortion,
            perplexity=seen.perplexity,
        )

    def _sweep(
        self, vertices: torch.Tensor, rows: Rows, generator: np.random.Generator
    ) -> Statistics:
        wanted = max(FEWEST_ROWS, self.rows_per_vertex * len(vertices))
        n_passes = min(self.most_dithers, -(-wanted // min(wanted, len(rows))))
        return rows.sum(wanted, Meeting(vertices, n_passes, self.exact_share), generator)
