"""A tridiagonal system solved on a device: no step of it waits for the one before in one column."""

from __future__ import annotations

import torch


def solve_tridiagonal(
    diagonal: torch.Tensor, beside: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Solve a symmetric, positive definite tridiagonal system by parallel cyclic reduction.

    Each of about log2(M) steps takes out of every equation its two neighbours, which leaves them
    twice as far away, until there are none: O(M D log M), all rows at once.

    Parameters
    ----------
    diagonal : (M,) tensor
    beside : (M-1,) tensor
    target : (M, D) tensor
        The right-hand sides.

    Returns
    -------
    solution : (M, D) tensor

    References
    ----------
    Hockney and Jesshope, "Parallel Computers", Adam Hilger (1981).

    Examples
    --------
    >>> import torch
    >>> diagonal, beside = torch.tensor([2.0, 2.0, 2.0]), torch.tensor([-1.0, -1.0])
    >>> solve_tridiagonal(diagonal, beside, torch.tensor([[1.0], [0.0], [1.0]])).ravel()
    tensor([1., 1., 1.])
    """
    pad = torch.nn.functional.pad
    before, after = pad(beside, (1, 0)), pad(beside, (0, 1))
    step, n = 1, len(diagonal)
    while step < n:
        first, last = slice(None, n - step), slice(step, None)
        from_before = pad(-before[last] / diagonal[first], (step, 0))
        from_after = pad(-after[first] / diagonal[last], (0, step))
        target = (
            target
            + from_before[:, None] * pad(target[first], (0, 0, step, 0))
            + from_after[:, None] * pad(target[last], (0, 0, 0, step))
        )
        diagonal = (
            diagonal
            + from_before * pad(after[first], (step, 0))
            + from_after * pad(before[last], (0, step))
        )
        before, after = (
            from_before * pad(before[first], (step, 0)),
            from_after * pad(after[last], (0, step)),
        )
        step *= 2
    return target / diagonal[:, None]
