"""Learning from batches: what is remembered, when the curve grows, and where it comes to rest."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skcurve.solvers import STARTS, Lloyd, Rows, Statistics, Stream
from skcurve.solvers.stream import MEMORIES_PER_BITRATE, ROWS_PER_VERTEX

PER_BITRATE = MEMORIES_PER_BITRATE * ROWS_PER_VERTEX


def gaussian(n_rows, n_features=2, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n_rows, n_features)))


def begin(X, *, vertices=None):
    rows = Rows(X, None, np.random.default_rng(0))
    if vertices is None:
        vertices = STARTS["norm"](rows, 4, np.random.default_rng(0))
    else:
        vertices = rows.normalise(vertices)
    return Stream.begin(vertices, rows)


def learn(stream, X, *, n_bits=2, weights=None, smoothness=0.01, seed=0):
    solver = Lloyd(smoothness=smoothness)
    return stream.step(X, weights, n_bits, solver, np.random.default_rng(seed))


@settings(max_examples=20)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=15), st.integers(2, 4))
def test_the_curve_grows_when_a_bitrate_has_seen_enough(sizes, n_bits):
    X = gaussian(3000)
    stream, bitrate, seen, largest = begin(X), 2, 0, 0
    for size in sizes:
        if seen >= PER_BITRATE * 2**bitrate and bitrate < n_bits:
            bitrate, seen, largest = bitrate + 1, 0, 0
        stream, seen = learn(stream, X[:size], n_bits=n_bits), seen + size
        assert stream.bitrate == bitrate
        assert stream.seen == pytest.approx(seen)
        assert stream.vertices.shape == (2**bitrate, 2)
        # What is remembered has a limit, which at the last bitrate is half of all that came.
        memory = ROWS_PER_VERTEX * 2**bitrate
        if bitrate == n_bits:
            memory = max(memory, seen / 2)
        largest = max(largest, size)
        assert stream.statistics.weight <= max(memory, largest) * (1 + 1e-9)


def test_the_first_batch_replaces_a_first_guess():
    X = gaussian(500)
    stream = begin(X)
    after = learn(stream, X)
    assert after.statistics.weight == pytest.approx(500)


def test_a_curve_that_is_known_already_moves_little():
    X, known = gaussian(500), 5.0 * gaussian(4, seed=1)
    guess, light, heavy = (
        learn(stream, X, smoothness=0.0)
        for stream in (
            begin(X, vertices=known),
            Stream.resume(known, 0.0, 0.0),
            Stream.resume(known, 1e6, 0.0),
        )
    )
    moved = [(stream.codebook - known).norm(dim=1).max() for stream in (guess, light, heavy)]
    assert moved[0] > 1.0
    assert moved[1] < 0.5 * moved[0]
    assert moved[2] < 0.01 * moved[0]


@pytest.mark.parametrize("smoothness", [0.0, 0.01, 1.0])
def test_a_row_of_no_weight_leaves_a_known_curve_where_it_is(smoothness):
    known = 1e3 + 5.0 * gaussian(8, 3)
    stream = Stream.resume(known, 0.0, smoothness)
    nothing = torch.tensor([1e-20], dtype=torch.float64)
    after = learn(stream, gaussian(1, 3), weights=nothing, n_bits=3, smoothness=smoothness)
    torch.testing.assert_close(after.codebook, known)


def test_rows_of_weight_two_are_rows_that_come_twice():
    X = gaussian(200)
    times = torch.from_numpy(np.random.default_rng(2).integers(1, 4, 200))
    stream = begin(X)
    weighted = learn(stream, X, weights=times.double())
    repeated = learn(stream, X.repeat_interleave(times, 0))
    torch.testing.assert_close(weighted.vertices, repeated.vertices)
    assert weighted.distortion == pytest.approx(repeated.distortion)
    assert weighted.seen == pytest.approx(repeated.seen)


def test_a_batch_leaves_the_stream_before_it_as_it_was():
    X = gaussian(300)
    stream = begin(X)
    before = stream.vertices.clone()
    first, second = learn(stream, X), learn(stream, X)
    assert torch.equal(stream.vertices, before)
    assert torch.equal(first.vertices, second.vertices)


def test_records_and_codebooks_are_in_the_units_of_the_data():
    X = gaussian(1000)
    moved_X, start = 1024.0 * X + 32.0, X[:4]
    plain = learn(begin(X, vertices=start), X)
    moved = learn(begin(moved_X, vertices=1024.0 * start + 32.0), moved_X)
    torch.testing.assert_close(moved.codebook, 1024.0 * plain.codebook + 32.0)
    first, second = plain.record(3, 0.5), moved.record(3, 0.5)
    assert (first.bitrate, first.sweep, first.seconds) == (2, 3, 0.5)
    assert second.distortion == pytest.approx(2.0**20 * first.distortion)
    assert 0 < first.distortion < 1


def test_the_order_of_the_batches_hardly_matters():
    X = gaussian(20_000, 3)
    batches = X.split(500)
    values = []
    for order in (batches, batches[::-1]):
        stream = begin(X[:500])
        for number, batch in enumerate(order):
            stream = learn(stream, batch, n_bits=2, seed=number)
        values.append(float(learn(stream, X).distortion) / stream.scale**2)
    assert values[0] == pytest.approx(values[1], rel=0.02)


def test_a_slow_change_of_the_data_is_followed():
    stream = begin(gaussian(1000))
    for number in range(20):
        stream = learn(stream, gaussian(1000, seed=number), seed=number)
    left_behind = stream
    for number in range(150):
        stream = learn(stream, gaussian(1000, seed=number) + 0.02 * number, seed=number)
    there = gaussian(1000) + 3.0
    assert learn(stream, there).distortion < 0.25 * learn(left_behind, there).distortion


def test_what_begins_from_nothing_weighs_nothing():
    assert Statistics.of_vertices(torch.zeros(4, 2), 0.0).weight == 0.0
