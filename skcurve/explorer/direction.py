"""A direction and what is known about it; and directions from whatever holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.curve import PolylineCurve
from skcurve.explorer.layers import name_layers, spell_layers
from skcurve.interop import as_tensor
from skcurve.metrics.inputs import check_real

Numbers = npt.NDArray[Any]

EFFECT_ON = "effect "
"""How the name of a score begins that is the effect on one attribute: these have a sign."""


@dataclass(frozen=True, eq=False)
class Direction:
    """One direction in a latent space: where it points, how far one goes, what it is called.

    Parameters
    ----------
    vector : array-like of shape (D,)
        Where it points; it is kept at unit length, as a read-only array.
    name : str, default=""
        What it changes, in a word: ``"smile"``.
    strength : float, default=1.0
        The natural step: the length of the segment, or what calibration found. Positive.
    strength_range : (float, float) or None, default=None
        From where to where an edit stays inside the distribution, if that was measured.
    layers : (first, last), list of int, int, range, slice or None, default=None
        The W+ layers that it is for; None for all. As everywhere, a tuple is a first and a last
        layer, both included, and a list names layers one by one: as such a list they are kept.
    space : str, default=""
        The space that it lives in: "z", "W", "W+" for one that is for some layers only,
        "VAE latent", "latent" where the generator does not say more; empty where nobody said. See
        `skcurve.generators.AdaptedGenerator`.
    source : str, default=""
        The method it comes from, such as ``"SegmentDirections"``.
    bitrate, segment, seed : int or None, default=None
        The bitrate of the curve, the number of the segment on it, and the seed it was found with,
        where these make sense.
    ends : (int, int) or None, default=None
        The vertices of the curve that it goes from and to; of segment i, i and i+1.
    outlier : bool or None, default=None
        Whether one of these is a vertex that no data is near; None if that was not looked at.
    scores : dict of str to float, default={}
        What was measured of it: ``"purity"``, ``"effect hue"``. The effects on attributes, of which
        the names begin with ``"effect "``, have a sign, which `reversed` changes.

    Raises
    ------
    TypeError, ValueError
        If the vector is not one finite vector of a length above zero, or the strength is no
        positive number.

    Examples
    --------
    >>> from skcurve.explorer import Direction
    >>> smile = Direction([3.0, 4.0], name="smile", strength=5.0, layers=(4, 7))
    >>> smile
    Direction('smile', strength=5, layers=4-7)
    >>> smile.layers
    [4, 5, 6, 7]
    >>> smile.vector
    array([0.6, 0.8])
    """

    vector: Any
    name: str = ""
    strength: float = 1.0
    strength_range: tuple[float, float] | None = None
    layers: Any = None
    space: str = ""
    source: str = ""
    bitrate: int | None = None
    segment: int | None = None
    seed: int | None = None
    ends: tuple[int, int] | None = None
    outlier: bool | None = None
    scores: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the parts, and bring the vector to unit length."""
        vector = as_tensor(self.vector, name="vector").cpu()
        if vector.ndim != 1 or not len(vector):
            raise ValueError(f"vector must have shape (D,); got {tuple(vector.shape)}.")
        length = float(torch.linalg.vector_norm(vector, dtype=torch.float64))
        if not np.isfinite(length) or length == 0:
            raise ValueError(
                f"vector must be finite and not all zeros: it has to point somewhere; got a "
                f"vector of length {length}."
            )
        strength = check_real(self.strength, "strength")
        if not (np.isfinite(strength) and strength > 0):
            raise ValueError(f"strength must be positive and finite; got {strength}.")
        # A vector of unit length already keeps its very bits, saved and loaded any number of times.
        is_unit = abs(length - 1) <= 4 * torch.finfo(vector.dtype).eps
        unit = vector.numpy().copy() if is_unit else (vector.double() / length).numpy()
        unit = unit.astype(vector.numpy().dtype)
        unit.flags.writeable = False
        self._set("vector", unit)
        self._set("strength", strength)
        self._set("layers", spell_layers(self.layers))
        self._set("outlier", None if self.outlier is None else bool(self.outlier))
        for name, kind in (("strength_range", float), ("ends", int)):
            value = getattr(self, name)
            self._set(name, None if value is None else tuple(kind(part) for part in value))
        for name in ("bitrate", "segment", "seed"):
            value = getattr(self, name)
            self._set(name, None if value is None else int(value))
        scores = {str(key): float(score) for key, score in dict(self.scores).items()}
        self._set("scores", scores)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the vector read-only again, which a copy of an array is not."""
        self.__dict__.update(state)
        self.vector.flags.writeable = False

    def __repr__(self) -> str:
        return (
            f"Direction({self.name!r}, strength={self.strength:.4g}, "
            f"layers={name_layers(self.layers)})"
        )

    def replace(self, **changes: Any) -> Direction:
        """Give the same direction with some of its parts changed.

        Parameters
        ----------
        **changes
            Parameters of `Direction`, by name.

        Examples
        --------
        >>> from skcurve.explorer import Direction
        >>> Direction([1.0, 0.0]).replace(name="age").name
        'age'
        """
        return replace(self, **changes)

    def reversed(self) -> Direction:
        """Give the direction that points the other way.

        Examples
        --------
        >>> from skcurve.explorer import Direction
        >>> Direction([1.0, 0.0], strength_range=(-2, 3)).reversed().strength_range
        (-3.0, 2.0)
        """
        span, ends = self.strength_range, self.ends
        return self.replace(
            vector=-self.vector,
            strength_range=None if span is None else (-span[1], -span[0]),
            ends=None if ends is None else ends[::-1],
            scores={
                name: -score if name.startswith(EFFECT_ON) else score
                for name, score in self.scores.items()
            },
        )


def as_directions(directions: Any, *, n_features: int) -> list[Direction]:
    """Make a list of directions of whatever holds them.

    Parameters
    ----------
    directions : Direction, DirectionLibrary, fitted finder, array-like, or sequence of Direction
        A library gives its directions; a finder its `directions_` with `strengths_`; of an array of
        shape (k, D) or (D,), each row's length is its natural strength.
    n_features : int
        D.

    Returns
    -------
    directions : list of Direction
        At least one.

    Raises
    ------
    TypeError, ValueError
        If there is none, or one has another dimension.
    """
    found = list(_found(directions))
    if not found:
        raise ValueError("directions must hold at least one; got none.")
    for one in found:
        if one.vector.shape != (n_features,):
            raise ValueError(
                f"directions must have {n_features} features, as the curve has; "
                f"got {len(one.vector)}."
            )
    return found


def _found(directions: Any) -> Iterable[Direction]:
    if isinstance(directions, Direction):
        return [directions]
    if hasattr(directions, "directions_"):
        return _of_finder(directions)
    if isinstance(directions, Mapping):
        return _checked(directions.values())
    if isinstance(directions, Sequence) and any(isinstance(one, Direction) for one in directions):
        return _checked(directions)
    if hasattr(directions, "fit"):
        raise ValueError(
            f"directions is a {type(directions).__name__} that has not been fitted; "
            "call its `fit(generator)` first, or give it to `compare`."
        )
    rows = as_tensor(directions, name="directions")
    if rows.ndim not in (1, 2):
        raise ValueError(
            f"directions must have shape (k, D) or (D,); got shape {tuple(rows.shape)}."
        )
    return _of_rows(torch.atleast_2d(rows))


def _checked(directions: Iterable[Any]) -> list[Direction]:
    found = list(directions)
    for one in found:
        if not isinstance(one, Direction):
            raise TypeError(f"directions must be Direction objects; one is {type(one).__name__}.")
    return found


def _of_rows(rows: torch.Tensor) -> list[Direction]:
    lengths = torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64)
    if not bool((torch.isfinite(lengths) & (lengths > 0)).all()):
        raise ValueError("directions must be finite, and no row all zeros.")
    return [
        Direction(row, name=f"direction {number}", strength=float(length))
        for number, (row, length) in enumerate(zip(rows, lengths, strict=True))
    ]


def _of_finder(finder: Any) -> list[Direction]:
    """Take the directions of a fitted finder, and what those from a curve know of themselves."""
    source = type(finder).__name__
    rows, strengths = _numpy(finder.directions_), _numpy(finder.strengths_)
    names = getattr(finder, "names_", None) or [f"{source} {number}" for number in range(len(rows))]
    ends: Any = getattr(finder, "ends_", None)
    curve = getattr(finder, "curve_", None) if ends is not None else None
    is_segment = ends is not None and getattr(finder, "chords", None) is None
    # Directions from a curve are as random as the estimator that it comes from.
    seeded = finder if ends is None else getattr(finder, "curve", finder)
    seed = getattr(seeded, "random_state", None)
    return [
        Direction(
            row,
            name=names[number],
            strength=float(strength),
            source=source,
            bitrate=None if curve is None else bitrate_of(curve),
            segment=int(ends[number][0]) if is_segment else None,
            seed=int(seed) if isinstance(seed, int | np.integer) else None,
            ends=None if ends is None else (int(ends[number][0]), int(ends[number][1])),
        )
        for number, (row, strength) in enumerate(zip(rows, strengths, strict=True))
    ]


def bitrate_of(curve: PolylineCurve) -> int | None:
    """Give the bitrate of a codebook, or None if its number of vertices is no power of two.

    Parameters
    ----------
    curve : PolylineCurve
        The curve through the codebook.
    """
    bits = curve.n_vertices.bit_length() - 1
    return bits if curve.n_vertices == 2**bits else None


def _numpy(array: Any) -> Numbers:
    return array.detach().cpu().numpy() if isinstance(array, torch.Tensor) else np.asarray(array)
