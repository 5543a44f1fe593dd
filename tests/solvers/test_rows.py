"""The rows as a solver sees them: normalised, drawn without copying, every one in its turn."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from skcurve.solvers import Rows
from skcurve.solvers import rows as rows_module
from skcurve.testing import point_clouds


def rows_of(X, weights=None, seed=0):
    weights = None if weights is None else torch.as_tensor(weights).to(torch.as_tensor(X))
    return Rows(torch.as_tensor(X), weights, np.random.default_rng(seed))


def numbered(n):
    """Rows that say which they are."""
    return np.arange(float(n))[:, None]


@given(point_clouds(), st.integers(0, 99))
def test_the_normalised_rows_have_mean_zero_and_mean_square_one(X, seed):
    weights = np.random.default_rng(seed).integers(1, 4, len(X)).astype(float)
    points = rows_of(X, weights).everything().points().numpy()
    share = weights / weights.sum()
    assert np.abs(share @ points).max() < 1e-6 or not np.ptp(X, axis=0).any()
    if np.ptp(X, axis=0).any():
        assert float((share @ points**2).mean()) == pytest.approx(1.0, rel=1e-5)


@given(point_clouds(dtype=np.float32))
def test_there_and_back_are_the_same_points(X):
    rows = rows_of(X)
    points = torch.from_numpy(X)
    size = float(np.abs(X).max()) + 1e-30
    torch.testing.assert_close(
        rows.restore(rows.normalise(points)), points, rtol=1e-5, atol=1e-6 * size
    )
    torch.testing.assert_close(rows.normalise(points), rows.everything().points())
    assert rows.normalise(points.double()).dtype == torch.float32


@given(point_clouds(degenerate=False), st.sampled_from([1e-20, 1e-3, 1e20]), st.integers(-5, 5))
def test_neither_the_unit_nor_the_place_of_the_data_matters(X, unit, place):
    assume(np.ptp(X, axis=0).any())
    plain = rows_of(X).everything().points()
    other = rows_of((X + place) * unit).everything().points()
    torch.testing.assert_close(other, plain, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, -3.5, 0.1, 1e20])
def test_rows_that_are_all_the_same_are_no_trouble(value):
    rows = rows_of(np.full((5, 2), value))
    points = rows.everything().points()
    assert points.isfinite().all()
    assert rows.restore(points).flatten().tolist() == pytest.approx([value] * 10, rel=1e-15)


@pytest.mark.parametrize("n", [1, 7, 99, 100])
def test_the_rows_are_drawn_without_repetition_until_all_have_been(n):
    rows = rows_of(numbered(100))
    drawn = np.concatenate([rows.draw(n).chosen.numpy() for _ in range(100 // n)])
    assert len(set(drawn)) == len(drawn)


@given(st.integers(2, 40), st.lists(st.integers(1, 39), min_size=1, max_size=12), st.integers(0, 9))
def test_after_any_draws_no_row_is_more_than_one_round_ahead(n_rows, wanted, seed):
    rows = rows_of(numbered(n_rows), seed=seed)
    drawn = [rows.draw(n).chosen.numpy() for n in wanted if n < n_rows]
    count = np.bincount(np.concatenate([[], *drawn]).astype(int), minlength=n_rows)
    assert count.max() - count.min() <= 1


def test_where_there_are_no_more_rows_all_are_given_in_their_order():
    rows = rows_of(numbered(10), np.arange(1.0, 11.0))
    for n in (10, 11, 1000):
        sample = rows.draw(n)
        assert sample.chosen.tolist() == list(range(10))
        assert sample.weights.tolist() == list(range(1, 11))


def test_heavy_rows_are_drawn_often_and_then_weigh_the_same():
    weights = np.array([1.0, 3.0, 6.0])
    rows = rows_of(numbered(300), np.tile(weights, 100))
    samples = [rows.draw(200) for _ in range(50)]
    assert all((sample.weights == 1).all() for sample in samples)
    chosen = np.concatenate([sample.chosen.numpy() for sample in samples]) % 3
    np.testing.assert_allclose(np.bincount(chosen) / len(chosen), weights / 10, atol=0.02)


def test_the_same_generator_draws_the_same_rows():
    first, second, other = (rows_of(numbered(50), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.draw(20).chosen, second.draw(20).chosen)
    assert not torch.equal(first.draw(20).chosen, other.draw(20).chosen)


def test_a_sample_refers_to_the_data_and_leaves_it_alone():
    X = torch.from_numpy(np.random.default_rng(0).standard_normal((30, 2)))
    before, rows = X.clone(), rows_of(X)
    sample = rows.draw(10)
    assert sample.X.data_ptr() == X.data_ptr()
    torch.testing.assert_close(sample.points(), rows.normalise(X[sample.chosen]))
    torch.testing.assert_close(sample.points(slice(2, 5)), sample.points()[2:5])
    assert torch.equal(X, before)


def test_of_many_rows_some_are_enough_for_the_mean_and_the_spread(monkeypatch):
    X = np.random.default_rng(0).standard_normal((5000, 3)) * [1.0, 2.0, 3.0] + 7.0
    monkeypatch.setattr(rows_module, "MAX_MOMENT_ROWS", 1000)
    points = rows_of(X).everything().points()
    assert points.mean(0).abs().max() < 0.1
    assert float(points.square().mean()) == pytest.approx(1.0, abs=0.1)


def test_arrays_become_tensors_like_the_rows():
    rows = rows_of(np.ones((3, 2), np.float32))
    assert rows.like(np.ones((1, 2))).dtype == torch.float32
    assert len(rows) == 3
