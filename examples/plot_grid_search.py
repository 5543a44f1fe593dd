"""
How many bits does a digit take?
================================

A curve turns a row of many features into one number. If that number is worth something, a
classifier that sees nothing else should do well. How well depends on the bitrate, and a grid
search can choose it, because :class:`~skcurve.SFVQ` is a scikit-learn transformer like any other.
"""

# %%
# A pipeline with one number in the middle
# ----------------------------------------
#
# The curve is learnt from the images alone, without their labels. The classifier looks at the 5
# training digits that are nearest *along the curve*, and takes the label that most of them have.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skcurve import SFVQ

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

pipeline = make_pipeline(SFVQ(random_state=0), KNeighborsClassifier())

# %%
# The search
# ----------
#
# ``sfvq__n_bits`` is the parameter ``n_bits`` of the step ``sfvq``. Each bitrate is tried on five
# splits of the training digits.

bitrates = [2, 3, 4, 5, 6, 7, 8]
search = GridSearchCV(pipeline, {"sfvq__n_bits": bitrates}, cv=5).fit(X_train, y_train)

# %%
# Beside it, two other ways to give the same classifier numbers: the first principal component,
# which is one number too, and all 64 pixels.

others = {
    "all 64 pixels": KNeighborsClassifier(),
    "first principal component": make_pipeline(PCA(1), KNeighborsClassifier()),
}

mean, spread = (search.cv_results_[f"{part}_test_score"] for part in ("mean", "std"))
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.errorbar(bitrates, mean, spread, marker="o", capsize=3, label="place on the curve (one number)")
for (name, model), style in zip(others.items(), ["--", ":"], strict=True):
    score = cross_val_score(model, X_train, y_train, cv=5).mean()
    ax.axhline(score, color="0.4", linestyle=style, label=name)
ax.set(xlabel="bits", ylabel="accuracy in cross-validation", ylim=(0, 1.03))
ax.legend(loc="lower right")

# %%
# Two bits are a curve of three segments, which cannot hold ten digits apart. From then on every bit
# helps, the later ones less, until one number does nearly what 64 do. A principal component is one
# number too, but a straight line passes ten groups of digits only side by side.

best = search.best_params_["sfvq__n_bits"]
accuracy = search.score(X_test, y_test)
print(f"{best} bits; {accuracy:.1%} of the digits that nobody has seen are named correctly.")

# %%
# What the classifier sees
# ------------------------
#
# All it knows of a digit is a place on this line. Each dot is one of the digits that were left out,
# in the row of its label. Most digits have a few stretches of the curve to themselves: one for each
# way to write them.

place = search.best_estimator_["sfvq"].transform(X_test)[:, 0]
jitter = np.random.default_rng(0).uniform(-0.3, 0.3, len(y_test))
figure, ax = plt.subplots(figsize=(10, 4), layout="constrained")
right = search.predict(X_test) == y_test
ax.scatter(place[right], (y_test + jitter)[right], s=8, c=place[right], cmap="viridis")
ax.scatter(
    place[~right], (y_test + jitter)[~right], s=30, c="C3", marker="x", label="named wrongly"
)
ax.set(xlabel="place on the curve", ylabel="digit", yticks=range(10), xlim=(0, 2**best - 1))
ax.hlines(np.arange(9) + 0.5, 0, 2**best - 1, color="0.9", linewidth=1)
ax.legend(loc="upper left", bbox_to_anchor=(0, 1.12), frameon=False)

plt.show()
