"""Fitting: how does the fast solver compare with the published schedule?

Two data sets. The default `SFVQ` is fitted with five seeds, the slow contenders with one, all from
the same rows. Distortion is per feature, on fresh rows: *exact* is to the nearest point of the
curve, *dithered* is the objective that all of them minimise. Targets are held against the worst of
the five.

- The papers' own example: normal rows of 128 features, 5 bits. *Published script* is the authors'
  procedure and schedule in plain torch (`benchmarks/peers/published.py`); `solver="adam"` is the
  same inside skcurve.
- Rows of 512 correlated features, from a StyleGAN mapping network at initialisation, 8 bits. The
  published learning rate is far too small for them, so Adam has one that was tuned: 1e-2, and three
  epochs a bitrate; and so has the published script.

At the end three forms of the published procedure take turns, on fewer rows and with one epoch a
bitrate, for a single long run of each says little about a few per cent: skcurve's, the authors',
and one that leaves out all that costs for nothing (`benchmarks/peers/plain_adam.py`). Operations so
small may be faster on one thread than on all, so both are there.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from data import gaussian, mapping_network
from peers import plain_adam, published
from report import Report, Table, wants_quick
from timing import Contender, take_turns, timed

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import distortion, dithered_distortion
from skcurve.solvers import Adam

Matrix = npt.NDArray[np.float32]

COLUMNS = ["method", "seconds", "exact", "dithered", "mean segment", "seconds / SFVQ"]
SEEDS = range(5)
MOST_EXACT, MOST_DITHERED = 0.9615, 0.9695
TUNED = Adam(learning_rate=1e-2, max_iter=3)


class Fit(NamedTuple):
    """What a method gave, and what it took."""

    seconds: float
    exact: float
    dithered: float
    mean_segment: float


def main() -> None:
    """Measure both data sets."""
    quick = wants_quick(__doc__)
    report = Report("fit", __doc__, quick)
    compare_on_normal_rows(report, quick)
    compare_on_mapped_rows(report, quick)
    compare_adams(report, quick)
    report.publish()


def compare_on_normal_rows(report: Report, quick: bool) -> None:
    """Repeat the papers' example."""
    n_train, n_test, n_bits = (8192, 4096, 3) if quick else (262_144, 65_536, 5)
    X, X_test = gaussian(n_train, 128, seed=0), gaussian(n_test, 128, seed=1)
    typical, worst = fit_default(X, X_test, n_bits)
    adam = fit_once(SFVQ(n_bits, solver="adam", random_state=0), X, X_test)
    codebook, seconds = timed(lambda: published.train(X, n_bits))
    script = measured(PolylineCurve(codebook), seconds, X_test)
    table = Table(f"Normal rows: {n_train:,} × 128, {n_bits} bits", COLUMNS)
    table.add("SFVQ, median of 5 seeds", *typical, 1.0)
    table.add("SFVQ, worst of 5 seeds", *worst, worst.seconds / typical.seconds)
    table.add('SFVQ(solver="adam")', *adam, adam.seconds / typical.seconds)
    table.add("published script", *script, script.seconds / typical.seconds)
    report.show(table)
    report.at_most("normal rows: exact distortion", worst.exact, MOST_EXACT)
    report.at_most("normal rows: dithered distortion", worst.dithered, MOST_DITHERED)
    report.at_least("normal rows: times as fast as Adam", adam.seconds / typical.seconds, 200.0)


def compare_on_mapped_rows(report: Report, quick: bool) -> None:
    """Fit rows that resemble a generator's latents."""
    n_train, n_test, n_bits = (4096, 2048, 3) if quick else (65_536, 16_384, 8)
    rows = mapping_network(n_train + n_test, 512, seed=0)
    X, X_test = rows[:n_train], rows[n_train:]
    typical, worst = fit_default(X, X_test, n_bits)
    adam = fit_once(SFVQ(n_bits, solver=TUNED, random_state=0), X, X_test)
    table = Table(f"Mapping-network rows: {n_train:,} × 512, {n_bits} bits", COLUMNS)
    table.add("SFVQ, median of 5 seeds", *typical, 1.0)
    table.add("SFVQ, worst of 5 seeds", *worst, worst.seconds / typical.seconds)
    table.add("Adam(learning_rate=1e-2, max_iter=3)", *adam, adam.seconds / typical.seconds)
    tuned = {"learning_rate": TUNED.learning_rate, "epochs": TUNED.max_iter}
    codebook, seconds = timed(lambda: published.train(X, n_bits, **tuned))
    script = measured(PolylineCurve(codebook), seconds, X_test)
    table.add("published script, tuned alike", *script, script.seconds / typical.seconds)
    report.show(table)
    report.at_most("mapped rows: exact distortion, of Adam's", worst.exact / adam.exact, 1.0)
    report.at_most("mapped rows: dithered, of Adam's", worst.dithered / adam.dithered, 1.0)
    report.at_least("mapped rows: times as fast as Adam", adam.seconds / typical.seconds, 30.0)


def compare_adams(report: Report, quick: bool) -> None:
    """Time the published procedure in skcurve and in two plain forms, with all threads and one."""
    n_train, n_bits, rounds = (2048, 3, 3) if quick else (32_768, 5, 5)
    X = gaussian(n_train, 128, seed=0)
    adam = SFVQ(n_bits, solver=Adam(max_iter=1), random_state=0)
    forms = {
        "Adam(max_iter=1)": lambda: adam.fit(X),
        "published script": lambda: published.train(X, n_bits, epochs=1),
        "plain, by a careful hand": lambda: plain_adam.train(X, n_bits, epochs=1),
    }
    timings = take_turns(forms, rounds)
    alone = take_turns({name: partial(on_one_thread, form) for name, form in forms.items()}, rounds)
    table = Table(
        f"The published procedure, {n_train:,} × 128 rows, {n_bits} bits, one epoch a bitrate",
        ["form", "seconds", "seconds, one thread"],
    )
    for name in forms:
        table.add(name, timings.median(name), alone.median(name))
    report.show(table)
    own, *others = forms
    for other in others:
        report.at_most(f"seconds of Adam / {other}", timings.ratio(own, other), 1.0)


def on_one_thread(call: Contender) -> None:
    """Keep torch from splitting small operations over threads that wait for each other."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        call()
    finally:
        torch.set_num_threads(n_threads)


def fit_default(X: Matrix, X_test: Matrix, n_bits: int) -> tuple[Fit, Fit]:
    """Fit with each seed, after one fit that is not counted; give the median and the worst."""
    SFVQ(n_bits, random_state=0).fit(X)
    fits = [fit_once(SFVQ(n_bits, random_state=seed), X, X_test) for seed in SEEDS]
    columns = list(zip(*fits, strict=True))
    return Fit(*map(statistics.median, columns)), Fit(*map(max, columns))


def fit_once(model: SFVQ, X: Matrix, X_test: Matrix) -> Fit:
    """Fit, and measure."""
    _, seconds = timed(lambda: model.fit(X))
    return measured(model.curve_, seconds, X_test)


def measured(curve: PolylineCurve, seconds: float, X_test: Matrix) -> Fit:
    """Say how good a curve is on rows that it has not seen."""
    return Fit(
        seconds,
        distortion(curve, X_test),
        dithered_distortion(curve, X_test, n_dithers=4, random_state=0),
        float(np.mean(curve.lengths)),
    )


if __name__ == "__main__":
    main()
