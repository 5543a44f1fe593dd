"""CurveAugmenter: samples are on the curve, where they were asked for, and what they are called."""

import pickle
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import kstest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skcurve import SFVQ, CurveAugmenter, PolylineCurve
from skcurve.augmenter import Samples
from skcurve.testing import polylines

CORNER = PolylineCurve([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])


def equal(one, other):
    """Whether two samples are the same, entry by entry."""
    return all(
        (a is None and b is None) or np.array_equal(np.asarray(a), np.asarray(b))
        for a, b in zip(one, other, strict=True)
    )


# ------------------------------------------------------------------ where samples are


@given(polylines(), st.integers(0, 99), st.sampled_from(["arclength", "index"]))
def test_samples_without_jitter_lie_on_the_curve(curve, seed, spacing):
    samples = CurveAugmenter(curve, spacing=spacing, random_state=seed).sample(20)
    spread = np.ptp(curve.vertices, axis=0).max()
    size = np.abs(curve.vertices).max()
    distance = np.sqrt(curve.project(samples.latents).sq_distance)
    assert (distance <= 1e-5 * spread + 1e-7 * size).all()
    np.testing.assert_array_equal(samples.latents, curve.evaluate(samples.coordinates))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_lie_on_a_learnt_curve_too(digits, dtype):
    X = digits[0].astype(dtype)
    sfvq = SFVQ(5, random_state=0).fit(X)
    samples = CurveAugmenter(sfvq, random_state=0).sample(1000)
    assert samples.latents.dtype == dtype
    distance = np.sqrt(sfvq.curve_.project(samples.latents).sq_distance)
    assert distance.max() < 1e-5 * X.std(0).max()


@pytest.mark.parametrize(
    ("segments", "spacing", "coordinate"),
    [
        (None, "arclength", "arclength"),
        (None, "arclength", "unit"),
        (None, "index", "index"),
        (slice(12, 20), "arclength", "arclength"),
        (slice(12, 20), "index", "index"),
    ],
)
def test_coordinates_are_uniform_in_what_the_spacing_says(fitted, segments, spacing, coordinate):
    augmenter = CurveAugmenter(fitted, spacing=spacing, random_state=0)
    found = augmenter.sample(20_000, segments, coordinate=coordinate).coordinates
    vertices = {
        "index": np.arange(64),
        "arclength": fitted.curve_.arclength,
        "unit": fitted.curve_.arclength / fitted.curve_.length,
    }[coordinate]
    start, end = (0, 63) if segments is None else (segments.start, segments.stop)
    low, high = vertices[start], vertices[end]
    assert kstest(found, "uniform", args=(low, high - low)).pvalue > 0.01
    assert found.min() >= low and found.max() <= high
    # The test would see it if they were uniform in something else.
    other = "arclength" if spacing == "index" else "index"
    wrong = augmenter.set_params(spacing=other).sample(20_000, segments, coordinate=coordinate)
    assert kstest(wrong.coordinates, "uniform", args=(low, high - low)).pvalue < 0.01


def test_density_follows_the_rows(digits, fitted):
    X, _ = digits
    augmenter = CurveAugmenter(fitted, spacing="density", random_state=0)
    before = augmenter.sample(20_000).coordinates  # from what the estimator knows of its rows
    counts = np.bincount(np.floor(before).astype(int), minlength=63)
    expected = fitted.usage_ / fitted.usage_.sum()
    assert np.abs(counts / 20_000 - expected).max() < 0.01
    half = X[fitted.transform(X)[:, 0] < 30]
    after = augmenter.fit(half).sample(2000, valid_only=True).coordinates
    assert after.max() < 30.01
    with pytest.raises(ValueError, match="cannot draw from 40 to 50: no row"):
        augmenter.sample(5, slice(40, 50))


def test_jitter_spreads_samples_as_the_rows_are_spread(digits):
    X, _ = digits
    train, held_out = X[::2], X[1::2]
    sfvq = SFVQ(6, random_state=0).fit(train)
    augmenter = CurveAugmenter(sfvq, jitter=1.0, spacing="density", random_state=0).fit(train)

    def width(rows):
        return np.sqrt(sfvq.curve_.project(rows).sq_distance.mean())

    samples = augmenter.sample(3000)
    assert width(samples.latents) == pytest.approx(width(train), rel=0.1)
    ratio = augmenter.validity(samples).ratio.mean()
    assert ratio == pytest.approx(augmenter.validity(held_out).ratio.mean(), rel=0.15)
    narrow = augmenter.set_params(jitter=0.5).sample(3000)
    on_curve = augmenter.set_params(jitter=0.0).sample(3000)
    np.testing.assert_array_equal(narrow.coordinates, on_curve.coordinates)
    whole, half = (part.latents - on_curve.latents for part in (samples, narrow))
    np.testing.assert_allclose(whole, 2 * half, atol=1e-12)


# ------------------------------------------------------------------ what they are called


def test_labels_are_respected(learnt, digits):
    X, y = digits
    segment = learnt.curve_.project(X).segment
    for label in range(10):
        samples = learnt.sample(200, label)
        assert (samples.labels == label).all()
        used = np.unique(np.floor(samples.coordinates).astype(int))
        assert (learnt.segment_labels_[used] == label).all()
        # The rows about the segments that were used are of this label, four in five at least.
        assert (y[np.isin(segment, used)] == label).mean() >= 0.8
    both = learnt.sample(2000, [3, 7])
    assert set(both.labels.tolist()) == {3, 7}
    everywhere = learnt.sample(2000)
    expected = learnt.segment_labels_[np.floor(everywhere.coordinates).astype(int)]
    np.testing.assert_array_equal(everywhere.labels, expected)


def test_a_name_stands_for_a_stretch(learnt):
    augmenter = clone(learnt).set_params(curve=learnt.curve_)
    assert augmenter.name_stretch("middle", (0.4, 0.6), coordinate="unit") is augmenter
    samples = augmenter.sample(300, "middle", coordinate="unit")
    assert samples.coordinates.min() >= 0.4 and samples.coordinates.max() <= 0.6
    assert equal(samples, augmenter.sample(300, (0.4, 0.6), coordinate="unit"))
    (pair,) = augmenter.stretches(coordinate="unit")["middle"]
    assert pair == pytest.approx((0.4, 0.6))
    again = augmenter.name_stretch("both", ["middle", slice(0, 3)]).stretches()
    assert len(again["both"]) == 2


def test_names_outlive_a_fit_on_the_same_curve_alone(digits, fitted):
    X, y = digits
    kept = CurveAugmenter(fitted).name_stretch("start", slice(0, 5)).fit(X, y)
    assert kept.stretches()["start"] == [(0.0, 5.0)]
    assert set(kept.stretches()) == {"start", *range(10)}
    learns = CurveAugmenter(SFVQ(3, random_state=0)).fit(X).name_stretch("start", slice(0, 5))
    assert learns.fit(X[::2]).stretches() == {}
    other = CurveAugmenter(CORNER).name_stretch("start", slice(0, 1)).set_params(curve=fitted)
    with pytest.raises(ValueError, match="names: none"):
        other.sample(1, "start")
    both = (
        CurveAugmenter(fitted)
        .name_stretch("d", slice(0, 5))
        .fit(X, np.array(list("abcdefghij"))[y])
    )
    with pytest.raises(ValueError, match="both a name and a label"):
        both.sample(1, "d")


def test_stretches_lists_what_belongs_to_each_label(learnt):
    for label, pairs in learnt.stretches().items():
        for start, end in pairs:
            inside = slice(int(start), int(end))
            assert (learnt.segment_labels_[inside] == label).all()


def test_text_can_be_a_label_and_is_then_no_name(digits, fitted):
    X, y = digits
    augmenter = CurveAugmenter(fitted, random_state=0).fit(X, np.array(list("abcdefghij"))[y])
    assert set(augmenter.sample(20, "d").labels.tolist()) == {"d"}
    with pytest.raises(ValueError, match="name='d' is a label already"):
        augmenter.name_stretch("d", slice(0, 1))


# ------------------------------------------------------------------ what is far from the data


def test_crossing_empty_space_is_reported_once_and_by_name(islands):
    X, _ = islands
    augmenter = CurveAugmenter(SFVQ(4, random_state=0), random_state=0).fit(X)
    assert augmenter.gaps_
    for gap in augmenter.gaps_:
        middle = augmenter.curve_.evaluate((gap.start + gap.end) / 2)
        assert gap.ratio > 1
        assert np.linalg.norm(X - middle, axis=1).min() > augmenter.threshold_
    gap = augmenter.gaps_[0]
    named = rf"crosses empty space.*segments {gap.start}:{gap.end} \({gap.ratio:.1f} times\)"
    with pytest.warns(UserWarning, match=named) as seen:
        batches = augmenter.iter_batches(10, 100)
        list(batches)
    assert len(seen) == 1
    assert seen[0].filename == __file__
    assert augmenter.gaps(slice(gap.start, gap.end)) == [gap]
    # Of the first segment of a gap, that part is blameless which is among the rows.
    assert augmenter.gaps((gap.start, gap.start + 0.001)) == []
    assert augmenter.gaps((gap.start, gap.start + 0.999))[0].end == gap.start + 1
    solid = next(i for i in range(15) if not any(g.start <= i < g.end for g in augmenter.gaps_))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        augmenter.sample(10, slice(solid, solid + 1))
        valid = augmenter.sample(500, valid_only=True)
    assert augmenter.gaps(slice(solid, solid + 1)) == []
    assert augmenter.validity(valid).valid.all()


def test_validity_takes_samples_and_latents(learnt):
    samples = learnt.sample(50)
    from_samples, from_latents = learnt.validity(samples), learnt.validity(samples.latents)
    assert equal(from_samples, from_latents)
    assert equal(from_samples, learnt.validity(torch.from_numpy(samples.latents)))
    far = learnt.validity(samples.latents + 100)
    assert not far.valid.any() and (far.ratio > 100).all()


def test_a_detector_of_outliers_can_decide(islands):
    X, _ = islands
    detector = IsolationForest(random_state=0).fit(X)
    augmenter = CurveAugmenter(SFVQ(3, random_state=0), support=detector.decision_function)
    samples = augmenter.set_params(random_state=0).fit(X).sample(100, valid_only=True)
    assert (detector.predict(samples.latents) == 1).all()


def test_coverage_shares_rows_among_segments(learnt, digits):
    X, _ = digits
    found = learnt.coverage(X)
    assert found.share.sum() + found.outside == pytest.approx(1)
    assert found.covered.mean() == pytest.approx(0.99, abs=0.002)  # the default support
    np.testing.assert_array_equal(found.segment, learnt.curve_.project(X).segment)
    np.testing.assert_allclose(
        found.share,
        np.bincount(found.segment[found.covered], minlength=63) / len(X),
    )
    np.testing.assert_array_equal(learnt.occupancy_, np.bincount(found.segment, minlength=63))
    assert learnt.coverage(X + 50).outside == 1


# ------------------------------------------------------------------ the curve and the generator


def test_a_curve_that_is_ready_is_used_as_it_stands(digits, fitted):
    X, _ = digits
    for curve in (fitted, fitted.curve_, FrozenEstimator(fitted)):
        augmenter = CurveAugmenter(curve, random_state=0)
        assert augmenter.fit(X).curve_ is fitted.curve_
    kept = clone(CurveAugmenter(FrozenEstimator(fitted))).fit(X)
    np.testing.assert_array_equal(kept.curve_.vertices, fitted.codebook_)


def test_an_estimator_that_is_not_fitted_is_cloned(digits):
    X, _ = digits
    template = SFVQ(3, random_state=5)
    augmenter = CurveAugmenter(template).fit(X)
    np.testing.assert_array_equal(augmenter.curve_.vertices, clone(template).fit(X).codebook_)
    assert not hasattr(template, "curve_")
    with pytest.raises(NotFittedError, match="no curve yet; call `fit` first"):
        CurveAugmenter(template).sample(3)
    with pytest.raises(TypeError, match=r"has one as `curve_` when it is fitted.*got PCA"):
        CurveAugmenter(PCA(2)).fit(X)
    by_default = CurveAugmenter(random_state=0).fit(X)
    assert by_default.curve_.n_vertices == 64  # 900 rows, about 8 a vertex or more


def test_tensors_give_tensors():
    vertices = torch.tensor(CORNER.vertices.astype(np.float32))
    augmenter = CurveAugmenter(PolylineCurve(vertices), random_state=0)
    rows = augmenter.sample(200, random_state=1).latents
    augmenter.set_params(jitter=0.1).fit(rows, torch.arange(200) % 2)
    samples = augmenter.sample(5, valid_only=True)
    assert isinstance(samples.latents, torch.Tensor) and samples.latents.dtype == torch.float32


def test_a_generator_makes_outputs_of_the_latents(digits):
    X, _ = digits
    pca = PCA(8).fit(X)
    latents = pca.transform(X)
    augmenter = CurveAugmenter(SFVQ(4, random_state=0), pca, random_state=0).fit(latents)
    samples = augmenter.sample(30)
    np.testing.assert_allclose(samples.outputs, pca.inverse_transform(samples.latents))
    function = CurveAugmenter(CORNER, lambda latents: latents.sum(1), random_state=0).sample(4)
    np.testing.assert_allclose(function.outputs, function.latents.sum(1))
    assert CurveAugmenter(CORNER).sample(3).outputs is None


# ------------------------------------------------------------------ randomness, pickles, errors


def test_all_randomness_comes_from_random_state(digits, fitted):
    X, y = digits
    untouched = np.random.get_state()[1].copy()  # noqa: NPY002

    def drawn(seed, **options):
        augmenter = CurveAugmenter(SFVQ(4), jitter=1.0, random_state=seed).fit(X, y)
        return augmenter.sample(20, **options)

    assert equal(drawn(0), drawn(0))
    assert equal(drawn(np.random.default_rng(1)), drawn(np.random.default_rng(1)))
    assert equal(drawn(np.random.RandomState(1)), drawn(np.random.RandomState(1)))
    assert not np.isin(drawn(0).coordinates, drawn(1).coordinates).any()
    augmenter = CurveAugmenter(fitted, random_state=0)
    assert equal(augmenter.sample(9), augmenter.sample(9))
    assert equal(augmenter.sample(9, random_state=3), augmenter.sample(9, random_state=3))
    assert not equal(augmenter.sample(9), augmenter.sample(9, random_state=3))
    stream = CurveAugmenter(fitted, random_state=np.random.default_rng(0))
    assert not equal(stream.sample(9), stream.sample(9))
    np.testing.assert_array_equal(np.random.get_state()[1], untouched)  # noqa: NPY002


def test_a_pickle_keeps_everything(learnt):
    augmenter = pickle.loads(pickle.dumps(learnt)).name_stretch("start", slice(0, 4))
    augmenter = pickle.loads(pickle.dumps(augmenter.set_params(jitter=0.5)))
    again = pickle.loads(pickle.dumps(augmenter))
    for options in ({}, {"segments": "start"}, {"segments": 3, "valid_only": True}):
        assert equal(augmenter.sample(40, **options), again.sample(40, **options))
    points = learnt.curve_.vertices
    assert equal(augmenter.validity(points), again.validity(points))
    assert equal(augmenter.coverage(points), again.coverage(points))


def test_fitting_without_labels_forgets_those_before(digits, fitted):
    X, y = digits
    augmenter = CurveAugmenter(fitted, random_state=0).fit(X, y).fit(X)
    assert not hasattr(augmenter, "classes_")
    assert augmenter.sample(3).labels is None
    with pytest.raises(ValueError, match="labels: none"):
        augmenter.sample(3, 4)


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (lambda a: a.set_params(jitter=1.0).sample(3), "jitter needs"),
        (lambda a: a.set_params(spacing="density").sample(3), "spacing='density' needs"),
        (lambda a: a.sample(3, valid_only=True), "valid_only needs"),
        (lambda a: a.validity([[0.0, 0.0]]), "validity needs"),
        (lambda a: a.coverage([[0.0, 0.0]]), "coverage needs"),
        (lambda a: a.gaps(), "gaps needs"),
    ],
)
def test_what_needs_data_says_so(needs, said):
    with pytest.raises(NotFittedError, match=f"{said}.*call `fit` with the data first"):
        needs(CurveAugmenter(CORNER))


@pytest.mark.parametrize(
    ("segments", "error", "said"),
    [
        ("nowhere", ValueError, "'nowhere' is no stretch.*names: none; labels: 0, 1, 2"),
        (11, ValueError, r"11 is no stretch.*A segment by its number i is slice\(i, i \+ 1\)"),
        (slice(70, 80), ValueError, "70:80 leaves the curve"),
        ({3}, TypeError, "must be None, a slice, a tuple"),
        (np.arange(3), TypeError, "must be None, a slice, a tuple"),
    ],
)
def test_an_unknown_stretch_is_refused(learnt, segments, error, said):
    with pytest.raises(error, match=said):
        learnt.sample(3, segments)


def test_a_label_without_a_stretch_is_refused(digits, fitted):
    X, y = digits
    y = np.where(np.arange(len(y)) % 50 == 0, 99, y)
    augmenter = CurveAugmenter(fitted).fit(X, y)
    assert augmenter.stretches()[99] == []
    with pytest.raises(ValueError, match="99 is a label that no segment belongs to"):
        augmenter.sample(3, 99)


@pytest.mark.parametrize("n", [0, -1])
def test_some_samples_have_to_be_wanted(n):
    with pytest.raises(ValueError, match=f"n must be at least 1; got {n}"):
        CurveAugmenter(CORNER).sample(n)
    with pytest.raises(TypeError, match=r"n must be a whole number; got 2\.5"):
        CurveAugmenter(CORNER).sample(2.5)


@pytest.mark.parametrize(
    ("X", "error", "said"),
    [
        (sparse.eye(5).tocsr(), TypeError, "[Ss]parse"),
        ([[0.0, np.nan], [1.0, 1.0]], ValueError, "NaN"),
        ([[0.0, 1.0]], ValueError, "1 sample"),
        ([[0.0], [1.0]], ValueError, "X has 1 features, but the curve has 2"),
        ([["a", "b"], ["c", "d"]], ValueError, "real numbers"),
        ([0.0, 1.0], ValueError, "2D array"),
    ],
)
def test_bad_rows_are_refused_by_every_method_that_takes_some(X, error, said):
    y = np.arange(X.shape[0] if sparse.issparse(X) else len(X)) % 2
    for call in (lambda a: a.fit(X), lambda a: a.fit(X, y), lambda a: a.fit_resample(X, y)):
        if len(y) < 2 and "sample" in said:
            call = lambda a: a.fit(X)  # noqa: E731
        augmenter = CurveAugmenter(CORNER)
        with pytest.raises(error, match=said):
            call(augmenter)
        assert not hasattr(augmenter, "curve_")
    with pytest.raises((TypeError, ValueError)):
        CurveAugmenter(CORNER).fit(np.ones((4, 2))).validity(X if said != "1 sample" else [[0.0]])


def test_a_failed_fit_leaves_what_was_learnt(digits, fitted):
    augmenter = CurveAugmenter(fitted, random_state=0).fit(*digits)
    before = augmenter.sample(5)
    with pytest.raises(ValueError, match="NaN"):
        augmenter.fit(np.full((9, 64), np.nan))
    assert equal(before, augmenter.sample(5))


def test_a_record_of_samples_is_a_tuple():
    latents, coordinates, outputs, labels = CurveAugmenter(CORNER).sample(2)
    assert Samples(latents, coordinates, outputs, labels).latents is latents
