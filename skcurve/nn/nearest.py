"""The nearest of some points, for rows in training."""

from __future__ import annotations

import torch

GROUP, FEWEST_TO_GROUP = 32, 256
"""Of so many points, minima are taken in groups first: they are cheap, their places are not."""


def nearest_point(rows: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Say which point each row is nearest to, by one product; the first of equals.

    Parameters
    ----------
    rows : (n, D) tensor
    points : (M, D) tensor
        Their mean is taken off first: far from the origin, squares would lose the differences.

    Returns
    -------
    index : (n,) int64 tensor

    Examples
    --------
    >>> import torch
    >>> nearest_point(torch.tensor([[0.2], [2.9]]), torch.tensor([[0.0], [1.0], [2.0], [3.0]]))
    tensor([0, 3])
    """
    center = points.mean(0)
    points = points - center
    sq_norm = (points * points).sum(1)
    n_missing = -len(points) % GROUP
    if len(points) >= FEWEST_TO_GROUP:  # what is put in between is infinitely far
        points = torch.nn.functional.pad(points, (0, 0, 0, n_missing))
        sq_norm = torch.nn.functional.pad(sq_norm, (0, n_missing), value=torch.inf)
    values = torch.addmm(sq_norm, rows - center, points.T, alpha=-2.0)
    if len(points) < FEWEST_TO_GROUP:
        return values.argmin(1)
    groups = values.unflatten(1, (-1, GROUP))
    group = groups.amin(2).argmin(1, keepdim=True)
    members = groups.gather(1, group[:, :, None].expand(-1, -1, GROUP))[:, 0]
    return group[:, 0] * GROUP + members.argmin(1)
