"""Many machines: what do more workers bring, and what would 1, 10 and 100 nodes cost?

Weak scaling on one machine: a Dask cluster of one worker process of one thread and then of two,
each with as many rows and as much work. `fit` reads a sample whose size hangs on the vertices and
not on the rows, so the sample is made to grow with the workers (`Lloyd(rows_per_vertex=...)`);
`score` projects all rows. *Efficiency* is the time with one worker over that with two: 1 is
perfect. Each is the median of three runs.

A fit to a thousand chunks: two workers, with the rows of the next sweeps laid out on up to 64
shelves as it is done, and with a task for each chunk in each sweep. *Tasks* are counted by the
scheduler.

The model is arithmetic with what was measured here: the products of one thread a second, and the
processor time that client and scheduler take for a task, which no further worker makes less. It
assumes a network of 10 Gbit/s, 64 chunks a node, that nothing overlaps, and that every bitrate has
all of its sweeps.
"""

from __future__ import annotations

import logging
import math
import statistics
from collections.abc import Callable
from time import process_time
from typing import Any
from unittest.mock import patch

import dask.array as da
import numpy as np
from dask import delayed
from distributed import Client, LocalCluster
from report import Report, Table, wants_quick
from timing import timed

from skcurve import SFVQ
from skcurve.distributed import dask as dask_blocks
from skcurve.distributed.shelves import AHEAD_BYTES
from skcurve.solvers import Lloyd

WORKERS = (1, 2)
NODES = (1, 10, 100)
BANDWIDTH = 10e9 / 8
CHUNKS_A_NODE, BRANCHES, CORES = 64, dask_blocks.BRANCHES, 32
ROWS, FEATURES, BITS = 10**9, 512, 10
SWEEPS, ROWS_PER_VERTEX, FEWEST = 12, 128, 2048


def main() -> None:
    """Measure with one and two workers, and calculate for more."""
    quick = wants_quick(__doc__)
    logging.getLogger("distributed").setLevel(logging.ERROR)  # says what it closes
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
    many_chunks(report, *((66, 2) if quick else (1000, n_bits)))
    task = seconds_a_task(20 if quick else 2000)
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


def many_chunks(report: Report, n_chunks: int, n_bits: int) -> None:
    """Fit to more chunks than there are shelves, in both ways."""
    table = Table(
        f"{n_chunks:,} chunks of 1,000 × 64, {n_bits} bits, 2 workers",
        ["a sweep has", "fit, s", "tasks", "score of the rows"],
    )
    for name, most in [("up to 64 tasks", dask_blocks.MOST_SHELVES), ("a task a chunk", n_chunks)]:
        with cluster(2) as client, patch.object(dask_blocks, "MOST_SHELVES", most):
            X = da.random.default_rng(0).standard_normal(
                (n_chunks * 1000, 64), chunks=(1000, 64), dtype=np.float32
            )
            X = X.persist()
            X.sum().compute()
            before = tasks_done(client)
            sfvq, seconds = timed(lambda X=X: SFVQ(n_bits, random_state=0).fit(X))
            table.add(name, seconds, tasks_done(client) - before, sfvq.score(X))
    report.show(table)


def tasks_done(client: Client) -> int:
    """Count the tasks that workers have finished."""
    return sum(
        client.run_on_scheduler(
            lambda dask_scheduler: [
                prefix.state_counts["memory"] + prefix.state_counts["released"]
                for prefix in dask_scheduler.task_prefixes.values()
            ]
        )
    )


def seconds_a_task(n_tasks: int) -> float:
    """Measure the processor time of client and scheduler for a task that does nothing."""
    with cluster(1) as client:
        client.gather(client.map(abs, range(100)))
        start = process_time()
        sums = [delayed(abs)(number) for number in range(n_tasks)]
        while len(sums) > 1:
            sums = [delayed(sum)(sums[at : at + BRANCHES]) for at in range(0, len(sums), BRANCHES)]
        sums[0].compute()
        return (process_time() - start) / (n_tasks * (1 + 1 / (BRANCHES - 1)))


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
        has_shelves = chunks > dask_blocks.MOST_SHELVES
        compute = sent = tasks = 0.0
        for bitrate in range(2, BITS + 1):
            vertices = 2**bitrate
            drawn = max(FEWEST, ROWS_PER_VERTEX * vertices)
            parts = min(chunks, dask_blocks.MOST_SHELVES)
            if has_shelves:
                parts = min(parts, max(1, drawn // dask_blocks.SHELF_ROWS))
            threads = min(CORES * nodes, parts)
            compute += SWEEPS * drawn * vertices * FEATURES * 2 / (rate * threads)
            # Within a node the first sums cost nothing; beyond it each round brings 7 to a place.
            rounds = math.ceil(math.log(min(nodes, parts), BRANCHES)) if nodes > 1 else 0
            statistics_bytes = 4 * vertices * (FEATURES + 4)
            vertex_bytes = 4 * vertices * FEATURES * (nodes > 1)
            sent += SWEEPS * (vertex_bytes + (BRANCHES - 1) * rounds * statistics_bytes)
            tasks += SWEEPS * parts * (1 + 1 / (BRANCHES - 1))
            if has_shelves:
                row_bytes = SWEEPS * drawn * 4 * FEATURES
                sent += row_bytes / nodes
                tasks += row_bytes / AHEAD_BYTES * (chunks + parts)
        transform = ROWS * 2**BITS * FEATURES * 2 / (rate * CORES * nodes)
        table.add(nodes, chunks, compute, sent / BANDWIDTH, tasks * task, sent / 1e9, transform)
    report.show(table)


if __name__ == "__main__":
    main()
