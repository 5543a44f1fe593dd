"""The published solver with settings found by trying: what it can do where somebody tunes it.

As published it takes steps of 1e-3 and five epochs a bitrate, whatever the data. Two things were
changed. Steps are 1e-2 times the spread of the data, as the papers' own data have a spread of one.
And where rows are few, five epochs are few steps: there are at least `STEPS` a bitrate. Of 3e-3,
1e-2 and 3e-2 the second gave the lowest dithered distortion at 6 bits on the digits, a pentagon and
normal rows, and one 1% above the lowest on the rows of a mapping network. Three times as many steps
gave at most 1.2% less.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skcurve import SFVQ
from skcurve.solvers import Adam

LEARNING_RATE = 1e-2
BATCH_SIZE = 64
STEPS = 1000
LEAST_EPOCHS = 3


def fit(
    X: npt.NDArray[np.float32], n_vertices: int, seed: int, *, steps: int = STEPS
) -> npt.NDArray[np.float32]:
    """Fit an `SFVQ` by Adam, and give its codebook."""
    n_batches = max(1, len(X) // BATCH_SIZE)
    epochs = max(LEAST_EPOCHS, math.ceil(steps / n_batches))
    solver = Adam(learning_rate=LEARNING_RATE * float(X.std()), max_iter=epochs)
    model = SFVQ(round(math.log2(n_vertices)), solver=solver, random_state=seed)
    return model.fit(X).codebook_
