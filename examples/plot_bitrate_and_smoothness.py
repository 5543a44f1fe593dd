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
# A higher ``smoothness`` gives shorter steps at a higher distortion: the points go up and to the
# left, slowly at first.

figure, ax = plt.subplots(layout="constrained")
for smoothness in [0.001, 0.01, 0.1, 1.0, 10.0]:
    sfvq = SFVQ(n_bits=6, smoothness=smoothness, random_state=0).fit(X_train)
    x, height = smoothness_ratio(sfvq), distortion(sfvq, X_test)
    ax.plot(x, height, "o", color="C0")
    ax.annotate(f" {smoothness:g}", (x, height))
    print(f"smoothness={smoothness:<6g} ratio {x:.3f}   distortion {height:.4f}")
ax.margins(0.15)
ax.set(xlabel="smoothness ratio", ylabel="distortion (squared error a pixel)")

plt.show()
