"""What is learnt where directions are the same for all latents: a matrix of k rows."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

MATRICES = ("unit", "orthonormal", "linear")


class DirectionMatrix(nn.Module):
    """Directions as rows of a matrix, free or with what has to hold of them.

    Parameters
    ----------
    kind : {"unit", "orthonormal", "linear"}
        Rows of unit length; rows that are orthogonal as well; or any rows.
    n_directions, n_features : int
        k and D; of "orthonormal", k is at most D.
    random : torch.Generator
        Draws the first ones, all of unit length.
    """

    def __init__(
        self, kind: str, n_directions: int, n_features: int, random: torch.Generator
    ) -> None:
        super().__init__()
        self.kind = kind
        rows = torch.randn(n_directions, n_features, generator=random)
        self.rows = nn.Parameter(functional.normalize(rows, dim=1))
        with torch.no_grad():
            self.rows.copy_(self())

    def forward(self) -> torch.Tensor:
        """Give the matrix, of shape (k, D)."""
        if self.kind == "linear":
            return self.rows
        if self.kind == "unit":
            return functional.normalize(self.rows, dim=1)
        # The factorisation is unique, and smooth, with a positive diagonal.
        columns, triangle = torch.linalg.qr(self.rows.T)
        return (columns * triangle.diagonal().sign()).T
