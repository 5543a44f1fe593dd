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
FEW = 2
"""Latents that it is tried on whether there are gradients."""
REFUSES_NUMPY = "Can't call numpy() on Tensor that requires grad"
"""What torch says where a function of arrays gets a tensor with a gradient."""


def mean_jacobian(
    generator: Any,
    attributes: Callable[[Any], Any],
    latents: Any,
    *,
    gradient: str = "auto",
    step: float = 0.05,
    batch_size: int = 64,
    on_part: Callable[[], Any] | None = None,
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
    if choose_gradient(adapted, attributes, rows, gradient) == "autograd":
        return _by_autograd(adapted, attributes, rows, batch_size, tell)
    return _by_differences(adapted, attributes, rows, step, tell)


def choose_gradient(
    generator: AdaptedGenerator,
    attributes: Callable[[Any], Any],
    latents: torch.Tensor,
    gradient: str,
) -> str:
    """Say how derivatives are taken: by trying, on two of the latents.

    What a function of arrays says to a tensor with a gradient is no error: it is called on arrays
    then, and if it was an error of its own, it comes again. Any other exception passes through.

    Parameters
    ----------
    generator : AdaptedGenerator
        Makes the outputs.
    attributes : callable
        Of the outputs.
    latents : tensor of shape (n, D) or (n, L, D)
        To try it on.
    gradient : {"auto", "autograd", "finite"}
        What is asked for.

    Returns
    -------
    gradient : {"autograd", "finite"}

    Raises
    ------
    ValueError
        If "autograd" is asked for, and there is no gradient.
    """
    if gradient == "finite":
        return gradient
    flows, refusal = _try_autograd(generator, attributes, latents[:FEW])
    if not flows and gradient == "autograd":
        raise ValueError(
            "gradient='autograd' needs a generator and attributes that torch can "
            "differentiate; these give no gradient. Use gradient='finite'."
        ) from refusal
    return "autograd" if flows else "finite"


def _try_autograd(
    generator: AdaptedGenerator, attributes: Callable[[Any], Any], few: torch.Tensor
) -> tuple[bool, Exception | None]:
    """Say whether gradients flow from attributes to latents, and what was refused if not."""
    if not generator.differentiable:
        return False, None
    with torch.enable_grad():
        shift = few.new_zeros(few.shape[-1], requires_grad=True)
        outputs = generator.forward(shifted(few, shift))
        if not outputs.requires_grad:
            return False, None
        try:
            values, _ = measure(attributes, outputs)
        except (TypeError, AttributeError) as error:
            return False, error
        except RuntimeError as error:
            if REFUSES_NUMPY not in str(error):
                raise
            return False, error
        return values.requires_grad, None


def _by_autograd(
    generator: AdaptedGenerator,
    attributes: Callable[[Any], Any],
    latents: torch.Tensor,
    batch_size: int,
    tell: Callable[[], Any],
) -> Numbers:
    """Differentiate, batch after batch."""
    total = torch.zeros(())
    with torch.enable_grad():
        for batch in latents.split(batch_size):
            # One shift for all rows: its gradient is the sum of theirs.
            shift = batch.new_zeros(batch.shape[-1], requires_grad=True)
            values, _ = measure(attributes, generator.forward(shifted(batch, shift)))
            rows = [
                torch.autograd.grad(column.sum(), shift, retain_graph=True, allow_unused=True)[0]
                for column in values.T
            ]
            part = torch.stack([torch.zeros_like(shift) if r is None else r for r in rows])
            total = total + part.double()
            tell()
    jacobian: Numbers = (total / len(latents)).cpu().numpy()
    return jacobian


def _by_differences(
    generator: AdaptedGenerator,
    attributes: Callable[[Any], Any],
    latents: torch.Tensor,
    step: float,
    tell: Callable[[], Any],
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
