"""A one-dimensional self-organising map by MiniSom, which learns a row at a time.

In Kohonen's two phases. It begins at random rows, as the package's documentation advises. While it
finds its order, the neighbourhood narrows from `WIDTH` of the line to one neuron, the least that
this schedule admits. Left there it smooths too much: on the digits at 6 bits its distortion was
0.030. So in a second phase the neighbourhood narrows from one neuron to a third of one, which gave
0.024. In both the learning rate falls to zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WIDTH = 0.05
LEARNING_RATES = 1.0, 0.5
ROWS_A_VERTEX = 40
LEAST_ROWS = 20_000
"""How many rows are drawn, in both phases together; three times as many did not help at 6 bits."""


def fit(
    X: npt.NDArray[np.float32], n_vertices: int, seed: int, *, n_drawn: int | None = None
) -> npt.NDArray[np.float32]:
    """Give the (n_vertices, D) weights of the neurons, along the line."""
    from minisom import MiniSom

    if n_drawn is None:
        n_drawn = max(LEAST_ROWS, ROWS_A_VERTEX * n_vertices)
    phases = [
        (max(1.0, WIDTH * n_vertices), "inverse_decay_to_one", LEARNING_RATES[0]),
        (1.0, "asymptotic_decay", LEARNING_RATES[1]),
    ]
    weights = None
    for sigma, narrowing, learning_rate in phases:
        som = MiniSom(
            1,
            n_vertices,
            X.shape[1],
            sigma=sigma,
            learning_rate=learning_rate,
            decay_function="linear_decay_to_zero",
            sigma_decay_function=narrowing,
            random_seed=seed,
        )
        if weights is None:
            som.random_weights_init(X)
        else:
            som.get_weights()[:] = weights
        som.train_random(X, n_drawn // 2)
        weights = som.get_weights()
    return weights[0]
