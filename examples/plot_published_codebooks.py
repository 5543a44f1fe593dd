"""
A published codebook: faces of StyleGAN2
========================================

The authors of the method have published the curves that they learnt through the latent space of
StyleGAN2, a network that draws faces. This example takes them as they are: no network and no
fitting, only the curves.

It needs their files, which come with the code of `arXiv:2410.20573
<https://arxiv.org/abs/2410.20573>`_ and not with skcurve. Name the folder that holds
``ffhq/codebooks/codebook_2bit.npy`` and the like::

    SKCURVE_PUBLISHED=/path/to/folder python plot_published_codebooks.py

Without it, the example says so and ends. If this page has no figures, that is why.
"""

# %%
# An estimator around a codebook
# ------------------------------
#
# There is one codebook for each bitrate from 2 to 8, of points with 512 features.
# :meth:`~skcurve.SFVQ.from_codebook` makes a fitted estimator of each.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import smoothness_ratio
from skcurve.plotting import OrderingDisplay

folder = Path(os.environ.get("SKCURVE_PUBLISHED", "")) / "ffhq"
if not (folder / "codebooks").is_dir():
    print("Skipped: SKCURVE_PUBLISHED does not name a folder with the published codebooks.")
    raise SystemExit(0)

models = {
    bitrate: SFVQ.from_codebook(np.load(folder / "codebooks" / f"codebook_{bitrate}bit.npy"))
    for bitrate in range(2, 9)
}
print(f"{models[8].curve_.n_segments} segments, {models[8].curve_.n_features} features")

# %%
# Are they in order?
# ------------------
#
# In the left matrix, dark means near. The diagonal is dark: vertices with similar numbers are
# similar. On the right are the same vertices after shuffling. In a space of so many dimensions even
# neighbours are far apart; what counts is how much farther all others are.

shuffled = PolylineCurve(np.random.default_rng(0).permutation(models[6].codebook_))
orders = {"as published": models[6], "shuffled": shuffled}
figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for ax, (name, curve) in zip(axes, orders.items(), strict=True):
    OrderingDisplay.from_estimator(curve, ax=ax)
    ax.set_title(f"6 bits, {name}: smoothness ratio {smoothness_ratio(curve):.2f}")

# %%
# More bits, shorter steps
# ------------------------
#
# The steps hardly get shorter from 3 bits on, because 512 dimensions leave every vertex room. But
# among more vertices, the order finds nearer neighbours: the ratio of a step to the mean distance
# falls.

figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7, 5), layout="constrained")
above.boxplot(
    [model.curve_.lengths for model in models.values()],
    positions=list(models),
    medianprops={"color": "C0", "linewidth": 2},
)
above.set(ylabel="segment length", ylim=0)
below.plot(list(models), [smoothness_ratio(model) for model in models.values()], "o-")
below.axhline(1, color="0.4", linestyle=":")
below.annotate("no order at all", (8.4, 1), ha="right", va="top", color="0.4")
below.set(xlabel="bits", ylabel="step over mean distance", ylim=(0, 1.1))

# %%
# Which segment is a smile?
# -------------------------
#
# A segment of the curve is a direction in the latent space: add it to the code of a face, and one
# thing changes. The authors tried the segments and named some of them. Which segment each of their
# directions comes from can be read from its cosine with all segments: where it is 1 or -1 (the same
# segment, walked backwards), that is the one. For some of them, no segment of these seven codebooks
# is; the authors took those from longer curves.

directions = {path.stem: np.load(path) for path in sorted((folder / "directions").glob("*.npy"))}
names = sorted(directions)
largest = np.array(
    [
        [np.abs(model.directions() @ directions[name]).max() for model in models.values()]
        for name in names
    ]
)
figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
image = ax.imshow(largest, cmap="viridis", vmin=0, vmax=1, aspect="auto")
figure.colorbar(image, label="largest |cosine| with a segment")
ax.set(xlabel="bits", xticks=range(7), xticklabels=list(models))
ax.set(yticks=range(len(names)), yticklabels=[name.replace("_", " ") for name in names])
for row, name in enumerate(names):
    column = int(largest[row].argmax())
    bitrate = list(models)[column]
    segment = int(np.abs(models[bitrate].directions() @ directions[name]).argmax())
    if largest[row, column] > 0.999:
        ax.text(column, row, segment, ha="center", va="center", fontweight="bold")

# %%
# The number in a field is the segment: ``models[6].directions()[25]`` is the direction of age. A
# generator is all that is missing to see it.

plt.show()
