"""The spread around a curve is the covariance of the residuals, drawn towards that of all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.augmenter.residuals import PRIOR_ROWS, Residuals, Spread, spread_of
from skcurve.testing import point_clouds


def covariance(spread):
    n_features = spread.factor.shape[1]
    return spread.factor.T @ spread.factor + spread.remainder * np.eye(n_features)


def moments(rows):
    return rows.T @ rows / len(rows)


@given(point_clouds(max_features=6))
def test_of_few_features_all_is_kept(X):
    spread = spread_of(X, 128, 4096, np.random.default_rng(0))
    expected = moments(X)
    np.testing.assert_allclose(
        covariance(spread), expected, atol=1e-9 * (1 + np.abs(expected).max())
    )


@given(st.integers(1, 200), st.integers(1, 90), st.integers(0, 99))
def test_the_variance_is_kept_whatever_the_rank(n, n_features, seed):
    rows = np.random.default_rng(seed).normal(size=(n, n_features)) * np.arange(1, n_features + 1)
    spread = spread_of(rows, 5, 32, np.random.default_rng(seed))
    assert spread.remainder >= 0 and len(spread.factor) <= 5
    # The widest directions of some rows can be wider than all rows are wide.
    assert spread.variance >= (1 - 1e-9) * np.trace(moments(rows))
    if n <= 32:
        assert spread.variance == pytest.approx(np.trace(moments(rows)))


def test_the_widest_directions_are_kept():
    rows = np.random.default_rng(0).normal(size=(3000, 40)) * np.r_[9.0, 5.0, np.ones(38)]
    spread = spread_of(rows, 2, 4096, np.random.default_rng(0))
    expected = np.diag(np.r_[81.0, 25.0, np.ones(38)])
    assert np.abs(covariance(spread) - expected).max() < 0.1 * 81


@pytest.fixture
def uneven():
    """Segment 0 has 400 rows along one axis, segment 1 has 3 along another, segment 2 none."""
    generator = np.random.default_rng(0)
    segment = np.r_[np.zeros(400, int), np.ones(3, int)]
    rows = generator.normal(size=(403, 2)) * np.where(segment[:, None] == 0, [3, 0.1], [0.1, 1])
    return rows, segment


def expected_covariances(rows, segment, n_segments):
    """What the docstring says, directly."""
    pool = moments(rows)
    for number in range(n_segments):
        mine = rows[segment == number]
        own = moments(mine) if len(mine) else np.zeros_like(pool)
        yield (len(mine) * own + PRIOR_ROWS * pool) / (len(mine) + PRIOR_ROWS)


def test_samples_have_the_shrunk_covariance_of_their_segment(uneven):
    rows, segment = uneven
    residuals = Residuals(rows, segment, 3, np.random.default_rng(0))
    for number, expected in enumerate(expected_covariances(rows, segment, 3)):
        at = np.full(40_000, number)
        drawn = residuals.draw(at, np.random.default_rng(1))
        assert np.abs(drawn.mean(0)).max() < 0.05
        np.testing.assert_allclose(moments(drawn), expected, atol=0.03 * expected.max())
        assert residuals.variance()[number] == pytest.approx(np.trace(expected))


def test_a_pool_from_elsewhere_takes_the_place_of_their_own(uneven):
    rows, segment = uneven
    pool = Spread(np.array([[0.0, 7.0]]), 0.0)
    residuals = Residuals(rows, segment, 3, np.random.default_rng(0), pool=pool)
    drawn = residuals.draw(np.full(1000, 2), np.random.default_rng(1))
    assert (drawn[:, 0] == 0).all()
    assert drawn[:, 1].std() == pytest.approx(7, rel=0.1)


@given(arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 2)), st.integers(1, 30))
def test_how_draws_are_cut_changes_nothing(segment, cut):
    rows = np.random.default_rng(0).normal(size=(50, 20))
    residuals = Residuals(rows, np.arange(50) % 2, 3, np.random.default_rng(0))
    whole = residuals.draw(segment, np.random.default_rng(5))
    generator = np.random.default_rng(5)
    parts = [residuals.draw(part, generator) for part in (segment[:cut], segment[cut:])]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-12)
