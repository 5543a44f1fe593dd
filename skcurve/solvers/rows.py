"""The training rows as a solver sees them: centred, scaled, and no more of them than it needs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

MAX_MOMENT_ROWS = 1 << 11


class Sample(NamedTuple):
    """Some rows of a data set, by reference: nothing is copied until a block of them is used.

    Attributes
    ----------
    X : (n, D) tensor
        The whole data.
    chosen : (m,) int64 tensor
        Which rows.
    weights : (m,) tensor
        Their weights.
    center : (D,) tensor
    scale : float
        A row x stands for the point ``(x - center) * scale``.
    """

    X: torch.Tensor
    chosen: torch.Tensor
    weights: torch.Tensor
    center: torch.Tensor
    scale: float

    def points(self, part: slice = slice(None)) -> torch.Tensor:
        """Give the points themselves, of shape (m, D), or those of a part of the rows."""
        return self.X[self.chosen[part]].sub_(self.center).mul_(self.scale)


class Rows:
    """Rows to learn from, in normalised form.

    Every row is moved by the same vector and scaled by the same number, so that the data has about
    its mean at the origin and a mean square of one a feature: products then lose no digits to the
    distance from the origin, and no solver depends on the unit of the data.

    Parameters
    ----------
    X : (n, D) tensor
        The data; not copied if its rows are contiguous and none is left out.
    weights : (n,) tensor or None
        Weight of each row; None for ones. Rows of weight zero are left out.
    generator : numpy.random.Generator
        Chooses rows, in the order of a random permutation of all of them.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skcurve.solvers import Rows
    >>> X = torch.tensor([[0.0, 0.0], [4.0, 4.0]])
    >>> rows = Rows(X, None, np.random.default_rng(0))
    >>> rows.normalise(X), rows.scale
    (tensor([[-1., -1.],
             [ 1.,  1.]]), 0.5)
    """

    def __init__(
        self, X: torch.Tensor, weights: torch.Tensor | None, generator: np.random.Generator
    ) -> None:
        if weights is not None and not bool((weights > 0).all()):
            X, weights = X[weights > 0], weights[weights > 0]
        self._X, self._weights = X.contiguous(), weights
        self._generator = generator
        self._order = np.empty(0, np.int64)
        self._center, self._scale = _moments(self._X, weights)

    def __len__(self) -> int:
        return len(self._X)

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return self._X.shape[1]

    @property
    def scale(self) -> float:
        """What a distance in the data's units is multiplied with."""
        return self._scale

    def everything(self) -> Sample:
        """Give all rows with their weights."""
        weights = self._X.new_ones(len(self)) if self._weights is None else self._weights
        everyone = torch.arange(len(self), device=self._X.device)
        return Sample(self._X, everyone, weights, self._center, self._scale)

    def batch(self, start: int, n: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Give the points of up to n rows in their own order, and their weights, None for ones."""
        part = slice(start, start + n)
        points = (self._X[part] - self._center).mul_(self._scale)
        return points, None if self._weights is None else self._weights[part]

    def draw(self, n: int) -> Sample:
        """Give the next n rows of the permutation, or, where there are no more than n, all.

        Weighted rows are drawn in proportion to their weights, and then weigh the same.
        """
        if n >= len(self):
            return self.everything()
        if self._weights is not None:
            share = self._weights.cpu().double().numpy()
            chosen = self._generator.choice(len(self), n, p=share / share.sum())
        else:
            while len(self._order) < n:
                self._order = np.append(self._order, self._generator.permutation(len(self)))
            chosen, self._order = self._order[:n], self._order[n:]
        where = torch.from_numpy(chosen).to(self._X.device)
        return Sample(self._X, where, self._X.new_ones(n), self._center, self._scale)

    def like(self, points: npt.NDArray[Any]) -> torch.Tensor:
        """Turn an array into a tensor of the rows' dtype and device."""
        return torch.from_numpy(points).to(self._X)

    def normalise(self, points: torch.Tensor) -> torch.Tensor:
        """Turn points of the data's space into the solver's."""
        return (points.to(self._X) - self._center).mul_(self._scale)

    def restore(self, points: torch.Tensor) -> torch.Tensor:
        """Turn points of the solver's space into the data's."""
        return points / self._scale + self._center


def _moments(X: torch.Tensor, weights: torch.Tensor | None) -> tuple[torch.Tensor, float]:
    step = max(1, len(X) // MAX_MOMENT_ROWS)
    part = X[::step].double()
    share = part.new_ones(len(part)) if weights is None else weights[::step].double()
    share = share / share.sum()
    center = share @ part
    deviation = part - center
    largest = float(deviation.abs().max())
    if largest == 0.0:
        return center.to(X.dtype), 1.0
    spread = largest * float((share @ deviation.div_(largest).square_()).mean().sqrt())
    return center.to(X.dtype), 1.0 / spread
