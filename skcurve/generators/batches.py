"""Batch after batch, and one clear error when one of them goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch

from skcurve.generators.errors import GeneratorError, name_rows
from skcurve.interop import all_finite

Rows = npt.NDArray[np.intp]


def run_batches(
    step: Callable[[torch.Tensor], torch.Tensor], latents: torch.Tensor, batch_size: int
) -> Iterator[tuple[slice, torch.Tensor]]:
    """Compute outputs batch by batch, without gradients, and check them.

    Parameters
    ----------
    step : callable
        From a batch of latents to a tensor of as many outputs.
    latents : tensor of shape (n, ...)
        At least one.
    batch_size : int
        Latents a batch; the last one may have fewer.

    Yields
    ------
    rows : slice
        Where the batch is among the latents.
    outputs : tensor of shape (batch_size, ...)
        Maybe in memory that the next batch is written to.

    Raises
    ------
    GeneratorError
        If the step fails, or what it gives cannot be outputs.
    """
    n = len(latents)
    n_batches = -(-n // batch_size)
    expected = None
    for batch in range(n_batches):
        rows = slice(batch * batch_size, min((batch + 1) * batch_size, n))
        with torch.no_grad():
            outputs = run_batch(
                step,
                latents[rows],
                batch=batch,
                n_batches=n_batches,
                rows=np.arange(rows.start, rows.stop),
            )
        found = tuple(outputs.shape[1:]), outputs.dtype
        expected = expected or found
        if found != expected:
            raise _error(
                f"gave outputs of shape (n, {_inside(found[0])}) and {found[1]}, after "
                f"(n, {_inside(expected[0])}) and {expected[1]} of the first batch",
                np.arange(rows.start, rows.stop),
                batch,
                n_batches,
            )
        yield rows, outputs


def run_batch(
    step: Callable[[torch.Tensor], torch.Tensor],
    latents: torch.Tensor,
    *,
    batch: int = 0,
    n_batches: int = 1,
    rows: Rows | None = None,
) -> torch.Tensor:
    """Compute the outputs of one batch, and check their number and that they are finite.

    Parameters
    ----------
    step : callable
        From the latents to a tensor of as many outputs.
    latents : tensor of shape (n, ...)
        The batch.
    batch, n_batches : int
        Which batch it is, of how many.
    rows : (n,) int array, default=None
        What to call its latents: their numbers among those of the caller, of which several may be
        the same; None to count from 0.
    """
    n = len(latents)
    rows = np.arange(n) if rows is None else rows
    try:
        outputs = step(latents)
    except Exception as error:
        short = isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError))
        remedy = f" (a batch_size below {n} needs less memory)" if short and n > 1 else ""
        raise _error(
            "failed", rows, batch, n_batches, f": {type(error).__name__}: {error}{remedy}"
        ) from error
    if outputs.ndim == 0 or len(outputs) != n:
        raise _error(
            f"gave outputs of shape {tuple(outputs.shape)} for {n} latents, one each expected,",
            rows,
            batch,
            n_batches,
        )
    if outputs.is_floating_point() and not all_finite(outputs.detach()):
        broken = ~torch.isfinite(outputs.detach().reshape(n, -1)).all(1).cpu().numpy()
        raise _error("gave NaN or infinity", rows, batch, n_batches, broken=rows[broken])
    return outputs


def _error(
    what: str,
    rows: Rows,
    batch: int,
    n_batches: int,
    why: str = "",
    broken: Rows | None = None,
) -> GeneratorError:
    rows = np.unique(rows)
    if broken is not None:
        broken = np.unique(broken)
        why = f": {name_rows(broken)}"
    message = f"the generator {what} on batch {batch + 1} of {n_batches} ({name_rows(rows)}){why}"
    return GeneratorError(message, batch=batch, rows=rows if broken is None else broken)


def _inside(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))
