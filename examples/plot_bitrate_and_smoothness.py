"""
Bitrate and smoothness
======================

Two parameters shape a curve. ``n_bits`` says how many vertices it has, and so how near it gets to
the data. ``smoothness`` says how much short segments are worth beside that.
"""

# %%
# More bits, less distortion
# --------------------------
#
# The digits are split, because a curve is to be near data that it has not seen. One fit gives all
# bitrates. The distortion of the training rows keeps falling; that of the others levels off where
# there are only a few rows a vertex.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skcurve import SFVQ
from skcurve.metrics import distortion, smoothness_ratio

X, _ = load_digits(return_X_y=True)
X_train, X_test = train_test_split(X / 16, random_state=0)

sfvq = SFVQ(n_bits=9, random_state=0).fit(X_train)
bitrates = list(sfvq.codebooks_)
curves = [sfvq.at_bitrate(bitrate) for bitrate in bitrates]

figure, ax = plt.subplots(layout="constrained")
ax.plot(bitrates, [distortion(curve, X_train) for curve in curves], "o-", label="training rows")
ax.plot(bitrates, [distortion(curve, X_test) for curve in curves], "s-", label="other rows")
ax.set(xlabel="bits", ylabel="distortion (squared error a pixel)", ylim=0)
ax.legend()

# %%
# A smoother curve
# ----------------
#
# A higher ``smoothness`` gives shorter steps at a higher distortion. The first part of the way is
# cheap: from the default of 0.01 to 0.1 the steps get much shorter, for a few per cent of
# distortion. After that, every shorter step has its price.

values = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
models = [SFVQ(n_bits=6, smoothness=value, random_state=0).fit(X_train) for value in values]
ratios = [smoothness_ratio(model) for model in models]
heights = [distortion(model, X_test) for model in models]

figure, ax = plt.subplots(layout="constrained")
ax.plot(ratios, heights, "o-")
for value, ratio, height in zip(values, ratios, heights, strict=True):
    ax.annotate(f"{value:g}", (ratio, height), (5, 4), textcoords="offset points")
ax.margins(0.12)
ax.set(xlabel="length of a step, beside the mean distance of two vertices", xlim=0, ylim=0)
ax.set(ylabel="distortion (squared error a pixel)", title="digits at 6 bits, by smoothness")

# %%
# What the price buys
# -------------------
#
# The first sixteen vertices of three of these curves. With a high smoothness, each is nearly the
# one before; the digits are blurred, because the curve cuts the corners between them.

figure, axes = plt.subplots(3, 16, figsize=(10, 2.4), layout="constrained")
for line, chosen in zip(axes, [0.01, 1.0, 10.0], strict=True):
    images = models[values.index(chosen)].codebook_[:16].reshape(-1, 8, 8)
    line[0].set_title(f"smoothness {chosen:g}", loc="left", fontsize="small")
    for ax, image in zip(line, images, strict=True):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_axis_off()

plt.show()
