"""A random order that is computed: a permutation, another for every key, and even."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from skcurve.solvers.order import RandomOrder

some_examples = settings(max_examples=100)


@some_examples
@given(st.integers(1, 3000), st.integers(0, 99))
def test_every_number_comes_once_a_round(n, seed):
    order = RandomOrder(n, np.random.default_rng(seed))
    first, second = order.next(n), order.next(n)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(n))
    if n > 20:
        assert first.tolist() != second.tolist()


@some_examples
@given(
    st.integers(1, 200), st.lists(st.integers(0, 150), min_size=1, max_size=6), st.integers(0, 99)
)
def test_in_parts_it_is_the_same_and_can_be_taken_up_again(n, sizes, seed):
    whole, parts = (RandomOrder(n, np.random.default_rng(seed)) for _ in range(2))
    found = [parts.next(size) for size in sizes if size]
    if found:
        assert np.concatenate(found).tolist() == whole.next(sum(sizes)).tolist()
    other = RandomOrder(n, np.random.default_rng(seed + 1))
    other.state = parts.state
    coming = other.coming(50)
    assert coming.tolist() == parts.next(max(1, len(coming)))[: len(coming)].tolist()


@pytest.mark.parametrize("n", [5, 12, 100])
def test_every_number_is_as_likely_at_every_place(n):
    counts, n_orders = np.zeros((n, n)), 4000
    for seed in range(n_orders):
        counts[np.arange(n), RandomOrder(n, np.random.default_rng(seed)).next(n)] += 1
    expected = n_orders / n
    statistic = float(((counts - expected) ** 2).sum() / expected)
    assert statistic < chi2.ppf(1 - 1e-6, (n - 1) ** 2)


def test_neighbours_are_scattered():
    drawn = RandomOrder(10_000, np.random.default_rng(0)).next(5000)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.05
    halves = [np.mean(drawn[start::2] < 5000) for start in (0, 1)]
    assert halves == pytest.approx([0.5, 0.5], abs=0.04)
    lows = np.bincount(drawn % 10, minlength=10)
    assert lows == pytest.approx([500] * 10, abs=100)


def test_it_takes_no_memory_for_more_rows_than_a_machine_holds():
    n = 10**15
    drawn = RandomOrder(n, np.random.default_rng(0)).next(1000)
    assert len(set(drawn.tolist())) == 1000
    assert drawn.min() >= 0
    assert drawn.max() < n
    assert drawn.mean() == pytest.approx(n / 2, rel=0.1)
