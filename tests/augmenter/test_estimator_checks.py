"""scikit-learn's own checks and imbalanced-learn's, with no failure expected."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skcurve import SFVQ, CurveAugmenter


@parametrize_with_checks(
    [
        CurveAugmenter(),
        CurveAugmenter(SFVQ(n_bits=3), jitter=1.0, spacing="density", support=0.5),
    ]
)
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


imblearn_checks = pytest.importorskip("imblearn.utils.estimator_checks")
AUGMENTERS = [
    CurveAugmenter(random_state=0),
    CurveAugmenter(SFVQ(n_bits=3), jitter=1.0, spacing="density", random_state=0),
]


@pytest.fixture(autouse=True, scope="module")
def _counts_as_an_over_sampler():
    """Some checks look at nothing but subclasses of their own base class: let it be one to them."""
    from imblearn.over_sampling.base import BaseOverSampler

    BaseOverSampler.register(CurveAugmenter)
    assert isinstance(AUGMENTERS[0], BaseOverSampler)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{number}-{check.func.__name__}")
        for number, augmenter in enumerate(AUGMENTERS)
        for estimator, check in imblearn_checks.estimator_checks_generator(augmenter)
    ],
)
def test_is_a_sampler_of_imbalanced_learn(estimator, check):
    check(estimator)
