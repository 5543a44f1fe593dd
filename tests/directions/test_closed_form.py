import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from skcurve.directions import ClosedFormDirections


@given(st.integers(0, 1000), st.integers(1, 9), st.integers(1, 7))
def test_directions_are_the_leading_eigenvectors(seed, n_rows, n_features):
    weight = np.random.default_rng(seed).standard_normal((n_rows, n_features))
    found = ClosedFormDirections(n_features, weight=weight).fit()
    values, vectors = np.linalg.eigh(weight.T @ weight)
    np.testing.assert_allclose(found.eigenvalues_, np.maximum(values[::-1], 0), atol=1e-10)
    for i in range(min(n_rows, n_features)):  # the others are a basis of what has no effect
        cosine = abs(found.directions_[i] @ vectors[:, -1 - i])
        assert cosine == pytest.approx(1.0, abs=1e-6)
    largest = np.abs(found.directions_).argmax(1)
    assert (found.directions_[np.arange(n_features), largest] > 0).all()


def test_no_unit_vector_changes_the_layer_more():
    random = np.random.default_rng(0)
    weight = random.standard_normal((20, 6))
    first = ClosedFormDirections(1, weight=weight).fit().directions_[0]
    others = random.standard_normal((500, 6))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert np.linalg.norm(weight @ first) >= np.linalg.norm(others @ weight.T, axis=1).max()


def test_the_weight_is_that_of_the_generator_and_the_steps_are_of_its_latents(network, latents):
    weight = network[0].weight.detach().numpy()
    by_generator = ClosedFormDirections(3).fit(network, latents)
    by_weight = ClosedFormDirections(3, weight=weight).fit(latents=latents)
    np.testing.assert_allclose(by_generator.directions_, by_weight.directions_, atol=1e-6)
    expected = (latents @ by_weight.directions_.T).std(0)
    np.testing.assert_allclose(by_generator.strengths_, expected, rtol=1e-4)
    np.testing.assert_array_equal(ClosedFormDirections(3, weight=weight).fit().strengths_, 1.0)


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_several_weights_are_one_below_the_other(kind):
    parts = [np.random.default_rng(i).standard_normal((4, 3)) for i in range(2)]
    together = ClosedFormDirections(2, weight=[kind(part) for part in parts]).fit()
    stacked = ClosedFormDirections(2, weight=np.concatenate(parts)).fit()
    np.testing.assert_array_equal(together.directions_, stacked.directions_)


def test_normalised_rows_have_equal_say():
    weight = [[100.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.1], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(
        ClosedFormDirections(1, weight=weight).fit().directions_, np.eye(3)[:1]
    )
    equal = ClosedFormDirections(1, weight=weight, normalize=True).fit()
    assert equal.directions_[0, 1] > 0.99


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros((3, 2)), "must not be empty or all zeros"),
        ([np.ones((3, 2)), np.ones((3, 4))], r"got shapes \(3, 2\), \(3, 4\)"),
        (np.ones(3), "weight must be two-dimensional"),
        ([[np.nan, 1.0]], "weight contains NaN"),
        (np.ones((3, 1)), "n_directions=2 is more than the 1 features"),
    ],
)
def test_what_is_no_weight_is_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        ClosedFormDirections(2, weight=weight).fit()


def test_the_weight_has_to_fit(network, latents):
    with pytest.raises(ValueError, match="weight has 4 columns, but the latents of the generator"):
        ClosedFormDirections(1, weight=np.ones((2, 4))).fit(network)
    with pytest.raises(ValueError, match="weight has 4 columns, but the latents have 6"):
        ClosedFormDirections(1, weight=np.ones((2, 4))).fit(latents=latents)


def test_where_there_is_no_weight_it_is_asked_for(latents):
    with pytest.raises(ValueError, match="give `weight`, or a generator that shows it"):
        ClosedFormDirections(1).fit(latents=latents)
    with pytest.raises(ValueError, match="weight"):
        ClosedFormDirections(1).fit(nn.Tanh(), latents)
