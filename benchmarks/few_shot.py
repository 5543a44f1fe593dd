"""Plain classifiers that learn from few labelled rows, and from what a way added to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from augmenting import Added, Counts, Labels, Matrix, Way, one_hot
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVC

N_FOLDS = 3
MOST_STEPS, TOLERANCE = 300, 1e-3
SCORES = ("accuracy", "macro-F1")
CHOSEN_BY = "macro-F1"

Scores = dict[str, float]
Option = tuple[Any, float]
"""A setting of a way, and a strength of a classifier."""


class Classifier(NamedTuple):
    """A classifier under a name.

    Attributes
    ----------
    name : str
    strengths : sequence of float
        To choose from where the classifier is tuned, in place of a way to add rows.
    usual : float
        The strength elsewhere.
    predict : callable
        From rows, the shares that each belongs to each class with, a strength, and other rows to
        the labels of those.
    """

    name: str
    strengths: Sequence[float]
    usual: float
    predict: Callable[[Matrix, Matrix, float, Matrix], Labels]


class Task(NamedTuple):
    """Few labelled rows, how many rows of each class there are to be, and others to be told.

    Attributes
    ----------
    X : (n, D) array
    y : (n,) array
        Labels from 0 to K - 1.
    wanted : dict of int to int
        The rows of each class when some have been added.
    test : (m, D) array
    test_labels : (m,) array
    """

    X: Matrix
    y: Labels
    wanted: Counts
    test: Matrix
    test_labels: Labels


def by_weight(
    make: Callable[[float], Any], X: Matrix, shares: Matrix, strength: float, others: Matrix
) -> Labels:
    """Learn a row of two classes twice, with its shares for weights."""
    rows, labels = np.nonzero(shares)
    model = make(strength).fit(X[rows], labels, sample_weight=shares[rows, labels])
    found: Labels = model.predict(others)
    return found


def by_vote(X: Matrix, shares: Matrix, n_neighbors: float, others: Matrix) -> Labels:
    """Let the nearest rows vote with their shares."""
    found: Labels = KNeighborsRegressor(int(n_neighbors)).fit(X, shares).predict(others).argmax(1)
    return found


CLASSIFIERS = (
    Classifier(
        "logistic regression", (1, 10, 100), 1,
        partial(by_weight, lambda C: LogisticRegression(C=C, max_iter=MOST_STEPS, tol=TOLERANCE)),
    ),
    Classifier("nearest neighbours", (1, 3, 5), 3, by_vote),
    Classifier("SVM", (1, 10, 100), 1, partial(by_weight, lambda C: SVC(C=C))),
)  # fmt: skip


def outcome(task: Task, way: Way, seed: int) -> dict[str, Scores]:
    """Say how much each classifier tells right when rows have been added in a way.

    The setting of the way is the one that is best for the classifier in a cross-validation on the
    few rows. A way that adds nothing may leave it to the classifier to be tuned as often.
    """
    options = {
        classifier: [(None, strength) for strength in classifier.strengths]
        if way.tunes_classifier
        else [(setting, classifier.usual) for setting in way.settings]
        for classifier in CLASSIFIERS
    }
    if max(map(len, options.values())) > 1:
        options = best(task, way, options, seed)
    found = measured(task, way, options, seed)
    return {classifier.name: scores for (classifier, _), scores in found.items()}


def best(
    task: Task, way: Way, options: dict[Classifier, list[Option]], seed: int
) -> dict[Classifier, list[Option]]:
    """Leave each classifier the option that is best on held-out rows; of equals, the first."""
    sums = {(classifier, option): 0.0 for classifier in options for option in options[classifier]}
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    for learnt, held in folds.split(task.X, task.y):
        fold = task._replace(
            X=task.X[learnt], y=task.y[learnt], test=task.X[held], test_labels=task.y[held]
        )
        for key, scores in measured(fold, way, options, seed).items():
            sums[key] += scores[CHOSEN_BY]
    return {
        classifier: [max(tried, key=lambda option: sums[classifier, option])]
        for classifier, tried in options.items()
    }


def measured(
    task: Task, way: Way, options: dict[Classifier, list[Option]], seed: int
) -> dict[tuple[Classifier, Option], Scores]:
    """Add rows, let classifiers learn, and score them, with every option."""
    settings = dict.fromkeys(setting for tried in options.values() for setting, _ in tried)
    added = {setting: way.add(task.X, task.y, task.wanted, setting, seed) for setting in settings}
    found = {}
    for classifier, tried in options.items():
        for setting, strength in tried:
            X, shares = joined(task, added[setting])
            labels = classifier.predict(X, shares, strength, task.test)
            found[classifier, (setting, strength)] = {
                "accuracy": float(accuracy_score(task.test_labels, labels)),
                "macro-F1": float(f1_score(task.test_labels, labels, average="macro")),
            }
    return found


def joined(task: Task, added: Added) -> Added:
    """Put the rows that there were before those that were added."""
    own = one_hot(task.y, len(task.wanted))
    return Added(np.concatenate([task.X, added.X]), np.concatenate([own, added.shares]))
