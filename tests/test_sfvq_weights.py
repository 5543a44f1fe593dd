"""The weights of rows: what they mean, in any array, and which are refused."""

import numpy as np
import pytest
import torch

from skcurve import SFVQ
from skcurve.metrics import dithered_distortion

STARTS = ["norm", "pca", "random", "tour"]
SOLVERS = ["lloyd", "adam"]


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def fit(X, n_bits=3, *, weights=None, random_state=0, **parameters):
    sfvq = SFVQ(n_bits=n_bits, random_state=random_state, **parameters)
    return sfvq.fit(X, sample_weight=weights)


@pytest.fixture(scope="module")
def X():
    return gaussian()


# What they mean


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("init", STARTS)
def test_a_row_of_weight_zero_is_not_there(solver, init):
    X = gaussian()
    weights = np.random.default_rng(1).integers(0, 2, 300).astype(float)
    found = fit(X, weights=weights, solver=solver, init=init)
    without = fit(X[weights > 0], weights=weights[weights > 0], solver=solver, init=init)
    np.testing.assert_array_equal(found.codebook_, without.codebook_)
    np.testing.assert_array_equal(found.usage_, without.usage_)


@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize("n_rows", [40, 300])
def test_a_row_of_weight_two_is_two_rows(init, n_rows):
    # Up to the random draw: so the quality is compared, not the vertices.
    X, values = gaussian(n_rows), []
    weights = np.random.default_rng(1).integers(0, 4, n_rows)
    repeated = np.repeat(X, weights, axis=0)
    for seed in range(8):
        weighted = fit(X, weights=weights, init=init, random_state=seed)
        plain = fit(repeated, init=init, random_state=seed)
        assert weighted.usage_.sum() == weights.sum()
        values.append([dithered_distortion(s, repeated, random_state=0) for s in (weighted, plain)])
    weighted, plain = np.mean(values, axis=0)
    assert weighted == pytest.approx(plain, rel=0.05)


def test_rows_whose_weights_are_the_same_weigh_nothing_in_particular():
    X = gaussian()
    np.testing.assert_array_equal(
        fit(X, weights=np.ones(300)).codebook_, fit(X, weights=np.full(300, 4.0)).codebook_
    )
    np.testing.assert_allclose(fit(X, weights=np.ones(300)).codebook_, fit(X).codebook_, atol=1e-9)


def test_a_curve_goes_where_the_weight_is():
    X = np.concatenate([gaussian(500), gaussian(500) + 10.0])
    weights = np.repeat([1.0, 50.0], 500)
    there = (fit(X, 4, weights=weights).codebook_.mean(1) > 5).sum()
    here = (fit(X, 4, weights=weights[::-1]).codebook_.mean(1) > 5).sum()
    assert there > here


@pytest.mark.parametrize("n_rows", [100, 20_000])
def test_the_usage_is_the_weight_that_each_segment_won(n_rows):
    X = gaussian(n_rows)
    weights = np.random.default_rng(2).random(n_rows)
    found = fit(X, weights=weights)
    expected = [weights[found.predict(X) == segment].sum() for segment in range(7)]
    np.testing.assert_allclose(found.usage_, expected)


# What is taken and what is refused


BAD_WEIGHTS = {
    "too few": (np.ones(299), "299"),
    "too many": (np.ones(301), "301"),
    "two-dimensional": (np.ones((300, 2)), "1D array"),
    "negative": (np.r_[-1.0, np.ones(299)], "[Nn]egative"),
    "nan": (np.r_[np.nan, np.ones(299)], "NaN"),
    "infinite": (np.r_[np.inf, np.ones(299)], "infinity"),
    "all zero": (np.zeros(300), "zero"),
    "torch negative": (-torch.ones(300), "[Nn]egative"),
    "too small": (np.full(300, 1e-33), r"sum to between 1e-30 and 1e\+30; the sum is 3e-31"),
    "too large": (np.full(300, 1e28), r"sum to between 1e-30 and 1e\+30; the sum is 3e\+30"),
}


@pytest.mark.parametrize(("weights", "message"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights_are_checked(X, method, weights, message):
    sfvq = SFVQ(n_bits=3)
    with pytest.raises(ValueError, match=message):
        getattr(sfvq, method)(X, sample_weight=weights)
    assert not hasattr(sfvq, "curve_")


@pytest.mark.parametrize(("weights", "message"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
def test_the_weights_of_a_score_are_checked(X, weights, message):
    sfvq = fit(X)
    with pytest.raises(ValueError, match=message):
        sfvq.score(X, sample_weight=weights)


@pytest.mark.parametrize(
    "like",
    [
        np.asarray,
        list,
        np.float32,
        np.int64,
        torch.asarray,
        lambda weights: torch.asarray(weights).half(),
        lambda weights: torch.asarray(weights).bfloat16(),
        lambda weights: torch.asarray(weights).requires_grad_(),
    ],
)
def test_weights_come_in_any_array(X, like):
    weights = np.random.default_rng(0).integers(1, 4, 300).astype(float)
    found = SFVQ(n_bits=3, random_state=0).fit(X, sample_weight=like(weights))
    expected = SFVQ(n_bits=3, random_state=0).fit(X, sample_weight=weights)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)
    assert found.usage_.sum() == weights.sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("unit", [1e-30, 1e-3, 1e3, 1e27])
def test_only_the_proportions_of_weights_matter(dtype, unit):
    rows = gaussian(dtype=dtype)
    weights = np.random.default_rng(0).integers(1, 4, 300).astype(float)
    found = SFVQ(n_bits=3, random_state=0, init="pca").fit(rows, sample_weight=weights * unit)
    plain = SFVQ(n_bits=3, random_state=0, init="pca").fit(rows, sample_weight=weights)
    assert found.score(rows) == pytest.approx(plain.score(rows), rel=0.02)
