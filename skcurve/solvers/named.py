"""Solvers by name: made from a name, and written down so that they can be made again."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from skcurve.solvers.adam import Adam
from skcurve.solvers.base import Solver
from skcurve.solvers.lloyd import Lloyd

SOLVERS: dict[str, type[Any]] = {"lloyd": Lloyd, "adam": Adam}
"""The solvers by the name that `SFVQ(solver=...)` takes: data classes, each a `Solver`."""


def make_solver(name: str, **settings: Any) -> Solver:
    """Make a solver by its name.

    Parameters
    ----------
    name : str
        A key of `SOLVERS`.
    **settings
        Of these the solver takes those it has.

    Returns
    -------
    solver : Solver

    Examples
    --------
    >>> make_solver("lloyd", smoothness=0.5).smoothness
    0.5
    >>> make_solver("adam", smoothness=0.5, max_iter=3).max_iter
    3
    """
    known = {field.name for field in fields(SOLVERS[name])}
    given = {key: value for key, value in settings.items() if key in known}
    solver: Solver = SOLVERS[name](**given)
    return solver


def describe_solver(solver: Any) -> dict[str, dict[str, Any]]:
    """Write a solver down in what JSON can hold.

    Parameters
    ----------
    solver : Solver
        Of one of the classes in `SOLVERS`, and not of one derived from it.

    Returns
    -------
    description : dict
        Its settings by its name.

    Raises
    ------
    TypeError
        If it is of another class.

    Examples
    --------
    >>> solver_from(describe_solver(Adam(max_iter=3))) == Adam(max_iter=3)
    True
    """
    for name, kind in SOLVERS.items():
        if type(solver) is kind:
            return {name: {key: _plain(value) for key, value in asdict(solver).items()}}
    raise TypeError(
        f"cannot save a solver of type {type(solver).__name__}; those of "
        f"skcurve.solvers can be saved: {', '.join(sorted(SOLVERS))}."
    )


def solver_from(description: dict[str, dict[str, Any]]) -> Solver:
    """Make the solver that `describe_solver` wrote down.

    Parameters
    ----------
    description : dict
        As `describe_solver` gives it; lists stand for tuples.

    Returns
    -------
    solver : Solver
    """
    ((name, settings),) = description.items()
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    solver: Solver = SOLVERS[name](**given)
    return solver


def _plain(value: Any) -> Any:
    """Turn numpy's numbers into Python's, in tuples and lists, too."""
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value
