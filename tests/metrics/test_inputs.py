"""What every metric takes, and what it says of anything else."""

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from skcurve import PolylineCurve, metrics
from skcurve.metrics.inputs import resolve_curve

X = np.array([[0.1, 0.2], [0.8, 0.1], [1.1, 0.7]])
CURVE = PolylineCurve([[0, 0], [1, 0], [1, 1]])

MEASURES = {
    "distortion": metrics.distortion,
    "dithered_distortion": lambda c, X: metrics.dithered_distortion(c, X, random_state=0),
    "usage": metrics.usage,
    "smoothness_ratio": lambda c, X: metrics.smoothness_ratio(c),
    "topographic_error": metrics.topographic_error,
    "neighbor_agreement": lambda c, X: metrics.neighbor_agreement(c, X, [0, 0, 1][: len(X)]),
    "outlier_vertices": metrics.outlier_vertices,
}
OF_NUMBERS = {
    "perplexity", "consistency", "effect", "linearity", "monotonicity", "preservation", "purity",
    "path_length", "temporal_consistency",  # of outputs
}  # fmt: skip
NEED_ROWS = sorted(MEASURES.keys() - {"smoothness_ratio"})

each_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
each_with_rows = pytest.mark.parametrize("name", NEED_ROWS)


class Learner(BaseEstimator):
    def fit(self, X, y=None):
        self.curve_ = CURVE
        return self


def test_every_public_metric_is_tried_here():
    of_curves = {name for name in metrics.__all__ if name not in OF_NUMBERS}
    assert MEASURES.keys() == of_curves


@each_measure
def test_a_fitted_estimator_counts_as_its_curve(measure):
    assert np.array_equal(measure(Learner().fit(X), X), measure(CURVE, X))


@each_measure
def test_an_estimator_has_to_be_fitted(measure):
    with pytest.raises(NotFittedError, match="this Learner has no curve yet; call its `fit`"):
        measure(Learner(), X)


@each_measure
@pytest.mark.parametrize("thing", [None, X, Learner, "curve"])
def test_anything_else_is_no_curve(measure, thing):
    with pytest.raises(TypeError, match=r"curve must be a PolylineCurve or a fitted estimator"):
        measure(thing, X)


def test_an_estimator_with_another_kind_of_curve_is_told_so():
    learner = Learner().fit(X)
    learner.curve_ = X
    with pytest.raises(TypeError, match="got Learner whose curve_ is ndarray"):
        resolve_curve(learner)


@each_measure
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_give_the_numbers_of_arrays(measure, dtype):
    of_arrays = measure(CURVE, X)
    of_tensors = measure(PolylineCurve(torch.tensor(CURVE.vertices, dtype=dtype)),
                         torch.tensor(X, dtype=dtype))  # fmt: skip
    assert isinstance(of_tensors, float | torch.Tensor)
    assert isinstance(of_arrays, float | np.ndarray)
    np.testing.assert_allclose(of_tensors, of_arrays, rtol=1e-5)


@pytest.mark.gpu
@each_measure
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_numbers(measure):
    found = measure(PolylineCurve(torch.tensor(CURVE.vertices).cuda()), torch.tensor(X).cuda())
    if isinstance(found, torch.Tensor):
        assert found.device.type == "cuda"
        found = found.cpu()
    np.testing.assert_allclose(found, measure(CURVE, X))


@each_with_rows
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (X[:, :1], "X has 1 features, but 2 features are expected"),
        (X[0], r"X must be two-dimensional; got shape \(2,\)"),
        (X * np.nan, "X contains NaN or infinity"),
        (X[:0], r"X must have at least \d row\(s\); got 0"),
    ],
)
def test_bad_rows_are_named(name, rows, message):
    with pytest.raises(ValueError, match=message):
        MEASURES[name](CURVE, rows)


@pytest.mark.parametrize(
    "measure", [metrics.distortion, metrics.dithered_distortion, metrics.usage]
)
@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1, 2], ValueError, r"one number for each of the 3 rows; got shape \(2,\)"),
        ([[1], [2], [3]], ValueError, r"one number for each of the 3 rows; got shape \(3, 1\)"),
        (2.0, ValueError, r"one number for each of the 3 rows; got shape \(\)"),
        ([1, 2, -1], ValueError, "sample_weight must be finite and not negative"),
        ([1, 2, np.nan], ValueError, "sample_weight must be finite and not negative"),
        ([1, 2, np.inf], ValueError, "sample_weight must be finite and not negative"),
        ([0, 0, 0], ValueError, "sample_weight must have a positive entry; all are zero"),
        (["a", "b", "c"], TypeError, "sample_weight must hold real numbers"),
    ],
)
def test_bad_weights_are_named(measure, weights, error, message):
    with pytest.raises(error, match=message):
        measure(CURVE, X, sample_weight=weights)
