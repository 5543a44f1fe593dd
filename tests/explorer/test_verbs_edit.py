"""Edits touch what they should, by as much as they should, and nothing else."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.explorer import Direction

from .conftest import N_FACTORS, N_LAYERS, NAMES, Exact, read_factors

EXPLORER = LatentDirectionExplorer(
    PolylineCurve(np.eye(N_FACTORS)),
    Exact(),
    attributes=read_factors,
    attribute_names=NAMES,
    random_state=0,
)
numbers = st.floats(-5, 5).map(lambda value: round(value, 3))
in_w = arrays(np.float64, (3, N_FACTORS), elements=numbers)
in_w_plus = arrays(np.float64, (3, N_LAYERS, N_FACTORS), elements=numbers)
vectors = arrays(np.float64, N_FACTORS, elements=numbers)
some_layers = st.sets(st.integers(0, N_LAYERS - 1), min_size=1).map(sorted)


@given(in_w | in_w_plus, vectors, numbers, some_layers)
def test_an_edit_touches_the_chosen_layers_and_no_others(latents, vector, strength, layers):
    before = latents.copy()
    edited = EXPLORER.edit(latents, vector, strength, layers)
    assert edited.shape == (3, N_LAYERS, N_FACTORS)
    full = latents if latents.ndim == 3 else np.repeat(latents[:, None], N_LAYERS, 1)
    others = [layer for layer in range(N_LAYERS) if layer not in layers]
    assert (edited[:, others] == full[:, others]).all()  # the very numbers
    np.testing.assert_allclose(edited[:, layers], full[:, layers] + strength * vector)
    assert (latents == before).all()


@given(in_w | in_w_plus, vectors, numbers)
def test_without_layers_the_whole_latent_moves(latents, vector, strength):
    edited = EXPLORER.edit(latents, vector, strength)
    assert edited.shape == latents.shape
    np.testing.assert_allclose(edited, latents + strength * vector)


@given(in_w, vectors, numbers, some_layers)
def test_only_the_factors_of_the_edited_layers_change(latents, vector, strength, layers):
    generator = EXPLORER.generator
    before = read_factors(generator(latents))
    after = read_factors(generator(EXPLORER.edit(latents, vector, strength, layers)))
    untouched = [k for k in range(N_FACTORS) if k // 2 not in layers]
    np.testing.assert_allclose(after[:, untouched], before[:, untouched], atol=1e-12)


@given(in_w_plus, vectors, vectors, numbers, numbers, some_layers, some_layers)
def test_joint_edits_are_one_after_another(latents, first, second, a, b, here, there):
    together = EXPLORER.combine(latents, [(first, a, here), (second, b, there)])
    one = EXPLORER.edit(latents, first, a, here)
    np.testing.assert_allclose(together, EXPLORER.edit(one, second, b, there), atol=1e-12)


@given(in_w, vectors, numbers)
def test_there_and_back_is_where_one_was(latents, vector, strength):
    there = EXPLORER.edit(latents, vector, strength)
    np.testing.assert_allclose(EXPLORER.edit(there, vector, -strength), latents, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_stay_tensors_of_their_kind(dtype, explorer):
    latents = torch.zeros(2, N_FACTORS, dtype=dtype)
    vector = np.arange(N_FACTORS) / 10
    edited = explorer.edit(latents, vector, 2, (0, 1))
    assert isinstance(edited, torch.Tensor) and edited.dtype == dtype
    expected = explorer.edit(latents.numpy(), vector, 2, (0, 1))
    assert expected.dtype == latents.numpy().dtype
    np.testing.assert_array_equal(edited.numpy(), expected)


def test_a_direction_brings_its_layers_and_a_word_overrules_it(make):
    explorer = make(layers=0)
    latents = np.zeros((1, N_FACTORS))
    moved = {
        "the direction's": explorer.edit(latents, Direction(np.ones(N_FACTORS), layers=[1])),
        "the explorer's": explorer.edit(latents, np.ones(N_FACTORS)),
        "named": explorer.edit(latents, Direction(np.ones(N_FACTORS), layers=[1]), layers=2),
    }
    touched = {name: np.flatnonzero(edited[0].any(1)) for name, edited in moved.items()}
    assert touched == {"the direction's": [1], "the explorer's": [0], "named": [2]}
    assert explorer.edit(latents, np.ones(N_FACTORS), layers=slice(None)).shape == latents.shape


def test_a_segment_has_a_number(explorer, curve):
    latents = np.zeros((1, N_FACTORS))
    np.testing.assert_allclose(explorer.edit(latents, -1, 2.0)[0], 2 * curve.directions()[-1])


def test_a_grid_is_what_its_cells_are(explorer, exact):
    latents = exact.sample(4, 1)
    strengths = [-1.0, 0.0, 2.5]
    grid = explorer.traverse(latents, exact.turn[2], strengths, layers=(1, 2))
    assert grid.shape == (4, 3, 1, 3, 4)
    for column, strength in enumerate(strengths):
        edited = explorer.edit(latents, exact.turn[2], strength, layers=(1, 2))
        np.testing.assert_allclose(grid[:, column], exact(edited))
    np.testing.assert_allclose(grid[:, 1], exact(latents))


def test_a_grid_goes_as_far_as_the_direction_says(explorer, exact, curve):
    latents = np.zeros((1, N_FACTORS))
    vector = exact.turn[0]
    ends = {
        "range": explorer.traverse(latents, Direction(vector, strength_range=(-1, 3)))[:, [0, -1]],
        "strength": explorer.traverse(latents, Direction(vector, strength=2))[:, [0, -1]],
        "segment": explorer.traverse(latents, 0)[:, [0, -1]],
    }
    for name, (low, high) in {"range": (-1, 3), "strength": (-2, 2), "segment": (-2, 2)}.items():
        expected = np.tanh(np.array([low, high]) / 2)
        np.testing.assert_allclose(ends[name][0, :, 0, 0, 0], expected, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((np.zeros((2, 5)), np.ones(6)), ValueError, r"latents must have shape \(n, 6\) or"),
        ((np.zeros((0, 6)), np.ones(6)), ValueError, "latents must not be empty"),
        ((np.full((2, 6), np.nan), np.ones(6)), ValueError, "latents contain NaN"),
        ((np.zeros((2, 6)), np.ones(5)), ValueError, "direction must be a Direction, the number"),
        ((np.zeros((2, 6)), np.full(6, np.inf)), ValueError, "direction contains NaN"),
        ((np.zeros((2, 6)), 99), IndexError, "there is no segment 99 on a curve of 11 segments"),
        ((np.zeros((2, 6)), np.ones(6), np.nan), ValueError, "strength must be a finite number"),
        ((np.zeros((2, 6)), np.ones(6), 1, 7), ValueError, "names layer 7"),
        ((np.zeros((2, 6)), "smile"), TypeError, r"or a vector of shape \(6,\); got 'smile'"),
        ((np.zeros((2, 6)), np.ones(6), "a"), ValueError, "strength must be .*number; got 'a'"),
        ((np.zeros((2, 6)), np.ones(6), np.ones(2)), ValueError, "strength must be a finite num"),
    ],
)
def test_a_bad_edit_is_named(arguments, error, said, explorer, exact):
    with pytest.raises(error, match=said):
        explorer.edit(*arguments)
    assert exact.n_calls == 0


def test_bad_joint_edits_are_named(explorer):
    with pytest.raises(ValueError, match="edit 0 is "):
        explorer.combine(np.zeros((1, 6)), [(1,)])
    for edits in (Direction(np.ones(6)), 3):
        with pytest.raises(TypeError, match=f"edits must be a list .*; got {type(edits).__name__}"):
            explorer.combine(np.zeros((1, 6)), edits)
    with pytest.raises(ValueError, match="strengths must be a list of finite numbers"):
        explorer.traverse(np.zeros((1, 6)), 0, [])
