"""Directions from a curve: its segments, at any bitrate, and the chords between its vertices."""

from __future__ import annotations

import operator
from itertools import combinations
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from skcurve.curve import PolylineCurve
from skcurve.directions.base import DirectionFinder, Found
from skcurve.generators import AdaptedGenerator
from skcurve.interop import as_tensor
from skcurve.metrics.inputs import resolve_curve


class SegmentDirections(DirectionFinder):
    """The segments of a fitted curve as directions, or the chords between its vertices.

    Every segment of a curve that fills the latent space is a candidate: what changes between the
    two vertices changes for any latent that is moved the same way [1]_. The natural step of a
    direction is the length of its segment or chord: one step from the first vertex is at the
    second. Segments without length have no direction, and are left out.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator, such as a fitted `SFVQ`, is asked for its `curve_`, or, with `bitrate`, for
        its `codebooks_`. It is an input and not a part: `clone` keeps it as it is, fitted.
    bitrate : int, default=None
        The bitrate of the codebook to use; None for the last one.
    chords : sequence of (int, int) or "all", default=None
        Pairs of vertices (i, j) for directions from vertex i to vertex j, instead of the segments;
        negative numbers count from the end. "all" stands for every pair with i < j.

    Attributes
    ----------
    ends_ : int array of shape (k, 2)
        The vertices where each direction begins and ends.
    curve_ : PolylineCurve
        The curve at that bitrate.
    directions_, strengths_, names_, n_directions_, n_features_in_
        See `DirectionFinder`.

    References
    ----------
    .. [1] M. H. Vali and T. Bäckström, "Unsupervised panoptic interpretation of latent spaces in
       GANs using space-filling vector quantization", TMLR 2025 (arXiv 2410.20573).

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.directions import SegmentDirections
    >>> curve = PolylineCurve([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    >>> found = SegmentDirections(curve).fit()
    >>> found.directions_, found.strengths_
    (array([[1., 0.],
           [0., 1.]]), array([3., 4.]))
    >>> SegmentDirections(curve, chords=[(0, 2)]).fit().directions_
    array([[0.6, 0.8]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "curve": "no_validation",  # type: ignore[dict-item] # resolve_curve says what is wrong
        "bitrate": [Interval(Integral, 1, None, closed="left"), None],
        "chords": [StrOptions({"all"}), "array-like", None],
    }

    ends_: npt.NDArray[np.int64]
    curve_: PolylineCurve

    def __init__(self, curve, *, bitrate=None, chords=None):  # type: ignore[no-untyped-def]
        self.curve = curve
        self.bitrate = bitrate
        self.chords = chords

    def __sklearn_clone__(self) -> SegmentDirections:
        """Give an unfitted copy around the same curve: a clone of an estimator has none."""
        return type(self)(self.curve, bitrate=self.bitrate, chords=self.chords)

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        curve = self._curve_at_bitrate()
        self._check_features(curve, generator, latents)
        vertices = as_tensor(curve.vertices, name="vertices").cpu().numpy()
        ends, kind = self._ends(curve)
        steps = vertices[ends[:, 1]] - vertices[ends[:, 0]]
        lengths = np.linalg.norm(steps.astype(np.float64), axis=1)
        if self.chords is None or isinstance(self.chords, str):
            kept = lengths > 0
            ends, steps, lengths = ends[kept], steps[kept], lengths[kept]
            if not len(ends):
                raise ValueError("curve has no two vertices that differ: it has no directions.")
        self.ends_, self.curve_ = ends, curve
        names = [f"{kind} {i}" if kind == "segment" else f"{kind} {i}-{j}" for i, j in ends]
        return Found(steps, lengths, names)

    def _curve_at_bitrate(self) -> PolylineCurve:
        curve = resolve_curve(self.curve)
        if self.bitrate is None:
            return curve
        codebooks = getattr(self.curve, "codebooks_", None)
        if codebooks is None:
            if curve.n_vertices == 2**self.bitrate:
                return curve
            raise ValueError(
                f"bitrate={self.bitrate} needs an estimator that has `codebooks_`; got a "
                f"{type(self.curve).__name__} of {curve.n_vertices} vertices."
            )
        if self.bitrate not in codebooks:
            raise ValueError(
                f"there is no codebook of {self.bitrate} bits; there are those of "
                f"{', '.join(map(str, sorted(codebooks)))} bits."
            )
        return PolylineCurve(codebooks[self.bitrate])

    def _check_features(
        self, curve: PolylineCurve, generator: AdaptedGenerator | None, latents: torch.Tensor | None
    ) -> None:
        """Compare the curve's features with those of the generator and of the latents."""
        known = None if generator is None else generator.latent_shape
        for whose, n_features in (
            ("the generator", known[-1] if known else curve.n_features),
            ("latents", curve.n_features if latents is None else latents.shape[-1]),
        ):
            if n_features != curve.n_features:
                raise ValueError(
                    f"curve has {curve.n_features} features, but {whose} {n_features} features."
                )

    def _ends(self, curve: PolylineCurve) -> tuple[npt.NDArray[np.int64], str]:
        """Give the first and last vertex of each direction, and what it is."""
        m = curve.n_vertices
        if self.chords is None:
            return np.stack([np.arange(m - 1), np.arange(1, m)], axis=1), "segment"
        if isinstance(self.chords, str):
            return np.array(list(combinations(range(m), 2))), "chord"
        pairs = []
        for chord in self.chords:
            try:
                i, j = (operator.index(end) for end in chord)
            except (TypeError, ValueError):
                raise ValueError(
                    f"chords must be pairs (i, j) of vertex numbers; got {chord!r}."
                ) from None
            if not (-m <= i < m and -m <= j < m):
                raise ValueError(
                    f"chord {chord!r} names a vertex that is not there; there are {m}."
                )
            pairs.append((i % m, j % m))
        if not pairs:
            raise ValueError("chords must hold at least one pair (i, j) of vertex numbers.")
        return np.array(pairs, dtype=np.int64), "chord"
