"""What displays ask for before they compute: matplotlib, what was learnt, and which vertices."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve.interop import as_tensor
from skcurve.metrics.inputs import resolve_curve

Numbers = npt.NDArray[Any]
"""Points, images, coordinates: numbers of any kind."""


def require_matplotlib(caller: str) -> None:
    """Say what to install if matplotlib is missing.

    Parameters
    ----------
    caller : str
        Who needs it.

    Raises
    ------
    ImportError
        If it cannot be imported.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(f'{caller} needs matplotlib: run pip install "skcurve[plot]".') from error


def require_learnt(estimator: Any, name: str, *, remedy: str) -> Any:
    """Return what a fitted estimator remembers of its fit, or say how to come by it.

    Parameters
    ----------
    estimator : fitted estimator
        It need not have been fitted to data: `SFVQ.from_codebook` makes such ones.
    name : str
        The attribute.
    remedy : str
        What to do where it is missing or empty.

    Returns
    -------
    value : object

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator has no curve yet.
    TypeError
        If it is no estimator.
    ValueError
        If it does not have the attribute, or nothing is in it.
    """
    resolve_curve(estimator)
    value = getattr(estimator, name, None)
    if value is None or len(value) == 0:
        raise ValueError(f"this {type(estimator).__name__} has no `{name}`: {remedy}.")
    return value


def as_numpy(array: Any) -> Numbers:
    """Return coordinates, vertices or counts as a numpy array, from wherever they are."""
    return as_tensor(array, name="array").cpu().numpy()


def group_labels(labels: Any) -> tuple[Numbers, npt.NDArray[np.intp]]:
    """Group rows by their labels.

    Parameters
    ----------
    labels : array of shape (n,)
        One a row.

    Returns
    -------
    names : array of shape (K,)
        The different labels, in sorted order.
    number : int array of shape (n,)
        Which of them each row has; -1 where it has none: where that is None, NaN, NaT or pandas.NA.

    Raises
    ------
    TypeError
        If the labels cannot be sorted, as strings and numbers cannot.
    """
    labels = np.asarray(labels)
    absent = (None, getattr(sys.modules.get("pandas"), "NA", None))
    # NaN and NaT are unequal to themselves, and pandas.NA does not say whether it is.
    is_there = np.array([all(x is not gap for gap in absent) and x == x for x in labels], bool)
    number = np.full(len(labels), -1)
    try:
        names, number[is_there] = np.unique(labels[is_there], return_inverse=True)
    except TypeError:
        kinds = sorted({type(label).__name__ for label in labels[is_there]})
        raise TypeError(
            f"y must hold labels that can be sorted, all of one type; got {' and '.join(kinds)}."
        ) from None
    return names, number


def spread_numbers(n_vertices: int, at_most: int) -> npt.NDArray[np.int64]:
    """Choose vertices evenly along the curve: all of them, or as many as can be shown.

    Parameters
    ----------
    n_vertices : int
        How many there are.
    at_most : int
        How many can be shown.

    Returns
    -------
    numbers : int64 ndarray of shape (min(n_vertices, at_most),)
        Ascending; where at least two are shown, the first and the last vertex are among them.
    """
    places = np.linspace(0, n_vertices - 1, min(n_vertices, at_most))
    return places.round().astype(np.int64)
