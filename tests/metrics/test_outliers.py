"""Vertices outside the data."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from skcurve import PolylineCurve
from skcurve.metrics import outlier_vertices, outliers
from skcurve.testing import point_clouds, polylines

PLANE = {"min_features": 2, "max_features": 2, "degenerate": False}


@given(polylines(**PLANE), point_clouds(**PLANE), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_is_its_definition(curve, X, quantile):
    among = cdist(X, X) + np.diag(np.full(len(X), np.inf))
    limit = np.quantile(among.min(axis=1), quantile)
    distance = cdist(curve.vertices, X).min(axis=1)
    assume((np.abs(distance - limit) > 1e-9).all())
    np.testing.assert_array_equal(outlier_vertices(curve, X, quantile=quantile), distance > limit)


@given(point_clouds())
def test_a_curve_through_the_rows_has_no_outliers(X):
    assert not outlier_vertices(PolylineCurve(X), X).any()


def test_a_vertex_far_away_is_found_and_the_others_are_not():
    X = np.random.default_rng(0).standard_normal((500, 20))
    curve = PolylineCurve(np.vstack([X[:9] + 0.01, np.full((1, 20), 9.0)]))
    assert outlier_vertices(curve, X).tolist() == [False] * 9 + [True]
    far = PolylineCurve(curve.vertices + 1e6)
    assert outlier_vertices(far, X + 1e6).tolist() == [False] * 9 + [True]


def test_a_lower_quantile_marks_more():
    rng = np.random.default_rng(0)
    curve, X = PolylineCurve(2 * rng.standard_normal((50, 3))), rng.standard_normal((200, 3))
    counts = [outlier_vertices(curve, X, quantile=q).sum() for q in (0.0, 0.5, 0.99, 1.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_many_rows_are_sampled_and_the_same_ones_every_time(monkeypatch):
    rng = np.random.default_rng(0)
    curve, X = PolylineCurve(rng.standard_normal((20, 2))), rng.standard_normal((3000, 2))
    monkeypatch.setattr(outliers, "MAX_ROWS", 500)
    first = outlier_vertices(curve, X)
    np.testing.assert_array_equal(outlier_vertices(curve, X), first)


def test_arrays_give_arrays_and_tensors_tensors():
    curve = PolylineCurve(np.eye(3))
    assert outlier_vertices(curve, np.eye(3)).dtype == np.bool_
    assert outlier_vertices(curve, torch.eye(3)).dtype == torch.bool


@pytest.mark.parametrize("quantile", [-0.1, 1.1, np.nan])
def test_a_quantile_is_a_share(quantile):
    with pytest.raises(ValueError, match=r"quantile must lie in \[0, 1\]; got"):
        outlier_vertices(PolylineCurve(np.eye(2)), np.eye(2), quantile=quantile)


def test_one_row_is_isolated_from_nothing():
    with pytest.raises(ValueError, match=r"X must have at least 2 row\(s\); got 1"):
        outlier_vertices(PolylineCurve(np.eye(2)), [[0, 1]])
