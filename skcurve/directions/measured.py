"""What a user's functions say of outputs: how they are called, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from skcurve.directions.latents import Numbers
from skcurve.generators import AdaptedGenerator
from skcurve.interop import Array, as_tensor


def call_on(function: Callable[[Any], Any], outputs: Array) -> Any:
    """Call a user's function on outputs of a generator, in the library that it is written for.

    Parameters
    ----------
    function : callable
        A torch module is given tensors, where its parameters are and in their dtype. Any other
        function is given the outputs as they are, or, where it cannot take arrays, tensors.
    outputs : array of shape (n, ...)
        numpy or torch.

    Returns
    -------
    result : object
        Whatever it gives.
    """
    if isinstance(function, torch.nn.Module):
        weight = next(function.parameters(), None)
        tensor = torch.as_tensor(outputs)
        return function(tensor if weight is None else tensor.to(weight))
    try:
        return function(outputs)
    except (TypeError, AttributeError) as error:  # what functions of torch say to an array
        if isinstance(outputs, torch.Tensor):
            raise
        try:
            return function(torch.from_numpy(outputs))
        except Exception:
            raise error from None


def measure(attributes: Callable[[Any], Any], outputs: torch.Tensor) -> tuple[torch.Tensor, Any]:
    """Apply an attribute function to outputs, and check what it gives.

    Where gradients flow it is given a tensor, else an array; see `call_on`.

    Parameters
    ----------
    attributes : callable
        From outputs (n, ...) to numbers (n, A) or (n,): an array, a tensor or a DataFrame.
    outputs : tensor of shape (n, ...)
        What the generator gave.

    Returns
    -------
    values : tensor of shape (n, A)
        Finite, in their own precision, with their gradient history.
    columns : sequence of str or None
        What the columns are called, if it was a table.

    Raises
    ------
    TypeError, ValueError
        If they are no such numbers.
    """
    given = call_on(attributes, outputs if outputs.requires_grad else outputs.cpu().numpy())
    if isinstance(given, torch.Tensor) and given.requires_grad:
        values = given
    else:
        values = as_tensor(given, name="the result of attributes")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != len(outputs) or not values.shape[1]:
        raise ValueError(
            f"attributes must give shape (n, A) for n = {len(outputs)} outputs; "
            f"got {tuple(values.shape)}."
        )
    if not bool(torch.isfinite(values).all()):
        raise ValueError("attributes gave NaN or infinity; every value must be finite.")
    return values, getattr(given, "columns", None)


def measure_all(
    generator: AdaptedGenerator,
    attributes: Callable[[Any], Any],
    latents: torch.Tensor,
    on_batch: Callable[[], Any] | None = None,
) -> tuple[Numbers, Any]:
    """Measure the outputs at latents, batch by batch.

    Parameters
    ----------
    generator : AdaptedGenerator
        Makes the outputs.
    attributes : callable
        See `measure`.
    latents : tensor of shape (n, D) or (n, L, D)
        Where.
    on_batch : callable, default=None
        Called without arguments after each batch.

    Returns
    -------
    values : float64 array of shape (n, A)
    columns : sequence of str or None
        What the columns are called, if it was a table.
    """
    parts, columns = [], None
    with torch.no_grad():
        for _, outputs in generator.iter_batches(latents):
            values, columns = measure(attributes, torch.as_tensor(outputs))
            parts.append(values.double().cpu().numpy())
            if on_batch is not None:
                on_batch()
    return np.concatenate(parts), columns


def attribute_names(
    attributes: Callable[[Any], Any], given: Sequence[str] | None, columns: Any, n_attributes: int
) -> list[str]:
    """Say what the attributes are called: as given, as the callable or its table has it, or 0, 1..

    Parameters
    ----------
    attributes : callable
        May have `names`.
    given : sequence of str or None
        What the user says.
    columns : sequence of str or None
        What its table says.
    n_attributes : int
        How many there are.

    Raises
    ------
    ValueError
        If there is another number of names.
    """
    for names in (given, getattr(attributes, "names", None), columns):
        if names is None or callable(names):  # such as a method of that name
            continue
        if len(names) != n_attributes:
            raise ValueError(
                f"attribute_names must hold {n_attributes} names, one an attribute; "
                f"got {len(names)}."
            )
        return [str(name) for name in names]
    return [f"attribute {i}" for i in range(n_attributes)]
