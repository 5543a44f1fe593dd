"""A GPU: how near is the projection to what the device can do, and how fast is a fit?

Measured wherever a CUDA device is found, on rows that are on it: normal ones, float32. Times are
medians of several calls, the device waited for.

- *Floor*: the larger of two times. One is that of the multiplications, 2 n M D of them for each
  product in the precision used, at the rate of a large square product of `torch.mm` in that
  precision on this device; *tf32x3*, the default, takes three products in TF32. The other is that
  of reading the rows once, at the rate of a copy.
- *Kernel*: `project_triton`, all of it, near-ties settled. *Blocked*: the same in torch, which
  writes the product of each block to memory. *From here*: `project` of rows in the memory of the
  computer, which go there in blocks.
- *Published*: the papers' evaluation, and their training, in torch on the same device, as the
  authors' scripts have them: on fewer rows, the time multiplied accordingly, for the number of
  their steps is that of the rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import torch
from peers import published
from report import Report, Table, wants_quick

from skcurve import SFVQ
from skcurve.parallel import has_triton
from skcurve.projection import project, project_oracle
from skcurve.projection.blocked import project_blocked
from skcurve.projection.table import SearchTable

N_ROWS, N_BITS, N_FEATURES = 10_000_000, 10, 512
QUICK = 20_000, 6, 32
SQUARE = 8192
CALLS = 5
CHECKED_ROWS, PUBLISHED_ROWS, TRAINED_ROWS = 4096, 4096, 8192
EPOCHS = 5
PRODUCTS = {"tf32x3": 3, "tf32": 1, "ieee": 1}

LEAST_SHARE = 0.7
"""Of the time that the projection takes, the floor is at least so much."""
LEAST_TIMES_PUBLISHED = 50.0
LONGEST_FIT = 10.0


def main() -> None:
    """Measure, or say that there is nothing to measure on."""
    if not torch.cuda.is_available():
        print("No GPU was found: torch.cuda.is_available() is false. Nothing is measured.")
        return
    if not has_triton(torch.device("cuda")):
        sys.exit("The kernels need Triton and a GPU of compute capability 7.0 or higher.")
    quick = wants_quick(__doc__)
    n_rows, n_bits, n_features = QUICK if quick else (N_ROWS, N_BITS, N_FEATURES)
    report = Report("gpu", __doc__, quick, script="gpu.py")
    torch.manual_seed(0)
    X = torch.randn(n_rows, n_features, device="cuda")
    model = SFVQ(n_bits, random_state=0)
    fitting(report, X, model)
    projection(report, X, torch.as_tensor(model.codebook_))
    report.publish()


def fitting(report: Report, X: torch.Tensor, model: SFVQ) -> None:
    """Time a fit, and the published one on a part of the rows."""
    own = seconds(lambda: model.fit(X), calls=3)
    few = X[:TRAINED_ROWS].cpu().numpy()
    theirs = len(X) / len(few) * seconds(
        lambda: published.train(few, model.n_bits, epochs=EPOCHS, device=str(X.device)), calls=1
    )  # fmt: skip
    where = f"{len(X):,} x {X.shape[1]}, {model.n_bits} bits"
    table = Table(f"Fit, {where}", ["way", "seconds", "times SFVQ's"])
    table.add("SFVQ", own, 1.0)
    table.add("published", theirs, theirs / own)
    report.show(table)
    report.at_most("seconds of a fit", own, LONGEST_FIT)
    report.at_least("published / SFVQ, fit", theirs / own, LEAST_TIMES_PUBLISHED)


def projection(report: Report, X: torch.Tensor, vertices: torch.Tensor) -> None:
    """Time the projection in each precision, beside its floor and the other ways."""
    from skcurve.projection.fused_triton import (
        project_triton,
        project_undoubted,
        search_precision,
    )

    prepared, default = SearchTable.of(vertices), search_precision(X.device)
    size = f"{len(X):,} x {X.shape[1]} on {len(vertices):,} vertices"
    table = Table(
        f"Projection, {size}",
        ["way", "milliseconds", "floor, ms", "floor / time", "rows in doubt", "largest error"],
        note="Error: of the squared distance, relative, on some rows, against float64.",
    )
    checked = X[:CHECKED_ROWS]
    expected = project_oracle(checked, vertices).sq_distance
    times = {}
    for precision in PRODUCTS:
        if precision != "ieee" and default == "ieee":
            continue
        floor = floor_of(X, vertices, precision)
        times[precision] = seconds(
            lambda precision=precision: project_triton(X, vertices, prepared, precision)
        )
        _, doubt = project_undoubted(X, vertices, prepared, precision)
        found = project_triton(checked, vertices, prepared, precision).sq_distance
        table.add(
            f"kernel, {precision}", 1000 * times[precision], 1000 * floor,
            floor / times[precision], float(doubt.float().mean()),
            float(((found - expected) / expected).abs().max()),
        )  # fmt: skip
        if precision == default:
            name = f"floor / time, {precision}"
            report.at_least(name, floor / times[precision], LEAST_SHARE)
    missing = [float("nan")] * 4
    blocked = seconds(lambda: project_blocked(X, vertices, prepared))
    table.add("blocked", 1000 * blocked, *missing)
    here = X[: len(X) // 4].cpu()
    table.add("from here", 4000 * seconds(lambda: project(here, vertices)), *missing)
    few, corners = X[:PUBLISHED_ROWS].cpu().numpy(), vertices.cpu().numpy()
    theirs = len(X) / len(few) * seconds(
        lambda: published.evaluate(few, corners, device=str(X.device)), calls=1
    )  # fmt: skip
    table.add("published", 1000 * theirs, *missing)
    report.show(table)
    report.at_least(
        "published / kernel, projection", theirs / times[default], LEAST_TIMES_PUBLISHED
    )


def floor_of(X: torch.Tensor, vertices: torch.Tensor, precision: str) -> float:
    """Give the seconds that multiplying or reading takes at least, whichever is longer."""
    matmul = torch.backends.cuda.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, precision.removesuffix("x3")
    square = torch.randn(SQUARE, SQUARE, device=X.device)
    out = torch.empty_like(square)
    rate = 2 * SQUARE**3 / seconds(lambda: torch.mm(square, square, out=out))
    matmul.fp32_precision = before
    arithmetic = PRODUCTS[precision] * 2 * X.numel() * len(vertices) / rate
    bandwidth = 2 * out.nbytes / seconds(lambda: out.copy_(square))
    return max(arithmetic, X.nbytes / bandwidth)


def seconds(call: Callable[[], Any], calls: int = CALLS) -> float:
    """Time a call with all that it starts on the device: the median, after a first one."""
    taken = []
    for _ in range(1 + calls):
        torch.cuda.synchronize()
        began = perf_counter()
        call()
        torch.cuda.synchronize()
        taken.append(perf_counter() - began)
    return median(taken[1:])


if __name__ == "__main__":
    main()
