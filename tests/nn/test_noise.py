"""The counting generator: uniform, normal, independent, and all its state in two integers."""

import numpy as np
import pytest
import torch
from scipy import stats

from skcurve.nn.noise import Noise, _scramble


def noise(seed=0):
    return Noise(torch.Generator().manual_seed(seed))


def test_uniform_numbers_are_uniform_and_neither_end_comes():
    drawn = noise().advance().uniform(200_000)
    assert drawn.dtype == torch.float32
    assert drawn.min() > 0 and drawn.max() < 1
    assert stats.kstest(drawn.numpy(), "uniform").pvalue > 1e-3


def test_normal_numbers_are_normal():
    drawn = noise().advance().normal(100_000, 2)
    assert drawn.shape == (100_000, 2)
    assert stats.kstest(drawn.numpy().ravel(), "norm").pvalue > 1e-3
    correlation = np.corrcoef(drawn.numpy().T)[0, 1]
    assert abs(correlation) < 0.015


@pytest.mark.parametrize("lag", [1, 2, 7, 64])
def test_numbers_know_nothing_of_their_neighbours(lag):
    drawn = noise().advance().uniform(100_000).numpy() - 0.5
    assert abs(np.mean(drawn[lag:] * drawn[:-lag]) * 12) < 0.015


def test_passes_and_seeds_know_nothing_of_each_other():
    source = noise()
    drawn = [source.advance().uniform(20_000).numpy() - 0.5 for _ in range(3)]
    drawn.append(noise(1).advance().uniform(20_000).numpy() - 0.5)
    correlations = np.corrcoef(drawn) - np.eye(4)
    assert np.abs(correlations).max() < 0.03


def test_numbers_of_one_pass_are_not_drawn_twice():
    draws = noise().advance()
    first, second = draws.uniform(1000), draws.uniform(1000)
    assert not set(first.tolist()) & set(second.tolist())
    assert torch.equal(torch.cat([first, second]), noise().advance().uniform(2000))


def test_the_state_is_all_there_is():
    one, other = noise(0), noise(1)
    one.advance()
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.advance().normal(9), other.advance().normal(9))


def test_torch_decides_where_no_generator_is_given():
    torch.manual_seed(7)
    first = Noise().seed
    torch.manual_seed(7)
    assert Noise().seed == first


def test_scrambling_is_one_to_one():
    some = torch.arange(-(2**16), 2**16, dtype=torch.int32)
    assert len(torch.unique(_scramble(some.clone()))) == len(some)
