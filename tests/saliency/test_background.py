"""The direction of the background is found among others, and it is said when there is none."""

import numpy as np
import pytest
import torch

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.directions import PCADirections
from skcurve.explorer import Direction
from skcurve.generators.sprites import FACTORS
from skcurve.saliency import find_background_direction
from skcurve.saliency.response import difference, spread_of, zones


def test_the_true_direction_is_found_among_all_factors(explorer, true_direction):
    found = find_background_direction(explorer, layer_ranges=[None], n_latents=16)
    assert abs(found.direction.vector @ true_direction) > 0.99
    assert found.convincing and found.found_by == "segments"
    scores = [one.scores["score"] for one in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert found.candidates[0].scores == found.direction.scores
    assert len(found.candidates) == len(found.finders) == 17 + 9
    np.testing.assert_array_equal(found.direction.vector, found.sign * found.candidates[0].vector)
    assert found.direction.strength_range is not None and found.direction.layers is None


def test_it_is_the_same_from_either_side(explorer, true_direction):
    one, other = (
        find_background_direction(explorer, sign * true_direction, layer_ranges=[None], n_latents=8)
        for sign in (1, -1)
    )
    np.testing.assert_allclose(one.direction.vector, other.direction.vector)
    assert one.sign == -other.sign
    assert one.direction.strength == pytest.approx(other.direction.strength)


def test_it_says_when_none_convinces(explorer, sprites):
    rows = sprites.true_directions()
    others = np.delete(rows, FACTORS.index("background"), axis=0)
    with pytest.warns(UserWarning, match=r"the best of 8, '.*' of ndarray, has share"):
        found = find_background_direction(explorer, others, layer_ranges=[None], n_latents=8)
    assert not found.convincing and "not convincing" in repr(found)


def test_layers_are_tried_too(explorer):
    layer = (3, 3)  # governs hue and background alone
    found = find_background_direction(
        explorer, PCADirections(4), layer_ranges=[None, layer], n_latents=8
    )
    assert found.direction.layers == [3]
    assert len(found.candidates) == 8
    by_default = find_background_direction(explorer, PCADirections(4), n_latents=8)
    assert by_default.direction.layers == [3] and len(by_default.candidates) == 4 * 5
    np.testing.assert_array_equal(by_default.direction.vector, found.direction.vector)


def test_the_table(explorer, true_direction):
    pytest.importorskip("pandas")
    frame = find_background_direction(explorer, {"mine": [true_direction]}, n_latents=8).to_frame()
    assert list(frame.columns) == ["finder", "layers", "strength", "score", "share", "evenness"]
    assert set(frame["finder"]) == {"mine"} and len(frame) == 5  # all layers, and each quarter


def test_tensors_give_the_same(explorer, sprites, true_direction):
    curve = PolylineCurve(torch.from_numpy(np.asarray(explorer.curve.vertices)))
    other = LatentDirectionExplorer(curve, sprites, random_state=0)
    one, two = (
        find_background_direction(each, true_direction[None], n_latents=8)
        for each in (explorer, other)
    )
    assert one.direction.scores == pytest.approx(two.direction.scores)


def test_what_makes_no_images_is_refused(true_direction):
    explorer = LatentDirectionExplorer(PolylineCurve(np.eye(9)), np.tanh, random_state=0)
    with pytest.raises(ValueError, match="the outputs of the generator must be images"):
        find_background_direction(explorer)
    with pytest.raises(TypeError, match="explorer must be a LatentDirectionExplorer; got str"):
        find_background_direction("explorer")


def test_a_direction_of_another_space_is_refused(explorer, true_direction):
    elsewhere = Direction(true_direction, space="VAE latent")
    with pytest.raises(ValueError, match="must all live in one space"):
        find_background_direction(explorer, elsewhere)


def test_the_measures_are_what_they_say():
    random = np.random.default_rng(0)
    back = torch.from_numpy(random.random((2, 3, 16, 16)))
    border, centre = zones(16, 16)
    assert not (border & centre).any() and border.sum() == 256 - 144 and centre.sum() == 36
    shift = torch.zeros(1, 3, 16, 16)
    shift[..., torch.from_numpy(~centre)] = 0.5
    spread = spread_of(back + shift, back)
    np.testing.assert_allclose(spread.share, 1)
    np.testing.assert_allclose(spread.evenness, 1)
    response, moved = difference(back + shift, back)
    np.testing.assert_allclose(response, np.broadcast_to(~centre, (2, 16, 16)), atol=1e-6)
    np.testing.assert_allclose(moved, 0.5)
    np.testing.assert_allclose(spread_of(back + 0.3, back).share, 0.5)
    half = torch.zeros(1, 3, 16, 16)
    half[..., :8] = 1.0
    np.testing.assert_allclose(spread_of(back + half, back).evenness, 0.5)
    assert spread_of(back, back).share.tolist() == [0, 0]
    assert not difference(back, back)[0].any()
