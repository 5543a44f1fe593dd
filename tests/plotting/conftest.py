"""One drawing of each display, of any bitrate, from formulas: no fit, and no random numbers."""

import numpy as np
import pytest

from skcurve import SFVQ
from skcurve.plotting import (
    CodebookDisplay,
    CurveDisplay,
    HistoryDisplay,
    OrderingDisplay,
    RateDistortionDisplay,
    UsageDisplay,
)

SIZES = {"column": (3.3, 2.6), "full": (7.0, 4.3)}
"""In inches: the column of a paper, and its whole width."""


def spiral(n):
    turn = np.linspace(0.15, 1.0, n)
    angle = 5 * np.pi * turn
    return np.stack([turn * np.cos(angle), turn * np.sin(angle)], axis=1)


def rows(n):
    """Points around the spiral, farther from it and nearer in turn."""
    return spiral(n) + 0.05 * np.sin(np.arange(2 * n) ** 2).reshape(n, 2)


def blobs(n):
    """A bright spot that goes round, as images of 8 by 8 pixels."""
    angle = np.linspace(0, 2 * np.pi, n)[:, None, None]
    y, x = np.mgrid[-1:1:8j, -1:1:8j]
    distance = (x - 0.6 * np.cos(angle)) ** 2 + (y - 0.6 * np.sin(angle)) ** 2
    return np.exp(-4 * distance).reshape(n, 64)


def learnt(n_bits, spread=1.0):
    """An estimator that looks as if it had been fitted to the rows of the spiral."""
    sfvq = SFVQ.from_codebook(spiral(2**n_bits))
    sfvq.codebooks_ = {b: spread * spiral(2**b) for b in range(2, n_bits + 1)}
    sfvq.usage_ = np.abs(40 * np.sin(np.arange(2**n_bits - 1) ** 1.5)).astype(int)
    sfvq.history_ = [
        {
            "bitrate": bitrate,
            "distortion": (1 + np.exp(-sweep)) / bitrate**2,
            "perplexity": (2.0**bitrate - 1) * (0.9 - 0.2 * np.exp(-sweep)),
        }
        for bitrate in range(2, n_bits + 1)
        for sweep in range(12)
    ]
    return sfvq


def draw_curve(n_bits, ax):
    return CurveDisplay.from_estimator(learnt(n_bits), rows(240), ax=ax)


def draw_curve_and_labels(n_bits, ax):
    names = np.repeat([f"class {i}" for i in range(12)], 20)
    return CurveDisplay.from_estimator(learnt(n_bits), rows(240), y=names, ax=ax)


def draw_codebook(n_bits, ax):
    images = blobs(2**n_bits)
    X = images[:: -(-len(images) // 256)]
    return CodebookDisplay.from_estimator(
        SFVQ.from_codebook(images),
        image_shape=(8, 8),
        X=X,
        y=[f"{360 * i / len(X):.0f}°" for i in range(len(X))],
        ax=ax,
    )


def draw_codebook_of_texts(n_bits, ax):
    return CodebookDisplay.from_estimator(
        learnt(n_bits),
        decoder=lambda z: [f"a text, decoded from {x:.2f} and {y:.2f}" for x, y in z],
        n_images=16,
        ax=ax,
    )


def draw_usage(n_bits, ax):
    return UsageDisplay.from_estimator(learnt(n_bits), ax=ax)


def draw_history(n_bits, ax):
    (above, below) = ax.get_subplotspec().subgridspec(2, 1).subplots(sharex=True)
    ax.remove()
    return HistoryDisplay.from_estimator(learnt(n_bits), ax=(above, below))


def draw_ordering(n_bits, ax):
    return OrderingDisplay.from_estimator(learnt(n_bits), ax=ax)


def draw_rate_distortion(n_bits, ax):
    X = rows(50)
    RateDistortionDisplay.from_estimator(
        learnt(n_bits), X, name="a curve", n_dithers=1, random_state=0, ax=ax
    )
    return RateDistortionDisplay.from_estimator(
        learnt(n_bits, 0.9), X, name="a smaller one", n_dithers=1, random_state=0, ax=ax
    )


DRAWINGS = [
    draw_codebook,
    draw_codebook_of_texts,
    draw_curve,
    draw_curve_and_labels,
    draw_history,
    draw_ordering,
    draw_rate_distortion,
    draw_usage,
]


@pytest.fixture(params=DRAWINGS, ids=lambda draw: draw.__name__.removeprefix("draw_"))
def draw(request):
    """A function that takes a bitrate, the width and the layout, and gives the display."""
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")

    def on_new_axes(n_bits, width, layout="constrained"):
        _, ax = plt.subplots(figsize=SIZES[width], layout=layout, dpi=100)
        return request.param(n_bits, ax)

    yield on_new_axes
    plt.close("all")
