"""
Handwritten digits along a curve
================================

A curve of 64 vertices is learnt through the 1,797 handwritten digits of scikit-learn. Each digit
has 64 pixels; afterwards one number says which it is like: where on the curve it is nearest.
"""

# %%
# Learn the curve
# ---------------
#
# The pixels are scaled to [0, 1]. ``n_bits=6`` asks for ``2**6`` vertices.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skcurve import SFVQ
from skcurve.metrics import neighbor_agreement
from skcurve.plotting import CodebookDisplay, CurveDisplay

X, y = load_digits(return_X_y=True)
X = X / 16
sfvq = SFVQ(n_bits=6, random_state=0).fit(X)

# %%
# Its vertices, in order
# ----------------------
#
# A vertex is a point among the digits, so it can be drawn as one. Neighbours on the curve are
# alike. Under each image is the digit that is most common around it.

CodebookDisplay.from_estimator(sfvq, image_shape=(8, 8), X=X, y=y)

# %%
# The line among the digits
# -------------------------
#
# The curve winds through 64 dimensions, of which this figure shows two. It passes through every
# group of digits. Lines that cross each other here, or a group of another digit, may be far from it
# in the other dimensions.

CurveDisplay.from_estimator(sfvq, X, y=y)

# %%
# A walk
# ------
#
# Any point of the curve can be asked for, not only its vertices. The first row of images goes from
# one vertex to the next in seven steps; the second goes from the first vertex of the curve to its
# last, in steps of equal length.

start = 29
rows = {
    f"from vertex {start} to vertex {start + 1}": sfvq.curve_.evaluate(
        np.linspace(start, start + 1, 8)
    ),
    "from the first vertex to the last": sfvq.curve_.resample(8).vertices,
}
figure, axes = plt.subplots(2, 8, figsize=(10, 3), layout="constrained")
for line, (title, images) in zip(axes, rows.items(), strict=True):
    line[0].set_title(title, loc="left")
    for ax, image in zip(line, images, strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r")
        ax.set_axis_off()

# %%
# Order
# -----
#
# Sorted by their coordinate, how often are two consecutive digits the same one? By chance it would
# be one time in ten.

print(f"The next digit along the curve is the same: {neighbor_agreement(sfvq, X, y):.0%}")

plt.show()
