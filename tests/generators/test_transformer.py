"""Transformers of scikit-learn that can go back."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import NMF, PCA, FastICA, KernelPCA, TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skcurve import SFVQ
from skcurve.generators import as_generator

X = load_digits(return_X_y=True)[0][:200]


@pytest.mark.parametrize(
    "transformer",
    [
        PCA(5),
        PCA(5, whiten=True),
        TruncatedSVD(5, random_state=0),
        FastICA(5, random_state=0, max_iter=20, tol=1.0),
        NMF(5, random_state=0, max_iter=20, tol=1.0),
        KernelPCA(5, fit_inverse_transform=True),
        make_pipeline(StandardScaler(), PCA(5)),
    ],
    ids=lambda transformer: type(transformer).__name__,
)
def test_outputs_are_those_of_inverse_transform(transformer):
    z = transformer.fit_transform(X)
    generator = as_generator(transformer, batch_size=64)
    assert generator.latent_shape == (5,)
    assert not generator.differentiable
    expected = transformer.inverse_transform(z)
    np.testing.assert_allclose(generator(z), expected, atol=1e-9)
    found = generator(torch.from_numpy(np.asarray(z, np.float32)))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-2)
    assert generator.sample(3, 0).shape == (3, 5)


def test_sampled_components_are_as_wide_as_the_data():
    pca = PCA(5).fit(X)
    drawn = as_generator(pca).sample(4000, 0)
    np.testing.assert_allclose(drawn.var(0), pca.explained_variance_, rtol=0.15)
    white = PCA(5, whiten=True).fit(X)
    np.testing.assert_allclose(as_generator(white).sample(4000, 0).var(0), 1, rtol=0.15)


def test_what_is_not_fitted_is_refused_at_once():
    with pytest.raises(NotFittedError):
        as_generator(PCA(2))


def test_a_transformer_without_a_fit_learns_its_shape():
    generator = as_generator(FunctionTransformer(np.log, np.exp))
    np.testing.assert_allclose(generator(np.ones((2, 3))), np.full((2, 3), np.e))
    assert generator.latent_shape == (3,)


def test_sparse_outputs_become_dense():
    svd = make_pipeline(FunctionTransformer(), OneHotEncoder()).fit([[0], [1], [2]])
    encoder = svd[-1]
    np.testing.assert_array_equal(as_generator(encoder)(np.eye(3)), [[0], [1], [2]])


def test_a_fitted_curve_is_a_generator_of_its_points():
    sfvq = SFVQ(n_bits=3, random_state=0).fit(X)
    T = sfvq.transform(X[:5])
    np.testing.assert_allclose(as_generator(sfvq)(T), sfvq.quantize(X[:5]), rtol=1e-6)


def test_a_shape_that_contradicts_the_transformer_is_refused():
    with pytest.raises(ValueError, match=r"latent_shape=\(4,\) was given, but PCA has latents"):
        as_generator(PCA(5).fit(X), latent_shape=4)
