"""
How a curve fills a shape
=========================

In two dimensions one can see what space-filling vector quantisation does. This is the first
experiment of the papers: a curve is learnt through points that form a shape, and nobody tells it
which shape.
"""

# %%
# Four shapes
# -----------
#
# A Gaussian cloud has a middle and no edge; a pentagon is filled evenly and has corners; a spiral
# is a line already; and two half moons have a gap between them.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_moons

from skcurve import SFVQ
from skcurve.metrics import smoothness_ratio
from skcurve.plotting import CurveDisplay

generator = np.random.default_rng(0)
n = 4000


def pentagon():
    """Random points of a regular pentagon, which is five triangles around its middle."""
    angles = np.pi / 2 + 2 * np.pi * np.arange(6) / 5
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    side = generator.integers(5, size=n)
    u, v = generator.random((2, n, 1))
    u, v = np.where(u + v > 1, (1 - u, 1 - v), (u, v))  # fold the square into the triangle
    return u * corners[side] + v * corners[side + 1]


def spiral():
    """Random points along two and a half turns, with a little noise."""
    turn = np.sqrt(generator.uniform(0.05, 1, n)) * 5 * np.pi
    line = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / (5 * np.pi)
    return line + 0.015 * generator.normal(size=(n, 2))


shapes = {
    "Gaussian": generator.normal(size=(n, 2)),
    "pentagon": pentagon(),
    "spiral": spiral(),
    "moons": make_moons(n, noise=0.06, random_state=0)[0] * [1, 1.8],
}

# %%
# One fit for each, four bitrates
# -------------------------------
#
# A curve of *b* bits has :math:`2^b` vertices. It starts with four, and doubles them, so one fit
# holds a curve for every bitrate on the way: ``at_bitrate`` gives it as it was. Every dot has the
# colour of its place on the curve.
#
# With more bits the curve folds itself into the cloud and the pentagon, much as the curves of Peano
# and Hilbert do into a square. Where the shape is a line, it lies down on it as soon as there are
# enough vertices for the bends; with more than that it begins to follow the noise. To get from one
# moon to the other it has to cross the gap, because it is one line: with enough vertices only once.

bitrates = [2, 4, 6, 8]
models = {name: SFVQ(n_bits=max(bitrates), random_state=0).fit(X) for name, X in shapes.items()}

figure, axes = plt.subplots(len(shapes), len(bitrates), figsize=(11, 11), layout="constrained")
for line, (name, X) in zip(axes, shapes.items(), strict=True):
    for ax, bitrate in zip(line, bitrates, strict=True):
        model = models[name].at_bitrate(bitrate)
        display = CurveDisplay.from_estimator(model, X, ax=ax, colorbar=False)
        display.line_.set_linewidth(2)
        (left, bottom), (right, top) = X.min(axis=0) - 0.1, X.max(axis=0) + 0.1
        ax.set(xlabel="", xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
        ax.set_adjustable("box")
        ax.set_ylabel(name if bitrate == 2 else "", fontsize="x-large")
for ax, bitrate in zip(axes[0], bitrates, strict=True):
    ax.set_title(f"{bitrate} bits, {2**bitrate} vertices")

# %%
# What a curve has that a codebook has not
# ----------------------------------------
#
# k-means finds vertices that are as good, in no order: join them by their numbers, and the line
# goes everywhere. The vertices of the curve come in order, so a row's number says something about
# the row, and every point between two vertices is a point of the spiral.

X = shapes["spiral"]
curve = models["spiral"].at_bitrate(6)
centers = KMeans(64, n_init=1, random_state=0).fit(X).cluster_centers_
codebooks = {"k-means": SFVQ.from_codebook(centers), "space-filling curve": curve}

figure, axes = plt.subplots(1, 2, figsize=(10, 5.3), layout="constrained")
for ax, (name, model) in zip(axes, codebooks.items(), strict=True):
    CurveDisplay.from_estimator(model, X, ax=ax, colorbar=False)
    ratio = smoothness_ratio(model)
    ax.set(title=f"{name}: a step is {ratio:.0%} of a mean distance")
    ax.set(xlabel="", ylabel="", xticks=[], yticks=[], aspect="equal")

plt.show()
