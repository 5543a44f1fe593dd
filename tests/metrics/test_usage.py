"""How the segments share the data."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve import PolylineCurve
from skcurve.metrics import perplexity, usage
from skcurve.testing import point_clouds, polylines

COUNTS = arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1e6)).filter(
    lambda counts: counts.sum() > 1e-6
)


@given(polylines(max_features=2, min_features=2), point_clouds(max_features=2, min_features=2))
def test_every_row_is_counted_once_where_it_is_projected(curve, X):
    counts = usage(curve, X)
    segment = curve.project(X).segment
    assert counts.dtype == np.int64
    assert counts.tolist() == [int((segment == i).sum()) for i in range(curve.n_segments)]
    assert counts.sum() == len(X)


@given(polylines(max_features=2, min_features=2), point_clouds(max_features=2, min_features=2))
def test_weights_are_summed(curve, X):
    weights = np.arange(1, len(X) + 1)
    summed = usage(curve, X, sample_weight=weights)
    assert summed.dtype == np.float64
    np.testing.assert_allclose(summed, usage(curve, np.repeat(X, weights, axis=0)))


def test_tensors_give_tensors():
    counts = usage(PolylineCurve(np.eye(3)), torch.eye(3))
    assert counts.dtype == torch.int64
    assert counts.sum() == 3


@given(COUNTS)
def test_perplexity_is_between_one_and_the_number_of_segments(counts):
    assert 1 - 1e-9 <= perplexity(counts) <= len(counts) * (1 + 1e-9)


@given(COUNTS, st.floats(1e-3, 1e3))
def test_perplexity_looks_at_shares_alone(counts, factor):
    assert perplexity(counts * factor) == pytest.approx(perplexity(counts))
    assert perplexity(counts[::-1].copy()) == pytest.approx(perplexity(counts))
    assert perplexity(np.append(counts, 0)) == pytest.approx(perplexity(counts))
    assert perplexity(np.tile(counts, 2)) == pytest.approx(2 * perplexity(counts))


@pytest.mark.parametrize("count", [5e-324, 1e308])
def test_perplexity_of_counts_whose_sum_is_no_number(count):
    assert perplexity([count, count]) == pytest.approx(2)


@pytest.mark.parametrize("n", [1, 2, 63])
def test_perplexity_at_its_bounds(n):
    assert perplexity(np.full(n, 7)) == pytest.approx(n)
    assert perplexity(np.eye(n)[0]) == 1.0


def test_perplexity_takes_tensors_and_lists():
    assert perplexity(torch.tensor([1, 1, 0])) == perplexity([1, 1, 0]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([1, -1], "usage must be finite and not negative"),
        ([1, np.nan], "usage must be finite and not negative"),
        ([1, np.inf], "usage must be finite and not negative"),
        ([0, 0], "usage is zero for every segment"),
        ([], "usage is zero for every segment"),
        ([[1, 2]], r"usage must be one-dimensional; got shape \(1, 2\)"),
        (3, r"usage must be one-dimensional; got shape \(\)"),
    ],
)
def test_bad_usage_is_named(counts, message):
    with pytest.raises(ValueError, match=message):
        perplexity(counts)
