"""The Triton kernels, on a GPU where there is one; else by Triton's interpreter, on the CPU."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skcurve.projection import project, project_oracle
from skcurve.projection.blocked import ROUNDING, choose_exactly
from skcurve.projection.table import SearchTable
from skcurve.testing import point_clouds, polylines

pytest.importorskip("triton")

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DTYPES = [torch.float32, torch.float64]
both_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: str(dtype)[6:])
every_precision = pytest.mark.parametrize("precision", list(ROUNDING))


@pytest.fixture(scope="module")
def kernels():
    """The module; without a GPU, conftest.py has told Triton to interpret kernels."""
    from skcurve.projection import fused_triton

    return fused_triton


def scene(n, n_vertices, n_features, dtype, seed=0):
    rng = np.random.default_rng(seed)
    X, vertices = (rng.standard_normal((m, n_features)) for m in (n, n_vertices))
    return torch.from_numpy(X).to(DEVICE, dtype), torch.from_numpy(vertices).to(DEVICE, dtype)


def assert_exact(found, X, vertices):
    expected = project_oracle(X, vertices)
    assert found.position.dtype == found.sq_distance.dtype == X.dtype
    size = float((X - vertices[0]).abs().max() + (vertices - vertices[0]).abs().max())
    tolerance = 1e-4 if X.dtype == torch.float32 else 1e-6
    rounding = (8 * torch.finfo(X.dtype).eps * size) ** 2
    torch.testing.assert_close(
        found.sq_distance.double(), expected.sq_distance, rtol=tolerance, atol=rounding
    )
    before, after = (X.double() - vertices[found.segment + i].double() for i in (0, 1))
    there = torch.lerp(before, after, found.position.double()[:, None]).square().sum(1)
    assert (there <= (1 + 4 * tolerance) * expected.sq_distance + rounding).all()


@every_precision
@both_dtypes
@pytest.mark.parametrize(
    ("n", "n_vertices", "n_features"),
    [(1, 2, 1), (130, 2, 3), (129, 127, 2), (100, 128, 5), (100, 129, 33), (50, 255, 64),
     (50, 300, 31)],
)  # fmt: skip
def test_is_the_oracles_distance(kernels, dtype, precision, n, n_vertices, n_features):
    X, vertices = scene(n, n_vertices, n_features, dtype)
    table = SearchTable.of(vertices)
    assert_exact(kernels.project_triton(X, vertices, table, precision), X, vertices)


@both_dtypes
@settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_is_the_oracles_distance_on_any_curve(kernels, dtype, data):
    curve = data.draw(polylines(max_vertices=12, max_features=4, dtype=np.float64))
    D = curve.n_features
    X = torch.from_numpy(np.array(data.draw(point_clouds(min_features=D, max_features=D))))
    X = X.to(DEVICE, dtype)
    vertices = torch.from_numpy(curve.vertices.copy()).to(DEVICE, dtype)
    assert_exact(kernels.project_triton(X, vertices, SearchTable.of(vertices)), X, vertices)


@every_precision
@both_dtypes
def test_no_row_is_certain_of_a_segment_that_is_not_the_nearest(kernels, dtype, precision):
    # What tensor cores round, the interpreter does not: so round the vertices for it.
    X, vertices = scene(400, 200, 8, dtype)
    table = SearchTable.of(vertices)
    off = ROUNDING[precision] / 2 * (2 * torch.rand(table.product.shape, device=DEVICE) - 1)
    rounded = table._replace(product=table.product * (1 + off))
    found, doubt = kernels.project_undoubted(X, vertices, rounded, precision)
    expected = project_oracle(X, vertices)
    certain = doubt == 0
    close = 1e-5 * expected.sq_distance
    assert ((found.sq_distance - expected.sq_distance).abs()[certain] <= close[certain]).all()
    if precision != "tf32":
        assert certain.double().mean() > 0.9


def test_rows_passed_twice_by_the_curve_are_in_doubt_and_get_the_first_segment(kernels):
    corners = [[0.0, 0.0], [4.0, 0.0], [4.0, 1.0], [4.0, 0.0], [0.0, 0.0]]
    there_and_back = torch.tensor(corners, device=DEVICE)
    X = torch.tensor([[1.0, 1.0], [3.0, -2.0], [4.0, 0.0], [0.0, 0.0]], device=DEVICE)
    table = SearchTable.of(there_and_back)
    _, doubt = kernels.project_undoubted(X, there_and_back, table)
    assert (doubt == 1).all()
    found = kernels.project_triton(X, there_and_back, table)
    assert found.segment.tolist() == [0, 0, 0, 0]
    assert found.position.tolist() == [0.25, 0.75, 1.0, 0.0]


@pytest.mark.parametrize(
    ("vertices", "x", "segment", "position"),
    [
        ([[0.0], [1.0], [0.0], [1.0]], 0.25, 0, 0.25),
        ([[0.0], [1.0], [2.0]], 1.0, 0, 1.0),
        ([[0.0], [0.0], [0.0], [1.0]], 0.0, 0, 0.0),
        ([[0.0], [1.0], [1.0], [2.0]], 1.0, 0, 1.0),
        ([[5.0], [5.0], [5.0]], 7.0, 0, 0.0),
        ([[1.0], [0.0], [2.0], [0.0]], -3.0, 0, 1.0),
    ],
)
def test_ties_go_to_the_lowest_index(kernels, vertices, x, segment, position):
    corners, X = torch.tensor(vertices, device=DEVICE), torch.tensor([[x]], device=DEVICE)
    found = kernels.project_triton(X, corners, SearchTable.of(corners))
    assert (int(found.segment), float(found.position)) == (segment, position)


@pytest.mark.parametrize("scale", [1e120, 1e-120])
def test_float64_values_beyond_float32_are_projected(kernels, scale):
    X, vertices = scene(50, 9, 3, torch.float64)
    X, vertices = X * scale, vertices * scale
    found = kernels.project_triton(X, vertices, SearchTable.of(vertices))
    expected = project_oracle(X, vertices)
    assert torch.equal(found.segment, expected.segment)
    assert torch.allclose(found.sq_distance, expected.sq_distance, rtol=1e-6, atol=0)


@both_dtypes
def test_rows_far_beyond_the_curve_are_settled_in_full(kernels, dtype):
    X, vertices = scene(20, 9, 3, dtype)
    table = SearchTable.of(vertices)
    _, doubt = kernels.project_undoubted(X * 1e17, vertices, table)
    assert (doubt == 1).all()
    assert_exact(kernels.project_triton(X * 1e17, vertices, table), X * 1e17, vertices)


@both_dtypes
def test_strided_rows_and_no_rows_are_read_as_they_are(kernels, dtype):
    X, vertices = scene(60, 9, 8, dtype)
    table = SearchTable.of(vertices)
    straight = kernels.project_triton(X, vertices, table)
    for view in (X.T.contiguous().T, torch.cat([X, X], 1)[:, :8]):
        for part, other in zip(
            straight, kernels.project_triton(view, vertices, table), strict=True
        ):
            assert torch.equal(part, other)
    assert [len(part) for part in kernels.project_triton(X[:0], vertices, table)] == [0, 0, 0]


@both_dtypes
def test_rows_one_at_a_time_are_rows_together_bit_for_bit(kernels, dtype):
    X, vertices = scene(12, 140, 5, dtype)
    X[::3] = vertices[::36]
    table = SearchTable.of(vertices)
    together = kernels.project_triton(X, vertices, table)
    single = [kernels.project_triton(row[None], vertices, table) for row in X]
    for i, part in enumerate(together):
        assert torch.equal(part, torch.cat([one[i] for one in single]))


def test_the_two_nearest_are_the_two_smallest_values(kernels):
    X, vertices = scene(200, 400, 6, torch.float32)
    table = SearchTable.of(vertices)
    lines = torch.stack([table.sq_norm, table.slope, table.half, table.length])
    met = kernels.meet(X, table.product.T, lines, "ieee")
    v = X @ table.product + table.sq_norm
    s = ((v[:, :-1] - v[:, 1:]) * table.slope[:-1] + table.half[:-1]).clamp(min=0)
    q = torch.cat([v[:, :-1] - torch.minimum(s, table.length[:-1]) ** 2, v[:, -1:]], 1)
    two = q.topk(2, largest=False)
    torch.testing.assert_close(torch.stack([met.least, met.second], 1), two.values, rtol=1e-4,
                               atol=1e-4)  # fmt: skip
    assert (met.nearest == two.indices[:, 0]).float().mean() > 0.99
    assert (met.runner_up == two.indices[:, 1]).float().mean() > 0.99


def test_each_task_meets_the_points_of_its_own_dithers(kernels):
    X, vertices = scene(300, 150, 6, torch.float32)
    dithers = torch.rand(3, 149, device=DEVICE)
    points = [torch.lerp(vertices[:-1], vertices[1:], t[:, None]) for t in dithers]
    norms = torch.stack([torch.nn.functional.pad((p * p).sum(1), (0, 1)) for p in points])
    tasks = torch.tensor([[0, 140, 160], [140, 300, 0], [0, 140, 300]], device=DEVICE)
    met = kernels.meet(
        X, -2 * vertices, norms, "ieee", tasks=tasks, n_results=440, most_rows=160,
        dithers=torch.nn.functional.pad(dithers, (0, 1)),
    )  # fmt: skip
    for (begin, end, out), p in zip(tasks.tolist(), points, strict=True):
        q = (p * p).sum(1) - 2 * X[begin:end] @ p.T
        two = q.topk(2, largest=False)
        results = slice(out, out + end - begin)
        torch.testing.assert_close(met.least[results], two.values[:, 0], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(met.second[results], two.values[:, 1], rtol=1e-4, atol=1e-4)
        assert (met.nearest[results] == two.indices[:, 0]).float().mean() > 0.99


def test_the_choice_alone_is_that_of_the_blocked_search():
    X, vertices = scene(200, 50, 6, torch.float64)
    expected = project_oracle(X, vertices)
    chosen = choose_exactly(X, vertices, SearchTable.of(vertices))
    inner = (expected.position > 0) & (expected.position < 1)  # a vertex has two segments
    assert torch.equal(chosen[inner], expected.segment[inner])


@pytest.mark.gpu
@every_precision
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_exact_at_full_size_in_every_precision(kernels, precision):
    X, vertices = scene(20_000, 1024, 512, torch.float32)
    assert_exact(
        kernels.project_triton(X, vertices, SearchTable.of(vertices), precision), X, vertices
    )


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_rows_here_and_a_curve_there_meet(monkeypatch):
    from skcurve.projection import streamed

    monkeypatch.setattr(streamed, "BLOCK_BYTES", 1 << 16)
    X, vertices = scene(5000, 64, 16, torch.float32)
    X = X.cpu()
    found, expected = project(X, vertices), project(X, vertices.cpu())
    assert found.segment.device.type == "cpu"
    torch.testing.assert_close(found.sq_distance, expected.sq_distance)
    assert torch.equal(found.segment, expected.segment)
