"""Layers by all their names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.explorer.layers import name_layers, resolve_layers, spell_layers


@given(st.integers(1, 18), st.data())
def test_every_way_to_say_the_same_layers_means_them(n_layers, data):
    first = data.draw(st.integers(0, n_layers - 1))
    last = data.draw(st.integers(first, n_layers - 1))
    expected = list(range(first, last + 1))
    for said in (
        (first, last),
        (first - n_layers, last - n_layers),
        range(first, last + 1),
        slice(first, last + 1),
        expected,
        [*reversed(expected), last],
    ):
        found = resolve_layers(said, n_layers)
        assert found == expected or (said == slice(None) and found is None)
        assert resolve_layers(found, n_layers) == found  # what is known can be handed on
        if isinstance(said, list) or min(said if isinstance(said, tuple) else [0]) >= 0:
            assert spell_layers(said) == expected  # and a direction takes it in the same way
    assert resolve_layers(last, n_layers) == spell_layers(last) == [last]


@given(st.sets(st.integers(0, 17), min_size=1))
def test_a_name_says_which_layers(layers):
    numbers = tuple(sorted(layers))
    told = name_layers(numbers)
    parts = told.split(", ")
    if "-" in told:
        first, last = map(int, told.split("-"))
        assert numbers == tuple(range(first, last + 1))
    else:
        assert numbers == tuple(map(int, parts))


def test_an_array_names_layers_one_by_one():
    assert resolve_layers(np.array([5, 2]), 8) == spell_layers(np.array([5, 2])) == [2, 5]


def test_all_layers_are_the_whole_latent():
    assert resolve_layers(None, 18) is None
    assert resolve_layers(slice(None), None) is None
    assert spell_layers(None) is None
    assert spell_layers(slice(None)) is None


@pytest.mark.parametrize(
    ("layers", "n_layers", "error", "said"),
    [
        ((0, 3), None, ValueError, "the generator has none"),
        (5, 5, ValueError, "names layer 5; there are 5, from 0 to 4"),
        ((3, 1), 5, ValueError, "ends before it begins"),
        ((1, 2, 3), 5, ValueError, "both included"),
        ([], 5, ValueError, "names none of the 5 layers"),
        ("two", 5, TypeError, "got 'two'"),
        ([1.5], 5, TypeError, "layers must be"),
    ],
)
def test_bad_layers_are_named(layers, n_layers, error, said):
    with pytest.raises(error, match=said):
        resolve_layers(layers, n_layers)


@pytest.mark.parametrize(
    ("layers", "error", "said"),
    [
        ((3, -1), ValueError, "a direction does not know how many layers"),
        (slice(3, None), ValueError, "has no end"),
        (slice(-3, 4), ValueError, "counts from the end"),
        ((3, 1), ValueError, "ends before it begins"),
        ((1, 2, 3), ValueError, "both included"),
        ([], ValueError, "names none"),
        (1.5, TypeError, "layers must be"),
    ],
)
def test_a_direction_takes_no_range_without_an_end(layers, error, said):
    with pytest.raises(error, match=said):
        spell_layers(layers)
