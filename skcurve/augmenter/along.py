"""The stretches of a curve that has met data: their names, their labels, their gaps."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from skcurve.augmenter.labels import SegmentLabels
from skcurve.augmenter.records import Gap
from skcurve.augmenter.residuals import Residuals
from skcurve.augmenter.stretches import Stretch, check_coordinate_name, read_stretch
from skcurve.augmenter.support import PROBES, Support, runs
from skcurve.coordinates import to_coordinate
from skcurve.curve import PolylineCurve
from skcurve.interop import as_tensor
from skcurve.notices import warn
from skcurve.randomness import RandomState

SHOWN_GAPS = 4
"""So many are named in a warning."""


class AlongCurve(BaseEstimator):
    """What `CurveAugmenter` knows of stretches."""

    curve_: PolylineCurve
    occupancy_: npt.NDArray[np.int64]
    width_: npt.NDArray[np.float64]
    threshold_: float
    gaps_: list[Gap]
    classes_: npt.NDArray[Any]
    segment_labels_: npt.NDArray[Any]
    sampling_strategy_: dict[Any, int]

    curve: Any
    generator: Any
    jitter: float
    spacing: str
    support: Any
    sampling_strategy: Any
    random_state: RandomState

    _support: Support
    _empty: npt.NDArray[np.bool_]
    _ratio: npt.NDArray[np.float64]
    _residuals: Residuals
    _reach: float
    _known: SegmentLabels

    def gaps(self, segments: Any = None, *, coordinate: str = "index") -> list[Gap]:
        """List where a stretch crosses empty space.

        A segment, or what the stretch has of it, does if one of five places of it, its ends
        included, is outside the support.

        Parameters
        ----------
        segments, coordinate : optional
            See `sample`.

        Returns
        -------
        gaps : list of Gap
            Runs of segments, each with how far from the data it goes.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        self._require_data("gaps needs to know where the data is")
        return self._gaps_of(self._stretch(segments, coordinate))

    def name_stretch(self, name: str, segments: Any, *, coordinate: str = "index") -> Self:
        """Give a stretch a name, to use in the place of `segments`.

        Parameters
        ----------
        name : str
            The name; one that is there is given anew.
        segments, coordinate : optional
            See `sample`.

        Returns
        -------
        self : CurveAugmenter
            Names are kept with it, for this curve: `fit` may learn another one.

        Raises
        ------
        TypeError, ValueError
            If the name is no string or is a label, or there is no such stretch.

        Examples
        --------
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0], [1.0], [2.0]]))
        >>> augmenter.name_stretch("end", (0.75, 1.0), coordinate="unit").stretches()
        {'end': [(1.5, 2.0)]}
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be a string; got {name!r}.")
        if hasattr(self, "classes_") and name in self.classes_.tolist():
            raise ValueError(f"name={name!r} is a label already; a stretch needs another name.")
        stretch = self._stretch(segments, coordinate)
        self._names = self._curve(), {**self._known_names(), name: stretch}
        return self

    def stretches(self, *, coordinate: str = "index") -> dict[Any, list[tuple[float, float]]]:
        """List what each name and each label stands for.

        Parameters
        ----------
        coordinate : {"index", "arclength", "unit"}, default="index"
            What the numbers shall be.

        Returns
        -------
        stretches : dict from names and labels to lists of (start, end)
            A label that no stretch belongs to has an empty list.
        """
        check_coordinate_name(coordinate)
        curve = self._curve()
        known: dict[Any, Stretch] = dict(self._known_names())
        for label in getattr(self, "classes_", np.empty(0)).tolist():
            known[label] = Stretch.of_segments(self._known.owned(label))
        return {
            name: [
                tuple(to_coordinate(curve, np.array(pair), coordinate).tolist())
                for pair in zip(*stretch, strict=True)
            ]
            for name, stretch in known.items()
        }

    def _stretch(self, segments: Any, coordinate: str) -> Stretch:
        return read_stretch(segments, self._curve(), coordinate, self._named)

    def _named(self, name: Any) -> Stretch:
        """Give the stretch of a name or a label."""
        names = self._known_names()
        labels = getattr(self, "classes_", np.empty(0)).tolist()
        try:
            is_name, is_label = name in names, name in labels
        except (TypeError, ValueError):
            raise TypeError(
                "segments must be None, a slice, a tuple (start, end), a label, a name, or a list "
                f"of these; got {type(name).__name__}."
            ) from None
        if is_name and is_label:
            raise ValueError(f"segments={name!r} is both a name and a label; use another name.")
        if is_name:
            return names[name]
        if not is_label:
            hint = " A segment by its number i is slice(i, i + 1)." if _is_number(name) else ""
            raise ValueError(
                f"segments={name!r} is no stretch that is known here; names: {_listed(names)}; "
                f"labels: {_listed(labels)}.{hint}"
            )
        owned = self._known.owned(name)
        if not owned.any():
            raise ValueError(
                f"segments={name!r} is a label that no segment belongs to: there is none about "
                "which four of five rows have it. A curve of more bits has shorter segments, and "
                "fit_resample gives such a class a curve of its own."
            )
        return Stretch.of_segments(owned)

    def _known_names(self) -> dict[str, Stretch]:
        """Give the stretches that have names; those of another curve mean nothing here."""
        curve, names = getattr(self, "_names", (None, {}))
        ours = self._curve()
        same = curve is ours or (
            curve is not None and np.array_equal(_vertices(curve), _vertices(ours))
        )
        return dict(names) if same else {}

    def _gaps_of(self, stretch: Stretch) -> list[Gap]:
        """List where a stretch crosses empty space; of cut segments, look at what is left."""
        segment, start, width = stretch.pieces()
        empty = self._empty & stretch.meets(self.curve_.n_segments)
        ratio = self._ratio.copy()
        for number in np.unique(segment[(width < 1) & empty[segment]]):
            pieces = segment == number
            places = start[pieces, None] + width[pieces, None] * PROBES
            found = self._support.measure(np.asarray(self.curve_.evaluate(places.ravel())))
            empty[number], ratio[number] = not found.valid.all(), found.ratio.max()
        return runs(empty, ratio)

    def _warn_of_gaps(self, stretch: Stretch) -> None:
        if not hasattr(self, "_empty"):
            return
        gaps = self._gaps_of(stretch)
        if not gaps:
            return
        named = [f"segments {gap.start}:{gap.end} ({gap.ratio:.1f} times)" for gap in gaps]
        more = len(named) - SHOWN_GAPS
        warn(
            f"the stretch {stretch} crosses empty space, farther from the data than rows are from "
            f"each other: {', '.join(named[:SHOWN_GAPS])}"
            + (f" and {more} more" if more > 0 else "")
            + ". See gaps(); valid_only=True leaves such places out.",
            UserWarning,
        )

    def _given_curve(self) -> PolylineCurve | None:
        """Give the curve that was passed, if one was that is ready."""
        if self.curve is None or isinstance(self.curve, PolylineCurve):
            return self.curve
        learnt = getattr(self.curve, "curve_", None)
        return learnt if isinstance(learnt, PolylineCurve) else None

    def _curve(self) -> PolylineCurve:
        """Give the curve that is learnt or was passed."""
        curve = getattr(self, "curve_", None) or self._given_curve()
        if curve is None:
            raise NotFittedError(
                "this CurveAugmenter has no curve yet; call `fit` first, or pass a fitted curve."
            )
        return curve

    def _require_data(self, why: str) -> None:
        if not hasattr(self, "_support"):
            raise NotFittedError(f"{why}: call `fit` with the data first.")


def _vertices(curve: PolylineCurve) -> npt.NDArray[Any]:
    vertices: npt.NDArray[Any] = as_tensor(curve.vertices, name="vertices").cpu().numpy()
    return vertices


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names)) or "none"


def _is_number(name: Any) -> bool:
    return isinstance(name, Real) and not isinstance(name, bool)
