"""A one-dimensional self-organising map by torchsom, which learns a batch at a time.

In the two phases of `minisom_line`. An update is divided by the whole batch and not by the rows
near a neuron, so the more neurons, the less each of them moves: the learning rate is larger than
the package's 0.5. With its 5 rows a batch, as many steps gave twice the exact distortion in the
plane.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import torch

from peers.threads import one_thread

WIDTH = 0.05
LEARNING_RATE = 4.0
BATCH_SIZE = 16
STEPS = 4000
"""In both phases together, but at least an epoch each."""


def fit(
    X: npt.NDArray[np.float32], n_vertices: int, seed: int, *, steps: int = STEPS
) -> npt.NDArray[np.float32]:
    """Give the (n_vertices, D) weights of the neurons, along the line."""
    from torchsom import SOM

    rows = torch.from_numpy(X)
    phases = [
        (max(1.0, WIDTH * n_vertices), "sig_inverse_decay_to_one"),
        (1.0, "asymptotic_decay"),
    ]
    weights = None
    with one_thread(), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sigma, narrowing in phases:
            som = SOM(
                1,
                n_vertices,
                X.shape[1],
                epochs=max(1, round(steps * BATCH_SIZE / len(X) / 2)),
                batch_size=BATCH_SIZE,
                sigma=sigma,
                learning_rate=LEARNING_RATE,
                lr_decay_function="lr_linear_decay_to_zero",
                sigma_decay_function=narrowing,
                device="cpu",
                random_seed=seed,
            )
            if weights is None:
                som.initialize_weights(rows, mode="random")
            else:
                som.weights.data = weights
            som.fit(rows, verbose=False)
            weights = som.weights.data
    return weights.numpy()[0]
