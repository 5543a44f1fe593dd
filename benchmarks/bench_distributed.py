"""Many machines: what do more workers bring, and what would 1, 10 and 100 nodes cost?

Weak scaling on one machine: a Dask cluster of one worker process of one thread and then of two,
each with as many rows and as much work. `fit` reads a sample whose size hangs on the vertices and
not on the rows, so the sample is made to grow with the workers (`Lloyd(rows_per_vertex=...)`);
`score` projects all rows. *Efficiency* is the time with one worker over that with two: 1 is
perfect. Each is the median of three runs.

The model is arithmetic with what was measured here: the products of one thread a second, and what
Dask takes a task. It assumes a network of 10 Gbit/s, 64 chunks a node, and that nothing overlaps.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from report import Report, Table, wants_quick
from timing import timed

from skcurve import SFVQ
from skcurve.solvers import Lloyd

WORKERS = (1, 2)
NODES = (1, 10, 100)
BANDWIDTH = 10e9 / 8
CHUNKS_A_NODE, BRANCHES, CORES = 64, 8, 32
ROWS, FEATURES, BITS = 10**9, 512, 10
SWEEPS, ROWS_PER_VERTEX, FEWEST = 12, 128, 2048


def main() -> None:
    """Measure with one and two workers, and calculate for more."""
    quick = wants_quick(__doc__)
    report = Report("distributed", __doc__, quick)
    n_rows, n_features, n_bits, rounds = (4000, 32, 4, 1) if quick else (100_000, 256, 8, 3)
    found = {workers: measure(workers, n_rows, n_features, n_bits, rounds) for workers in WORKERS}
    table = Table(
        f"Weak scaling: {n_rows:,} × {n_features} a worker, {n_bits} bits",
        ["workers", "rows", "fit, s", "score, s", "efficiency of fit", "efficiency of score"],
    )
    one = found[1]
    for workers, (fit, score) in found.items():
        table.add(workers, workers * n_rows, fit, score, one[0] / fit, one[1] / score)
    report.show(table)
    rate = n_rows * 2**n_bits * n_features * 2 / one[1]
    task = seconds_a_task(20 if quick else 100)
    model(report, rate, task)
    report.publish()


def measure(
    workers: int, n_rows: int, n_features: int, n_bits: int, rounds: int
) -> tuple[float, float]:
    """Give the median seconds of a fit and of a score."""
    with cluster(workers):
        X = da.random.default_rng(0).standard_normal(
            (workers * n_rows, n_features), chunks=(n_rows // 4, n_features), dtype=np.float32
        )
        X = X.persist()
        X.sum().compute()
        solver = Lloyd(rows_per_vertex=ROWS_PER_VERTEX * workers)
        fit: Callable[[], Any] = SFVQ(n_bits, solver=solver, random_state=0).fit
        sfvq = fit(X)  # not counted
        times = [(timed(lambda: fit(X))[1], timed(lambda: sfvq.score(X))[1]) for _ in range(rounds)]
    fits, scores = zip(*times, strict=True)
    return statistics.median(fits), statistics.median(scores)


def cluster(workers: int) -> Client:
    """Start worker processes of one thread each."""
    return Client(
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0"
        )
    )


def seconds_a_task(n_tasks: int) -> float:
    """Measure what Dask takes for a task that does nothing."""
    with cluster(1) as client:
        client.gather(client.map(abs, range(n_tasks)))
        return (
            timed(lambda: client.gather(client.map(abs, range(n_tasks, 2 * n_tasks))))[1] / n_tasks
        )


def model(report: Report, rate: float, task: float) -> None:
    """Calculate a fit to a billion rows, and their projection."""
    table = Table(
        f"Model: {ROWS:,} × {FEATURES}, {BITS} bits",
        [
            "nodes", "chunks", "fit: compute, s", "fit: network, s", "fit: tasks, s",
            "sent by a node, GB", "transform, s",
        ],
        note=f"Nodes of {CORES} threads of {rate / 1e9:.3g} GFLOP/s; {1e3 * task:.2g} ms a task; "
        f"{BANDWIDTH / 1e9:.3g} GB/s. transform writes its result on the node.",
    )  # fmt: skip
    for nodes in NODES:
        chunks = nodes * CHUNKS_A_NODE
        compute = network = overhead = sent = 0.0
        for bitrate in range(2, BITS + 1):
            vertices = 2**bitrate
            drawn = max(FEWEST, ROWS_PER_VERTEX * vertices)
            touched = chunks * (1 - (1 - 1 / chunks) ** drawn)
            statistics_bytes = 4 * vertices * (FEATURES + 4)
            compute += (
                SWEEPS * drawn * vertices * FEATURES * 2 / (rate * CORES * min(nodes, touched))
            )
            # Within a node the first sums cost nothing; beyond it each round brings 7 to a place.
            rounds = math.ceil(math.log(nodes, BRANCHES)) if nodes > 1 else 0
            out = 4 * vertices * FEATURES * (nodes > 1)
            a_node = out + (BRANCHES - 1) * rounds * statistics_bytes
            sent += SWEEPS * a_node
            network += SWEEPS * a_node / BANDWIDTH
            overhead += SWEEPS * touched * (1 + 1 / (BRANCHES - 1)) * task
        transform = ROWS * 2**BITS * FEATURES * 2 / (rate * CORES * nodes)
        table.add(nodes, chunks, compute, network, overhead, sent / 1e9, transform)
    report.show(table)


if __name__ == "__main__":
    main()
