"""A symmetric tridiagonal system, solved on its device in operations of fixed shapes."""

from __future__ import annotations

import torch


def solve_tridiagonal(
    diagonal: torch.Tensor, beside: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Solve by parallel cyclic reduction: log2(M) rounds, each a few operations on all rows.

    A round takes from every equation multiples of those at a distance, so that it ties unknowns
    twice as far apart; after the last one it ties none. No step waits for the host, where a banded
    solver would have to have the matrix. Stable where the matrix is positive definite and its
    diagonal large, as that of a curve is.

    Parameters
    ----------
    diagonal : (M,) tensor
        Of a positive definite matrix.
    beside : (M-1,) tensor
        The entries next to the diagonal.
    target : (M, D) tensor
        The right-hand sides.

    Returns
    -------
    solution : (M, D) tensor

    References
    ----------
    Hockney, "A fast direct solution of Poisson's equation using Fourier analysis", J. ACM 12
    (1965); Hockney and Jesshope, *Parallel Computers* (1981).

    Examples
    --------
    >>> import torch
    >>> diagonal, beside = torch.tensor([2.0, 2.0, 2.0]), torch.tensor([-1.0, -1.0])
    >>> solve_tridiagonal(diagonal, beside, torch.tensor([[0.0], [0.0], [4.0]]))
    tensor([[1.], [2.], [3.]])
    """
    before, after = (torch.nn.functional.pad(beside, pad)[:, None] for pad in ((1, 0), (0, 1)))
    diagonal = diagonal[:, None]
    distance = 1
    while distance < len(diagonal):
        ahead = -after / _moved(diagonal, -distance, 1.0)
        behind = -before / _moved(diagonal, distance, 1.0)
        diagonal, before, after, target = (
            diagonal + behind * _moved(after, distance) + ahead * _moved(before, -distance),
            behind * _moved(before, distance),
            ahead * _moved(after, -distance),
            target + behind * _moved(target, distance) + ahead * _moved(target, -distance),
        )
        distance *= 2
    return target / diagonal


def _moved(rows: torch.Tensor, by: int, filling: float = 0.0) -> torch.Tensor:
    """Move rows down, or up if `by` is negative, and fill the gap."""
    kept = rows[:-by] if by > 0 else rows[-by:]
    padding = (0, 0, by, 0) if by > 0 else (0, 0, 0, -by)
    return torch.nn.functional.pad(kept, padding, value=filling)
