"""
Pseudotime, and where a single curve fails
==========================================

Cells that develop are measured once each, all at different stages. *Pseudotime* is the attempt to
put them in the order of their development by what they are like. A curve gives an order, so it
gives a pseudotime. This example shows how good it is when development is one line, what goes wrong
when it branches, how to see that without knowing the truth, and what to do then.

The cells are simulated, so that their true time is known. It is used to judge the result, and to
name one early cell; nothing else sees it.
"""

# %%
# Cells that develop
# ------------------
#
# A process is a list of stages, each of which follows another. In a stage, a fifth of the genes
# rise or fall for good, and a fifth do so for a while. What is measured are counts: negative
# binomial, as those of real cells are, and with a different number of them in every cell. They are
# normalised, put on a logarithmic scale and reduced to 20 principal components, as is usual.

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.manifold import SpectralEmbedding

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import topographic_error
from skcurve.plotting import OrderingDisplay


def simulate(follows, seed, n_cells=1200, n_genes=1000):
    """Give rows, true time and stage of cells; `follows` holds the stage before, for each stage."""
    generator = np.random.default_rng(seed)
    size = (len(follows), n_genes)
    lasting, passing = generator.normal(0, 0.8, (2, *size)) * (generator.random((2, *size)) < 0.2)
    level, start = np.zeros(size), np.zeros(len(follows))
    level[0] = generator.normal(0, 1.2, n_genes)
    for stage, before in enumerate(follows[1:], start=1):
        level[stage], start[stage] = level[before] + lasting[before], start[before] + 1

    stage, part = generator.integers(len(follows), size=n_cells), generator.random((n_cells, 1))
    rising = part**2 * (3 - 2 * part)
    log_mean = level[stage] + lasting[stage] * rising + passing[stage] * np.sin(np.pi * part)
    share = np.exp(log_mean) / np.exp(log_mean).sum(axis=1, keepdims=True)
    mean = share * generator.lognormal(np.log(3000), 0.4, (n_cells, 1))
    counts = generator.poisson(mean * generator.gamma(2, 1 / 2, mean.shape))

    total = counts.sum(axis=1, keepdims=True)
    levels = np.log1p(counts / total * np.median(total)).astype(np.float32)
    X = PCA(20, random_state=0).fit_transform(levels)
    return X, start[stage] + part[:, 0], stage


# %%
# One line
# --------
#
# Two stages, one after the other. The curve has few vertices: it is to follow the process, and not
# the noise about it. One early cell is known, as it has to be in practice, and says at which end to
# begin.
#
# Beside the curve are the first principal component and an embedding by the graph of nearest
# neighbours, which is akin to a diffusion map. It has 10 neighbours, which is as good as any here.


def begin_at(root, place):
    """Turn places on a line round, if need be, so that the early cell is in the first half."""
    return place - place.min() if place[root] < np.median(place) else place.max() - place


def curve_through(X, n_bits):
    return SFVQ(n_bits, coordinate="arclength", random_state=0).fit(X)


def embed(X):
    graph = SpectralEmbedding(1, affinity="nearest_neighbors", n_neighbors=10, random_state=0)
    return graph.fit_transform(X)[:, 0]


def agree(guess, truth):
    return spearmanr(guess, truth).statistic


lines = [simulate([None, 0], seed) for seed in range(6)]
X, time, _ = lines[0]
model = curve_through(X, 4)
places = {
    "first component": X[:, 0],
    "spectral embedding": embed(X),
    "curve of 16 vertices": model.transform(X)[:, 0],
}
figure, axes = plt.subplots(2, 2, figsize=(8.5, 7), layout="constrained")
axes = axes.ravel()
axes[0].scatter(*X[:, :2].T, c=time, s=8, cmap="viridis", linewidths=0)
axes[0].plot(*model.codebook_[:, :2].T, "o-", color="black", markersize=4)
axes[0].set(title="cells by true time, and the curve", xlabel="component 1", ylabel="component 2")
for ax, (name, place) in zip(axes[1:], places.items(), strict=True):
    guess = begin_at(time.argmin(), place)
    ax.scatter(time, guess, c=time, s=8, cmap="viridis", linewidths=0)
    ax.set(title=f"{name}: {agree(guess, time):.2f}", xlabel="true time", ylabel="pseudotime")

# %%
# The numbers are rank correlations with the true time. One simulation shows little, so here are
# six.

print("           first      spectral   curve of 8:  topographic  curve of  curve of")
print("           component  embedding  correlation  error        16        32")
for number, (X, time, _) in enumerate(lines):
    models = [curve_through(X, n_bits) for n_bits in (3, 4, 5)]
    places = [X[:, 0], embed(X), *(model.transform(X)[:, 0] for model in models)]
    scores = [agree(begin_at(time.argmin(), place), time) for place in places]
    scores.insert(3, topographic_error(models[0], X))
    print(f"process {number}", *(f"{score:10.2f}" for score in scores))

# %%
# The component does worst: genes that rise and fall again bend the line. The embedding and the
# curve of 16 vertices order the cells about equally well; the embedding squeezes the beginning and
# the end, and along the curve time passes more evenly.
#
# The number of vertices matters. Two of the curves of 8 are broken: they begin in the middle of the
# process, and come back there from one of its ends. Their topographic error tells: cells at the
# break have two near vertices that do not follow each other. A curve of 32 begins to follow the
# noise.

# %%
# A fork
# ------
#
# Now two stages follow the first: a cell takes one branch or the other. A line has two ends, and a
# fork has three. So a curve through two of its arms has to jump to the third, from wherever
# it is, and it may pass one in the wrong direction. The jump is dotted in the figure. Time is the
# distance from the early cell, to either side of it.

forks = [simulate([None, 0, 0], seed) for seed in range(6)]
X, time, branch = forks[0]
root = time.argmin()
model = curve_through(X, 4)
curve = model.curve_
jump = int(curve.lengths.argmax())

NAMES, COLOURS = ["trunk", "branch A", "branch B"], np.array(["#717581", "#3f90da", "#e76300"])
MARKERS = ["o", "^", "s"]


def from_root(root, place):
    return np.abs(place - place[root])


def draw_cells(ax, lines):
    """Draw the cells, and lines between vertices of the curve, in two components."""
    vertices = curve.vertices[:, :2]
    for number, marker in enumerate(MARKERS):
        cells = X[branch == number, :2].T
        ax.scatter(*cells, color=COLOURS[number], marker=marker, s=8, alpha=0.5, linewidths=0)
    for i, j in lines:
        ax.plot(*vertices[[i, j]].T, color="black", linewidth=1.5)
    badge = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "linewidth": 0.8}
    for number, vertex in enumerate(vertices):
        ax.text(*vertex, number, ha="center", va="center", fontsize=7, bbox=badge)
    ax.set(xlabel="component 1", ylabel="component 2")


def draw_times(ax, guess):
    """Draw what was guessed over the true time, by branch."""
    for number, (name, marker) in enumerate(zip(NAMES, MARKERS, strict=True)):
        cells = time[branch == number], guess[branch == number]
        ax.scatter(*cells, color=COLOURS[number], marker=marker, s=10, label=name, linewidths=0)
    ax.set(xlabel="true time", ylabel="pseudotime")
    ax.legend(markerscale=2, frameon=False)


figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.6), layout="constrained")
draw_cells(left, [(i, i + 1) for i in range(curve.n_segments) if i != jump])
left.plot(*curve.vertices[[jump, jump + 1], :2].T, ":", color="crimson", linewidth=3, zorder=1.9)
left.set_title(f"the curve jumps from {jump} to {jump + 1}")
draw_times(right, from_root(root, model.transform(X)[:, 0]))
right.set_title("what is past the jump is out of order")

# %%
# How to see it
# -------------
#
# Three signs need no truth. One segment is longer than the others. It is nearly empty: hardly a
# cell has its nearest point inside it. And the matrix of distances has dark places away from its
# diagonal: vertices that are near each other although their numbers are far apart, because the
# curve comes back to the fork. The circles mark the nearest two such vertices.


def cells_inside(curve, X):
    """Count the cells on the middle eight tenths of each segment."""
    index = curve.project(X).index
    is_inside = np.abs(index % 1 - 0.5) < 0.4
    return np.bincount(index[is_inside].astype(int), minlength=curve.n_segments)


distances = squareform(pdist(curve.vertices))
number = np.arange(curve.n_vertices)
apart = np.abs(np.subtract.outer(number, number)) > 4
back = np.unravel_index(np.where(apart, distances, np.inf).argmin(), distances.shape)

figure, axes = plt.subplot_mosaic("LO;CO", figsize=(9.5, 4.2), layout="constrained")
colours = np.where(number[:-1] == jump, "crimson", "#94a4a2")
axes["L"].bar(number[:-1], curve.lengths, color=colours)
axes["L"].set(ylabel="length", xticks=number[:-1:2], xticklabels=[])
axes["C"].bar(number[:-1], cells_inside(curve, X), color=colours)
axes["C"].set(xlabel="segment", ylabel="cells inside", xticks=number[:-1:2])
OrderingDisplay.from_estimator(curve, ax=axes["O"])
for i, j in (back, back[::-1]):
    axes["O"].plot(i, j, "o", color="none", markeredgecolor="red", markeredgewidth=2, markersize=15)

# %%
# What to do
# ----------
#
# No parameter makes a fork of a line. But the vertices lie where the cells are; only their order is
# that of a line. The shortest tree through them joins what is near, and the time of a cell is then
# its way from the early cell along the tree.


def along_tree(vertices, X, root):
    """Give the edges of the shortest tree through the vertices, and the time of each cell on it."""
    tree = minimum_spanning_tree(squareform(pdist(vertices)))
    start, end = tree.nonzero()
    edges = list(zip(start, end, strict=True))
    found = [PolylineCurve(vertices[list(edge)]).project(X) for edge in edges]
    nearest = np.argmin([each.sq_distance for each in found], axis=0)
    part = np.array([each.index for each in found])[nearest, np.arange(len(X))]
    first = np.linalg.norm(vertices - X[root], axis=1).argmin()
    way = dijkstra(tree, directed=False, indices=first)
    place = way[start[nearest]] * (1 - part) + way[end[nearest]] * part
    return edges, place


edges, guess = along_tree(curve.vertices, X, root)
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.6), layout="constrained")
draw_cells(left, edges)
left.set_title("the shortest tree through the same vertices")
draw_times(right, guess)
right.set_title("both branches are in order")

# %%
# Six simulations again. A lineage is the trunk and one branch; the numbers are rank correlations
# with the true time within it. The first column is a sign of the jump: the cells inside the longest
# segment for its length, as a share of the median. Beside it is the same of a process without a
# fork.


def emptiness(curve, X):
    density = cells_inside(curve, X) / curve.lengths
    return density[curve.lengths.argmax()] / np.median(density)


print("           longest segment:  lineages by the curve  lineages by the tree")
print("           fork     line         A       B             A       B")
for number, (X, time, branch) in enumerate(forks):
    model, other = curve_through(X, 4), curve_through(lines[number][0], 4)
    root = time.argmin()
    signs = emptiness(model.curve_, X), emptiness(other.curve_, lines[number][0])
    guesses = from_root(root, model.transform(X)[:, 0]), along_tree(model.codebook_, X, root)[1]
    lineages = branch != 2, branch != 1
    scores = [agree(guess[cells], time[cells]) for guess in guesses for cells in lineages]
    row = "process {}  {:.2f}     {:.2f}      {:6.2f}  {:6.2f}        {:6.2f}  {:6.2f}"
    print(row.format(number, *signs, *scores))

# %%
# So a single curve is a pseudotime for a process that is a single line. Where there may be a fork,
# look for jumps. Then cut the curve there (:meth:`~skcurve.PolylineCurve.subcurve` takes a stretch
# of it), learn a curve for each lineage from its cells alone, or take a tree. The tree above is the
# plainest there is: it knows nothing of noise, and with more vertices it grows twigs that mean
# nothing. Methods made for forks are elastic principal graphs (``elpigraph-python``), Slingshot,
# Monocle and PAGA; use one of them where the result matters.

plt.show()
