"""What a projection returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from skcurve.interop import Array


class Projection(NamedTuple):
    """The nearest point of a polyline to each of n points.

    Attributes
    ----------
    segment : (n,) int64
        The segment that holds the nearest point; of several at the same distance, the first.
    position : (n,) float
        Where on the segment, from 0 at its first vertex to 1 at its second. A segment of length
        zero has position 0.
    sq_distance : (n,) float
        The squared distance to the nearest point.
    """

    segment: Array
    position: Array
    sq_distance: Array

    @property
    def index(self) -> Array:
        """The index coordinate, segment number plus position, of shape (n,)."""
        if isinstance(self.segment, torch.Tensor):
            return self.segment + self.position
        return np.add(self.segment, self.position, dtype=self.position.dtype)
