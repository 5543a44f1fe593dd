"""skcurve itself, with the settings it is given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve import SFVQ


def fit(
    X: npt.NDArray[np.float32], n_vertices: int, seed: int, **parameters: Any
) -> npt.NDArray[np.float32]:
    """Fit an `SFVQ` of so many vertices, a power of two, and give its codebook."""
    return SFVQ(round(math.log2(n_vertices)), random_state=seed, **parameters).fit(X).codebook_
