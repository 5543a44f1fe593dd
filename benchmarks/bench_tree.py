"""The tree: where does looking at few segments beat the product with all vertices?

Two ways to the same bits. *Product*: one product of a block of rows with all vertices, and one pass
over it. *Tree*: boxes around eight consecutive segments, around eight such boxes, and so on; a row
opens those that are no farther than what it has found. `PolylineCurve.project` chooses: it counts,
on a few of the rows, how many segments they meet, and takes the tree where

    450 + 7 * (segments a row meets) < M.

Normal rows, 16,384 of them, float32; the curves are fitted, in few sweeps, to others like them.
*Chosen* is `project` as it stands, choice included. Contenders take turns; times are medians over
rounds, ratios the medians of ratios.

In high dimension no tree is built. What one could exclude there is counted: the share of segments
that a row has to look at although it knows the squared distance that it will find, which no search
does. *Boxes* are those of the tree, *balls* are around the same eight segments. *16 components*:
the distance to each segment in the first 16 principal components of the rows, never more than the
whole, computed for all segments, and the rest only where it is small enough. Rows of the mapping
network of a StyleGAN at initialisation, and normal ones.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from data import gaussian, mapping_network
from report import Report, Table, wants_quick
from timing import take_turns

from skcurve import SFVQ
from skcurve.projection import project, project_oracle
from skcurve.projection.fused import project_fused
from skcurve.projection.oracle import nearest_on_segment
from skcurve.projection.table import SearchTable
from skcurve.projection.tree import CurveTree, find_tree, project_by_tree, share_met
from skcurve.solvers import Lloyd

Matrix = npt.NDArray[np.float32]

ROUNDS = 5
N_ROWS, N_PROBES = 16_384, 256
FEATURES, BITS = (1, 2, 3, 4, 6, 8, 16), (8, 10, 12, 14)
QUICK_FEATURES, QUICK_BITS = (2, 3), (5, 9)
MOST_LOST = 1.25
"""How long the chosen way may take, of the faster one: the choice has its price."""
LEAST_GAIN = {2: 5.0, 3: 3.0, 4: 2.0}
"""How many times as fast as the product the chosen way is at least, with the most vertices."""

HIGH, HIGH_BITS, HIGH_ROWS = (16, 32, 64, 128, 512), 10, 512
QUICK_HIGH, QUICK_HIGH_BITS = (32,), 5
COMPONENTS, STRETCH = 16, 8


def main() -> None:
    """Measure both."""
    quick = wants_quick(__doc__)
    report = Report("tree", __doc__, quick)
    few_features(report, *((QUICK_FEATURES, QUICK_BITS, 3) if quick else (FEATURES, BITS, ROUNDS)))
    many_features(report, *((QUICK_HIGH, QUICK_HIGH_BITS) if quick else (HIGH, HIGH_BITS)))
    report.publish()


def few_features(
    report: Report, features: tuple[int, ...], bits: tuple[int, ...], rounds: int
) -> None:
    """Time the product, the tree, and what is chosen."""
    table = Table(
        "Few features",
        ["D", "M", "product, ms", "tree, ms", "product / tree", "segments met", "chosen",
         "chosen / faster"],
        note="Segments met: by a row, on average.",
    )  # fmt: skip
    lost = []
    for n_features in features:
        for n_bits in bits:
            X, vertices = scene(gaussian, N_ROWS, n_bits, n_features)
            prepared = SearchTable.of(vertices)
            ways = {
                "product": partial(project_fused, X, vertices, prepared),
                "tree": partial(project_by_tree, X, vertices, prepared),
                "chosen": partial(project, X, vertices),
            }
            timings = take_turns(ways, rounds)
            met = share_met(X[:N_PROBES], vertices, CurveTree.of(vertices, prepared))
            by_tree = find_tree(X, vertices, prepared) is not None
            gain = timings.ratio("product", "tree")
            faster = "tree" if gain > 1 else "product"
            lost.append(timings.ratio("chosen", faster))
            table.add(
                n_features, len(vertices), 1000 * timings.median("product"),
                1000 * timings.median("tree"), gain, met * (len(vertices) - 1),
                "tree" if by_tree else "product", lost[-1],
            )  # fmt: skip
            if n_bits == max(bits) and n_features in LEAST_GAIN:
                name = f"product / chosen, D = {n_features}, M = {len(vertices):,}"
                report.at_least(name, timings.ratio("product", "chosen"), LEAST_GAIN[n_features])
    report.show(table)
    report.at_most("chosen / faster, median of all cases", statistics.median(lost), MOST_LOST)


def many_features(report: Report, features: tuple[int, ...], n_bits: int) -> None:
    """Count what could be excluded by one who knows the answer."""
    table = Table(
        f"Many features: share of segments that cannot be excluded, M = {2**n_bits:,}",
        ["D", "rows", "boxes", "balls", f"{COMPONENTS} components"],
    )
    for make in (gaussian, mapping_network):
        for n_features in features:
            X, vertices = scene(make, HIGH_ROWS, n_bits, n_features)
            X, vertices = X.double(), vertices.double()
            least = project_oracle(X, vertices).sq_distance[:, None]
            shares = [
                float((bound(X, vertices) <= least).double().mean())
                for bound in (to_boxes, to_balls, in_components)
            ]
            table.add(n_features, make.__name__.replace("_", " "), *shares)
    report.show(table)


def scene(
    make: Callable[[int, int, int], Matrix], n_rows: int, n_bits: int, n_features: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give rows, and a curve fitted in few sweeps to others of the same distribution."""
    rows = make(n_rows + max(16_384, 8 * 2**n_bits), n_features, 0)
    solver = Lloyd(max_iter=3, rows_per_vertex=16)
    codebook = SFVQ(n_bits, solver=solver, random_state=0).fit(rows[n_rows:]).codebook_
    return torch.from_numpy(rows[:n_rows]), torch.from_numpy(codebook)


def stretches(vertices: torch.Tensor) -> list[torch.Tensor]:
    """Cut the curve as the tree does."""
    return [vertices[i : i + STRETCH + 1] for i in range(0, len(vertices) - 1, STRETCH)]


def to_boxes(X: torch.Tensor, vertices: torch.Tensor) -> torch.Tensor:
    """Give the (n, n_stretches) squared distances to boxes around stretches."""
    bounds = [
        torch.maximum(part.amin(0) - X, X - part.amax(0)).clamp(min=0).square().sum(1)
        for part in stretches(vertices)
    ]
    return torch.stack(bounds, dim=1)


def to_balls(X: torch.Tensor, vertices: torch.Tensor) -> torch.Tensor:
    """Give the (n, n_stretches) squared distances to balls around stretches."""
    centers = torch.stack([part.mean(0) for part in stretches(vertices)])
    radii = torch.stack(
        [
            (part - center).norm(dim=1).max()
            for part, center in zip(stretches(vertices), centers, strict=True)
        ]
    )
    return (torch.cdist(X, centers) - radii).clamp(min=0).square()


def in_components(X: torch.Tensor, vertices: torch.Tensor) -> torch.Tensor:
    """Give the (n, M-1) squared distances to segments in the first principal components."""
    center = X.mean(0)
    _, _, components = torch.linalg.svd(X - center, full_matrices=False)
    rows, corners = ((part - center) @ components[:COMPONENTS].T for part in (X, vertices))
    bounds = [
        nearest_on_segment(rows - corners[i], rows - corners[i + 1], corners[i + 1] - corners[i])[1]
        for i in range(len(corners) - 1)
    ]
    return torch.stack(bounds, dim=1)


if __name__ == "__main__":
    main()
