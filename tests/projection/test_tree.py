"""The tree finds what the product finds, to the last bit, and looks at less where it can."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.parallel import has_numba
from skcurve.projection import exact, project, project_oracle, tree
from skcurve.projection.fused import project_fused
from skcurve.projection.table import SearchTable
from skcurve.projection.tree import (
    LEAF,
    WIDTH,
    CurveTree,
    find_tree,
    project_by_tree,
    share_met,
)
from skcurve.testing import point_clouds, polylines

pytestmark = pytest.mark.skipif(not has_numba(), reason="needs numba")

DTYPES = [torch.float32, torch.float64]
both_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: str(dtype)[6:])


def hilbert(order, n_features=2):
    """The vertices of Hilbert's curve through 4**order cells of the unit square, or its product."""
    points = np.zeros((1, 2))
    for _ in range(order):
        x, y = points[:, 0], points[:, 1]
        quarters = [(y, x), (x, y + 1), (x + 1, y + 1), (2 - y, 1 - x)]
        points = np.concatenate([np.stack(quarter, axis=1) for quarter in quarters]) / 2
    more = np.zeros((len(points), n_features - 2))
    return torch.from_numpy(np.concatenate([points, more], axis=1))


def rows_around(vertices, n, spread, seed=0):
    """Rows beside the vertices, some on them, and some in the middle of segments."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, len(vertices) - 1, n)
    middle = torch.lerp(vertices[at], vertices[at + 1], 0.5)
    rows = torch.where(torch.from_numpy(rng.random(n) < 0.5)[:, None], vertices[at], middle)
    noise = torch.from_numpy(rng.standard_normal(rows.shape)).to(rows)
    return rows + spread * noise * torch.from_numpy(rng.integers(0, 2, (n, 1))).to(rows)


def assert_same_bits(X, vertices, **changed):
    table = SearchTable.of(vertices)
    branches = CurveTree.of(vertices, table)._replace(**changed)
    found = project_by_tree(X, vertices, table, branches)
    for part, other in zip(found, project_fused(X, vertices, table), strict=True):
        assert torch.equal(part, other)
    return found


@both_dtypes
@given(data=st.data())
def test_any_rows_on_any_curve_get_the_bits_of_the_product(dtype, data):
    curve = data.draw(polylines(max_vertices=200, max_features=6, dtype=np.float64))
    D = curve.n_features
    X = data.draw(point_clouds(min_features=D, max_features=D))
    assert_same_bits(
        torch.from_numpy(np.array(X)).to(dtype), torch.from_numpy(curve.vertices.copy()).to(dtype)
    )


@both_dtypes
@pytest.mark.parametrize("n_features", [1, 2, 3, 8, 16, 40])
@pytest.mark.parametrize("n_vertices", [2, LEAF, LEAF + 1, LEAF + 2, 8 * LEAF + 1, 600, 5000])
def test_random_walks_get_the_bits_of_the_product_and_the_oracles_distance(
    dtype, n_features, n_vertices
):
    rng = np.random.default_rng(n_vertices)
    steps = rng.standard_normal((n_vertices, n_features)) * (rng.random((n_vertices, 1)) < 0.9)
    vertices = torch.from_numpy(steps.cumsum(0)).to(dtype)  # a tenth of them repeated
    X = rows_around(vertices, 300, 0.3)
    found = assert_same_bits(X, vertices)
    expected = project_oracle(X, vertices).sq_distance
    torch.testing.assert_close(found.sq_distance.double(), expected, rtol=1e-4, atol=1e-9)


@both_dtypes
def test_a_lattice_full_of_ties_gets_the_bits_of_the_product(dtype):
    vertices = (hilbert(5) * 32).round().to(dtype)
    X = (rows_around(vertices, 2000, 3.0) * 2).round() / 2
    found = assert_same_bits(X, vertices)
    assert torch.equal(found.sq_distance.double(), project_oracle(X, vertices).sq_distance)


@both_dtypes
def test_what_is_in_doubt_gets_the_bits_of_what_is_not(dtype):
    vertices = hilbert(4, 3).to(dtype)
    assert_same_bits(rows_around(vertices, 300, 0.05), vertices, longest=1e5)


@pytest.mark.parametrize("n_segments", [1, LEAF, LEAF + 1, 8 * LEAF, 8 * LEAF + 1, 1000, 4097])
def test_a_box_holds_its_stretch_and_the_boxes_after_it(n_segments):
    rng = np.random.default_rng(n_segments)
    vertices = torch.from_numpy(rng.standard_normal((n_segments + 1, 3)).cumsum(0))
    branches = CurveTree.of(vertices, SearchTable.of(vertices))
    assert (branches.first[0], branches.last[0], branches.depth[0]) == (0, n_segments, 0)
    for box, (first, last, beyond) in enumerate(
        zip(branches.first, branches.last, branches.beyond, strict=True)
    ):
        stretch = branches.corners[:, first : last + 1]
        assert (branches.low[box] <= stretch.T).all()
        assert (branches.high[box] >= stretch.T).all()
        children = slice(box + 1, beyond)
        assert (branches.first[children] >= first).all()
        assert (branches.last[children] <= last).all()
        assert (branches.depth[children] > branches.depth[box]).all()
        assert (branches.depth[children] == branches.depth[box] + 1).sum() <= WIDTH
    leaves = branches.depth == branches.depth.max()
    assert (branches.first[leaves] == np.arange(0, n_segments, LEAF)).all()
    assert leaves[branches.starts].all()


def test_few_segments_are_met_where_rows_are_near_the_curve_and_many_where_they_are_not():
    vertices = hilbert(5)
    branches = CurveTree.of(vertices, SearchTable.of(vertices))
    assert share_met(rows_around(vertices, 200, 0.02), vertices, branches) < 0.05
    shuffled = vertices[torch.from_numpy(np.random.default_rng(0).permutation(len(vertices)))]
    tangled = CurveTree.of(shuffled, SearchTable.of(shuffled))
    assert share_met(rows_around(vertices, 200, 0.02), shuffled, tangled) > 0.2


def test_the_tree_is_chosen_where_it_is_faster():
    curve = hilbert(6)
    X = rows_around(curve, 4096, 0.02)
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(curve)))

    def chosen(X, vertices):
        return find_tree(X, vertices, SearchTable.of(vertices)) is not None

    assert chosen(X, curve)
    assert not chosen(X[:4095], curve)  # too few rows to build it for
    assert not chosen(X, curve[:450])  # too few vertices
    assert not chosen(X, curve[order])  # boxes would be all over each other
    wide = torch.nn.functional.pad
    assert chosen(wide(X, (0, 14)), wide(curve, (0, 14)))
    assert not chosen(wide(X, (0, 15)), wide(curve, (0, 15)))  # too many features


@both_dtypes
def test_nothing_but_the_time_depends_on_the_choice(dtype, monkeypatch):
    vertices = hilbert(5).to(dtype)
    X = rows_around(vertices, 5000, 0.02)
    calls = []
    monkeypatch.setattr(tree, "_project_rows", _counting(tree._project_rows, calls))
    found = project(X, vertices)
    assert len(calls) > 1  # the probe, and the rest
    monkeypatch.setattr(tree, "COST", len(vertices))
    for part, other in zip(found, exact.project(X, vertices), strict=True):
        assert torch.equal(part, other)
    for part, other in zip(found, project(X[:100], vertices), strict=True):
        assert torch.equal(part[:100], other)


def _counting(function, calls):
    def counted(*arguments):
        calls.append(1)
        return function(*arguments)

    return counted
