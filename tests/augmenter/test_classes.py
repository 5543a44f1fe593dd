"""A curve for the rows of one class, however few they are."""

import numpy as np
import pytest
from hypothesis import given, settings

from skcurve import SFVQ
from skcurve.augmenter.classes import ClassCurve, bits_for, pooled
from skcurve.testing import point_clouds


@given(point_clouds(min_rows=1, max_rows=40))
@settings(max_examples=20)
def test_any_rows_get_a_curve_among_them(X):
    generator = np.random.default_rng(0)
    one = ClassCurve(X, None, generator)
    assert one.curve.n_features == X.shape[1]
    extent = np.linalg.norm(np.ptp(X, axis=0))
    from_middle = np.linalg.norm(one.curve.vertices - X.mean(0), axis=1)
    assert (from_middle <= 1.5 * extent + 1e-9 * np.abs(X).max()).all()
    drawn = one.draw("arclength", 1.0, pooled([one], generator), generator).next(20)[1]
    assert drawn.shape == (20, X.shape[1]) and np.isfinite(drawn).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_curve_through_very_few_rows_meets_them_all(n):
    X = np.random.default_rng(0).normal(size=(n, 5))
    one = ClassCurve(X, None, np.random.default_rng(0))
    np.testing.assert_allclose(one.curve.project(X).sq_distance, 0, atol=1e-20)
    assert (one.residuals == 0).all() or np.abs(one.residuals).max() < 1e-8


def test_residuals_are_corrected_towards_those_of_rows_that_the_curve_has_not_seen():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 16))
    new = generator.normal(size=(4000, 16))
    one = ClassCurve(X, None, generator)
    seen = np.mean(one.residuals**2)
    unseen = one.curve.project(new).sq_distance.mean() / 16
    raw = one.curve.project(X).sq_distance.mean() / 16
    assert raw < 0.5 * unseen
    assert 0.6 * unseen < seen < 1.2 * unseen


def test_the_estimator_that_was_passed_is_cloned_with_fewer_bits():
    X = np.random.default_rng(0).normal(size=(64, 2))
    template = SFVQ(n_bits=9, smoothness=1.0, init=np.zeros((8, 2)))
    smooth = ClassCurve(X, template, np.random.default_rng(0)).curve
    assert smooth.n_vertices == 32
    assert smooth.length < ClassCurve(X, SFVQ(n_bits=9), np.random.default_rng(0)).curve.length
    assert template.n_bits == 9 and not hasattr(template, "curve_")
    assert ClassCurve(X, SFVQ(n_bits=3), np.random.default_rng(0)).curve.n_vertices == 8


@pytest.mark.parametrize(("n", "bits"), [(1, 2), (15, 2), (16, 3), (64, 5), (10**6, 8)])
def test_more_rows_get_more_bits_within_bounds(n, bits):
    assert bits_for(n, 2) == bits
