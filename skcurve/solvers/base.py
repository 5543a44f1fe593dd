"""What a solver is, and what learning reports."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from skcurve.solvers.rows import Rows


class Sweep(NamedTuple):
    """The record of one sweep over the data; `SFVQ.history_` is a list of them.

    Attributes
    ----------
    bitrate : int
        The curve had ``2**bitrate`` vertices.
    sweep : int
        Counted from 1 within the bitrate.
    distortion : float
        Mean squared error a feature at the points of the curve that the rows of the sweep met,
        dithered ones for the most part, before it moved the vertices; in the units of the data,
        squared.
    perplexity : float
        How many segments those rows used, as the exponential of the entropy of their usage.
    seconds : float
        How long the sweep took.
    """

    bitrate: int
    sweep: int
    distortion: float
    perplexity: float
    seconds: float


class SolverState(Protocol):
    """What a solver hands from one sweep to the next: an immutable record."""

    @property
    def vertices(self) -> torch.Tensor:
        """The curve as it stands, of shape (M, D), in normalised form."""

    @property
    def distortion(self) -> float:
        """The mean squared error a feature in the last sweep, in normalised form."""

    @property
    def perplexity(self) -> float:
        """The perplexity of the segments in the last sweep."""


class Solver(Protocol):
    """How vertices are learnt at one bitrate; the loop around it is `skcurve.solvers.learn`.

    A solver is a small immutable object: its attributes say how, its state says where it is. Each
    has a state of its own kind, and takes back only what it has given.
    """

    @property
    def max_iter(self) -> int:
        """The number of sweeps a bitrate takes at most."""

    def start(
        self, vertices: torch.Tensor, rows: Rows, generator: np.random.Generator
    ) -> SolverState:
        """Begin a bitrate from (M, D) vertices, and give the first state."""

    def step(self, state: Any, rows: Rows, generator: np.random.Generator) -> SolverState:
        """Sweep once, and give the next state."""

    def finished(self, state: Any) -> bool:
        """Whether the bitrate is done, `max_iter` apart."""

    def grow(self, state: Any) -> torch.Tensor:
        """Give the (2 M, D) vertices to begin the next bitrate from."""
