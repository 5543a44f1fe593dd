"""Larger than memory: how much memory and time do 100 GiB of rows take?

A sparse file of 100 GiB, 52,428,800 × 512 float32, mapped; holes read as zeros as fast as the
system makes them, and stretches of normal rows lie between them. *Memory* is the peak of the
process above what it had when the call began, everything imported and compiled, mapped
pages included.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from report import Report, Table, wants_quick
from timing import extra_memory, timed

from skcurve import SFVQ

FEATURES = 512
MOST = 1024


def main() -> None:
    """Fit at several bitrates, and transform a part."""
    quick = wants_quick(__doc__)
    report = Report("blocks", __doc__, quick)
    gibibytes, part, bitrates = (1, 2**14, [3]) if quick else (100, 2**22, [6, 8, 10])
    n_rows = gibibytes * 2**30 // FEATURES // 4
    table = Table(f"{gibibytes} GiB: {n_rows:,} × {FEATURES}", ["task", "seconds", "memory, MiB"])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.npy")
        make(path, n_rows)
        for bits in bitrates:
            task = f"fit, {bits} bits"
            measure(report, table, task, path, bits, 0)
        measure(
            report,
            table,
            f"transform of {part:,} rows, {bitrates[0]} bits",
            path,
            bitrates[0],
            part,
        )
    report.show(table)
    report.publish()


def measure(report: Report, table: Table, task: str, path: str, bits: int, part: int) -> None:
    """Add a row, and hold its memory to the target."""
    memory = extra_memory(prepare, path, bits, part)
    warm, call = prepare(path, bits, part)
    warm()
    table.add(task, timed(call)[1], memory)
    report.below(f"{task}: memory, MiB", memory, MOST)


def make(path: str, n_rows: int) -> None:
    """Write a file of holes with some rows between."""
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n_rows, FEATURES))
    generator = np.random.default_rng(0)
    for start in generator.integers(0, n_rows - 64, 400):
        X[start : start + 64] = generator.standard_normal((64, FEATURES))


def prepare(path: str, bits: int, part: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Give a small call and the one to measure: a transform of a part of the rows, or a fit."""
    small = np.random.default_rng(0).standard_normal((5000, 64)).astype(np.float32)
    X = np.load(path, mmap_mode="r")
    fitted = SFVQ.from_codebook(np.random.default_rng(1).standard_normal((2**bits, FEATURES)))
    out = np.empty((part, 1), np.float32)
    call = (
        partial(fitted.transform, X[:part], out)
        if part
        else partial(SFVQ(bits, random_state=0).fit, X)
    )
    return lambda: SFVQ(4, random_state=0).fit(small).transform(small), call


if __name__ == "__main__":
    main()
