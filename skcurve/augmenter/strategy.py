"""How many samples each class gets: `sampling_strategy`, as over-samplers of imbalanced-learn."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

NAMES = ("auto", "minority", "not minority", "not majority", "all")
"""The classes that can be asked for by a word; "auto" is "not majority"."""


def needed(strategy: Any, y: npt.NDArray[Any]) -> dict[Any, int]:
    """Give the number of samples to add to each class that is asked for, in order of the classes.

    Parameters
    ----------
    strategy : str, dict, float or callable
        See `CurveAugmenter`.
    y : ndarray of shape (n,)
        The labels that there are.

    Raises
    ------
    ValueError
        If there is one class only, or the strategy does not fit the classes.
    """
    classes, counts = np.unique(y, return_counts=True)
    have = dict(zip(classes.tolist(), counts.tolist(), strict=True))
    if len(have) < 2:
        raise ValueError(
            f"y must have at least 2 classes to balance; got 1 class: {next(iter(have))!r}."
        )
    if callable(strategy):
        strategy = strategy(y)
        if not isinstance(strategy, Mapping):
            raise TypeError(
                f"a sampling_strategy that is a function must give a dict from classes to numbers; "
                f"got {type(strategy).__name__}."
            )
    if isinstance(strategy, Mapping):
        wanted = _from_mapping(strategy, have)
    elif isinstance(strategy, str):
        wanted = {label: max(counts.tolist()) for label in _named(strategy, have)}
    elif isinstance(strategy, Real):
        wanted = _from_ratio(float(strategy), have)
    else:
        raise TypeError(
            "sampling_strategy must be a word, a number, a dict or a function; "
            f"got {type(strategy).__name__}."
        )
    return {label: wanted[label] - have[label] for label in have if label in wanted}


def _named(strategy: str, have: dict[Any, int]) -> list[Any]:
    if strategy not in NAMES:
        raise ValueError(
            f"sampling_strategy must be one of {', '.join(map(repr, NAMES))}; got {strategy!r}."
        )
    left_out = {
        "all": None,
        "not minority": min(have, key=have.__getitem__),
        "auto": max(have, key=have.__getitem__),
        "not majority": max(have, key=have.__getitem__),
    }
    if strategy == "minority":
        return [min(have, key=have.__getitem__)]
    return [label for label in have if strategy == "all" or label != left_out[strategy]]


def _from_mapping(strategy: Mapping[Any, Any], have: dict[Any, int]) -> dict[Any, int]:
    wanted = {
        getattr(label, "item", lambda label=label: label)(): strategy[label] for label in strategy
    }
    for label, number in wanted.items():
        if label not in have:
            raise ValueError(
                f"sampling_strategy names the class {label!r}, which is not in y; "
                f"there are {', '.join(map(repr, have))}."
            )
        if not isinstance(number, Integral):
            raise TypeError(
                f"sampling_strategy must give whole numbers; got {number!r} for {label!r}."
            )
        if number < have[label]:
            raise ValueError(
                f"sampling_strategy asks for {number} rows of the class {label!r}, which has "
                f"{have[label]} already; rows are added, and none is taken away."
            )
    return {label: int(number) for label, number in wanted.items()}


def _from_ratio(ratio: float, have: dict[Any, int]) -> dict[Any, int]:
    if not 0 < ratio <= 1:
        raise ValueError(f"sampling_strategy as a number must be in (0, 1]; got {ratio}.")
    if len(have) > 2:
        raise ValueError(
            f"sampling_strategy can be a number for 2 classes; got {len(have)}. Use a dict."
        )
    majority = max(have, key=have.__getitem__)
    minority = next(label for label in have if label != majority)
    number = int(have[majority] * ratio)
    if number <= have[minority]:
        raise ValueError(
            f"sampling_strategy={ratio} asks for {number} rows of the class {minority!r}, which "
            f"has {have[minority]} already; rows are added, and none is taken away."
        )
    return {minority: number}
