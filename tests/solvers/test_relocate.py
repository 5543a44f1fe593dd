"""Dead and runaway vertices find a place where they are needed."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.solvers import Statistics
from skcurve.solvers.relocate import DEAD, MOST_MOVED, relocate

LONGEST = 1.8

some_examples = settings(max_examples=100)


def statistics_of(usage, sq_error):
    usage, sq_error = torch.as_tensor(usage).double(), torch.as_tensor(sq_error).double()
    sums = torch.stack([usage / 3, usage / 3, usage / 6, usage, sq_error])
    return Statistics.of_segments(sums, torch.zeros(len(usage) + 1, 1).double())


def walk(n_vertices, n_features=2):
    """Vertices one apart."""
    steps = torch.zeros(n_vertices, n_features, dtype=torch.float64)
    steps[1:, 0] = 1.0
    return steps.cumsum(0)


def moved(before, after):
    """How many vertices are new, and how many old ones are still there, in their order."""
    old = [tuple(corner) for corner in before.tolist()]
    kept = [old.index(corner) for corner in map(tuple, after.tolist()) if corner in old]
    assert kept == sorted(kept)
    return len(after) - len(kept)


@some_examples
@given(st.data())
def test_as_many_vertices_and_few_of_them_new(data):
    n_vertices = data.draw(st.integers(4, 40))
    finite = st.floats(0, 100, width=32)
    usage = data.draw(arrays(np.float64, n_vertices - 1, elements=finite))
    sq_error = data.draw(arrays(np.float64, n_vertices - 1, elements=finite))
    # No middle of two of these places is a third.
    places = st.integers(-99, 99).map(lambda k: k + 1e-6 * k * k)
    vertices = torch.from_numpy(
        data.draw(arrays(np.float64, (n_vertices, 2), elements=places, unique=True))
    )
    before = vertices.clone()
    after = relocate(vertices, statistics_of(usage, sq_error), LONGEST)
    assert after.shape == vertices.shape
    assert torch.equal(vertices, before)
    assert moved(vertices, after) <= int(MOST_MOVED * n_vertices)
    # A vertex in use is taken for no more than a runaway segment.
    used = np.append(usage, 0.0) + np.append(0.0, usage)
    stayed = set(map(tuple, after.tolist()))
    taken = np.array([tuple(corner) not in stayed for corner in vertices.tolist()])
    lengths = torch.diff(vertices, dim=0).norm(dim=1)
    n_runaway = int((lengths > LONGEST * lengths.mean()).sum())
    assert (taken & (used >= DEAD * used.mean())).sum() <= n_runaway
    # Every new vertex is the middle of an old segment.
    middles = (vertices[1:] + vertices[:-1]) / 2
    both = torch.cat([vertices, middles])
    distances = (after[:, None] - both).norm(dim=2)
    assert (distances.min(1).values < 1e-9).all()


def test_a_curve_in_good_order_stays_as_it_is():
    vertices = walk(32)
    assert relocate(vertices, statistics_of(torch.ones(31), torch.ones(31)), LONGEST) is vertices


def test_a_dead_vertex_goes_to_the_segment_with_the_largest_error():
    vertices, usage, error = walk(32), torch.ones(31), torch.ones(31)
    vertices[11, 0] -= 0.5
    vertices[12:, 0] -= 1.0
    usage[10:12] = 0.0  # both segments of vertex 11
    error[20] = 9.0
    after = relocate(vertices, statistics_of(usage, error), LONGEST)
    expected = [*range(11), *range(11, 20), 19.5, *range(20, 31)]
    assert after[:, 0].tolist() == expected


def test_a_vertex_in_use_is_not_taken_for_a_dead_one_that_has_to_stay():
    # Without vertex 11 there would be a runaway segment, so it stays; no other is dead.
    vertices, usage, error = walk(32), torch.ones(31), torch.ones(31)
    usage[10:12] = 0.0
    error[20] = 9.0
    assert torch.equal(relocate(vertices, statistics_of(usage, error), LONGEST), vertices)


def test_dead_ends_move_too():
    vertices, usage, error = walk(32), torch.ones(31), torch.ones(31)
    usage[-1] = 0.0
    error[4] = 9.0
    after = relocate(vertices, statistics_of(usage, error), LONGEST)
    assert after[:, 0].tolist() == [*range(5), 4.5, *range(5, 31)]


def test_a_runaway_segment_is_held_in_its_middle():
    vertices, usage = walk(32), torch.ones(31)
    vertices[16:, 0] += 3 * LONGEST
    usage[5] = 0.3  # its first vertex is the least used, and not dead
    usage[6] = 0.2
    after = relocate(vertices, statistics_of(usage, torch.ones(31)), LONGEST)
    middle = float(vertices[15, 0] + vertices[16, 0]) / 2
    assert middle in after[:, 0].tolist()
    assert 6.0 not in after[:, 0].tolist()
    assert moved(vertices, after) == 1
    assert torch.diff(after[:, 0]).max() < torch.diff(vertices[:, 0]).max()


def test_a_vertex_that_holds_a_long_way_is_not_taken():
    # Without vertex 8 there would be a segment of length six.
    vertices, usage = walk(32), torch.ones(31)
    vertices[8:, 0] += 2.0
    vertices[9:, 0] += 2.0
    usage[7:9] = 0.0
    after = relocate(vertices, statistics_of(usage, torch.ones(31)), LONGEST)
    assert float(vertices[8, 0]) in after[:, 0].tolist()


def test_a_curve_without_length_or_error_is_no_trouble():
    vertices = torch.zeros(32, 2, dtype=torch.float64)
    usage = torch.zeros(31)
    usage[0] = 5.0
    after = relocate(vertices, statistics_of(usage, torch.zeros(31)), LONGEST)
    assert torch.equal(after, vertices)
