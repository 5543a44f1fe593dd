"""The checks pass what is right, and fail what is wrong, saying where."""

import numpy as np
import pytest
import torch
from hypothesis import given
from sklearn.base import BaseEstimator

from skcurve import PolylineCurve
from skcurve.metrics import distortion
from skcurve.projection import Projection
from skcurve.testing import (
    check_curve_continuity,
    check_projection_optimal,
    check_roundtrip,
    point_clouds,
    polylines,
)

CORNERS = np.array([[0.0, 0], [3, 0], [3, 4], [0, 4]])
X = np.array([[1.0, 1], [4, 1], [2, 5], [-1, 3], [0, 0]])


class Quantizer(BaseEstimator):
    """The least that an estimator around a curve has to be."""

    def __init__(self, curve, coordinate="index"):
        self.curve_ = curve
        self.coordinate = coordinate

    def transform(self, X):
        t = self.curve_.project(X).index
        if self.coordinate != "index":
            t = self.curve_.index_to_arclength(t)
        if self.coordinate == "unit":
            t = t / self.curve_.length
        return t[:, None]

    def inverse_transform(self, T):
        t = T[:, 0]
        if self.coordinate == "unit":
            t = t * self.curve_.length
        return self.curve_.evaluate(t if self.coordinate == "index" else
                                    self.curve_.arclength_to_index(t))  # fmt: skip

    def quantize(self, X):
        return self.inverse_transform(self.transform(X))

    def predict(self, X):
        return self.curve_.project(X).segment

    def score(self, X):
        return -distortion(self.curve_, X)


# What is right passes


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("make", [np.asarray, torch.asarray])
def test_good_curves_and_estimators_pass(dtype, make):
    curve, rows = PolylineCurve(make(CORNERS.astype(dtype))), make(X.astype(dtype))
    for subject in (curve, Quantizer(curve)):
        check_curve_continuity(subject)
        check_projection_optimal(subject, rows)
    for coordinate in ("index", "arclength", "unit"):
        check_roundtrip(Quantizer(curve, coordinate), rows)


@given(polylines(min_features=2, max_features=2), point_clouds(min_features=2, max_features=2))
def test_good_estimators_pass_on_any_curve(curve, rows):
    check_roundtrip(Quantizer(curve), rows)


@given(
    polylines(min_features=2, max_features=2, dtype=np.float32, degenerate=False),
    point_clouds(min_features=2, max_features=2, dtype=np.float32),
)
def test_good_estimators_pass_in_single_precision(curve, rows):
    check_projection_optimal(curve, rows)
    for coordinate in ("index", "arclength", "unit"):
        check_roundtrip(Quantizer(curve, coordinate), rows)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_curves_pass(dtype):
    rng = np.random.default_rng(0)
    curve = PolylineCurve(rng.standard_normal((2000, 8)).astype(dtype))
    rows = rng.standard_normal((20, 8)).astype(dtype)
    check_curve_continuity(curve)
    check_projection_optimal(curve, rows)
    for coordinate in ("index", "arclength", "unit"):
        check_roundtrip(Quantizer(curve, coordinate), rows)


# What is wrong fails


class Jumping(PolylineCurve):
    """Skips a little at one vertex of many."""

    def evaluate(self, t):
        return super().evaluate(t) + 1e-3 * (np.asarray(t) > 1)[..., None]


class Rushing(PolylineCurve):
    """Walks each segment faster than its length allows."""

    def evaluate(self, t):
        whole = np.floor(t)
        return super().evaluate(whole + np.minimum(1.0, 1.01 * (t - whole)))


class Escaping(PolylineCurve):
    """Is nowhere at one place."""

    def evaluate(self, t):
        return np.where((np.asarray(t) == 2)[..., None], np.nan, super().evaluate(t))


@pytest.mark.parametrize("kind", [Jumping, Rushing, Escaping])
def test_broken_curves_are_not_continuous(kind):
    message = r"between arclength \S+ and \S+ the point moves \S+, farther than the step of \S+"
    with pytest.raises(AssertionError, match=message):
        check_curve_continuity(kind(CORNERS))


def test_the_message_names_the_place():
    with pytest.raises(AssertionError, match=r"between arclength 3 and 3\.0\d* the point moves"):
        check_curve_continuity(Jumping(CORNERS))


class Misplaced(PolylineCurve):
    """Changes what `project` finds; row 1 first."""

    def project(self, X):
        return self.spoil(super().project(X))


class NearestEnds(PolylineCurve):
    """Looks, as the papers do, only at the segments beside the nearest vertex."""

    def project(self, X):
        nearest = ((X[:, None] - self.vertices) ** 2).sum(2).argmin(1)
        parts = []
        for x, i in zip(X, nearest, strict=True):
            first = max(i - 1, 0)
            beside = PolylineCurve(self.vertices[first : i + 2]).project(x[None])
            parts.append((beside.segment + first, beside.position, beside.sq_distance))
        return Projection(*map(np.concatenate, zip(*parts, strict=True)))


class WrongIndex(Projection):
    @property
    def index(self):
        return np.maximum(self.segment + self.position - 0.01, 0)


def changed(found, **changes):
    parts = found._asdict()
    for name, change in changes.items():
        parts[name] = parts[name].copy()
        parts[name][1] = change(parts[name][1])
    return Projection(**parts)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: changed(f, segment=lambda i: 3), r"row 1 is put at position \S+ of segment 3"),
        (lambda f: changed(f, position=lambda t: 1.2), r"row 1 is put at position 1\.2 of"),
        (lambda f: changed(f, position=lambda t: np.nan), r"row 1 is put at position nan of"),
        (lambda f: WrongIndex(*f), r"row 0 has index \S+, but segment 0 and position \S+"),
        (lambda f: changed(f, position=lambda t: t / 2), r"row 1 .* to the point at its index"),
        (lambda f: changed(f, sq_distance=lambda q: q * 1.001), r"row 1 .* at its index"),
        (lambda f: changed(f, sq_distance=lambda q: np.nan), r"row 1 has sq_distance nan"),
        (
            # A step of 0.01 past the nearest point, and honest about the distance there.
            lambda f: changed(f, position=lambda t: t + 2.5e-3, sq_distance=lambda q: q + 1e-4),
            r"row 1 has sq_distance 1\.0001, but 1 by direct computation",
        ),
        (
            lambda f: Projection(f.segment * 0, f.position * 0, (X * X).sum(1)),
            r"row 0 has sq_distance 2, but \S+ to the point at arclength \S+ \(and 3 more like",
        ),
    ],
)
def test_broken_projections_are_not_optimal(spoil, message):
    curve = type("Spoilt", (Misplaced,), {"spoil": staticmethod(spoil)})(CORNERS)
    with pytest.raises(AssertionError, match=message):
        check_projection_optimal(curve, X)


def test_looking_beside_the_nearest_vertex_is_not_optimal():
    # The middle of the long segment is near, both its ends are far.
    corners = [[-10.0, 0], [10, 0], [10, 3], [0, 3]]
    with pytest.raises(AssertionError, match=r"row 0 has sq_distance 4, but 1\.01\d* to the point"):
        check_projection_optimal(NearestEnds(corners), np.array([[0.0, 1]]))


class Shifted(Quantizer):
    def inverse_transform(self, T):
        return super().inverse_transform(T) + 1e-3

    def quantize(self, X):
        return super().inverse_transform(self.transform(X))


class Drifting(Quantizer):
    def transform(self, X):
        return np.minimum(super().transform(X) + 1e-3, self.curve_.n_segments)


class OneSegmentOff(Quantizer):
    def predict(self, X):
        return np.minimum(super().predict(X) + 1, self.curve_.n_segments - 1)


class OutOfRange(Quantizer):
    def predict(self, X):
        return super().predict(X) + 1


class AnotherCoordinate(Quantizer):
    def transform(self, X):
        return super().transform(X) / self.curve_.n_segments

    def inverse_transform(self, T):
        return super().inverse_transform(T * self.curve_.n_segments)


class ProudScore(Quantizer):
    def score(self, X):
        return -super().score(X)


class SummedScore(Quantizer):
    def score(self, X):
        return super().score(X) * self.curve_.n_features


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Shifted, r"row 0: inverse_transform\(transform\(X\)\) is 0\.00141421 from quantize\(X\)"),
        (Drifting, r"row 0: quantize\(quantize\(X\)\) is 0\.003 from quantize\(X\)"),
        (OneSegmentOff, r"row 0: transform\(X\) is 0\.333333333, but segment 1, which predict"),
        (OutOfRange, r"row 2: predict\(X\) is 3, of 3 segments"),
        (
            AnotherCoordinate,
            r"row 1: transform\(X\) is 0\.416666667, but segment 1, .* from 1 to 2",
        ),
        (ProudScore, r"score\(X\) is \S+, but minus the distortion is -\S+"),
        (SummedScore, r"score\(X\) is \S+, but minus the distortion is -\S+"),
    ],
)
def test_broken_estimators_do_not_come_round(kind, message):
    with pytest.raises(AssertionError, match=message):
        check_roundtrip(kind(PolylineCurve(CORNERS)), X)


def test_what_is_no_curve_is_refused():
    with pytest.raises(TypeError, match="curve must be a PolylineCurve"):
        check_curve_continuity(CORNERS)
