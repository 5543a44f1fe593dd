"""How attributes of a generator's outputs change with its latents, on average."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from skcurve.directions.latents import Numbers, as_rows, check_latents, shifted
from skcurve.directions.measured import measure, measure_all
from skcurve.generators import AdaptedGenerator, as_generator

GRADIENTS = ("auto", "autograd", "finite")


def mean_jacobian(
    generator: Any,
    attributes: Callable[[Any], Any],
    latents: Any,
    *,
    gradient: str = "auto",
    step: float = 0.05,
    batch_size: int = 64,
    on_part: Callable[[], None] | None = None,
) -> Numbers:
    r"""Give the mean derivative of attributes with respect to the latents.

    .. math:: J = \frac{1}{n} \sum_i \frac{\partial\, a(G(z))}{\partial z} \bigg|_{z = z_i}

    In W+ it is the derivative for a move of all layers together.

    Parameters
    ----------
    generator : callable
        Anything that `skcurve.generators.as_generator` takes.
    attributes : callable
        From outputs (n, ...) to numbers (n, A), or (n,) for a single one.
    latents : array-like of shape (n, D) or (n, L, D)
        Where to take the derivatives.
    gradient : {"auto", "autograd", "finite"}, default="auto"
        "autograd" has torch differentiate the generator and the attributes; "finite" takes central
        differences, with 2 D n outputs; "auto" is the former where both can be differentiated.
    step : float, default=0.05
        The half-width of the differences, in standard deviations of the latents.
    batch_size : int, default=64
        How many outputs autograd keeps at a time.
    on_part : callable, default=None
        Called without arguments after each batch of autograd, and each feature of differences.

    Returns
    -------
    jacobian : float64 array of shape (A, D)

    Raises
    ------
    TypeError
        If the attributes are no real numbers.
    ValueError
        If they have another shape, are not finite, or "autograd" cannot differentiate them.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.directions import mean_jacobian
    >>> def stretch(latents):
    ...     return latents * [1.0, 2.0]
    >>> mean_jacobian(stretch, lambda outputs: outputs, np.zeros((5, 2))).round(6)
    array([[1., 0.],
           [0., 2.]])
    """
    adapted = as_generator(generator)
    rows = check_latents(latents, adapted)
    if gradient not in GRADIENTS:
        raise ValueError(f"gradient must be one of {GRADIENTS}; got {gradient!r}.")
    tell = on_part or (lambda: None)
    if gradient != "finite":
        found = _by_autograd(adapted, attributes, rows, batch_size, tell)
        if found is not None:
            return found
        if gradient == "autograd":
            raise ValueError(
                "gradient='autograd' needs a generator and attributes that torch can "
                "differentiate; these give no gradient. Use gradient='finite'."
            )
    return _by_differences(adapted, attributes, rows, step, tell)


def _by_autograd(
    generator: AdaptedGenerator,
    attributes: Callable[[Any], Any],
    latents: torch.Tensor,
    batch_size: int,
    tell: Callable[[], None],
) -> Numbers | None:
    """Differentiate, or give None where there is nothing to differentiate."""
    if not generator.differentiable:
        return None
    total: torch.Tensor | None = None
    with torch.enable_grad():
        for batch in latents.split(batch_size):
            # One shift for all rows: its gradient is the sum of theirs.
            shift = batch.new_zeros(batch.shape[-1], requires_grad=True)
            outputs = generator.forward(shifted(batch, shift))
            if not outputs.requires_grad:
                return None
            try:
                values, _ = measure(attributes, outputs)
            except (RuntimeError, TypeError):  # numpy refuses what has a gradient
                return None
            if not values.requires_grad:
                return None
            rows = [
                torch.autograd.grad(column.sum(), shift, retain_graph=True, allow_unused=True)[0]
                for column in values.T
            ]
            part = torch.stack([torch.zeros_like(shift) if r is None else r for r in rows])
            total = part.double() if total is None else total + part.double()
            tell()
    if total is None:
        return None
    jacobian: Numbers = (total / len(latents)).cpu().numpy()
    return jacobian


def _by_differences(
    generator: AdaptedGenerator,
    attributes: Callable[[Any], Any],
    latents: torch.Tensor,
    step: float,
    tell: Callable[[], None],
) -> Numbers:
    """Take central differences along every axis."""
    deviation = float(as_rows(latents).astype(np.float64).std(0).mean())
    width = step * (deviation if deviation > 0 else 1.0)
    columns = []
    for axis in range(latents.shape[-1]):
        shift = torch.zeros(latents.shape[-1], dtype=latents.dtype, device=latents.device)
        shift[axis] = width
        ahead, behind = (
            measure_all(generator, attributes, shifted(latents, sign * shift))[0]
            for sign in (1, -1)
        )
        columns.append((ahead - behind).mean(0) / (2 * width))
        tell()
    return np.stack(columns, axis=1)
