"""What a projection returns."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch

from skcurve.interop import Array

ArrayT = TypeVar("ArrayT", bound=Array)


class Projection(NamedTuple, Generic[ArrayT]):
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

    segment: ArrayT
    position: ArrayT
    sq_distance: ArrayT

    @property
    def index(self) -> Array:  # type: ignore[override]
        """The index coordinate, segment number plus position, of shape (n,)."""
        segment, position = self.segment, self.position
        if isinstance(segment, torch.Tensor):
            return segment + torch.as_tensor(position)
        return segment.astype(np.asarray(position).dtype) + position
