"""Rows laid out before they are wanted are the rows that are wanted."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dask")
import dask
from dask.delayed import delayed

from skcurve.distributed.shelves import Shelves
from skcurve.solvers.order import RandomOrder

N = 60


@given(
    seed=st.integers(0, 2**32 - 1),
    n_shelves=st.integers(1, 7),
    most=st.integers(20, 2 * N),
    sweeps=st.lists(st.integers(1, 20), min_size=1, max_size=8),
    again=st.booleans(),
)
def test_each_row_is_once_on_a_shelf_of_its_range(seed, n_shelves, most, sweeps, again):
    X = torch.arange(N)[:, None] * torch.ones(3)
    edges = np.linspace(0, N, n_shelves + 1).astype(int)
    fetched = []

    def fetch(rows):
        fetched.append(rows)
        return [delayed(X[torch.from_numpy(half)]) for half in np.array_split(rows, 2) if len(half)]

    shelves, order = (
        Shelves(lambda n_rows: edges, fetch, most),
        RandomOrder(N, np.random.default_rng(seed)),
    )
    with dask.config.set(scheduler="sync"):
        for n_rows in sweeps:
            assert shelves.has_room(n_rows)
            rows = order.next(n_rows)
            parts = shelves.parts(rows, order.coming)
            found = shelves.parts(rows, order.coming) if again else parts
            for part in found:
                wanted = rows[part.places]
                assert (np.diff(wanted) >= 0).all()
                shelf = np.searchsorted(edges, wanted, "right")
                assert (shelf == shelf[0]).all()
                np.testing.assert_array_equal(part.points.compute()[part.local, 0], wanted)
            places = np.concatenate([part.places for part in found])
            np.testing.assert_array_equal(np.sort(places), np.arange(n_rows))
    if most >= N:
        assert sum(map(len, fetched)) == N  # once and for all
    else:
        assert sum(map(len, fetched[:n_shelves])) <= most


def test_what_comes_next_is_fetched_with_what_is_wanted_now():
    asked = []

    def fetch(rows):
        asked.extend(rows.tolist())
        return [delayed(torch.zeros(len(rows), 2))]

    shelves, order = (
        Shelves(lambda n_rows: np.array([0, 30, N]), fetch, 40),
        RandomOrder(N, np.random.default_rng(0)),
    )
    with dask.config.set(scheduler="sync"):
        drawn = [order.next(10)]
        shelves.parts(drawn[0], order.coming)
        assert len(asked) == 40
        for _ in range(3):
            drawn.append(order.next(10))
            shelves.parts(drawn[-1], order.coming)
        assert sorted(asked) == sorted(np.concatenate(drawn).tolist())


def test_more_rows_a_sweep_get_more_shelves_when_they_are_crowded():
    laid = []

    def fetch(rows):
        laid.append(len(rows))
        return [delayed(torch.zeros(len(rows), 2))]

    def ranges(n_rows):
        return np.linspace(0, N, n_rows + 1).astype(int)

    shelves, order = Shelves(ranges, fetch, N), RandomOrder(N, np.random.default_rng(0))
    with dask.config.set(scheduler="sync"):
        for n_rows, expected in [(1, 1), (2, 1), (12, 12), (3, 12), (20, 12)]:
            shelves.parts(order.next(n_rows), order.coming)
            assert len(laid) == expected + (expected == 12)
