"""What a user's functions say of outputs, as plain numbers: attributes, identity, realism."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.directions.measured import attribute_names, call_on
from skcurve.generators.errors import name_rows
from skcurve.interop import Array, as_tensor

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Function = Callable[[Any], Any]


class Reader:
    """A user's function of outputs, and the checks of what it gives.

    A function gets outputs as the generator gives them, or, where it cannot take arrays, tensors; a
    `torch.nn.Module` gets tensors on its own device. Both are run without gradients.

    Parameters
    ----------
    function : callable
        Of outputs (n, ...), each row by itself.
    name : str
        What to call it in an error message.
    width : int or None, default=None
        1 for one number an output, given as (n,) or (n, 1); None for a matrix of any width.
    """

    def __init__(self, function: Function, name: str, width: int | None = None) -> None:
        if not callable(function):
            raise TypeError(f"{name} must be a function of outputs; got {type(function).__name__}.")
        self.function = function
        self.name = name
        self.width = width
        self.columns: list[str] | None = None
        self.dtype = torch.float64  # of what it gave

    def __call__(self, outputs: Array, names: Rows) -> Numbers:
        """Give the numbers of outputs, (n, width); an error calls their latents by these names."""
        with torch.no_grad():
            found = call_on(self.function, outputs)
        columns = getattr(found, "columns", None)  # a frame, of whatever library
        if columns is not None:
            self.columns = [str(column) for column in columns]
            found = found.to_numpy()
        if not isinstance(found, torch.Tensor):
            array = np.asarray(found)
            if array.dtype.kind not in "fiub":
                raise TypeError(
                    f"{self.name} must give one row of numbers for each of {len(outputs)} outputs; "
                    f"got {type(found).__name__} of dtype {array.dtype}."
                )
        given = as_tensor(found, name=f"the result of {self.name}")
        self.dtype = given.dtype
        rows = given.cpu().double().numpy()
        if rows.ndim == 1:
            rows = rows[:, None]
        if rows.ndim != 2 or len(rows) != len(outputs) or (self.width or rows.shape[1]) < 1:
            raise ValueError(
                f"{self.name} must give one row of numbers for each of {len(outputs)} outputs; "
                f"got shape {rows.shape}."
            )
        if self.width is not None and rows.shape[1] != self.width:
            raise ValueError(
                f"{self.name} must give {self.width} number(s) an output; got shape {rows.shape}."
            )
        if not np.isfinite(rows).all():
            broken = np.unique(names[~np.isfinite(rows).all(1)])
            raise ValueError(
                f"{self.name} gives NaN or infinity for the output of {name_rows(broken)}."
            )
        return rows


class AttributeReader(Reader):
    """The attributes, and their names.

    Parameters
    ----------
    function : callable
        Of outputs (n, ...), giving (n, A) numbers or a frame.
    names : sequence of str or None
        One an attribute; None to take those of the function (`names`) or of the frame.
    """

    def __init__(self, function: Function, names: Sequence[str] | None) -> None:
        super().__init__(function, "attributes")
        self._given = names
        self._names: list[str] | None = None

    def __call__(self, outputs: Array, names: Rows) -> Numbers:
        """Give the attributes of outputs, (n, A)."""
        rows = super().__call__(outputs, names)
        if self._names is None:
            self._names = attribute_names(self.function, self._given, self.columns, rows.shape[1])
        if len(self._names) != rows.shape[1]:
            raise ValueError(
                f"attributes gave {len(self._names)} numbers an output before, and now "
                f"{rows.shape[1]}."
            )
        return rows

    @property
    def names(self) -> list[str]:
        """The names, once something has been measured."""
        if self._names is None:
            raise RuntimeError("the attributes have no names before something is measured.")
        return self._names


def attribute_numbers(chosen: Any, names: Sequence[str], argument: str) -> list[int]:
    """Give the numbers of attributes that are named, or numbered.

    Parameters
    ----------
    chosen : str, int or list of these
        Which.
    names : sequence of str
        All of them.
    argument : str
        What to call it in an error message.
    """
    listed = [chosen] if isinstance(chosen, str | int | np.integer) else list(chosen)
    numbers = []
    for one in listed:
        if isinstance(one, str) and one in names:
            numbers.append(list(names).index(one))
        elif not isinstance(one, str) and 0 <= int(one) < len(names):
            numbers.append(int(one))
        else:
            raise ValueError(
                f"{argument} must name attributes, out of {', '.join(names)}; got {one!r}."
            )
    return numbers
