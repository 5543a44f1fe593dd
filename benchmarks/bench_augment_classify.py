"""Augmentation: do points of a curve teach a classifier more than other additions to few labels?

The digits in three spaces: 64 pixels, their first 16 principal components, and the 8 latents of a
variational autoencoder. Each of ten seeds splits them at random into 597 test rows and a pool of
1,200, from which the components and the autoencoder are learnt without labels, and of which few
rows have labels: 5, 10 or 20 of each class; or 100 of five classes and 5 of the other five, which
the seed draws (1:20). Rows are added until every class has 100, in each way as many:

- *nothing*; or nothing, and the classifier is tuned instead;
- *repeats*: random rows again;
- *SMOTE* of imbalanced-learn, with 1, 3 or 5 neighbours;
- *Gaussian jitter*: repeats with noise of 0.1, 0.25 or 0.5 standard deviations of the classes;
- *mixup* with an α of 0.1, 0.5 or 2; a mixed row is learnt with the shares of its two labels;
- *curve*: `CurveAugmenter.fit_resample`, which learns a curve for each class from its labelled
  rows: evenly along it, as by default; or spaced as the rows are, with a jitter of 0.5 or 1.

Three more look at the pool, and are to be compared with each other:

- *pool, guessed*: rows of the pool, each with the label of the nearest labelled row;
- *curves through the guessed pool*: points of curves through these rows, one a class, spaced as the
  rows are and with a jitter of 1;
- *one curve through the pool*: one curve of 6 bits, learnt from all 1,200 rows without labels, is
  given to `CurveAugmenter`, and the few labelled rows tell what its stretches are; spaced alike.

Logistic regression, nearest neighbours and a support vector machine learn from the result, with
C = 1 and three neighbours where they are not tuned, and 1, 10 or 100 and 1, 3 or 5 where they are.
So whatever has a setting to be chosen has three to choose from. That is done anew for each seed,
space and classifier, by the macro-F1 of a threefold cross-validation on the labelled rows alone.
Which three, and the jitter of the guessed pool, was decided after looking at the first four seeds.

Intervals are for the mean over seeds, with a confidence of 95% by Student's t distribution. The
seeds share 1,797 digits, so they say what to expect of these, not of all handwriting. Differences
are taken seed by seed: of the same rows, on the same test rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from augmenting import (
    CURVE,
    JITTER,
    MIXUP,
    NOTHING,
    POOL_CURVE,
    POOL_CURVES,
    POOL_GUESSED,
    REPEATS,
    SMOTE_NAME,
    TUNED,
    WAYS,
    Counts,
    with_pool,
)
from data import LabelledSplit
from digit_spaces import SPACES, digit_spaces
from few_shot import CHOSEN_BY, CLASSIFIERS, SCORES, Scores, Task, outcome
from report import Interval, Report, Table, wants_quick

SEEDS = tuple(range(10))
N_CLASSES, N_WANTED = 10, 100
RARE = 5
BALANCED = (5, 10, 20)
SETTINGS = (*(f"{n} a class" for n in BALANCED), "1:20")
LABELLED = (NOTHING, TUNED, REPEATS, SMOTE_NAME, JITTER, MIXUP)
"""What the curve of the labelled rows is compared with."""
COLORS = ("#0072B2", "#009E73", "#E69F00", "#CC79A7")
NAMES = tuple(classifier.name for classifier in CLASSIFIERS)


class Cell(NamedTuple):
    """What the seeds are averaged in."""

    space: str
    setting: str
    way: str
    classifier: str


class Results(NamedTuple):
    """Every score, by where it was reached and the seed."""

    scores: dict[Cell, list[Scores]]

    def interval(self, cell: Cell, score: str) -> Interval:
        """Give what was reached."""
        return Interval(tuple(one[score] for one in self.scores[cell]))

    def difference(self, cell: Cell, other: str, score: str = CHOSEN_BY) -> Interval:
        """Give by how much a way is better than another, seed by seed."""
        pairs = zip(self.scores[cell], self.scores[cell._replace(way=other)], strict=True)
        return Interval(tuple(its[score] - others[score] for its, others in pairs))

    def mean_difference(self, way: str, other: str, where: list[Cell]) -> Interval:
        """Give the same, averaged over cells before it is over seeds."""
        each = [self.difference(cell._replace(way=way), other).values for cell in where]
        return Interval(tuple(np.mean(each, axis=0).tolist()))


def main() -> None:
    """Compare the ways with every seed, in every space and setting."""
    quick = wants_quick(__doc__)
    seeds, spaces, settings = (
        (SEEDS[:2], SPACES[1:2], SETTINGS[:1]) if quick else (SEEDS, SPACES, SETTINGS)
    )
    report = Report("augment_classify", __doc__, quick)
    results = Results({})
    for seed in seeds:
        for space in spaces:
            split = digit_spaces(seed, quick)[space]
            for setting in settings:
                collect(results, split, space, setting, seed)
    cells = [Cell(*names, CURVE, name) for names in grid(spaces, settings) for name in NAMES]
    draw(report, results, cells)
    judge(report, results, cells)
    report.show(summary(results, cells))
    for space in spaces:
        report.show(differences(results, [cell for cell in cells if cell.space == space]))
    for space, setting in grid(spaces, settings):
        report.show(reached(results, space, setting))
    report.publish()


def grid(spaces: tuple[str, ...], settings: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pair each space with each setting."""
    return [(space, setting) for space in spaces for setting in settings]


def collect(results: Results, split: LabelledSplit, space: str, setting: str, seed: int) -> None:
    """Let every way take its turn with the same few rows."""
    task = few_of(split, setting, seed)
    for way in (*WAYS, *with_pool(split.train, seed)):
        for name, scores in outcome(task, way, seed).items():
            results.scores.setdefault(Cell(space, setting, way.name, name), []).append(scores)


def few_of(split: LabelledSplit, setting: str, seed: int) -> Task:
    """Draw the labelled rows: the same ones in every space."""
    rng = np.random.default_rng(seed)
    counts = counts_of(setting, rng)
    chosen = np.concatenate(
        [
            rng.choice(np.flatnonzero(split.train_labels == k), n, replace=False)
            for k, n in counts.items()
        ]
    )
    return Task(
        split.train[chosen],
        split.train_labels[chosen],
        dict.fromkeys(range(N_CLASSES), N_WANTED),
        split.test,
        split.test_labels,
    )


def counts_of(setting: str, rng: np.random.Generator) -> Counts:
    """Say how many rows of each class have labels."""
    if setting in SETTINGS[:-1]:
        return dict.fromkeys(range(N_CLASSES), BALANCED[SETTINGS.index(setting)])
    rare = set(rng.choice(N_CLASSES, N_CLASSES // 2, replace=False).tolist())
    return {k: RARE if k in rare else N_WANTED for k in range(N_CLASSES)}


def summary(results: Results, cells: list[Cell]) -> Table:
    """Count where the curve is better or worse than each other way."""
    table = Table(
        f"In how many of {len(cells)} cells the curve is better: macro-F1",
        ["way", "compared with", "better", "worse", "undecided", "mean difference"],
        note="A cell is a space, a setting and a classifier. Better or worse: the interval of the "
        f"difference leaves out 0, as it does for {0.05 * len(cells):.1f} of them where there is "
        "none.",
    )
    pairs = [(CURVE, other) for other in LABELLED]
    pairs += [(POOL_CURVES, other) for other in (POOL_GUESSED, POOL_CURVE, CURVE, SMOTE_NAME)]
    pairs += [(POOL_CURVE, other) for other in (CURVE, TUNED)]
    for way, other in pairs:
        found = [results.difference(cell._replace(way=way), other) for cell in cells]
        better, worse = sum(one.low > 0 for one in found), sum(one.high < 0 for one in found)
        mean = results.mean_difference(way, other, cells)
        table.add(way, other, better, worse, len(found) - better - worse, mean)
    return table


def differences(results: Results, cells: list[Cell]) -> Table:
    """Show by how much the curves are better than the others."""
    table = Table(
        f"{cells[0].space}: macro-F1 of the curve less that of …",
        ["setting", "classifier", *LABELLED, f"{POOL_CURVES} less {POOL_GUESSED}"],
    )
    for cell in cells:
        own = [results.difference(cell, other) for other in LABELLED]
        pool = results.difference(cell._replace(way=POOL_CURVES), POOL_GUESSED)
        table.add(cell.setting, cell.classifier, *own, pool)
    return table


def reached(results: Results, space: str, setting: str) -> Table:
    """Show what every way reaches."""
    columns = [f"{score}, {name}" for score in SCORES for name in NAMES]
    table = Table(
        f"{space}, {setting}: accuracy and macro-F1",
        ["added", *columns],
        better=dict.fromkeys(columns, "large"),
    )
    for way in (*LABELLED, CURVE, POOL_GUESSED, POOL_CURVES, POOL_CURVE):
        table.add(
            way,
            *(
                results.interval(Cell(space, setting, way, name), score)
                for score in SCORES
                for name in NAMES
            ),
        )
    return table


def judge(report: Report, results: Results, cells: list[Cell]) -> None:
    """Hold the curves to the claim: better than anything that is as easy to have."""
    for setting in dict.fromkeys(cell.setting for cell in cells):
        where = [cell for cell in cells if cell.setting == setting]
        for way, other in [
            *((CURVE, other) for other in (TUNED, SMOTE_NAME, JITTER, MIXUP)),
            (POOL_CURVES, POOL_GUESSED),
        ]:
            low = results.mean_difference(way, other, where).low
            report.at_least(f"{setting}: {way} less {other}, macro-F1, lower end", low, 0)


def draw(report: Report, results: Results, cells: list[Cell]) -> None:
    """Draw the differences, averaged over classifiers."""
    import matplotlib.pyplot as plt

    spaces, settings = (
        list(dict.fromkeys(column)) for column in list(zip(*cells, strict=True))[:2]
    )
    pairs = [(CURVE, other) for other in (TUNED, SMOTE_NAME, JITTER, MIXUP)]
    pairs.append((POOL_CURVES, POOL_GUESSED))
    figure, axes = plt.subplots(
        1, len(spaces), figsize=(10, 4.2), sharex=True, sharey=True, layout="constrained",
        squeeze=False,
    )  # fmt: skip
    for ax, space in zip(axes[0], spaces, strict=True):
        ax.axvline(0, color="0.6", linewidth=1)
        for i, (way, other) in enumerate(pairs):
            for j, setting in enumerate(settings):
                where = [cell for cell in cells if cell[:2] == (space, setting)]
                found = results.mean_difference(way, other, where)
                ax.errorbar(
                    100 * found.mean, i + 0.18 * (j - (len(settings) - 1) / 2),
                    xerr=100 * found.reach, fmt="o", markersize=4, color=COLORS[j],
                    label=setting if i == 0 else None,
                )  # fmt: skip
        ax.set(title=space, xlabel="points of macro-F1")
    axes[0, 0].set_yticks(range(len(pairs)), [f"{way} less\n{other}" for way, other in pairs])
    axes[0, 0].invert_yaxis()
    axes[0, -1].legend(frameon=False, fontsize=8)
    report.draw(
        "What the curve changes", "augment_classify", figure,
        "Differences of macro-F1 between the curve and each other way, averaged over classifiers, "
        "with intervals, for each space and setting",
    )  # fmt: skip
    plt.close(figure)


if __name__ == "__main__":
    main()
