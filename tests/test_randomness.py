"""Randomness comes from `random_state` alone."""

import numpy as np
import pytest
import torch

from skcurve import PolylineCurve
from skcurve.metrics import dithered_distortion
from skcurve.randomness import as_generator


@pytest.mark.parametrize("seed", [0, 7, np.int64(7)])
def test_a_number_gives_the_same_stream_every_time(seed):
    assert as_generator(seed).random() == as_generator(seed).random()


def test_different_numbers_give_different_streams():
    assert as_generator(0).random() != as_generator(1).random()


def test_nothing_given_gives_a_new_stream_every_time():
    assert as_generator(None).random() != as_generator(None).random()


def test_a_generator_is_used_as_it_is():
    generator = np.random.default_rng(0)
    assert as_generator(generator) is generator


def test_a_random_state_seeds_and_moves_on():
    state = np.random.RandomState(0)
    first, second = as_generator(state).random(), as_generator(state).random()
    assert first != second
    again = np.random.RandomState(0)
    assert [as_generator(again).random(), as_generator(again).random()] == [first, second]


def test_the_global_generators_are_not_touched():
    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002
    torch_before = torch.random.get_rng_state()
    curve = PolylineCurve(np.eye(3))
    curve.sample(5)
    curve.sample(5, random_state=0)
    dithered_distortion(curve, np.eye(3), random_state=0)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), torch_before)
