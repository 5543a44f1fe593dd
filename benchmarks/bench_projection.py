"""Projection: what does the exact answer cost?

The nearest point of a curve to each of 65,536 float32 rows, beside three things that
one could do instead:

- *product*: the bare matrix product of the rows with the vertices, in blocks, nothing kept, as a
  floor. The best of numpy, numpy with a thread for each part of the rows, and torch, each with
  three block sizes, chosen on the spot;
- *KMeans*: `KMeans.predict` of scikit-learn with as many centres;
- *published*: the papers' evaluation, which looks only at the two segments beside the nearest
  vertex. It is measured on fewer rows, and its time multiplied accordingly.

*compiled* is `PolylineCurve.project` as users call it, with the `fast` extra; *torch* is the path
taken without. The curves were fitted to rows of the same distribution: normal ones, or those of a
StyleGAN mapping network at initialisation where D is 512. Contenders take turns; times are medians,
ratios the medians over rounds. Memory is what a call needs beyond the rows and the curve, its
result included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from data import gaussian, mapping_network
from peers import published
from report import Report, Table, wants_quick
from sklearn.cluster import KMeans
from timing import Contender, Timings, extra_memory, take_turns

from skcurve import SFVQ, PolylineCurve
from skcurve.parallel import run_threads
from skcurve.projection import Projection, project_oracle
from skcurve.projection.blocked import project_blocked
from skcurve.projection.table import SearchTable

Matrix = npt.NDArray[np.float32]

N_ROWS = 65_536
FITTED_ROWS = 65_536
PUBLISHED_ROWS = 1024
CHECKED_ROWS = 4096
BLOCKS = (256, 1024, 4096)
ROUNDS = 9


class Case(NamedTuple):
    """A size of problem, and the largest ratios it may have; None where nothing is promised."""

    n_features: int
    n_bits: int
    make: Callable[[int, int, int], Matrix]
    compiled_to_product: float | None = None
    torch_to_product: float | None = None
    compiled_to_kmeans: float | None = None
    published_to_compiled: float | None = None


CASES = [
    Case(512, 10, mapping_network, 1.3, 1.5, 1.2),
    Case(512, 8, mapping_network, published_to_compiled=80.0),
    Case(64, 6, gaussian, compiled_to_kmeans=1.5),
    Case(128, 5, gaussian),
]
QUICK_CASES = [Case(32, 5, mapping_network, 1.3, 1.5, 1.2, 80.0)]
LARGEST_MEMORY = 64.0


def main() -> None:
    """Measure every case."""
    quick = wants_quick(__doc__)
    n_rows, rounds = (4096, 3) if quick else (N_ROWS, ROUNDS)
    report = Report("projection", __doc__, quick)
    seconds = Table(
        "Milliseconds",
        ["D", "M", "product", "compiled", "torch", "KMeans", "published", "best product"],
    )
    ratios = Table(
        "Ratios",
        ["D", "M", "compiled / product", "torch / product", "compiled / KMeans",
         "published / compiled"],
    )  # fmt: skip
    memory = Table("Extra memory in MiB", ["D", "M", "rows", "compiled", "torch"])
    exact = Table(
        "Largest relative error of the squared distance",
        ["D", "M", "compiled", "torch", "published"],
        note=f"On {CHECKED_ROWS:,} rows, against all segments computed directly in float64.",
    )
    for case in QUICK_CASES if quick else CASES:
        X, vertices = scene(case, n_rows)
        shape = (case.n_features, len(vertices))
        best, timings = race(X, vertices, rounds)
        scaled = n_rows / min(PUBLISHED_ROWS, n_rows)
        names = ("product", "compiled", "torch", "KMeans")
        milliseconds = [1000 * timings.median(name) for name in names]
        seconds.add(*shape, *milliseconds, 1000 * scaled * timings.median("published"), best)
        measured = (
            timings.ratio("compiled", "product"),
            timings.ratio("torch", "product"),
            timings.ratio("compiled", "KMeans"),
            scaled * timings.ratio("published", "compiled"),
        )
        ratios.add(*shape, *measured)
        exact.add(*shape, *largest_errors(X[:CHECKED_ROWS], vertices))
        used = [extra_memory(prepare, case, n_rows) for prepare in (prepare_curve, prepare_torch)]
        memory.add(*shape, n_rows, *used)
        judge(report, case, measured)
    case, four_times = (QUICK_CASES if quick else CASES)[0], 4 * n_rows
    used = [extra_memory(prepare, case, four_times) for prepare in (prepare_curve, prepare_torch)]
    memory.add(case.n_features, 2**case.n_bits, four_times, *used)
    for i, path in enumerate(["compiled", "torch"], start=3):
        largest = max(float(row[i]) for row in memory.rows)
        report.at_most(f"extra memory in MiB, {path}, largest of all", largest, LARGEST_MEMORY)
    for table in (seconds, ratios, memory, exact):
        report.show(table)
    report.publish()


def scene(case: Case, n_rows: int) -> tuple[Matrix, Matrix]:
    """Give rows, and a curve through others of the same distribution."""
    n_fitted = min(FITTED_ROWS, n_rows)
    rows = case.make(n_rows + n_fitted, case.n_features, 0)
    model = SFVQ(case.n_bits, random_state=0).fit(rows[n_rows:])
    return rows[:n_rows], model.codebook_.copy()


def race(X: Matrix, vertices: Matrix, rounds: int) -> tuple[str, Timings]:
    """Choose the fastest product, then time it beside all the others."""
    products = product_contenders(X, vertices)
    best = take_turns(products, rounds=max(3, rounds // 3)).fastest()
    rows, corners, curve = torch.from_numpy(X), torch.from_numpy(vertices), PolylineCurve(vertices)
    kmeans = kmeans_with(vertices)
    few = X[:PUBLISHED_ROWS]
    contenders = {
        "product": products[best],
        "compiled": lambda: curve.project(X),
        "torch": lambda: project_blocked(rows, corners, SearchTable.of(corners)),
        "KMeans": lambda: kmeans.predict(X),
        "published": lambda: published.evaluate(few, vertices),
    }
    return best, take_turns(contenders, rounds)


def product_contenders(X: Matrix, vertices: Matrix) -> dict[str, Contender]:
    """Give the bare product, made in three ways, for several numbers of rows a block."""
    right = np.ascontiguousarray(vertices.T)
    contenders: dict[str, Contender] = {}
    for n_block in BLOCKS:
        out = np.empty((n_block, len(vertices)), np.float32)
        contenders[f"numpy, {n_block} rows"] = lambda out=out: numpy_product(X, right, out)
        contenders[f"torch, {n_block} rows"] = lambda out=out: torch_product(X, right, out)
        outs = [np.empty_like(out) for _ in range(torch.get_num_threads())]
        contenders[f"threads, {n_block} rows"] = lambda outs=outs: threaded_product(X, right, outs)
    return contenders


def numpy_product(X: Matrix, right: Matrix, out: Matrix) -> None:
    """Multiply block by block into the same memory."""
    for start in range(0, len(X), len(out)):
        block = X[start : start + len(out)]
        np.dot(block, right, out=out[: len(block)])


def threaded_product(X: Matrix, right: Matrix, outs: list[Matrix]) -> None:
    """Share the rows out to threads, each of which multiplies its blocks on its own core."""
    parts = zip(np.array_split(X, len(outs)), outs, strict=True)
    run_threads(lambda part: numpy_product(part[0], right, part[1]), list(parts))


def torch_product(X: Matrix, right: Matrix, out: Matrix) -> None:
    """Do the same in torch."""
    rows, right_tensor, values = (torch.from_numpy(array) for array in (X, right, out))
    for block in rows.split(len(out)):
        torch.mm(block, right_tensor, out=values[: len(block)])


def kmeans_with(centers: Matrix) -> KMeans:
    """Give a fitted `KMeans` of these centres."""
    model = KMeans(len(centers), init=centers, n_init=1, max_iter=1).fit(centers)
    model.cluster_centers_ = centers
    return model


def largest_errors(X: Matrix, vertices: Matrix) -> list[float]:
    """Compare each way's squared distances with the direct computation."""
    rows, corners = torch.from_numpy(X), torch.from_numpy(vertices)
    expected = project_oracle(rows, corners).sq_distance.numpy()
    answers = [
        PolylineCurve(vertices).project(X).sq_distance,
        project_blocked(rows, corners, SearchTable.of(corners)).sq_distance.numpy(),
        published.evaluate(X, vertices),
    ]
    return [float(np.max(np.abs(answer - expected) / expected)) for answer in answers]


def prepare_curve(case: Case, n_rows: int) -> tuple[Contender, Contender]:
    """Set up `extra_memory` for the compiled path."""
    X, vertices = random_scene(case, n_rows)
    curve = PolylineCurve(vertices)
    return lambda: curve.project(X[:64]), lambda: curve.project(X)


def prepare_torch(case: Case, n_rows: int) -> tuple[Contender, Contender]:
    """Set up `extra_memory` for the torch path."""
    X, vertices = map(torch.from_numpy, random_scene(case, n_rows))

    def project(rows: torch.Tensor) -> Projection:
        return project_blocked(rows, vertices, SearchTable.of(vertices))

    return lambda: project(X[:64]), lambda: project(X)


def random_scene(case: Case, n_rows: int) -> tuple[Matrix, Matrix]:
    """Give normal rows and vertices: memory does not depend on where they lie."""
    rows = gaussian(n_rows + 2**case.n_bits, case.n_features, seed=0)
    return rows[:n_rows], rows[n_rows:].copy()


def judge(report: Report, case: Case, measured: tuple[float, ...]) -> None:
    """Hold the ratios to what the case promises."""
    where = f"D = {case.n_features}, M = {2**case.n_bits}"
    for name, ratio, limit in zip(
        ["compiled / product", "torch / product", "compiled / KMeans"],
        measured, case[3:6], strict=False,
    ):  # fmt: skip
        if limit is not None:
            report.at_most(f"{name}, {where}", ratio, limit)
    if case.published_to_compiled is not None:
        report.at_least(f"published / compiled, {where}", measured[3], case.published_to_compiled)


if __name__ == "__main__":
    main()
