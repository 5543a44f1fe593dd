"""`fit_resample`: classes are balanced exactly, with rows that belong to them."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from skcurve import SFVQ, CurveAugmenter


def counts(y):
    labels, numbers = np.unique(np.asarray(y), return_counts=True)
    return dict(zip(labels.tolist(), numbers.tolist(), strict=True))


@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=4),
    st.sampled_from(["auto", "all", "minority", "not minority", "not majority"]),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from(["arclength", "density"]),
)
@settings(max_examples=15)
def test_it_adds_exactly_what_is_asked_for_and_keeps_every_row(sizes, strategy, jitter, spacing):
    y = np.repeat(np.arange(len(sizes)), sizes)
    X = np.random.default_rng(0).normal(size=(len(y), 3)) + 4 * y[:, None]
    augmenter = CurveAugmenter(
        SFVQ(2),
        jitter=jitter,
        spacing=spacing,
        sampling_strategy=strategy,
        random_state=0,
    )
    X_res, y_res = augmenter.fit_resample(X, y)
    np.testing.assert_array_equal(X_res[: len(X)], X)
    np.testing.assert_array_equal(y_res[: len(y)], y)
    expected = {
        label: size + augmenter.sampling_strategy_.get(label, 0) for label, size in enumerate(sizes)
    }
    assert counts(y_res) == expected
    if strategy in ("auto", "all", "not majority"):
        assert set(counts(y_res).values()) == {max(sizes)}
    assert np.isfinite(X_res).all()


def test_new_rows_are_near_rows_of_their_class():
    X, y = make_moons(600, noise=0.05, random_state=0)
    X, y = X[(y == 0) | (np.arange(600) % 15 == 0)], y[(y == 0) | (np.arange(600) % 15 == 0)]
    for curve in (None, SFVQ(5, random_state=0).fit(X)):
        X_res, y_res = CurveAugmenter(curve, random_state=0).fit_resample(X, y)
        new = X_res[len(X) :], y_res[len(y) :]
        whole = make_moons(600, noise=0.05, random_state=0)
        assert KNeighborsClassifier(5).fit(*whole).score(*new) > 0.97


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_a_class_in_two_places_gets_no_rows_between_them(jitter):
    generator = np.random.default_rng(0)
    minority = np.r_[generator.normal(0, 0.3, (15, 2)), generator.normal(9, 0.3, (15, 2))]
    X = np.r_[generator.uniform(-2, 11, (200, 2)), minority]
    y = np.repeat([0, 1], [200, 30])
    augmenter = CurveAugmenter(jitter=jitter, random_state=0)
    new = augmenter.fit_resample(X, y)[0][230:]
    distance = NearestNeighbors(n_neighbors=1).fit(minority).kneighbors(new)[0]
    assert distance.max() < 2.5
    assert min(np.mean(new[:, 0] < 4.5), np.mean(new[:, 0] > 4.5)) > 0.4


def test_with_a_curve_that_is_given_a_class_uses_its_stretches(digits, fitted):
    X, y = digits
    X, y = X[y <= 4], y[y <= 4]
    keep = (y != 3) | (np.cumsum(y == 3) <= 20)
    augmenter = CurveAugmenter(fitted, random_state=0)
    X_res, y_res = augmenter.fit_resample(X[keep], y[keep])
    new = X_res[keep.sum() :][y_res[keep.sum() :] == 3]
    found = fitted.curve_.project(new)
    assert found.sq_distance.max() < 1e-10  # on the curve,
    owned = augmenter.stretches()[3]
    inside = [any(a <= t <= b for a, b in owned) for t in found.index.round(9)]
    assert all(inside)  # where the label is
    # With a curve that is yet to be learnt, they are on a curve of threes alone.
    own = CurveAugmenter(SFVQ(6), random_state=0).fit_resample(X[keep], y[keep])[0][keep.sum() :]
    assert fitted.curve_.project(own).sq_distance.min() > 1e-3


def test_rows_and_labels_come_back_in_their_kinds(digits):
    X, y = digits
    keep = (y < 3) & ((y > 0) | (np.arange(len(y)) % 5 == 0))
    X, y = X[keep].astype(np.float32), y[keep].astype(np.int32)
    expected, labels = CurveAugmenter(random_state=0).fit_resample(X, y)
    assert expected.dtype == np.float32 and labels.dtype == np.int32
    tensors = CurveAugmenter(random_state=0).fit_resample(torch.from_numpy(X), torch.from_numpy(y))
    assert tensors[0].dtype == torch.float32 and tensors[1].dtype == torch.int32
    np.testing.assert_array_equal(tensors[0].numpy(), expected)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[f"p{i}" for i in range(64)])
    names = pandas.Series(np.array(["zero", "one", "two"])[y], name="digit")
    augmenter = CurveAugmenter(random_state=0)
    rows, named = augmenter.fit_resample(frame, names)
    assert list(rows.columns) == list(augmenter.get_feature_names_out()) == list(frame.columns)
    assert named.name == "digit" and counts(named) == dict.fromkeys(["one", "two", "zero"], 91)


def test_it_works_in_a_pipeline_of_imbalanced_learn():
    pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = load_iris(return_X_y=True)
    X, y = X[:120], y[:120]
    model = pipeline.make_pipeline(
        CurveAugmenter(jitter=0.5, random_state=0), LogisticRegression(max_iter=500)
    )
    assert cross_val_score(model, X, y, cv=2).mean() > 0.9
    model.fit(X, y)
    assert model[0].sampling_strategy_ == {0: 0, 2: 30} or model[0].sampling_strategy_ == {
        1: 0,
        2: 30,
    }
    assert model.predict(X).shape == (120,)  # nothing is added to what is predicted


def test_it_works_without_imbalanced_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "imblearn", None)
    X, y = load_iris(return_X_y=True)
    assert counts(CurveAugmenter(random_state=0).fit_resample(X[:70], y[:70])[1]) == {0: 50, 1: 50}


def test_what_does_not_fit_is_said_before_any_work():
    X = np.random.default_rng(0).normal(size=(20, 2))
    for y, said in [
        (np.zeros(20), "2 classes to balance"),
        (np.linspace(0, 1, 20), "Unknown label type"),
        (np.arange(19) % 2, "inconsistent numbers"),
    ]:
        augmenter = CurveAugmenter()
        with pytest.raises(ValueError, match=said):
            augmenter.fit_resample(X, y)
        assert not hasattr(augmenter, "curve_")
    with pytest.raises(ValueError, match="asks for 3 rows of the class 0, which has 10"):
        CurveAugmenter(sampling_strategy={0: 3}).fit_resample(X, np.arange(20) % 2)
