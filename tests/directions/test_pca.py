import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from skcurve.directions import PCADirections

from .conftest import Counter


def align(found, expected):
    """Give `expected` the signs of `found`."""
    return expected * np.sign((found * expected).sum(1, keepdims=True))


@given(st.integers(0, 1000), st.integers(2, 8))
def test_components_are_the_eigenvectors_of_the_covariance(seed, n_features):
    random = np.random.default_rng(seed)
    mix = random.standard_normal((n_features, n_features)) * 2.0 ** np.arange(n_features)
    rows = random.standard_normal((50, n_features)) @ mix + 5.0
    found = PCADirections(n_features).fit(latents=rows)
    values = np.linalg.eigvalsh(np.cov(rows.T))
    # Compared through the covariance they make, which no near-tie of eigenvalues upsets.
    made = (found.directions_.T * found.strengths_**2) @ found.directions_
    np.testing.assert_allclose(made, np.cov(rows.T), atol=1e-8 * values[-1])
    np.testing.assert_allclose(found.strengths_[0], np.sqrt(values[-1]), rtol=1e-8)
    np.testing.assert_allclose(
        found.explained_variance_ratio_, values[::-1] / values.sum(), atol=1e-8
    )
    np.testing.assert_allclose(found.mean_, rows.mean(0))


def linear(matrix):
    layer = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(matrix))
    return nn.Sequential(layer, nn.Tanh())


def test_a_linear_layer_gives_back_the_latents_that_move_along_its_components():
    random = np.random.default_rng(0)
    matrix = random.standard_normal((9, 4)) * [4.0, 3.0, 2.0, 1.0]
    rows = random.standard_normal((300, 4))
    found = PCADirections(4, layer="0").fit(linear(matrix), rows)
    # A full set of components is exact: W U = V, so that one step moves by one deviation.
    features = rows @ matrix.T
    values, vectors = np.linalg.eigh(np.cov(features.T))
    moved = (found.directions_ * found.strengths_[:, None]) @ matrix.T
    expected = vectors.T[::-1][:4] * np.sqrt(values[::-1][:4, None])
    np.testing.assert_allclose(moved, align(moved, expected), atol=1e-8)


def test_a_few_components_are_regressed_by_least_squares():
    random = np.random.default_rng(1)
    matrix = random.standard_normal((7, 5))
    rows = random.standard_normal((200, 5)) * [3.0, 1.0, 2.0, 1.0, 0.5]
    found = PCADirections(2, layer="0").fit(linear(matrix), rows)
    features = rows @ matrix.T
    features = features - features.mean(0)
    leading = np.linalg.svd(features, full_matrices=False)[2][:2]
    moves = np.linalg.lstsq(features @ leading.T, rows - rows.mean(0), rcond=None)[0]
    expected = moves / np.linalg.norm(moves, axis=1, keepdims=True)
    np.testing.assert_allclose(found.directions_, align(found.directions_, expected), atol=1e-8)


def test_rows_of_w_plus_count_layer_by_layer():
    rows = np.random.default_rng(0).standard_normal((40, 3, 5))
    whole = PCADirections(3).fit(latents=rows)
    flat = PCADirections(3).fit(latents=rows.reshape(-1, 5))
    np.testing.assert_array_equal(whole.directions_, flat.directions_)


@pytest.mark.parametrize(
    ("rows", "n_directions", "message"),
    [
        (np.random.default_rng(0).standard_normal((50, 3)), 4, "more than the 3 components"),
        (np.random.default_rng(0).standard_normal((3, 9)), 3, "more than the 2 components"),
        (np.outer(np.arange(9.0), [1, 2, 3]), 2, "components of any variance; fewer would do"),
    ],
)
def test_more_components_than_there_are_is_an_error(rows, n_directions, message):
    with pytest.raises(ValueError, match=f"n_directions={n_directions}.*{message}"):
        PCADirections(n_directions).fit(latents=rows)


def test_the_layer_has_to_be_there(network, latents):
    with pytest.raises(ValueError, match="nowhere"):
        PCADirections(2, layer="nowhere").fit(network, latents)


def test_callbacks_hear_of_every_batch_of_features(network, latents):
    counter = Counter()
    PCADirections(2, layer="0").set_callbacks(counter).fit(network, latents)
    assert counter.n_parts == counter.n_told == 4  # 200 latents, 64 at a time
    assert counter.ended
    counter = Counter()
    PCADirections(2).set_callbacks(counter).fit(latents=latents)
    assert (counter.n_parts, counter.n_told, counter.ended) == (0, 0, True)
