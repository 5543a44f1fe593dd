"""Who takes part in the comparison: each contender, its file, and when to use it instead.

A contender is a file of this folder with a function ``fit(X, n_vertices, seed, **settings)``, which
gives the (n_vertices, D) vertices that it learnt. Packages are imported when it is called, so that
one that is missing is a row of the table and not the end of the benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Contender:
    """A way to place vertices.

    Attributes
    ----------
    name : str
        In the tables.
    module : str
        Its file here.
    settings : dict of str to object
        Passed to its `fit`.
    brief : dict of str to object
        Settings that make it end soon, to warm up and to try out.
    ordered : bool
        Whether the vertices are a curve. Of centres in no order, only the centres can be used.
    most_rows, most_vertices : int or None
        What it can do in the time it is given. Of more rows it gets the first ones; more vertices
        are not tried.
    instead : str
        Where it wins: when to use it, and how.
    """

    name: str
    module: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    brief: Mapping[str, Any] = field(default_factory=dict)
    ordered: bool = True
    most_rows: int | None = None
    most_vertices: int | None = None
    instead: str = ""

    def load(self) -> ModuleType:
        """Import its file."""
        return import_module(f"peers.{self.module}")

    def fit(self, X: Matrix, n_vertices: int, seed: int, *, brief: bool = False) -> Matrix:
        """Learn vertices from rows; in brief, as a try-out."""
        settings = {**self.settings, **(self.brief if brief else {})}
        vertices = self.load().fit(X[: self.most_rows], n_vertices, seed, **settings)
        return np.ascontiguousarray(vertices, dtype=np.float32)

    def errors(self, vertices: Matrix, X: Matrix) -> npt.NDArray[np.float64] | None:
        """Squared distances to where the contender itself sends rows, if it has a rule for that."""
        quantize = getattr(self.load(), "quantize", None)
        if quantize is None:
            return None
        return np.square(quantize(vertices, X).astype(np.float64) - X).sum(axis=1)


OURS = Contender("SFVQ", "own_fits")
FROM_TOUR = Contender(
    'SFVQ(init="tour")',
    "own_fits",
    {"init": "tour"},
    instead="the same estimator from another start, at the price of k-means: "
    '`SFVQ(init="tour")`, where rows are few enough to cluster.',
)

CONTENDERS = [
    OURS,
    FROM_TOUR,
    Contender(
        "Adam, as published",
        "own_fits",
        {"solver": "adam"},
        instead='the papers\' own schedule: `SFVQ(solver="adam")`, to reproduce them.',
    ),
    Contender(
        "Adam, tuned",
        "tuned_adam",
        brief={"steps": 30},
        instead="the same with a larger step and more epochs where rows are few: "
        "`SFVQ(solver=Adam(learning_rate=..., max_iter=...))`, when minutes do not matter.",
    ),
    Contender(
        "diveq",
        "diveq_layer",
        brief={"steps": 100},
        instead="`diveq.SFDIVEQ`, where the quantiser is trained inside a network, together "
        "with its encoder.",
    ),
    Contender(
        "k-means + tour",
        "kmeans_tour",
        instead='`SFVQ(init="tour")`, which begins there and goes on; or `KMeans` and '
        "`skcurve.solvers.short_order` where the centres themselves matter.",
    ),
    Contender(
        "faiss k-means + tour",
        "faiss_kmeans",
        {"ordered": True},
        instead='the tour again, from faster centres: `SFVQ(init="tour")` for the same curve '
        "polished, `faiss.Kmeans` and `skcurve.solvers.short_order` where every second counts.",
    ),
    Contender(
        "KMeans",
        "kmeans_plain",
        ordered=False,
        instead="`sklearn.cluster.KMeans`, where a point is to be replaced by the nearest of "
        "M vectors and their order means nothing.",
    ),
    Contender(
        "MiniBatchKMeans",
        "kmeans_plain",
        {"mini_batches": True},
        ordered=False,
        instead="`sklearn.cluster.MiniBatchKMeans`: centres in no order, from a stream.",
    ),
    Contender(
        "faiss k-means",
        "faiss_kmeans",
        ordered=False,
        instead="`faiss.Kmeans`: centres in no order, for large data.",
    ),
    Contender(
        "SOM, MiniSom",
        "minisom_line",
        brief={"n_drawn": 1000},
        instead="a self-organising map in one dimension, where order counts for more than "
        "distortion; or `SFVQ` with a larger `smoothness`.",
    ),
    Contender(
        "SOM, torchsom",
        "torchsom_line",
        brief={"steps": 100},
        instead="a self-organising map in one dimension, where order counts for more than "
        "distortion; or `SFVQ` with a larger `smoothness`.",
    ),
    Contender(
        "elastic principal curve",
        "elastic_curve",
        most_rows=1000,
        most_vertices=64,
        instead="`elpigraph.computeElasticPrincipalCurve`, for one smooth curve of a few dozen "
        "nodes through the middle of small data; or `SFVQ` with a larger `smoothness`.",
    ),
    Contender(
        "first principal component",
        "principal_component",
        instead="`sklearn.decomposition.PCA(1)`, where one straight line says all that is wanted: "
        "it has no wrong turns, and leaves out what is not along it.",
    ),
]
