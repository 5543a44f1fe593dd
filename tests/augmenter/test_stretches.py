"""Stretches are sets of places; places drawn from one are in it, and as dense as was said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.augmenter.stretches import Places, Stretch, even_weights, fair_weights, read_stretch
from skcurve.testing import polylines

ENDS = st.floats(0, 7, width=32)
INTERVALS = st.lists(
    st.tuples(ENDS, ENDS).map(sorted).filter(lambda pair: pair[0] < pair[1]), min_size=1, max_size=5
)
CURVE = PolylineCurve([[0.0], [1.0], [3.0], [6.0]])


def nothing_known(name):
    raise ValueError(f"unknown {name!r}")


def read(segments, coordinate="index"):
    return read_stretch(segments, CURVE, coordinate, nothing_known)


def pairs(stretch):
    return [(float(start), float(end)) for start, end in zip(*stretch, strict=True)]


def inside(intervals, places):
    return np.any([(a <= places) & (places <= b) for a, b in intervals], axis=0)


@given(INTERVALS, st.lists(ENDS, max_size=20))
def test_a_union_has_the_places_of_its_parts_and_no_two_parts_touch(intervals, places):
    stretch = Stretch.of(intervals)
    places = np.array(places)
    np.testing.assert_array_equal(inside(pairs(stretch), places), inside(intervals, places))
    assert (stretch.starts < stretch.ends).all()
    assert (stretch.ends[:-1] < stretch.starts[1:]).all()


@given(INTERVALS)
def test_pieces_are_the_stretch_cut_at_vertices(intervals):
    stretch = Stretch.of(intervals)
    segment, start, width = stretch.pieces()
    assert width.sum() == pytest.approx((stretch.ends - stretch.starts).sum())
    assert (start >= segment).all() and (start + width <= segment + 1 + 1e-12).all()
    assert set(np.flatnonzero(stretch.meets(8))) == set(segment)


@given(INTERVALS, st.lists(st.floats(0, 4), min_size=7, max_size=7), st.integers(0, 999))
def test_places_have_the_distribution_of_the_weights(intervals, weights, seed):
    stretch, weights = Stretch.of(intervals), np.array(weights)
    segment, start, width = stretch.pieces()
    mass = width * weights[segment]
    if not mass.sum() > 1e-6:
        return
    # Evenly spaced numbers are exactly the quantiles: so many fall on each piece, but for one.
    n = 400
    places = Places(stretch, weights).at((np.arange(n) + 0.5) / n)
    assert inside(pairs(stretch), places).all()
    assert (np.diff(places) >= 0).all()
    for piece in range(len(width)):
        at = (places >= start[piece]) & (places < start[piece] + width[piece])
        assert abs(at.sum() - n * mass[piece] / mass.sum()) <= 2


@given(polylines())
def test_even_weights_are_lengths_or_all_one(curve):
    np.testing.assert_array_equal(even_weights(curve, "arclength"), curve.lengths)
    assert (even_weights(curve, "index") == 1).all()


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 3)), min_size=1, max_size=8).filter(
        lambda segments: any(solid for solid, _ in segments)
    ),
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
)
def test_runs_of_segments_get_the_share_of_their_rows(segments, places):
    solid = np.array([one for one, _ in segments])
    weights = np.array([weight for _, weight in segments])
    index = np.array(places) * len(solid)
    stretch, fair = fair_weights(weights, solid, index)
    assert fair.sum() == pytest.approx(len(index))
    assert (fair[~solid] == 0).all()
    runs = pairs(stretch)
    away = np.array([[max(a - t, t - b, 0.0) for a, b in runs] for t in index])
    for number, (start, end) in enumerate(runs):
        run = slice(int(start), int(end))
        total = fair[run].sum()
        nearest = away[:, number] <= away.min(1)
        ties = nearest & ((away <= away.min(1)[:, None]).sum(1) > 1)
        assert (nearest & ~ties).sum() - 1e-6 <= total <= nearest.sum() + 1e-6
        if weights[run].sum() > 1e-3 and total:
            np.testing.assert_allclose(fair[run] / total, weights[run] / weights[run].sum())


@pytest.mark.parametrize(
    ("segments", "coordinate", "expected"),
    [
        (None, "index", [(0, 3)]),
        (slice(1, 3), "index", [(1, 3)]),
        (slice(-1, None), "unit", [(2, 3)]),
        (slice(None, -2), "index", [(0, 1)]),
        (slice(np.int64(0), np.int64(1)), "index", [(0, 1)]),
        ((0.5, 2.5), "index", [(0.5, 2.5)]),
        ((0.5, 2.0), "arclength", [(0.5, 1.5)]),
        ((0.5, 1), "unit", [(2, 3)]),
        ([slice(0, 1), (0.5, 1.5), slice(2, 3)], "index", [(0, 1.5), (2, 3)]),
    ],
)
def test_what_users_write_is_understood(segments, coordinate, expected):
    assert pairs(read(segments, coordinate)) == expected


@pytest.mark.parametrize(
    ("segments", "coordinate", "error", "said"),
    [
        (slice(2, 2), "index", ValueError, "segments=2:2 is empty"),
        (slice(3, 1), "index", ValueError, "segments=3:1 is empty"),
        (slice(1, 9), "index", ValueError, "segments=1:9 leaves the curve.* 0:3"),
        (slice(-4, None), "index", ValueError, "segments=-4: leaves the curve"),
        (slice(0, 3, 2), "index", ValueError, "no step"),
        (slice(0.5, 2), "index", TypeError, "whole numbers"),
        ((1.0, 1.0), "index", ValueError, r"segments=\(1.0, 1.0\) is empty"),
        ((2.0, 1.0), "index", ValueError, "end has to come after its start"),
        ((0.0, 1.5), "unit", ValueError, r"in 'unit' must lie in \[0, 1\]; got 1.5"),
        ((float("nan"), 1.0), "index", ValueError, "must lie in"),
        ((0, 1, 2), "index", TypeError, "two numbers"),
        ((slice(0, 1), slice(1, 2)), "index", TypeError, "several stretches are a list"),
        ([], "index", ValueError, "empty list"),
        ("nobody", "index", ValueError, "unknown 'nobody'"),
        (None, "segment", ValueError, "coordinate must be one of index, arclength, unit"),
    ],
)
def test_what_is_no_stretch_is_refused(segments, coordinate, error, said):
    with pytest.raises(error, match=said):
        read(segments, coordinate)


def test_on_a_stretch_without_any_weight_segments_count_alike():
    places = Places(Stretch.of([(0.0, 2.0)]), np.array([0.0, 0.0, 1.0]))
    np.testing.assert_array_equal(places.at(np.array([0.25, 0.75])), [0.5, 1.5])
