"""The polyline as a value: geometry, and nothing that is learnt."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import torch

from skcurve.interop import Array, as_matrix, as_tensor, restore
from skcurve.projection import Projection, project
from skcurve.randomness import RandomState, as_generator


class PolylineCurve:
    """An immutable curve of straight segments between ordered vertices, in any dimension.

    Three coordinates name a point of it:

    - *index*: segment number plus position in it, from 0 to M-1 for M vertices;
    - *arclength*: the distance walked from the first vertex, from 0 to `length`;
    - *unit*: arclength over `length`, from 0 to 1.

    Parameters
    ----------
    vertices : array-like of shape (M, D)
        The corners in order, at least two, all finite. They are copied. float32 and float64 stay as
        they are, half precisions become float32, integers float64. A tensor stays on its device,
        and then every result is a tensor; from anything else, every result is a numpy array.

    Attributes
    ----------
    vertices : array of shape (M, D)
        A read-only view, or, of a tensor, a copy.
    n_vertices, n_segments, n_features : int
        M, M-1 and D.
    lengths : array of shape (M-1,)
        The length of each segment, in the units of the vertices.
    arclength : array of shape (M,)
        The distance along the curve from the first vertex to each.
    length : float
        The whole of it.

    Raises
    ------
    TypeError
        If the vertices are not real numbers.
    ValueError
        If they are not a two-dimensional, finite array of at least two rows and one column.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> curve = PolylineCurve([[0, 0], [3, 0], [3, 4]])
    >>> curve
    PolylineCurve(n_segments=2, n_features=2, length=7, dtype=float64)
    >>> curve.evaluate([0.5, 1.25])
    array([[1.5, 0. ],
           [3. , 1. ]])
    >>> curve.project([[1, 2], [4, 3]]).index
    array([0.33333333, 1.75      ])
    """

    __slots__ = ("_arclength", "_lengths", "_vertices", "_wants_tensors")

    _vertices: torch.Tensor
    _lengths: torch.Tensor
    _arclength: torch.Tensor
    _wants_tensors: bool

    def __init__(self, vertices: Any) -> None:
        corners = as_matrix(vertices, name="vertices").clone(memory_format=torch.contiguous_format)
        if len(corners) < 2 or corners.shape[1] < 1:
            raise ValueError(
                "vertices must have at least 2 rows and 1 column; "
                f"got shape {tuple(corners.shape)}."
            )
        # In float64: the squares of float32 could leave its range, and in a long walk a short
        # segment has no digits left.
        steps = torch.diff(corners, dim=0)
        lengths = torch.linalg.vector_norm(steps, dim=1, dtype=torch.float64)
        self._set("_vertices", corners)
        self._set("_lengths", lengths.to(corners.dtype))
        self._set("_arclength", torch.nn.functional.pad(lengths.cumsum(0), (1, 0)))
        self._set("_wants_tensors", isinstance(vertices, torch.Tensor))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"PolylineCurve is immutable; cannot set {name!r}.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"PolylineCurve is immutable; cannot delete {name!r}.")

    def __getstate__(self) -> dict[str, Any]:
        # An array, whatever it was: there are formats that hold no tensors.
        device = str(self._vertices.device) if self._wants_tensors else None
        return {"vertices": self._vertices.cpu().numpy(), "device": device}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vertices, device = state["vertices"], state["device"]
        type(self).__init__(
            self, vertices if device is None else torch.from_numpy(vertices).to(device)
        )

    def __repr__(self) -> str:
        dtype = str(self._vertices.dtype).removeprefix("torch.")
        device = f", device={str(self._vertices.device)!r}" if self._wants_tensors else ""
        return (
            f"PolylineCurve(n_segments={self.n_segments}, n_features={self.n_features}, "
            f"length={self.length:.6g}, dtype={dtype}{device})"
        )

    @property
    def vertices(self) -> Array:
        """The corners in order, of shape (M, D)."""
        return self._share(self._vertices)

    @property
    def n_vertices(self) -> int:
        """How many corners, M."""
        return self._vertices.shape[0]

    @property
    def n_segments(self) -> int:
        """How many segments, M-1."""
        return self._vertices.shape[0] - 1

    @property
    def n_features(self) -> int:
        """The dimension of the space, D."""
        return self._vertices.shape[1]

    @property
    def lengths(self) -> Array:
        """The length of each segment, of shape (M-1,)."""
        return self._share(self._lengths)

    @property
    def arclength(self) -> Array:
        """The distance along the curve from the first vertex to each, of shape (M,)."""
        return self._share(self._arclength.to(self._vertices.dtype))

    @property
    def length(self) -> float:
        """The distance along the curve from its first to its last vertex."""
        return float(self._arclength[-1])

    def evaluate(self, t: Any) -> Array:
        """Give the points at index coordinates.

        Parameters
        ----------
        t : array-like of any shape (...)
            Index coordinates from 0 to M-1: 2.25 is a quarter of the way from vertex 2 to vertex 3.

        Returns
        -------
        points : array of shape (..., D)
            In the dtype of the vertices.

        Raises
        ------
        ValueError
            If a coordinate is NaN or outside [0, M-1].

        Examples
        --------
        >>> PolylineCurve([[0.0], [1.0], [3.0]]).evaluate([0.5, 1.5, 2.0])
        array([[0.5],
               [2. ],
               [3. ]])
        """
        index = check_coordinate(t, self.n_segments, name="t")
        return self._give(self._at(index), t)

    def project(self, X: Any) -> Projection[Array]:
        """Find the nearest point of the curve to every row, exactly.

        Parameters
        ----------
        X : array-like of shape (n, D)
            Points; finite.

        Returns
        -------
        projection : Projection
            `segment`, `position`, `index` and `sq_distance`, each of shape (n,); floating ones have
            the dtype of X. Of several nearest points, the one with the lowest index.

        Raises
        ------
        ValueError
            If X is not a finite matrix of D columns.

        Examples
        --------
        >>> found = PolylineCurve([[0, 0], [3, 0], [3, 4]]).project([[1, 2]])
        >>> found.segment, found.position, found.sq_distance
        (array([0]), array([0.33333333]), array([4.]))
        """
        points = as_matrix(X, name="X", n_features=self.n_features)
        found = project(points, self._vertices.to(points.device))
        return Projection(*(self._give(part, X) for part in found))

    def directions(self) -> Array:
        """Give the unit tangent of each segment.

        Returns
        -------
        directions : array of shape (M-1, D)
            Unit vectors; zeros for a segment without length.

        Examples
        --------
        >>> PolylineCurve([[0, 0], [3, 0], [3, 4]]).directions()
        array([[1., 0.],
               [0., 1.]])
        """
        steps = torch.diff(self._vertices, dim=0)
        lengths = self._lengths[:, None]
        return self._give(torch.where(lengths > 0, steps / lengths, 0.0))

    def chord(self, i: int, j: int) -> Array:
        """Give the vector from vertex i straight to vertex j.

        Parameters
        ----------
        i, j : int
            Vertex numbers; negative ones count from the end.

        Returns
        -------
        chord : array of shape (D,)
            `vertices[j] - vertices[i]`, not normalised.

        Raises
        ------
        IndexError
            If there is no such vertex.

        Examples
        --------
        >>> PolylineCurve([[0, 0], [3, 0], [3, 4]]).chord(0, -1)
        array([3., 4.])
        """
        return self._give(self._vertices[self._vertex(j)] - self._vertices[self._vertex(i)])

    def subcurve(self, i: int, j: int) -> PolylineCurve:
        """Cut out the stretch from vertex i to vertex j, both included.

        Parameters
        ----------
        i, j : int
            Two different vertex numbers; negative ones count from the end. If j comes before i, the
            stretch is walked backwards.

        Returns
        -------
        curve : PolylineCurve
            A curve of ``abs(j - i)`` segments.

        Raises
        ------
        IndexError
            If there is no such vertex.
        ValueError
            If both are the same vertex.

        Examples
        --------
        >>> PolylineCurve([[0.0], [1.0], [3.0]]).subcurve(2, 1).vertices
        array([[3.],
               [1.]])
        """
        start, stop = self._vertex(i), self._vertex(j)
        if start == stop:
            raise ValueError(f"a subcurve needs two different vertices; got {i} and {j}.")
        low, high = min(start, stop), max(start, stop)
        cut = self._like(self._vertices[low : high + 1])
        return cut if start < stop else cut.reversed()

    def resample(self, m: int) -> PolylineCurve:
        """Place m vertices along this curve, equally far apart as one walks it.

        Parameters
        ----------
        m : int
            The new number of vertices, at least 2.

        Returns
        -------
        curve : PolylineCurve
            From the same first to the same last point. It cuts the corners it has no vertex on.

        Examples
        --------
        >>> PolylineCurve([[0.0], [1.0], [4.0]]).resample(5).vertices.ravel()
        array([0., 1., 2., 3., 4.])
        """
        m = self._count(m, "m", at_least=2)
        walked = torch.linspace(0, 1, m, dtype=torch.float64) * self.length
        return self._like(self._at(self._index_of(walked.to(self._vertices.device))))

    def sample(self, n: int, random_state: RandomState = None) -> Array:
        """Draw points of the curve, uniformly in arclength.

        Parameters
        ----------
        n : int
            How many.
        random_state : int, RandomState, Generator or None, default=None
            Where the randomness comes from.

        Returns
        -------
        points : array of shape (n, D)

        Examples
        --------
        >>> PolylineCurve([[0, 0], [3, 0], [3, 4]]).sample(2, random_state=0)
        array([[3.        , 1.45873181],
               [1.888507  , 0.        ]])
        """
        uniform = as_generator(random_state).random(self._count(n, "n", at_least=0))
        walked = torch.from_numpy(uniform * self.length).to(self._vertices.device)
        return self._give(self._at(self._index_of(walked)))

    def reversed(self) -> PolylineCurve:
        """Walk the curve from its last vertex to its first.

        Examples
        --------
        >>> PolylineCurve([[0.0], [1.0], [3.0]]).reversed().vertices.ravel()
        array([3., 1., 0.])
        """
        return self._like(self._vertices.flip(0))

    def index_to_arclength(self, t: Any) -> Array:
        """Turn index coordinates into arclength.

        Parameters
        ----------
        t : array-like of any shape
            Index coordinates, from 0 to M-1.

        Returns
        -------
        arclength : array of the same shape
            From 0 to `length`.

        Examples
        --------
        >>> PolylineCurve([[0.0], [1.0], [3.0]]).index_to_arclength([0.5, 1.5])
        array([0.5, 2. ])
        """
        index = check_coordinate(t, self.n_segments, name="t")
        segment, position = self._split(index)
        start, stop = self._on(index.device, self._arclength[:-1], self._arclength[1:])
        walked = torch.lerp(start[segment], stop[segment], position.double())
        return self._give(walked.to(index.dtype), t)

    def arclength_to_index(self, s: Any) -> Array:
        """Turn arclength into index coordinates; of a repeated vertex, either.

        Parameters
        ----------
        s : array-like of any shape
            Distances along the curve, from 0 to `length`.

        Returns
        -------
        index : array of the same shape
            From 0 to M-1.

        Examples
        --------
        >>> PolylineCurve([[0.0], [1.0], [3.0]]).arclength_to_index([0.5, 2.0])
        array([0.5, 1.5])
        """
        walked = check_coordinate(s, self.length, name="s")
        return self._give(self._index_of(walked), s)

    def _at(self, index: torch.Tensor) -> torch.Tensor:
        segment, position = self._split(index)
        (vertices,) = self._on(index.device, self._vertices)
        start, stop = vertices[segment], vertices[segment + 1]
        return torch.lerp(start, stop, position[..., None].to(vertices.dtype))

    def _split(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        segment = index.floor().clamp(0, self.n_segments - 1).long()
        return segment, index - segment

    def _index_of(self, walked: torch.Tensor) -> torch.Tensor:
        (ends,) = self._on(walked.device, self._arclength)
        target = walked.double().contiguous()
        segment = (
            torch.searchsorted(ends, target, right=True).sub_(1).clamp_(0, self.n_segments - 1)
        )
        length = ends[segment + 1] - ends[segment]
        position = (target - ends[segment]) / torch.where(length > 0, length, 1.0)
        return (segment + position.clamp_(0.0, 1.0)).to(walked.dtype)

    def _vertex(self, i: int) -> int:
        position = operator.index(i)
        if not -self.n_vertices <= position < self.n_vertices:
            raise IndexError(f"there is no vertex {i} on a curve of {self.n_vertices} vertices.")
        return position % self.n_vertices

    @staticmethod
    def _count(value: int, name: str, at_least: int) -> int:
        count = operator.index(value)
        if count < at_least:
            raise ValueError(f"{name} must be at least {at_least}; got {value}.")
        return count

    @staticmethod
    def _on(device: torch.device, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(tensor.to(device) for tensor in tensors)

    def _give(self, tensor: torch.Tensor, like: Any = None) -> Array:
        """Hand out a fresh result: a tensor for tensors, given or held, else a numpy array."""
        if like is None:
            return tensor if self._wants_tensors else tensor.cpu().numpy()
        if isinstance(like, (torch.Tensor, np.ndarray)):
            return restore(tensor, like=like)
        return tensor if self._wants_tensors else tensor.cpu().numpy()

    def _share(self, tensor: torch.Tensor) -> Array:
        """Show what the curve itself holds, so that nobody can change it."""
        if self._wants_tensors:
            return tensor.clone()
        view = tensor.numpy().view()
        view.flags.writeable = False
        return view

    def _like(self, vertices: torch.Tensor) -> PolylineCurve:
        return type(self)(vertices if self._wants_tensors else vertices.numpy())


def check_coordinate(values: Any, largest: float, *, name: str) -> torch.Tensor:
    """Check that coordinates lie on a curve, but for rounding; return a tensor.

    Parameters
    ----------
    values : array-like of any shape
        Coordinates from 0 to `largest`.
    largest : float
        The coordinate of the last vertex.
    name : str
        What to call them in an error message.

    Raises
    ------
    ValueError
        If one is NaN or outside.
    """
    coordinate = as_tensor(values, name=name)
    slack = 8 * torch.finfo(coordinate.dtype).eps * largest
    off = ~((coordinate >= -slack) & (coordinate <= largest + slack))
    if off.any():
        found = float(coordinate[off].flatten()[0])
        raise ValueError(f"{name} must lie in [0, {largest:.6g}]; got {found:.6g}.")
    return coordinate.clamp(0.0, largest)
