"""What an estimator accepts: rows, weights, codebooks, coordinates, devices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import _check_sample_weight, validate_data

from skcurve.blocks import Blocks, InMemory, Passing, Spread, as_blocks
from skcurve.interop import as_matrix, as_tensor
from skcurve.notices import warn

MIN_BITS, MAX_BITS = 2, 16
"""The bitrates there are."""
WHOLE_BYTES = 1 << 28
"""Blocks that take no more memory than this are read whole."""
DISTINCT_BLOCK = 1 << 12
"""How many rows at least are sorted at a time to find the distinct ones."""
WITHOUT_FLOAT64 = frozenset({"mps"})
"""Kinds of devices on which torch has no double precision."""
SMALLEST_SUM, LARGEST_SUM = 1e-30, 1e30
"""Of weights: beyond them, single precision has no room for sums over rows."""


class SolverObject(HasMethods):
    """A parameter that is a solver, made already: a class has the methods, too, but no settings."""

    def __init__(self) -> None:
        super().__init__(["start", "step", "finished", "grow"])

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it is an object, and has them all."""
        return not isinstance(val, type) and super().is_satisfied_by(val)


def check_rows(estimator: BaseEstimator, X: Any, *, reset: bool, at_least: int) -> torch.Tensor:
    """Return rows as a tensor, after scikit-learn's checks, or their like for a tensor.

    Parameters
    ----------
    estimator : estimator
        Its `n_features_in_` and `feature_names_in_` are set, or compared with.
    X : array-like of shape (n, D)
        A tensor stays on its device; nothing is copied that need not be.
    reset : bool
        Whether this is the data that sets the number of features.
    at_least : int
        The fewest rows.

    Returns
    -------
    rows : (n, D) tensor
        float32 or float64.
    """
    if not isinstance(X, torch.Tensor):
        if getattr(X, "dtype", None) == np.float16:
            X = np.asarray(X, dtype=np.float32)
        _refuse_no_numbers(X)
        checked = validate_data(
            estimator, X, reset=reset, dtype=_kept_dtypes(X), ensure_min_samples=at_least
        )
        return as_tensor(checked, name="X")
    rows = as_matrix(X, name="X")
    if len(rows) < at_least or rows.shape[1] < 1:
        raise ValueError(
            f"X must have at least {at_least} row(s) and 1 feature; got shape {tuple(rows.shape)}."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return rows


def check_blocks(
    estimator: BaseEstimator, X: Any, *, reset: bool = False, at_least: int = 1
) -> Blocks | Passing:
    """Return rows in blocks: those that come so as they come, all others in memory.

    Parameters
    ----------
    estimator, reset, at_least
        As for `check_rows`.
    X : array-like of shape (n, D), or whatever `as_blocks` takes
        Blocks of no more than 256 MiB are read here, and looked at as an array would be.

    Returns
    -------
    rows : Blocks or Passing
        Of what comes in one pass, and of blocks that are larger, nothing but sizes is known yet.
    """
    blocks = as_blocks(X)
    if isinstance(blocks, Passing):
        return blocks if reset else blocks.expect(estimator.n_features_in_)
    small = blocks is not None and len(blocks) * blocks.row_bytes <= WHOLE_BYTES
    if blocks is None or (small and isinstance(X, np.ndarray)):
        like = X.new_empty(0) if isinstance(X, torch.Tensor) else np.empty(0)
        return InMemory(check_rows(estimator, X, reset=reset, at_least=at_least), like=like)
    check_sizes(estimator, blocks, reset=reset, at_least=at_least)
    return blocks.whole() if small and not isinstance(blocks, Spread) else blocks


def check_sizes(estimator: BaseEstimator, blocks: Blocks, *, reset: bool, at_least: int) -> None:
    """Raise if blocks have too few rows, or another number of features than seen before.

    Parameters
    ----------
    estimator, reset, at_least
        As for `check_rows`.
    blocks : Blocks
        Rows.
    """
    if len(blocks) < at_least:
        raise ValueError(
            f"X must have at least {at_least} row(s) and 1 feature; got shape {blocks.shape}."
        )
    validate_data(estimator, blocks, reset=reset, skip_check_array=True)


def check_out(out: Any, shape: tuple[int | None, ...], *, is_floating: bool) -> None:
    """Raise if results of a shape cannot be written to what was given for them.

    Parameters
    ----------
    out : array or None
        Where they shall go; None for nowhere.
    shape : tuple of int or None
        Theirs; None for what is not known yet.
    is_floating : bool
        Whether results are floating-point numbers, and not whole ones.
    """
    if out is None:
        return
    if not hasattr(out, "shape") or not hasattr(out, "__setitem__"):
        raise TypeError(f"out must be an array that can be written to; got {type(out).__name__}.")
    given = tuple(out.shape)
    fits = len(given) == len(shape) and all(
        b in (a, None) for a, b in zip(given, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("n_samples" if size is None else str(size) for size in shape)
        raise ValueError(f"out must have shape ({wanted}); got {given}.")
    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise ValueError("out must be an array that can be written to; it is read-only.")
    kind = "floating-point" if is_floating else "whole"
    if isinstance(out, torch.Tensor):
        fits = torch.can_cast(torch.float64 if is_floating else torch.int64, out.dtype)
    else:
        dtype: Any = getattr(out, "dtype", None)
        fits = np.can_cast(np.float64 if is_floating else np.int64, dtype, "same_kind")
    if not fits:
        raise ValueError(f"out must have room for {kind} numbers; got dtype {out.dtype}.")


def count_distinct(rows: torch.Tensor, enough: int) -> int:
    """Count the distinct rows, and stop where there are enough: mostly after the first block.

    Parameters
    ----------
    rows : (n, D) tensor
        Finite.
    enough : int
        More are not told apart from this many.
    """
    known = rows[:0]
    for block in rows.split(max(enough, DISTINCT_BLOCK)):
        known = torch.unique(torch.cat([known, block]), dim=0)
        if len(known) >= enough:
            return enough
    return len(known)


def _kept_dtypes(X: Any) -> list[type[np.floating[Any]]]:
    """Name the dtypes that rows may keep, first the one that others become.

    scikit-learn does not see what a polars frame holds, nor that numbers with their bytes in the
    other order are of one of them, and would take them for the first.
    """
    if hasattr(X, "iter_columns"):
        single = X.head(0).to_numpy().dtype == np.float32
    else:
        single = getattr(X, "dtype", None) == np.dtype(np.float32).newbyteorder()
    return [np.float32, np.float64] if single else [np.float64, np.float32]


def _refuse_no_numbers(X: Any) -> None:
    """Raise if entries are strings, which scikit-learn would read as numbers where it can.

    Or dates or vectors, of which numpy says neither that they are nor in which column. A frame is
    looked at column by column, and in its columns of numbers at nothing.
    """
    for name, column in _columns(X):
        if getattr(getattr(column, "dtype", None), "kind", "O") not in "OSUTmM":
            continue
        entries = np.asarray(column)
        if entries.dtype.kind in "mM":
            raise ValueError(f"X must hold real numbers; got dtype {entries.dtype}.")
        if entries.dtype.kind in "fiubc" and (name is None or entries.ndim == 1):
            continue
        text = next((entry for entry in entries.flat if isinstance(entry, str | bytes)), None)
        if text is not None:
            text = text if isinstance(text, bytes) else str(text)
            raise ValueError(f"X must hold real numbers; got strings, such as {text!r}.")
        if name is not None and any(hasattr(entry, "__len__") for entry in entries):
            raise ValueError(
                f"X must hold one number an entry; the entries of column {name!r} are vectors. "
                f"numpy.stack(X[{name!r}]) makes a matrix of them."
            )


def _columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """Go through the columns of a frame and their names; None where there are none."""
    if hasattr(X, "iter_columns"):  # polars
        yield from ((column.name, column) for column in X.iter_columns())
    elif hasattr(X, "items") and hasattr(X, "dtypes") and X.ndim == 2:  # pandas
        yield from X.items()
    else:
        yield None, X


def check_weights(sample_weight: Any, n_rows: int, like: torch.Tensor) -> torch.Tensor | None:
    """Return the weights of rows as a tensor like these, or None for equal weights.

    Parameters
    ----------
    sample_weight : array-like of shape (n,) or None
        Not negative, with a sum between 1e-30 and 1e30.
    n_rows : int
        How many there must be.
    like : tensor
        Of the dtype and on the device of the rows.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, torch.Tensor):
        sample_weight = as_tensor(sample_weight, name="sample_weight").cpu().numpy()
    shape = np.empty((n_rows, 0))
    checked = _check_sample_weight(sample_weight, shape, ensure_non_negative=True)
    total = float(np.sum(checked, dtype=np.float64))
    if total == 0.0:
        raise ValueError("sample_weight must have a positive entry; all are zero.")
    if not SMALLEST_SUM <= total <= LARGEST_SUM:
        raise ValueError(
            f"sample_weight must sum to between {SMALLEST_SUM:g} and {LARGEST_SUM:g}; "
            f"the sum is {total:g}."
        )
    return torch.from_numpy(np.array(checked)).to(like)


def check_device(device: str) -> torch.device:
    """Return a device by its name, or say that there is none.

    Parameters
    ----------
    device : str
        Such as "cpu" or "cuda:1".

    Warns
    -----
    RuntimeWarning
        If it is of a kind that has no float64, which exact answers need: it is the CPU then.
    """
    try:
        found = torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, ImportError) as error:  # as torch has it, by kind
        raise ValueError(
            f"device={device!r} cannot be used; expected 'auto' or a torch device that is here, "
            f"such as {' or '.join(map(repr, _devices()))}."
        ) from error
    if found.type in WITHOUT_FLOAT64:
        warn(
            f"device={device!r} has no float64, in which near-ties are settled: skcurve computes "
            "on the CPU.",
            RuntimeWarning,
        )
        return torch.device("cpu")
    return found


def _devices() -> list[str]:
    """Name the devices that are here."""
    return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]


def check_distortion(distortion: float) -> None:
    """Raise if the distances of rows were more than numbers can hold.

    Parameters
    ----------
    distortion : float
        Of a sweep.
    """
    if not math.isfinite(distortion):
        raise ValueError(
            "X holds numbers so far apart that squared distances overflow: divide it by a number "
            "that brings them below 1e150."
        )


def check_codebook(
    codebook: Any, *, name: str, n_features: int | None = None, most: int = MAX_BITS
) -> tuple[int, torch.Tensor]:
    """Return the bitrate of a codebook, and the codebook as a tensor.

    Parameters
    ----------
    codebook : array-like of shape (2**b, D)
        Vertices in order.
    name : str
        What to call it in an error message.
    n_features : int, optional
        The number of columns it must have.
    most : int, default=16
        The highest bitrate it may have.
    """
    vertices = as_matrix(codebook, name=name, n_features=n_features)
    n_vertices = len(vertices)
    bitrate = n_vertices.bit_length() - 1
    if n_vertices != 2**bitrate or not MIN_BITS <= bitrate <= most:
        raise ValueError(
            f"{name} must have 2**b rows with b from {MIN_BITS} to {most}; got {n_vertices} rows. "
            "(PolylineCurve takes any number of vertices.)"
        )
    return bitrate, vertices


def check_bits(n_bits: int, known: int, whose: str) -> None:
    """Raise if a curve that has `known` bits already is asked for fewer.

    Parameters
    ----------
    n_bits : int
        The parameter.
    known : int
        The bitrate of the curve to go on from.
    whose : str
        Ends the sentence "n_bits=2 is below the 3 bits that ...".
    """
    if known > n_bits:
        raise ValueError(f"n_bits={n_bits} is below the {known} bits that {whose}.")


def check_column(T: Any) -> Any:
    """Return coordinates of shape (n, 1) or (n,) in the latter shape, an array if they were none.

    Parameters
    ----------
    T : array-like
        Coordinates; what they hold is not looked at.
    """
    T = T if isinstance(T, torch.Tensor) else np.asarray(T)
    if T.ndim == 2 and T.shape[1] == 1:
        T = T[:, 0]
    if T.ndim != 1:
        raise ValueError(
            f"T must have shape (n_samples, 1), one coordinate a row; got {tuple(T.shape)}."
        )
    return T


@contextmanager
def features_kept(estimator: BaseEstimator) -> Iterator[None]:
    """Take back what scikit-learn's checks wrote down of the features, if what follows fails.

    Parameters
    ----------
    estimator : estimator
        Fitted or not; what it had, it has again.
    """
    names = ("n_features_in_", "feature_names_in_")
    before = {name: getattr(estimator, name) for name in names if hasattr(estimator, name)}
    try:
        yield
    except BaseException:
        for name in names:
            if name in before:
                setattr(estimator, name, before[name])
            elif hasattr(estimator, name):
                delattr(estimator, name)
        raise
