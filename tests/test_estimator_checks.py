"""scikit-learn's own checks, with no failure expected."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skcurve import SFVQ


@parametrize_with_checks(
    [
        SFVQ(),
        SFVQ(solver="adam", n_bits=4),
        SFVQ(n_bits=3, coordinate="unit"),
        SFVQ(init="tour", n_bits=3),
        SFVQ(init="pca", smoothness=0.0, n_bits=3),
        SFVQ(init="random", n_init=2, n_bits=3),
    ]
)
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)
