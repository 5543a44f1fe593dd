"""One sweep, compiled and in torch, against the definition written as a loop over the rows."""

from importlib import import_module

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.parallel import has_numba
from skcurve.solvers import Statistics
from skcurve.solvers import accumulate as accumulate_module
from skcurve.solvers.accumulate import accumulate, accumulate_blocked
from skcurve.solvers.rows import Sample

if has_numba():
    from skcurve.solvers.accumulate_fused import accumulate_fused
else:
    accumulate_fused = None

WAYS = [
    pytest.param(
        accumulate_fused,
        id="fused",
        marks=pytest.mark.skipif(not has_numba(), reason="needs numba"),
    ),
    pytest.param(accumulate_blocked, id="blocked"),
]
PARTS = ("diagonal", "beside", "moment", "usage", "sq_error")

both_ways = pytest.mark.parametrize("way", WAYS)
both_dtypes = pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64], ids=["float32", "float64"]
)


def by_the_row(sample, vertices, dithers, exact):
    """The definition, in float64: one pass, one block, one row, one segment at a time."""
    n_passes, n_blocks, n_segments = dithers.shape
    points = (sample.X.double()[sample.chosen] - sample.center.double()) * sample.scale
    corners, sums = vertices.double(), torch.zeros(5, n_segments, dtype=torch.float64)
    moment = torch.zeros(corners.shape, dtype=torch.float64)
    for number in range(n_passes):
        for row, (x, w) in enumerate(zip(points, sample.weights.double(), strict=True)):
            block = sum(row >= len(points) * (b + 1) // n_blocks for b in range(n_blocks))
            step = torch.diff(corners, dim=0)
            dither = dithers[number, block].double()
            if exact[number, block]:
                sq_length = step.square().sum(1)
                dither = ((x - corners[:-1]) * step).sum(1) / torch.where(
                    sq_length > 0, sq_length, 1
                )
                dither = dither.clamp(0, 1)
            dithered = corners[:-1] + dither[:, None] * step
            distances = (x - dithered).square().sum(1)
            # A vertex ends the segment before it: of equals, to rounding, the first.
            i = int((distances <= distances.min() * (1 + 1e-6)).int().argmax())
            after, before = dither[i], 1 - dither[i]
            sums[:3, i] += w * torch.stack([before**2, after**2, before * after])
            beyond, share = i, 0.0
            if exact[number, block]:
                beyond = min(max(i - 1 if after < 0.5 else i + 1, 0), n_segments - 1)
                share = 0.5 - min(before, after)
            error = torch.tensor([1.0, distances[i]], dtype=torch.float64)
            sums[3:, i] += w * (1 - share) * error
            sums[3:, beyond] += w * share * error
            moment[i] += w * before * x
            moment[i + 1] += w * after * x
    return Statistics.of_segments(sums, moment)


def random_sweep(dtype, *, n_rows=60, n_vertices=9, n_features=3, n_passes=2, n_blocks=3, seed=0,
    exact_share=0.5,
):  # fmt: skip
    rng = np.random.default_rng(seed)
    X = torch.from_numpy(rng.standard_normal((2 * n_rows, n_features)) + 5.0).to(dtype)
    chosen = torch.from_numpy(rng.permutation(2 * n_rows)[:n_rows])
    weights = torch.from_numpy(rng.integers(1, 4, n_rows)).to(dtype)
    sample = Sample(X, chosen, weights, X.mean(0), 0.7)
    vertices = torch.from_numpy(rng.standard_normal((n_vertices, n_features))).to(dtype)
    dithers = torch.from_numpy(rng.random((n_passes, n_blocks, n_vertices - 1))).to(dtype)
    exact = torch.from_numpy(rng.random((n_passes, n_blocks)) < exact_share)
    return sample, vertices, dithers, exact


def assert_same(found, expected, dtype):
    rtol, atol = (1e-4, 1e-3) if dtype == torch.float32 else (1e-9, 1e-9)
    for name in PARTS:
        part = getattr(found, name)
        assert part.dtype == dtype
        np.testing.assert_allclose(part, getattr(expected, name), rtol, atol, err_msg=name)


@pytest.fixture
def in_half(monkeypatch):
    """Products in half precision, wherever they may be."""
    if not has_numba():
        pytest.skip("needs numba")
    fused = import_module("skcurve.solvers.accumulate_fused")
    monkeypatch.setattr(fused, "HALF_ENTRIES", 0)
    monkeypatch.setattr(fused, "has_half_products", lambda: True)


@both_ways
@both_dtypes
@pytest.mark.parametrize("exact_share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"n_rows": 1, "n_blocks": 1},
        {"n_vertices": 2},
        {"n_features": 1},
        {"n_passes": 5, "n_blocks": 1},
        {"n_passes": 1, "n_blocks": 13},
        {"n_rows": 61, "n_blocks": 4, "n_vertices": 33},
        {"n_features": 100},
    ],
    ids=str,
)
def test_is_its_definition(way, dtype, shape, exact_share):
    sweep = random_sweep(dtype, exact_share=exact_share, **shape)
    if shape.get("n_features") == 1:
        # A line that folds over itself is met at the same point by many segments.
        found, expected = way(*sweep), by_the_row(*sweep)
        assert found.weight == pytest.approx(expected.weight)
        assert found.distortion == pytest.approx(expected.distortion, rel=1e-4, abs=1e-5)
        return
    assert_same(way(*sweep), by_the_row(*sweep), dtype)


@both_ways
@given(data=st.data())
def test_is_its_definition_on_awkward_rows(way, data):
    # Integers and quarters, so that distances are exact and ties, which abound, are real ones.
    n_rows, n_features = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 3))
    n_vertices, n_passes = data.draw(st.integers(2, 6)), data.draw(st.integers(1, 3))
    n_blocks = data.draw(st.integers(1, n_rows))
    whole = st.integers(-3, 3).map(float)
    X = torch.from_numpy(data.draw(arrays(np.float64, (n_rows, n_features), elements=whole)))
    vertices = torch.from_numpy(
        data.draw(arrays(np.float64, (n_vertices, n_features), elements=whole))
    )
    weights = torch.from_numpy(
        data.draw(arrays(np.float64, n_rows, elements=st.sampled_from([0.0, 0.5, 2.0])))
    )
    quarters = st.sampled_from([0.0, 0.25, 0.5, 0.75])
    shape = (n_passes, n_blocks, n_vertices - 1)
    dithers = torch.from_numpy(data.draw(arrays(np.float64, shape, elements=quarters)))
    sample = Sample(X, torch.arange(n_rows), weights, torch.zeros(n_features).double(), 1.0)
    exact = torch.from_numpy(data.draw(arrays(bool, shape[:2])))
    sweep = sample, vertices, dithers, exact
    found, expected = way(*sweep), by_the_row(*sweep)
    # Rounding may tell a tie differently; the distance to the nearest point is one number.
    assert found.weight == pytest.approx(expected.weight)
    assert float(found.sq_error.sum()) == pytest.approx(float(expected.sq_error.sum()), abs=1e-9)
    assert (found.sq_error >= 0).all()
    total = float(found.diagonal.sum() + 2 * found.beside.sum())
    assert total == pytest.approx(found.weight)
    everything = n_passes * (weights[:, None] * X).sum(0)
    np.testing.assert_allclose(found.moment.sum(0), everything, atol=1e-9)


@both_ways
def test_rows_of_weight_two_are_rows_that_come_twice(way):
    sample, vertices, *meetings = random_sweep(torch.float64, n_blocks=1)
    twice = sample._replace(
        chosen=sample.chosen.repeat_interleave(sample.weights.long()),
        weights=torch.ones(int(sample.weights.sum()), dtype=torch.float64),
    )
    assert_same(way(twice, vertices, *meetings), way(sample, vertices, *meetings), torch.float64)


@both_ways
def test_several_sweeps_sum_to_one(way):
    sample, vertices, dithers, exact = random_sweep(torch.float64, n_blocks=2, n_rows=40)
    halves = [
        way(
            sample._replace(chosen=sample.chosen[part], weights=sample.weights[part]),
            vertices,
            dithers[:, b : b + 1],
            exact[:, b : b + 1],
        )
        for b, part in enumerate((slice(20), slice(20, None)))
    ]
    whole = way(sample, vertices, dithers, exact)
    assert_same(halves[0] + halves[1], whole, torch.float64)


@both_ways
@both_dtypes
@pytest.mark.parametrize("exact_share", [0.0, 1.0])
def test_points_of_the_curve_have_no_error(way, dtype, exact_share):
    _, vertices, dithers, exact = random_sweep(
        dtype, n_passes=1, n_blocks=1, exact_share=exact_share
    )
    on = torch.lerp(vertices[:-1], vertices[1:], dithers[0, 0, :, None])
    n_segments, n_features = on.shape
    center = torch.zeros(n_features, dtype=dtype)
    sample = Sample(on, torch.arange(n_segments), torch.ones(n_segments).to(dtype), center, 1.0)
    found = way(sample, vertices, dithers, exact)
    assert (found.sq_error >= 0).all()
    assert found.distortion < (1e-5 if dtype == torch.float32 else 1e-13)
    if not exact.any():
        assert found.usage.tolist() == [1.0] * n_segments
    torch.testing.assert_close(found.solve(vertices, 0.0), vertices, atol=1e-3, rtol=0)


@both_ways
def test_nothing_that_is_passed_is_written_to(way):
    sample, *others = random_sweep(torch.float64)
    before = [part.clone() for part in (*sample[:4], *others)]
    way(sample, *others)
    assert all(map(torch.equal, before, (*sample[:4], *others)))


@both_ways
def test_the_line_itself_is_never_farther_than_a_dithered_point(way):
    *sweep, exact = random_sweep(torch.float64, exact_share=1.0)
    to_line, to_points = way(*sweep, exact), way(*sweep, ~exact)
    assert to_line.distortion < to_points.distortion


@pytest.mark.skipif(not has_numba(), reason="needs numba")
@pytest.mark.parametrize("n_blocks", [1, 7, 40])
def test_the_number_of_threads_does_not_change_a_bit(n_blocks):
    sweep = random_sweep(torch.float32, n_rows=3000, n_vertices=65, n_blocks=n_blocks)
    threads = torch.get_num_threads()
    try:
        found = []
        for number in (1, 2, 5):
            torch.set_num_threads(number)
            found.append(accumulate_fused(*sweep))
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        assert all(torch.equal(getattr(found[0], name), getattr(other, name)) for name in PARTS)


def test_without_numba_torch_does_it(monkeypatch):
    sweep = random_sweep(torch.float64)
    monkeypatch.setattr(accumulate_module, "accumulate_blocked", lambda *sweep: "blocked")
    monkeypatch.setattr(accumulate_module, "has_numba", lambda: False)
    assert accumulate(*sweep) == "blocked"


@both_ways
def test_a_row_on_a_vertex_counts_for_both_segments(way):
    vertices = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
    for place in (1.0 - 1e-12, 1.0, 1.0 + 1e-12):
        X = torch.tensor([[place]], dtype=torch.float64)
        one = torch.ones(1, dtype=torch.float64)
        sample = Sample(X, torch.zeros(1, dtype=torch.int64), one, 0 * one, 1.0)
        exact = torch.ones((1, 1), dtype=torch.bool)
        found = way(sample, vertices, torch.zeros((1, 1, 3), dtype=torch.float64), exact)
        np.testing.assert_allclose(found.usage, [0.5, 0.5, 0.0], atol=1e-9)
        np.testing.assert_allclose(found.diagonal, [0.0, 1.0, 0.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("exact_share", [0.0, 1.0])
@pytest.mark.parametrize("n_features", [2, 33])
def test_half_precision_meets_what_full_precision_meets(in_half, n_features, exact_share):
    # Few vertices: of those about as near as the nearest, there are no more than two.
    sweep = random_sweep(
        torch.float32, n_vertices=4, n_features=n_features, exact_share=exact_share
    )
    assert_same(accumulate_fused(*sweep), by_the_row(*sweep), torch.float32)


@pytest.mark.parametrize("exact_share", [0.0, 1.0])
def test_half_precision_among_many_vertices_is_nearly_as_near(in_half, exact_share, monkeypatch):
    sweep = random_sweep(
        torch.float32, n_rows=3000, n_vertices=300, n_features=48, n_passes=1, n_blocks=3,
        exact_share=exact_share,
    )  # fmt: skip
    found = accumulate_fused(*sweep)
    monkeypatch.undo()
    expected = accumulate_blocked(*sweep)
    assert found.weight == pytest.approx(expected.weight)
    assert expected.distortion * (1 - 1e-5) <= found.distortion <= 1.001 * expected.distortion
    assert abs(found.usage - expected.usage).sum() < 0.05 * expected.weight


def test_float64_rows_are_met_in_float64(in_half):
    sweep = random_sweep(torch.float64)
    assert_same(accumulate_fused(*sweep), by_the_row(*sweep), torch.float64)


@pytest.mark.parametrize("n_blocks", [1, 7])
def test_half_precision_gives_the_same_bits_on_any_number_of_threads(in_half, n_blocks):
    test_the_number_of_threads_does_not_change_a_bit(n_blocks)
