"""What is inside is decided by the distances of rows from each other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.augmenter import support as module
from skcurve.augmenter.support import Support, runs
from skcurve.testing import point_clouds

GENERATOR = np.random.default_rng(0)


def distances(points, rows):
    return np.sqrt(((points[:, None] - rows[None]) ** 2).sum(2))


@given(point_clouds(degenerate=False), st.floats(0.1, 1))
def test_distances_and_threshold_are_those_of_nearest_neighbours(X, share):
    rows = np.unique(X, axis=0)
    among = distances(rows, rows)
    np.fill_diagonal(among, np.inf)
    threshold = np.quantile(among.min(1), share) if len(rows) > 1 else 0.0
    support = Support(X, share, GENERATOR)
    assert support.threshold == pytest.approx(threshold, rel=1e-6, abs=1e-9)
    points = X + 0.25
    found = support.measure(points)
    np.testing.assert_allclose(found.distance, distances(points, rows).min(1), atol=1e-6)
    np.testing.assert_array_equal(found.valid, found.ratio <= 1)
    if threshold > 0:
        np.testing.assert_allclose(found.ratio * support.threshold, found.distance, atol=1e-6)


def test_copies_of_rows_are_no_neighbours_and_one_row_supports_itself_alone():
    support = Support(np.array([[0.0], [0.0], [2.0], [2.0]]), 1.0, GENERATOR)
    assert support.threshold == 2.0
    support = Support(np.zeros((5, 2)), 0.99, GENERATOR)
    found = support.measure(np.array([[0.0, 0.0], [0.0, 1e-3]]))
    assert found.valid.tolist() == [True, False]
    assert found.ratio.tolist() == [0.0, np.inf]


def test_many_rows_are_stood_for_by_some(monkeypatch):
    monkeypatch.setattr(module, "N_REFERENCE", 50)
    X = np.random.default_rng(0).normal(size=(500, 2))
    few = Support(X, 0.9, np.random.default_rng(1))
    # Sparser rows are farther from each other, and points from the nearest of them, alike.
    assert few.threshold > 2 * Support(X[:50], 0.9, GENERATOR).threshold / 3
    assert 0.7 < few.measure(X).valid.mean() < 1
    again = Support(X, 0.9, np.random.default_rng(1))
    assert again.threshold == few.threshold


@pytest.mark.parametrize(
    "test", [lambda points: points[:, 0] >= 0, lambda points: points[:, 0].astype(np.float32)]
)
def test_a_function_decides_by_booleans_or_by_signs(test):
    support = Support(np.array([[0.0], [1.0]]), 0.99, GENERATOR, test)
    assert support.measure(np.array([[-1.0], [0.0], [9.0]])).valid.tolist() == [False, True, True]


@pytest.mark.parametrize("wrong", [lambda points: points, lambda points: ["yes"] * len(points)])
def test_a_function_that_gives_something_else_is_refused(wrong):
    support = Support(np.array([[0.0, 0.0], [1.0, 1.0]]), 0.99, GENERATOR, wrong)
    with pytest.raises(ValueError, match="support must give one boolean or score a point"):
        support.measure(np.zeros((3, 2)))


def test_segments_that_leave_the_data_are_found(monkeypatch):
    rows = np.r_[np.arange(0, 3, 0.1), np.arange(7, 10, 0.1)][:, None]
    curve = PolylineCurve(np.arange(10.0)[:, None])
    monkeypatch.setattr(module, "BLOCK", 4)  # blocks change nothing
    empty, ratio = Support(rows, 0.99, GENERATOR).crossings(curve)
    assert np.flatnonzero(empty).tolist() == [3, 4, 5, 6]
    (gap,) = runs(empty, ratio)
    assert (gap.start, gap.end) == (3, 7)
    assert gap.ratio == pytest.approx(2.0 / 0.1, rel=0.1)  # from 5 to the nearest row, 7


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_runs_are_what_is_empty_and_do_not_touch(empty):
    empty = np.array(empty)
    gaps = runs(empty, np.arange(len(empty), dtype=float))
    again = np.zeros(len(empty), dtype=bool)
    for gap in gaps:
        again[gap.start : gap.end] = True
        assert gap.ratio == gap.end - 1
    np.testing.assert_array_equal(again, empty)
    assert all(a.end < b.start for a, b in pairwise(gaps))
