"""Ways to add rows to few labelled ones: those that one would use, and a curve.

A way takes rows and labels, how many rows each class is to have, and a setting of its own, of which
it has as many as the others. It gives the rows that it adds. Each has *shares*: how far it belongs
to each class, since mixup makes rows that belong to two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.neighbors import KNeighborsClassifier

from skcurve import SFVQ, CurveAugmenter, PolylineCurve

Matrix = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]
Counts = dict[int, int]


NOTHING, TUNED, REPEATS = "nothing", "nothing, classifier tuned", "repeats"
SMOTE_NAME, JITTER, MIXUP, CURVE = "SMOTE", "Gaussian jitter", "mixup", "curve"
POOL_GUESSED, POOL_CURVES = "pool, guessed", "curves through the guessed pool"
POOL_CURVE = "one curve through the pool"
POOL_BITS = 6


class CurveSetting(NamedTuple):
    """How a `CurveAugmenter` draws."""

    jitter: float
    spacing: str

    def __str__(self) -> str:
        along = {"arclength": "evenly", "density": "as the rows"}[self.spacing]
        return f"{along}, jitter {self.jitter:g}" if self.jitter else along


CURVE_SETTINGS = (
    CurveSetting(0.0, "arclength"),
    CurveSetting(0.5, "density"),
    CurveSetting(1.0, "density"),
)


class Added(NamedTuple):
    """Rows that a way adds.

    Attributes
    ----------
    X : (n, D) array
    shares : (n, K) array
        They are not negative, and those of a row add up to one.
    """

    X: Matrix
    shares: Matrix


class Way(NamedTuple):
    """A way to add rows.

    Attributes
    ----------
    name : str
    add : callable
        From rows, their labels from 0 to K - 1, how many rows each class is to have afterwards, a
        setting, and a seed, to `Added`.
    settings : sequence
        To choose from, mild ones first; of one there is nothing to choose.
    tunes_classifier : bool
        Choose among the strengths of the classifier instead.
    """

    name: str
    add: Callable[[Matrix, Labels, Counts, Any, int], Added]
    settings: Sequence[Any] = (None,)
    tunes_classifier: bool = False


def one_hot(y: Labels, n_classes: int) -> Matrix:
    """Give labels as shares."""
    return np.eye(n_classes, dtype=np.float32)[y]


def nothing(X: Matrix, y: Labels, wanted: Counts, setting: None, seed: int) -> Added:
    """Add no rows."""
    return Added(X[:0], one_hot(y[:0], len(wanted)))


def repeats(X: Matrix, y: Labels, wanted: Counts, setting: None, seed: int) -> Added:
    """Repeat rows as they are, at random."""
    return resampled(RandomOverSampler(sampling_strategy=wanted, random_state=seed), X, y, wanted)


def smote(X: Matrix, y: Labels, wanted: Counts, n_neighbors: int, seed: int) -> Added:
    """Go a part of the way to one of the nearest rows of the class.

    Chawla et al., "SMOTE: Synthetic minority over-sampling technique", JAIR 2002.
    """
    most = int(np.bincount(y).min()) - 1
    sampler = SMOTE(sampling_strategy=wanted, k_neighbors=min(n_neighbors, most), random_state=seed)
    return resampled(sampler, X, y, wanted)


def resampled(sampler: Any, X: Matrix, y: Labels, wanted: Counts) -> Added:
    """Give what a sampler of imbalanced-learn's convention puts after the rows that there were."""
    rows, labels = sampler.fit_resample(X, y)
    return Added(np.asarray(rows[len(X) :], np.float32), one_hot(labels[len(X) :], len(wanted)))


def jitter(X: Matrix, y: Labels, wanted: Counts, width: float, seed: int) -> Added:
    """Repeat rows with normal noise of a width in standard deviations within the classes."""
    rng = np.random.default_rng(seed)
    chosen = repeated(y, wanted, rng)
    means = np.stack([X[y == k].mean(0) for k in wanted])
    deviations = np.sqrt(np.square(X - means[y]).sum(0) / max(len(X) - len(wanted), 1))
    noise = rng.standard_normal((len(chosen), X.shape[1])).astype(np.float32)
    return Added(X[chosen] + width * deviations * noise, one_hot(y[chosen], len(wanted)))


def mixup(X: Matrix, y: Labels, wanted: Counts, alpha: float, seed: int) -> Added:
    """Mix rows of the classes that lack some with rows of any class, and their labels alike.

    The second row has at most half the share, so that each class gets the rows that it lacks.
    Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018.
    """
    rng = np.random.default_rng(seed)
    first = repeated(y, wanted, rng)
    second = rng.integers(len(X), size=len(first))
    share = rng.beta(alpha, alpha, (len(first), 1)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    own = one_hot(y, len(wanted))
    return Added(
        share * X[first] + (1 - share) * X[second], share * own[first] + (1 - share) * own[second]
    )


def repeated(y: Labels, wanted: Counts, rng: np.random.Generator) -> Indices:
    """Choose at random as many rows of each class as it lacks."""
    chosen = [
        rng.choice(np.flatnonzero(y == k), count - np.sum(y == k)) for k, count in wanted.items()
    ]
    return np.concatenate(chosen)


def curve(
    X: Matrix,
    y: Labels,
    wanted: Counts,
    setting: CurveSetting,
    seed: int,
    given: PolylineCurve | None = None,
) -> Added:
    """Draw from curves through the rows of each class, or from one that was there before."""
    sampler = CurveAugmenter(
        given,
        jitter=setting.jitter,
        spacing=setting.spacing,
        sampling_strategy=wanted,
        random_state=seed,
    )
    return resampled(sampler, X, y, wanted)


def guessed_rows(
    X: Matrix, y: Labels, wanted: Counts, setting: None, seed: int, pool: Matrix
) -> Added:
    """Add rows that nobody labelled, with the label of the nearest row that somebody did."""
    rng = np.random.default_rng(seed)
    guesses = guessed(X, y, pool)
    lacking = {k: count - int(np.sum(y == k)) for k, count in wanted.items()}
    # A class that is nearest to none has its own rows to repeat.
    found = {k: pool[guesses == k] if np.any(guesses == k) else X[y == k] for k in wanted}
    rows = [found[k][rng.choice(len(found[k]), n)] for k, n in lacking.items()]
    labels = np.repeat(list(lacking), list(lacking.values()))
    return Added(np.concatenate(rows), one_hot(labels, len(wanted)))


def guessed_curve(
    X: Matrix, y: Labels, wanted: Counts, setting: CurveSetting, seed: int, pool: Matrix
) -> Added:
    """Draw from curves through the rows of each class and those that are guessed to be of it."""
    labels = np.concatenate([y, guessed(X, y, pool)])
    more = np.bincount(labels, minlength=len(wanted)) - np.bincount(y, minlength=len(wanted))
    grown = {k: count + int(more[k]) for k, count in wanted.items()}
    return curve(np.concatenate([X, pool]), labels, grown, setting, seed)


def guessed(X: Matrix, y: Labels, pool: Matrix) -> Labels:
    """Give each row of a pool the label of the nearest labelled row."""
    labels: Labels = KNeighborsClassifier(1).fit(X, y).predict(pool)
    return labels


def with_pool(pool: Matrix, seed: int) -> tuple[Way, ...]:
    """Give the ways that look at rows without labels, too."""
    through = SFVQ(POOL_BITS, random_state=seed).fit(pool).curve_
    return (
        Way(POOL_GUESSED, partial(guessed_rows, pool=pool)),
        # At one setting: curves through 1,200 rows take their time.
        Way(POOL_CURVES, partial(guessed_curve, pool=pool), CURVE_SETTINGS[-1:]),
        Way(POOL_CURVE, partial(curve, given=through), CURVE_SETTINGS[-1:]),
    )


WAYS = (
    Way(NOTHING, nothing),
    Way(TUNED, nothing, tunes_classifier=True),
    Way(REPEATS, repeats),
    Way(SMOTE_NAME, smote, (1, 3, 5)),
    Way(JITTER, jitter, (0.1, 0.25, 0.5)),
    Way(MIXUP, mixup, (0.1, 0.5, 2.0)),
    Way(CURVE, curve, CURVE_SETTINGS),
)
"""Those that look at the labelled rows alone."""
