"""Order along the curve: smoothness, topographic error, agreement of labels."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from skcurve import PolylineCurve
from skcurve.metrics import neighbor_agreement, order, smoothness_ratio, topographic_error
from skcurve.testing import point_clouds, polylines

# Smoothness


@given(polylines(max_vertices=30))
def test_smoothness_ratio_is_its_definition(curve):
    assume(curve.length > 0)
    expected = curve.lengths.mean() / pdist(curve.vertices).mean()
    assert smoothness_ratio(curve) == pytest.approx(expected, rel=1e-6)


@given(polylines(degenerate=False), st.integers(0, 9))
def test_smoothness_ratio_does_not_mind_where_the_curve_is(curve, seed):
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal([curve.n_features] * 2))
    expected = smoothness_ratio(curve)
    for vertices in (curve.vertices[::-1], 7 * curve.vertices, curve.vertices @ q - 3):
        assert smoothness_ratio(PolylineCurve(vertices)) == pytest.approx(expected, rel=1e-6)


def test_a_shuffled_curve_has_no_order_and_a_line_has_much():
    rng = np.random.default_rng(0)
    line = np.arange(1000.0)[:, None]
    assert smoothness_ratio(PolylineCurve(line)) < 0.01
    assert smoothness_ratio(PolylineCurve(rng.permutation(line))) == pytest.approx(1, abs=0.1)


def test_any_two_vertices_are_as_far_apart_as_each_other():
    assert smoothness_ratio(PolylineCurve([[1.0, 2.0], [5.0, 5.0]])) == pytest.approx(1)


def test_many_vertices_are_sampled(monkeypatch):
    curve = PolylineCurve(np.random.default_rng(0).standard_normal((600, 3)))
    exact = smoothness_ratio(curve)
    assert smoothness_ratio(curve, random_state=1) == exact
    monkeypatch.setattr(order, "MAX_VERTICES", 200)
    sampled = smoothness_ratio(curve, random_state=1)
    assert sampled == pytest.approx(exact, rel=0.1)
    assert sampled != exact
    assert smoothness_ratio(curve, random_state=1) == sampled


def test_a_curve_in_one_place_has_no_smoothness():
    with pytest.raises(ValueError, match="curve has all its vertices in one place"):
        smoothness_ratio(PolylineCurve([[1.0], [1.0], [1.0]]))


# Topographic error


@given(polylines(degenerate=False, min_features=2, max_features=2),
       point_clouds(degenerate=False, min_features=2, max_features=2))  # fmt: skip
def test_topographic_error_is_its_definition(curve, X):
    distance = np.linalg.norm(X[:, None] - curve.vertices, axis=2)
    ranked = np.sort(distance, axis=1)
    assume(curve.n_vertices == 2 or (np.diff(ranked[:, :3]) > 1e-6).all())
    first, second = np.argsort(distance, axis=1)[:, :2].T
    assert topographic_error(curve, X) == np.mean(np.abs(first - second) != 1)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_topographic_error_finds_where_the_curve_comes_back(offset):
    curve = PolylineCurve(np.array([[0.0, 0], [3, 0], [3, 1], [0, 1]]) + offset)
    assert topographic_error(curve, [[offset, offset + 0.4]]) == 1.0
    assert topographic_error(curve, [[offset + 3, offset + 0.4]]) == 0.0


def test_two_vertices_are_always_neighbours():
    curve = PolylineCurve([[0.0], [1.0]])
    assert topographic_error(curve, np.linspace(-3, 3, 50)[:, None]) == 0.0


# Agreement of neighbours


def slow_agreement(coordinate, labels):
    """The mean over every order of the rows that keeps their coordinates sorted."""
    shares = [
        np.mean([labels[i] == labels[j] for i, j in itertools.pairwise(rows)])
        for rows in itertools.permutations(range(len(labels)))
        if all(coordinate[i] <= coordinate[j] for i, j in itertools.pairwise(rows))
    ]
    return np.mean(shares)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), min_size=2, max_size=6))
def test_neighbor_agreement_is_the_mean_over_orders_of_equal_rows(rows):
    curve = PolylineCurve([[0.0], [3.0]])
    X, labels = np.array([[float(x)] for x, _ in rows]), [label for _, label in rows]
    expected = slow_agreement(X[:, 0], labels)
    assert neighbor_agreement(curve, X, labels) == pytest.approx(expected)


@given(st.data())
def test_without_ties_it_counts_equal_neighbours(data):
    place = data.draw(st.lists(st.integers(0, 100), min_size=2, max_size=20, unique=True))
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(place),
                                         max_size=len(place))))  # fmt: skip
    inside = labels[np.argsort(place)]
    found = neighbor_agreement(PolylineCurve([[0.0], [60.0], [100.0]]), np.c_[place], labels)
    assert found == pytest.approx(np.mean(inside[1:] == inside[:-1]))


@given(polylines(min_features=2, max_features=2),
       point_clouds(min_rows=4, min_features=2, max_features=2),
       st.randoms(use_true_random=False))  # fmt: skip
def test_the_order_of_the_rows_does_not_matter(curve, X, random):
    labels = np.array(["even", "odd"])[np.arange(len(X)) % 2]
    moved = random.sample(range(len(X)), len(X))
    expected = neighbor_agreement(curve, X, labels)
    assert 0 <= expected <= 1
    assert neighbor_agreement(curve, X[moved], labels[moved]) == pytest.approx(expected)


def test_rows_sorted_by_label_gain_nothing_from_it():
    # All rows share one place: their order says nothing about the curve.
    labels = np.repeat([0, 1], 50)
    found = neighbor_agreement(PolylineCurve([[0.0], [1.0]]), np.full((100, 1), 5.0), labels)
    assert found == pytest.approx(49 / 99)


def test_close_coordinates_are_told_apart_on_long_curves_in_single_precision():
    # Segment plus position, as one float32, could not.
    curve = PolylineCurve(np.arange(2**15, dtype=np.float32)[:, None])
    X = 2**15 - 2 + np.arange(1, 9, dtype=np.float32)[:, None] / 2**9
    assert neighbor_agreement(curve, X[::-1], [0, 0, 0, 0, 1, 1, 1, 1]) == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    ("y", "shape"), [([0], r"\(1,\)"), ([[0], [1]], r"\(2, 1\)"), (None, r"\(\)")]
)
def test_one_label_for_each_row(y, shape):
    with pytest.raises(ValueError, match=f"one label for each of the 2 rows; got shape {shape}"):
        neighbor_agreement(PolylineCurve(np.eye(2)), np.eye(2), y)


def test_one_row_has_no_neighbour():
    with pytest.raises(ValueError, match=r"X must have at least 2 row\(s\); got 1"):
        neighbor_agreement(PolylineCurve(np.eye(2)), [[0, 1]], [0])


def test_labels_that_have_no_order_are_named():
    labels = np.array(["a", 1], object)
    with pytest.raises(TypeError, match="y must hold labels that can be sorted: '<' not supported"):
        neighbor_agreement(PolylineCurve(np.eye(2)), np.eye(2), labels)
