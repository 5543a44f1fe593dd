"""Digits, a curve through them, and what an augmenter learnt of both."""

import pytest
from sklearn.datasets import load_digits, make_blobs

from skcurve import SFVQ, CurveAugmenter


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900] / 16, y[:900]


@pytest.fixture(scope="session")
def fitted(digits):
    return SFVQ(6, random_state=0).fit(digits[0])


@pytest.fixture(scope="session")
def learnt(digits, fitted):
    return CurveAugmenter(fitted, random_state=0).fit(*digits)


@pytest.fixture(scope="session")
def islands():
    """Three far clusters in the plane; a curve has to cross the water between them."""
    return make_blobs(300, centers=[[0, 0], [9, 0], [0, 9]], cluster_std=0.4, random_state=0)
