"""
New samples from stretches of a curve
=====================================

Points of a curve lie among the data, so they can be new data. Where on the curve they are from is
up to you: that is what random noise cannot offer. And whether they are near the data is measured.
"""

# %%
# Where samples come from
# -----------------------
#
# Three groups of points, one of them with few, and a curve through them all. To get from one group
# to the next, the curve has to cross empty space; the augmenter knows where.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, make_moons
from sklearn.neighbors import NearestNeighbors

from skcurve import SFVQ, CurveAugmenter

generator = np.random.default_rng(0)
moons, y = make_moons(600, noise=0.06, random_state=0)
few = generator.normal([1.5, 1.6], [0.12, 0.12], (30, 2))
X, y = np.concatenate([moons, few]), np.concatenate([y, np.full(30, 2)])
sfvq = SFVQ(n_bits=5, random_state=0).fit(X)
augmenter = CurveAugmenter(sfvq, jitter=1.0, random_state=0).fit(X, y)
for gap in augmenter.gaps_:
    print(f"segments {gap.start}:{gap.end} cross empty space, {gap.ratio:.1f} times too far out")

# %%
# In the first panel, what there is. In the second, 150 new samples from the second half of one
# group's stretch: on the curve, and about it as the rows are. In the third, samples for the small
# group until it is as large as the others.

colours = np.array(["#4477aa", "#228833", "#cc6677"])
start, end = max(augmenter.stretches()[0], key=lambda pair: pair[1] - pair[0])
stretch = ((start + end) / 2, end)
on_it = CurveAugmenter(sfvq.curve_, random_state=0).fit(X).sample(150, stretch, valid_only=True)
about_it = augmenter.sample(150, stretch, valid_only=True)
X_res, y_res = augmenter.fit_resample(X, y)

figure, axes = plt.subplots(1, 3, figsize=(12, 3.7), sharex=True, sharey=True, layout="constrained")
for axis in axes:
    axis.scatter(*X.T, s=6, color=colours[y] if axis is axes[0] else "0.8", linewidths=0)
    axis.set(xticks=[], yticks=[], aspect="equal")
vertices = sfvq.curve_.vertices
for number in range(sfvq.curve_.n_segments):
    crosses = any(gap.start <= number < gap.end for gap in augmenter.gaps_)
    axes[0].plot(
        *vertices[number : number + 2].T,
        color="crimson" if crosses else "black",
        linestyle=":" if crosses else "-",
        linewidth=1.5,
    )
axes[0].set_title("Dotted where it crosses empty space")
axes[1].scatter(*about_it.latents.T, s=9, color="#88bbee", label="jitter=1")
axes[1].scatter(*on_it.latents.T, s=3, color="black", label="jitter=0")
axes[1].legend(loc="lower left", frameon=False)
axes[1].set_title("New samples from one stretch")
axes[2].scatter(*X_res[len(X) :].T, s=6, color=colours[y_res[len(X) :]])
axes[2].set_title(f"{len(X_res) - len(X)} new rows for the smallest group")

# %%
# Digits that nobody wrote
# ------------------------
#
# The same in 64 dimensions. Each row asks for one label; a sample comes from the stretches of the
# curve that belong to it, with half the spread that the rows have about the curve. Beside the new
# digits is the nearest real one of the last: new ones are no copies.

X, y = load_digits(return_X_y=True)
X = X / 16
sfvq = SFVQ(n_bits=6, random_state=0).fit(X)
augmenter = CurveAugmenter(sfvq, jitter=0.5, random_state=0).fit(X, y)
n_new = 9
neighbours = NearestNeighbors(n_neighbors=1).fit(X)

figure, axes = plt.subplots(10, n_new + 1, figsize=(6, 6), layout="constrained")
for label in range(10):
    new = augmenter.sample(n_new, label).latents
    nearest = X[neighbours.kneighbors(new[-1:])[1][0]]
    for axis, image in zip(axes[label], [*new, *nearest], strict=True):
        axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        for side in axis.spines.values():
            side.set_color("0.85")
    for side in axes[label, -1].spines.values():
        side.set(color="crimson", linewidth=1.5)
axes[0, n_new // 2].set_title("new", fontsize=10)
axes[0, -1].set_title("real", fontsize=10, color="crimson")

# %%
# How far they are from the data
# ------------------------------
#
# A ratio of 1 is the largest distance to the nearest neighbour that 99 of 100 real digits keep to.

for jitter in (0.0, 0.5, 1.0, 2.0):
    augmenter.set_params(jitter=jitter)
    validity = augmenter.validity(augmenter.sample(1000))
    print(
        f"jitter={jitter}: {validity.ratio.mean():.2f} on average, "
        f"{validity.valid.mean():.0%} of the samples valid"
    )

plt.show()
