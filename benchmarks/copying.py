"""Whether rows that were made are copies of those that they were made from.

A row near the middle of the data is near to training rows, and is no copy for that: it is as near
to rows that nobody learnt from. So the distance to the nearest training row is compared with that
to the nearest of as many held-out rows. The test of Meehan, Chaudhuri and Dasgupta, "A
non-parametric test to detect data-copying in generative models", AISTATS 2020, asks whether
made rows are nearer to the training rows than held-out ones are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

Matrix = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

FEW = 0.01
NEARER = "nearer to training"
MEASURES = ("distance", NEARER, "copies", "far")
DESCRIBED = f"""\
- *distance*: the median distance of a made row to the nearest training row, as a share of that of a
  held-out row;
- *nearer to training*: the share of made rows that are nearer to the nearest training row than to
  the nearest of as many held-out rows; 0.5 for rows that owe nothing to those they were made from;
- *copies*: the share that is nearer to a training row than all but {FEW:.0%} of held-out rows are;
- *far*: the share that is farther from them than all but {FEW:.0%} of held-out rows are."""


def copying(made: Matrix, train: Matrix, held_out: Matrix) -> dict[str, float]:
    """Measure made rows; `train` and `held_out` have as many rows."""
    distance = nearest(made, train)
    usual = nearest(held_out, train)
    elsewhere = nearest(made, held_out)
    near, far = np.quantile(usual, [FEW, 1 - FEW])
    return {
        "distance": float(np.median(distance) / np.median(usual)),
        NEARER: float(np.mean((distance < elsewhere) + (distance == elsewhere) / 2)),
        "copies": float(np.mean(distance < near)),
        "far": float(np.mean(distance > far)),
    }


def nearest(rows: Matrix, others: Matrix) -> Numbers:
    """Give the distance of each row to the nearest of others."""
    found = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(others).kneighbors(rows)[0]
    distances: Numbers = found[:, 0].astype(np.float64)
    return distances
