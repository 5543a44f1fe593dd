"""
How a curve grows
=================

In two dimensions one can see what space-filling vector quantisation does. The curve starts with
four vertices and doubles them, so each fit holds a curve for every bitrate on the way.
"""

# %%
# Three shapes
# ------------
#
# A square that is filled evenly, two half moons, and a ring around a disc.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_circles, make_moons

from skcurve import SFVQ
from skcurve.plotting import CurveDisplay

generator = np.random.default_rng(0)
shapes = {
    "square": generator.random((4000, 2)),
    "moons": make_moons(4000, noise=0.07, random_state=0)[0],
    "circles": make_circles(4000, noise=0.07, factor=0.35, random_state=0)[0],
}

# %%
# One fit for each, four bitrates
# -------------------------------
#
# ``at_bitrate`` gives the curve as it was at the end of an earlier bitrate, without fitting again.
# With more bits the curve folds itself into the square, much as Peano's and Hilbert's curves do,
# and follows the shape where there is one. Every dot has the colour of its place on the curve.

bitrates = [2, 4, 6, 8]
figure, axes = plt.subplots(3, len(bitrates), figsize=(12, 9), layout="constrained")
for line, (name, X) in zip(axes, shapes.items(), strict=True):
    sfvq = SFVQ(n_bits=max(bitrates), random_state=0).fit(X)
    for ax, bitrate in zip(line, bitrates, strict=True):
        earlier = sfvq.at_bitrate(bitrate)
        CurveDisplay.from_estimator(earlier, X, ax=ax, colorbar=False)
        ax.set(title=f"{name}, {bitrate} bits", xlabel="", ylabel="", xticks=[], yticks=[])

plt.show()
