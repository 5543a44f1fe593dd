"""The one error of a generator that fails: which batch, which latents, and what was done before."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MOST_NAMED = 5
"""Rows that a message names one by one."""


class GeneratorError(RuntimeError):
    """A generator raised an exception, or gave something that cannot be its outputs.

    An exception raised inside the generator is the cause (``error.__cause__``) of this one.

    Parameters
    ----------
    message : str
        Says what went wrong, in which batch, and for which latents.
    batch : int, default=0
        The number of the batch, from 0.
    rows : array-like of int, default=()
        The rows of the latents that are concerned: the whole batch, or those whose outputs are not
        finite.

    Attributes
    ----------
    batch : int
        As given.
    rows : array of int
        As given.
    completed : array or None
        The outputs of all latents before this batch, where a call had computed some: nothing of it
        is lost.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.generators import GeneratorError, as_generator
    >>> def picky(latents):
    ...     if latents.max() > 6:
    ...         raise ValueError("too far out")
    ...     return np.tanh(latents)
    >>> try:
    ...     as_generator(picky)(np.arange(9.0).reshape(-1, 1), batch_size=3)
    ... except GeneratorError as error:
    ...     print(error)
    ...     print(error.rows, error.completed.shape)
    the generator failed on batch 3 of 3 (latents 6 to 8): ValueError: too far out
    [6 7 8] (6, 1)
    """

    batch: int
    rows: npt.NDArray[np.intp]
    completed: Any

    # Defaults for all but the message: so it can be pickled, and cross from worker to parent.
    def __init__(self, message: str, *, batch: int = 0, rows: Any = ()) -> None:
        super().__init__(message)
        self.batch = batch
        self.rows = np.asarray(rows, dtype=np.intp)
        self.completed = None


def name_rows(rows: npt.NDArray[np.intp]) -> str:
    """Name row numbers in a sentence: a range as a range, and of many, the first few.

    Parameters
    ----------
    rows : array of int
        At least one, ascending.
    """
    if len(rows) == 1:
        return f"latent {rows[0]}"
    if len(rows) == rows[-1] - rows[0] + 1:
        return f"latents {rows[0]} to {rows[-1]}"
    named = ", ".join(str(row) for row in rows[:MOST_NAMED])
    n_more = len(rows) - MOST_NAMED
    return f"latents {named}" + (f" and {n_more} more" if n_more > 0 else "")
