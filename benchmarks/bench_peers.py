"""Peers: who else orders vectors or quantises them, and how good are they?

Every contender learns the same rows, with as many vertices, and is measured on rows that none has
seen: at 4, 6, 8 and 10 bits, as far as the rows suffice. The files in `benchmarks/peers` say with
which settings, and how those were found. With each of five seeds, which draw the rows or the split
and seed the method, contenders take turns. Cells show the mean and the standard deviation over the
seeds, seconds the median; the best of a column is bold.

- *Exact* is the mean squared distance per feature to the nearest point of the curve; for centres
  in no order to the nearest centre; for diveq to where its own `inference` sends the row.
  *Dithered* is that to one random point of each segment, the papers' objective: there it counts
  where the segments lie, too.
- *Smoothness* is the mean segment over the mean distance of any two vertices. *Usage* is the
  perplexity of the shares that the segments win, over their number. *Topographic* is the share of
  rows whose two nearest vertices are no neighbours on the curve. *Agreement* is the share of
  neighbours along the curve that have the same label.
- A short curve is not a good one by itself: a straight line has a perfect order, and leaves out
  nearly everything. Compare order where distortions are alike.

Time is limited. In each table SFVQ has all five seeds, a contender as many of them as fit in its
share of the time (2.5 seconds for shapes, 5 for labelled rows, 8 for the others), and one at least.
For the same reason the normal rows are fewer here than the papers' 262,144, and those of the
mapping network have half their 512 features. Digits and sentences end at 8 bits, with four rows
and more a vertex.
A fit that takes longer than 40 seconds is stopped, and its contender is not tried with more
vertices on these rows. What is slow by nature has fewer rows or vertices from the start. The last
column says which of these it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from data import SHAPES, digits, gaussian, mapping_network, sentence_embeddings
from limits import CallFailedError, OutOfTimeError, Worker
from measures import of_centers, of_curve
from peers.roster import CONTENDERS, OURS, Contender
from report import Report, Table, wants_quick
from timing import timed
from verdicts import Outcome, judge, winners

Matrix = npt.NDArray[np.float32]

N_SEEDS = 5
LIMIT = 40.0
"""Seconds that one fit may take."""

WARM_UP_LIMIT = 300.0
"""Seconds for imports and compilation, which are not counted."""


class Rows(NamedTuple):
    """Rows to learn from and rows to test with; labels of the latter where there are any."""

    train: Matrix
    test: Matrix
    test_labels: npt.NDArray[np.int64] | None = None


class Scene(NamedTuple):
    """A data set: `split` gives the rows for a seed; `share` is the seconds a contender has."""

    name: str
    bitrates: tuple[int, ...]
    split: Callable[[int], Rows]
    share: float


def main() -> None:
    """Compare on every scene."""
    quick = wants_quick(__doc__)
    report = Report("peers", __doc__, quick)
    outcomes = []
    with Worker() as worker:
        for scene in scenes(quick):
            try:
                outcomes += compete(report, worker, scene, quick)
            except ImportError as error:
                report.show(left_out(scene, error))
    judge(report, outcomes)
    winners(report, outcomes)
    report.publish()


def scenes(quick: bool) -> list[Scene]:
    """List the data sets, and the bitrates for which they have rows enough."""
    if quick:
        return [
            Scene("digits", (3,), labelled_digits, share=2.0),
            Scene("moons", (3,), partial(plane, "moons", 300), share=2.0),
        ]
    all_bitrates = (4, 6, 8, 10)
    return [
        Scene("normal rows", all_bitrates, partial(drawn, gaussian, 32_768, 128), share=8.0),
        Scene("mapping network", all_bitrates, partial(drawn, mapping_network, 32_768, 256), 8.0),
        Scene("digits", (4, 6, 8), labelled_digits, share=5.0),
        Scene("sentence embeddings", (4, 6, 8), labelled_sentences, share=5.0),
        *(Scene(shape, all_bitrates, partial(plane, shape, 10_000), share=2.5) for shape in SHAPES),
    ]


def drawn(make: Callable[[int, int, int], Matrix], n: int, d: int, seed: int) -> Rows:
    """Draw rows of one distribution, and an eighth as many to test with."""
    rows = make(n + n // 8, d, seed)
    return Rows(rows[:n], rows[n:])


def plane(shape: str, n: int, seed: int) -> Rows:
    """Draw rows from a shape, and half as many to test with."""
    rows = SHAPES[shape](n + n // 2, seed)
    return Rows(rows[:n], rows[n:])


def labelled_digits(seed: int) -> Rows:
    """Split the digits."""
    split = digits(seed)
    return Rows(split.train, split.test, split.test_labels)


def labelled_sentences(seed: int) -> Rows:
    """Split the sentences."""
    split = sentence_embeddings(seed)
    return Rows(split.train, split.test, split.test_labels)


def compete(report: Report, worker: Worker, scene: Scene, quick: bool) -> list[Outcome]:
    """Let all learn one data set, at one bitrate after another."""
    outcomes: list[Outcome] = []
    stopped: dict[str, str] = {}  # who took too long or failed, and need not try more vertices
    with TemporaryDirectory() as folder:
        n_seeds = 2 if quick else N_SEEDS
        splits = [kept(scene.split(seed), Path(folder) / f"{seed}.npy") for seed in range(n_seeds)]
        for n_bits in scene.bitrates:
            outcome = Outcome(scene.name, n_bits, splits[0][1].train.shape)
            for contender in CONTENDERS:
                if reason := reason_to_skip(contender, 2**n_bits, stopped):
                    outcome.end(contender.name, reason)
            for seed, (path, rows) in enumerate(splits):
                for contender in CONTENDERS:
                    share = math.inf if contender is OURS else scene.share
                    if outcome.has_time(contender.name, share):
                        learn(outcome, worker, contender, path, rows, seed, stopped, quick)
            report.show(outcome.table())
            outcomes.append(outcome)
    return outcomes


def kept(rows: Rows, path: Path) -> tuple[Path, Rows]:
    """Put rows where another process can read them."""
    np.save(path, rows.train)
    return path, rows


def reason_to_skip(contender: Contender, n_vertices: int, stopped: dict[str, str]) -> str:
    """Say why a contender is not tried with so many vertices; nothing if it is."""
    if contender.name in stopped:
        return f"not tried; with fewer vertices: {stopped[contender.name]}"
    if contender.most_vertices is not None and n_vertices > contender.most_vertices:
        return f"not tried: too slow beyond {contender.most_vertices} vertices"
    return ""


def learn(
    outcome: Outcome,
    worker: Worker,
    contender: Contender,
    path: Path,
    rows: Rows,
    seed: int,
    stopped: dict[str, str],
    quick: bool,
) -> None:
    """Let one contender learn with one seed, and measure what it gives."""
    n_vertices = 2**outcome.n_bits
    try:
        worker.call(warm_up, contender, limit=WARM_UP_LIMIT)
        vertices, sq_errors, seconds = worker.call(
            fit, contender, path, rows.test, n_vertices, seed, quick, limit=LIMIT
        )
        if vertices.shape != (n_vertices, rows.test.shape[1]) or not np.isfinite(vertices).all():
            raise CallFailedError(f"gave no {n_vertices} finite vertices")
    except (OutOfTimeError, CallFailedError) as error:
        stopped[contender.name] = str(error)
        outcome.end(contender.name, str(error))
        return
    if contender.ordered:
        measured = of_curve(vertices, rows.test, rows.test_labels, sq_errors)
    else:
        measured = of_centers(vertices, rows.test, rows.test_labels)
    outcome.add(contender.name, seed, {"seconds": seconds, **measured})
    if contender.most_rows is not None and contender.most_rows < len(rows.train):
        outcome.remarks[contender.name] = f"{contender.most_rows:,} rows"


warmed: set[str] = set()


def warm_up(contender: Contender) -> None:
    """Import and compile, once in a process."""
    if contender.name not in warmed:
        contender.fit(gaussian(512, 4, seed=0), 8, 0, brief=True)
        warmed.add(contender.name)


def fit(
    contender: Contender, path: Path, X_test: Matrix, n_vertices: int, seed: int, brief: bool
) -> tuple[Matrix, npt.NDArray[np.float64] | None, float]:
    """Learn vertices from the rows in a file; give them, their errors, and the seconds."""
    X = np.load(path)
    vertices, seconds = timed(lambda: contender.fit(X, n_vertices, seed, brief=brief))
    return vertices, contender.errors(vertices, X_test), seconds


def left_out(scene: Scene, error: ImportError) -> Table:
    """Say in place of a table why a data set is not there."""
    table = Table(scene.name, ["", "reason"])
    table.add("left out", str(error))
    return table


if __name__ == "__main__":
    main()
