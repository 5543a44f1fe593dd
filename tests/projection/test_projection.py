"""The nearest point of a polyline: all searches, against the definition computed as it reads."""

import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.parallel import has_numba
from skcurve.projection import Projection, project, project_oracle
from skcurve.projection.blocked import project_blocked
from skcurve.projection.fused import project_fused
from skcurve.projection.table import SearchTable
from skcurve.projection.tree import project_by_tree
from skcurve.testing import point_clouds, polylines

SEARCHES = [
    pytest.param(
        project_fused,
        id="fused",
        marks=pytest.mark.skipif(not has_numba(), reason="needs numba"),
    ),
    pytest.param(
        project_by_tree,
        id="tree",
        marks=pytest.mark.skipif(not has_numba(), reason="needs numba"),
    ),
    pytest.param(project_blocked, id="blocked"),
]
DTYPES = [torch.float32, torch.float64]
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-6}

all_searches = pytest.mark.parametrize("search", SEARCHES)
both_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: str(dtype)[6:])


def find(search, X, vertices):
    return search(X, vertices, SearchTable.of(vertices))


@st.composite
def scenes(draw, dtype=torch.float64):
    """A polyline and points near it, some of them on it."""
    curve = draw(polylines(max_vertices=12, dtype=np.float64))
    cloud = draw(point_clouds(min_features=curve.n_features, max_features=curve.n_features,
                              degenerate=False))  # fmt: skip
    spread = draw(st.sampled_from([0.0, 1e-3, 1.0, 1e3]))
    on = np.linspace(0, curve.n_segments, len(cloud))
    size = np.ptp(curve.vertices) or 1.0
    X = curve.evaluate(on) + spread * size / 8 * cloud
    return torch.from_numpy(X).to(dtype), torch.from_numpy(curve.vertices.copy()).to(dtype)


def random_scene(n, n_vertices, n_features, dtype=torch.float64, shift=0.0, seed=0):
    """Gaussian rows, and a random walk through them."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, n_features)) + shift
    vertices = rng.standard_normal((n_vertices, n_features)) + shift
    return torch.from_numpy(X).to(dtype), torch.from_numpy(vertices).to(dtype)


def assert_optimal(found, X, vertices):
    """It is the oracle's distance, and the distance to the point that is named."""
    expected = project_oracle(X, vertices)
    assert found.position.dtype == found.sq_distance.dtype == X.dtype
    assert found.segment.dtype == torch.int64
    assert ((found.segment >= 0) & (found.segment < len(vertices) - 1)).all()
    assert ((found.position >= 0) & (found.position <= 1)).all()
    # Zero is computed as zero but for the rounding of differences.
    extent = float((vertices - vertices[0]).abs().max() + (X - vertices[0]).abs().max())
    floor = (8 * torch.finfo(X.dtype).eps * extent) ** 2
    close = TOLERANCE[X.dtype] * expected.sq_distance + floor
    wrong = (found.sq_distance.double() - expected.sq_distance).abs() > close
    assert not wrong.any(), (found.sq_distance[wrong], expected.sq_distance[wrong])
    # Differences first: the point itself would be rounded by its distance from the origin.
    before = X.double() - vertices[found.segment].double()
    after = X.double() - vertices[found.segment + 1].double()
    there = torch.lerp(before, after, found.position.double()[:, None]).square().sum(1)
    assert (there <= (1 + 4 * TOLERANCE[X.dtype]) * expected.sq_distance + floor).all()


@all_searches
@both_dtypes
@given(data=st.data())
def test_is_the_oracles_distance_on_any_curve(search, dtype, data):
    X, vertices = data.draw(scenes(dtype))
    assert_optimal(find(search, X, vertices), X, vertices)


@all_searches
@both_dtypes
@pytest.mark.parametrize("shift", [0.0, 1e4])
@pytest.mark.parametrize(
    ("n", "n_vertices", "n_features"),
    [(500, 2, 3), (500, 64, 1), (500, 300, 2), (700, 65, 33), (40, 17, 4096), (1, 1024, 16)],
)
def test_is_the_oracles_distance_on_random_rows(search, dtype, shift, n, n_vertices, n_features):
    X, vertices = random_scene(n, n_vertices, n_features, dtype, shift)
    assert_optimal(find(search, X, vertices), X, vertices)


@all_searches
@both_dtypes
def test_points_of_the_curve_are_at_distance_zero_however_far_from_the_origin(search, dtype):
    _, vertices = random_scene(1, 200, 8, dtype, shift=1e4)
    found = find(search, vertices, vertices)
    assert (found.sq_distance == 0).all()


@all_searches
@both_dtypes
def test_strands_closer_than_single_precision_tells_apart_are_told_apart(search, dtype):
    # One vertex far away sets the scale; beside it, all the others are in one place.
    X, vertices = random_scene(300, 60, 3, dtype)
    X, vertices = 1e-4 * X, 1e-4 * vertices
    vertices[30] = 1.0
    assert_optimal(find(search, X, vertices), X, vertices)


@all_searches
@both_dtypes
@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
def test_rows_close_to_a_long_segment_keep_their_digits(search, dtype, distance):
    X, vertices = random_scene(300, 2, 3, dtype)
    X = torch.lerp(vertices[0], vertices[1], torch.linspace(0, 1, 300).to(dtype)[:, None]) + (
        distance * X
    )
    assert_optimal(find(search, X, vertices), X, vertices)


@all_searches
@pytest.mark.parametrize("scale", [1e25, 1e-25, 1e18, 1e-18])
def test_extreme_values_do_not_overflow_on_the_way(search, scale):
    X, vertices = random_scene(50, 9, 3)
    X, vertices = (X * scale).float(), (vertices * scale).float()
    found = find(search, X, vertices)
    expected = project_oracle(X, vertices)
    assert torch.equal(found.segment, expected.segment)
    assert torch.allclose(found.position.double(), expected.position, atol=1e-5)
    # The squared distance itself may be out of the range of float32; that is no excuse for NaN.
    assert torch.allclose(found.sq_distance, expected.sq_distance.float(), rtol=1e-4)


@all_searches
@pytest.mark.parametrize("scale", [1e120, 1e-120])
def test_float64_values_beyond_float32_are_projected(search, scale):
    X, vertices = random_scene(50, 9, 3)
    found = find(search, X * scale, vertices * scale)
    expected = project_oracle(X * scale, vertices * scale)
    assert torch.equal(found.segment, expected.segment)
    assert torch.allclose(found.sq_distance, expected.sq_distance, rtol=1e-6, atol=0)


@all_searches
@pytest.mark.parametrize(
    ("X_dtype", "vertices_dtype"), [(torch.float32, torch.float64), (torch.float64, torch.float32)]
)
@pytest.mark.parametrize("shift", [0.0, 1e5])
def test_rows_and_vertices_may_differ_in_precision(search, X_dtype, vertices_dtype, shift):
    X, vertices = random_scene(300, 40, 6, shift=shift)
    X, vertices = X.to(X_dtype), vertices.to(vertices_dtype)
    found, expected = find(search, X, vertices), project_oracle(X, vertices)
    assert_optimal(found, X, vertices)
    # Neither is rounded to the other's precision, however far from the origin.
    np.testing.assert_allclose(found.position, expected.position, atol=1e-5)


def assert_the_same_one_at_a_time(search, X, vertices):
    table = SearchTable.of(vertices)
    together = search(X, vertices, table)
    single = [search(row[None], vertices, table) for row in X]
    for i, part in enumerate(together):
        assert torch.equal(part, torch.cat([one[i] for one in single]))


@all_searches
@both_dtypes
@given(data=st.data())
def test_rows_one_at_a_time_are_rows_together_bit_for_bit(search, dtype, data):
    X, vertices = data.draw(scenes(dtype))
    assert_the_same_one_at_a_time(search, X, vertices)


@all_searches
@both_dtypes
@pytest.mark.parametrize(("n_vertices", "n_features"), [(100, 40), (2, 4096), (300, 1)])
def test_many_rows_one_at_a_time_are_rows_together_bit_for_bit(
    search, dtype, n_vertices, n_features
):
    X, vertices = random_scene(300, n_vertices, n_features, dtype)
    X[::3] = vertices[torch.arange(100) % n_vertices]
    assert_the_same_one_at_a_time(search, X, vertices)


@all_searches
@both_dtypes
def test_a_row_whose_nearest_segment_is_in_doubt_is_measured_like_any_other(search, dtype):
    # Whether it is depends on the last digits of a product, and so on the rows beside it.
    X, vertices = random_scene(1000, 20, 7, dtype)
    table = SearchTable.of(vertices)
    certain = search(X, vertices, table)
    doubtful = search(X, vertices, table._replace(tolerance=0.2))
    for part, other in zip(certain, doubtful, strict=True):
        assert torch.equal(part, other)


@all_searches
@both_dtypes
def test_permuted_rows_are_permuted_results_bit_for_bit(search, dtype):
    X, vertices = random_scene(1500, 100, 20, dtype)
    order = torch.from_numpy(np.random.default_rng(1).permutation(len(X)))
    straight, permuted = find(search, X, vertices), find(search, X[order], vertices)
    for part, other in zip(straight, permuted, strict=True):
        assert torch.equal(part[order], other)


@all_searches
@given(data=st.data())
def test_all_searches_are_the_public_one(search, data):
    X, vertices = data.draw(scenes())
    found, public = find(search, X, vertices), project(X, vertices)
    assert torch.allclose(found.sq_distance, public.sq_distance, rtol=1e-9, atol=1e-12)


@all_searches
@pytest.mark.parametrize(
    ("vertices", "x", "segment", "position"),
    [
        ([[0.0], [1.0], [0.0], [1.0]], 0.25, 0, 0.25),  # passed three times
        ([[0.0], [1.0], [2.0]], 1.0, 0, 1.0),  # a corner ends the segment before it
        ([[0.0], [0.0], [0.0], [1.0]], 0.0, 0, 0.0),  # a run at the start
        ([[0.0], [1.0], [1.0], [1.0]], 1.0, 0, 1.0),  # a run at the end
        ([[0.0], [1.0], [1.0], [2.0]], 1.0, 0, 1.0),  # a run in the middle
        ([[5.0], [5.0], [5.0]], 7.0, 0, 0.0),  # no length at all
        ([[0.0], [2.0], [0.0]], 9.0, 0, 1.0),  # the turning point
        ([[1.0], [0.0], [2.0], [0.0]], -3.0, 0, 1.0),  # two corners in one place
    ],
)
def test_ties_go_to_the_lowest_index(search, vertices, x, segment, position):
    found = find(search, torch.tensor([[x]]), torch.tensor(vertices))
    assert (int(found.segment), float(found.position)) == (segment, position)


@all_searches
@given(
    start=st.integers(-4, 4),
    steps=st.lists(st.sampled_from([-4, -2, -1, 0, 1, 2, 4]), min_size=1, max_size=7),
    x=st.integers(-6, 6),
)
def test_the_index_is_the_lowest_of_equally_near_points(search, start, steps, x):
    # In one dimension, with powers of two for lengths, nothing is rounded.
    vertices = np.cumsum([start, *steps], dtype=np.float64)
    found = find(search, torch.tensor([[float(x)]]).double(), torch.from_numpy(vertices)[:, None])
    grid = np.linspace(0, len(steps), 1 + len(steps) * 4)
    distance = np.abs(np.interp(grid, np.arange(len(vertices)), vertices) - x)
    assert float(found.segment + found.position) == grid[distance.argmin()]


@all_searches
def test_no_rows_give_no_results(search):
    found = find(search, torch.empty((0, 3)), torch.eye(3))
    assert [len(part) for part in found] == [0, 0, 0]


@all_searches
def test_strided_rows_are_read_as_they_are(search):
    X, vertices = random_scene(60, 9, 8)
    for view in (X[::2], X.T.contiguous().T, X[:, :4]):
        corners = vertices[:, : view.shape[1]]
        straight = find(search, view.contiguous(), corners.contiguous())
        for part, other in zip(straight, find(search, view, corners), strict=True):
            assert torch.allclose(part, other, rtol=1e-12)


@all_searches
def test_inputs_are_not_written_to(search):
    X, vertices = random_scene(60, 9, 8, torch.float32)
    X_before, vertices_before = X.clone(), vertices.clone()
    find(search, X, vertices)
    assert torch.equal(X, X_before)
    assert torch.equal(vertices, vertices_before)


def test_the_oracle_is_a_minimum_over_a_fine_grid():
    X, vertices = random_scene(20, 5, 3)
    t = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None, None]
    points = torch.lerp(vertices[:-1], vertices[1:], t).reshape(-1, 3)
    nearest = torch.cdist(X, points, compute_mode="donot_use_mm_for_euclid_dist").amin(1) ** 2
    found = project_oracle(X, vertices).sq_distance
    assert (found <= nearest + 1e-12).all()
    assert torch.allclose(found, nearest, rtol=1e-2)


def test_index_is_segment_plus_position():
    X, vertices = random_scene(20, 5, 3)
    found = project(X, vertices)
    assert torch.equal(found.index, found.segment + found.position)


@pytest.mark.gpu
@both_dtypes
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same(dtype):
    X, vertices = random_scene(3000, 200, 16, dtype)
    found = project(X.cuda(), vertices.cuda())
    assert {part.device.type for part in found} == {"cuda"}
    assert_optimal(Projection(*(part.cpu() for part in found)), X, vertices)


@lru_cache(maxsize=1)  # all searches are held to the same
def exacting_scene(n, n_vertices, n_features, dtype, shift, repeated):
    """Rows of the spread of the vertices, rows close to the curve, rows on it; and the oracle."""
    X, vertices = random_scene(n, n_vertices, n_features, torch.float64, shift)
    if repeated:
        vertices[n_vertices // 2 :: 2] = vertices[0]
    vertices = vertices.to(dtype).double()
    close = torch.arange(n) % 4 > 0
    t = torch.linspace(0, n_vertices - 1, n, dtype=torch.float64).clamp(max=n_vertices - 1.5)
    segment = t.long()
    on = torch.lerp(vertices[segment], vertices[segment + 1], (t - segment)[:, None])
    distance = 10.0 ** -(torch.arange(n) % 4)[:, None] * ((torch.arange(n) % 5)[:, None] > 0)
    X = torch.where(close[:, None], on + distance * (X - shift), X)
    X, vertices = X.to(dtype), vertices.to(dtype)
    return X, vertices, project_oracle(X, vertices).sq_distance


@all_searches
@both_dtypes
@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("shift", [0.0, 1e4])
@pytest.mark.parametrize(
    ("n", "n_vertices", "n_features"),
    [(100_000, 48, 8), (100_000, 2, 8), (100_000, 48, 1), (100_000, 2, 1), (600, 24, 4096),
     (600, 2, 4096)],
)  # fmt: skip
@pytest.mark.slow
def test_the_squared_distance_is_relatively_exact(
    search, dtype, n, n_vertices, n_features, shift, repeated
):
    scene = exacting_scene(n, n_vertices, n_features, dtype, shift, repeated)
    X, vertices, expected = scene
    found = find(search, X, vertices)
    # Zero is rounding of the oracle itself, in float64 and not in the precision of the rows.
    rounding = (64 * torch.finfo(torch.float64).eps) ** 2 * n_features
    error = (found.sq_distance.double() - expected).abs()
    assert (error <= TOLERANCE[dtype] * expected + rounding).all()


@all_searches
def test_rows_keep_their_precision_beside_vertices_of_less(search):
    # Of the difference of two float32 vertices, float32 keeps seven digits.
    X, vertices = torch.tensor([[0.3, 0.1]]).double(), torch.tensor([[0.1, 0.7], [1.3, 0.2]])
    expected = project_oracle(X, vertices).sq_distance
    assert torch.allclose(find(search, X, vertices).sq_distance, expected, rtol=1e-12)


MEMORY = """
import resource, sys, torch
from skcurve.projection.table import SearchTable
from skcurve.projection.{module} import {search}
n, n_vertices, n_features = map(int, sys.argv[1:4])
kind = getattr(torch, sys.argv[4])
torch.manual_seed(0)
X = torch.randn(n, n_features, dtype=kind)
vertices = torch.randn(n_vertices, n_features, dtype=kind)
if sys.argv[5] == "ties":
    vertices[:], X[:] = 1.0, 3.0
table = SearchTable.of(vertices)
{search}(X[:16], vertices, table)  # what is made once: compiled code, threads
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = {search}(X, vertices, table)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
results = sum(part.numel() * part.element_size() for part in found)
print((after - before) * 1024 - results)
"""


@all_searches
@pytest.mark.parametrize(
    "scene",
    [
        "300000 2 1 float64 random",
        "300000 2 1 float32 ties",
        "100000 256 32 float32 random",
        "100000 256 32 float32 ties",
        "20000 64 512 float64 ties",
    ],
)
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory in kilobytes")
def test_extra_memory_is_bounded(search, scene):
    module, name = search.__module__.rpartition(".")[2], search.__name__
    source = MEMORY.format(module=module, search=name)
    extra = subprocess.run(
        [sys.executable, "-c", source, *scene.split()], capture_output=True, text=True, check=True
    )
    assert int(extra.stdout) < 64 * 2**20


@all_searches
def test_squares_that_float64_cannot_hold_are_no_error(search):
    X, vertices = random_scene(50, 9, 3, torch.float64)
    found = find(search, 1e200 * X, 1e200 * vertices)
    assert ((found.segment >= 0) & (found.segment < 8)).all()
