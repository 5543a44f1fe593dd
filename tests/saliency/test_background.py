"""The direction of the background is found among others, and it is said when there is none."""

import sys

import numpy as np
import pytest
import torch

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.directions import PCADirections
from skcurve.explorer import Direction
from skcurve.generators.sprites import FACTORS, ExactSprites, render
from skcurve.saliency import find_background_direction
from skcurve.saliency.cleaning import separability
from skcurve.saliency.mixture import mixture
from skcurve.saliency.response import difference, spread_of, zones


def test_the_true_direction_is_found_among_all_factors(explorer, true_direction):
    found = find_background_direction(explorer, layer_ranges=[None], n_latents=16)
    assert abs(found.direction.vector @ true_direction) > 0.99
    assert found.convincing and found.found_by == "segments"
    scores = [one.scores["score"] for one in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert found.candidates[0].scores == found.direction.scores
    assert len(found.candidates) == len(found.finders) == 17 + 9 + 1  # and the mixture
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
    with pytest.warns(UserWarning, match=r"the best of 9, '.*' of .*, has share .* clearness"):
        found = find_background_direction(explorer, others, layer_ranges=[None], n_latents=8)
    assert not found.convincing and "not convincing" in repr(found)


def ground_and_square(latents):
    """A square on a ground, each as bright as its own turned latent says; the third moves it."""
    turned = np.asarray(latents) @ TURN
    images = np.repeat(turned[:, 0], 256).reshape(-1, 16, 16)
    for image, row in zip(images, turned, strict=True):
        left = 5 + int(np.clip(2 * row[2], -3, 3))
        image[5:11, left : left + 6] = row[1]
    return images


TURN = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]


def explorer_of(generator, n_features):
    vertices = np.random.default_rng(1).normal(size=(16, n_features))
    return LatentDirectionExplorer(PolylineCurve(vertices), generator, random_state=0)


def test_a_mixture_is_the_background_where_no_candidate_is():
    found = find_background_direction(explorer_of(ground_and_square, 3), np.eye(3))
    assert found.found_by == "mixture" and found.convincing
    assert abs(found.direction.vector @ TURN[:, 0]) > 0.98
    assert max(abs(TURN[:, 0])) < 0.8  # no axis was near


@pytest.mark.parametrize("strengths", [(1, 1, 1), (0.5, 1, 2)])
def test_directions_of_any_strengths_have_the_same_mixture(strengths, monkeypatch):
    def two_squares(latents):
        turned = np.asarray(latents) @ TURN
        images = np.repeat(turned[:, 0], 256).reshape(-1, 16, 16)
        images[:, 5:11, 5:8], images[:, 5:11, 8:11] = turned[:, 1:2, None], turned[:, 2:, None]
        return images

    monkeypatch.setattr("skcurve.saliency.mixture.RIDGE", 1e-9)
    rows = [Direction(row, strength=step) for row, step in zip(np.eye(3), strengths, strict=True)]
    found = mixture(explorer_of(two_squares, 3), rows, BASE)
    assert abs(found.vector @ TURN[:, 0]) > 0.9999


def test_changes_of_large_images_are_averaged_before_they_are_mixed():
    def large(latents):
        return ground_and_square(latents).repeat(4, axis=1).repeat(4, axis=2)

    small, other = (
        mixture(explorer_of(generator, 3), [Direction(row) for row in np.eye(3)], BASE)
        for generator in (ground_and_square, large)
    )
    assert abs(small.vector @ other.vector) > 0.99


BASE = np.random.default_rng(2).normal(size=(16, 3))


def on_one_ground(latents):
    factors = np.asarray(ExactSprites().to_factors(latents))
    factors[:, FACTORS.index("background")] = 0.6
    return render(factors)


def darker_at_once(latents):
    """The ground is one, and the whole picture grows darker."""
    light = ExactSprites().to_factors(latents)[:, FACTORS.index("background"), None, None, None]
    return (on_one_ground(latents) + 1) * (0.4 + 0.6 * light) - 1


def smooth_patterns(latents):
    waves = np.fft.fftfreq(32)
    length = np.hypot(*np.meshgrid(waves, waves))
    length[0, 0] = 1 / 32
    noise = np.fft.fft2(np.random.default_rng(0).normal(size=(20, 32, 32)))
    patterns = np.fft.ifft2(noise / length**2).real
    patterns /= patterns.std((1, 2), keepdims=True)
    return np.tanh(np.tensordot(latents, patterns, 1) / 3)


@pytest.mark.parametrize(
    ("generator", "n_features"), [(on_one_ground, 9), (darker_at_once, 9), (smooth_patterns, 20)]
)
def test_where_there_is_no_background_none_convinces(generator, n_features):
    with pytest.warns(UserWarning, match="no candidate is a convincing direction"):
        found = find_background_direction(explorer_of(generator, n_features))
    assert not found.convincing and "mixture" in found.finders


def test_layers_are_tried_too(explorer):
    layer = (3, 3)  # governs hue and background alone
    found = find_background_direction(
        explorer, PCADirections(4), layer_ranges=[None, layer], n_latents=8
    )
    assert found.direction.layers == [3]
    assert len(found.candidates) == 2 * (4 + 1)
    by_default = find_background_direction(explorer, PCADirections(4), n_latents=8)
    tried = [one.layers for one in by_default.candidates]
    assert all(
        tried.count(layers) == 4 + 1 for layers in (None, [0, 1], [2, 3], [0], [1], [2], [3])
    )
    assert len(tried) == 7 * (4 + 1)
    assert by_default.direction.scores["score"] >= found.direction.scores["score"]


@pytest.mark.filterwarnings("ignore:no candidate")
@pytest.mark.parametrize("layers", [slice(2, None), (-2, -1), -1, [-1], slice(None), None])
def test_layers_mean_what_they_mean_to_the_explorer(explorer, layers):
    own = explorer.find({"first": np.eye(9)[:2]}, layers=(1, 2))["first"]  # for layers of their own
    found = find_background_direction(explorer, own, layer_ranges=[layers], n_latents=8)
    (wanted,) = explorer.find({"first": own[:1]}, layers=layers)["first"]
    assert len(found.candidates) == 3 and "mixture" in found.finders
    for one in (found.direction, *found.candidates):
        assert (one.layers, one.space) == (wanted.layers, wanted.space)


def counting(generator, made):
    def counted(latents):
        made.append(len(latents))
        return generator(latents)

    return counted


class Fitted(PCADirections):
    """It must not come to this."""

    def fit(self, *args):
        raise AssertionError


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"amount": -1}, ValueError, "amount must be positive and finite; got -1"),
        ({"amount": None}, ValueError, "amount must be positive and finite; got None"),
        ({"layer_ranges": [None, 3]}, ValueError, "layers=3 names layers of a W"),
        ({"layer_ranges": []}, ValueError, "layer_ranges must hold at least one"),
        ({"n_latents": 0}, ValueError, "n_latents must be at least 1; got 0"),
        ({"n_latents": 2.5}, TypeError, "n_latents must be a whole number; got 2.5"),
        ({"latents": [[0.0] * 3] * 5 + [[np.nan] * 3]}, ValueError, "latents contain NaN"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(settings, error, message):
    made = []
    explorer = explorer_of(counting(ground_and_square, made), 3)
    made.clear()
    with pytest.raises(error, match=message):
        find_background_direction(explorer, Fitted(2), **settings)
    assert not made


def test_what_to_install_is_said_before_anything_is_made(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.filters", None)
    made = []
    explorer = explorer_of(counting(ground_and_square, made), 3)
    made.clear()
    with pytest.raises(ImportError, match=r"skcurve\[saliency\]"):
        find_background_direction(explorer, Fitted(2))
    assert not made


def test_the_table(explorer, true_direction):
    pytest.importorskip("pandas")
    frame = find_background_direction(explorer, {"mine": [true_direction]}, n_latents=8).to_frame()
    assert list(frame.columns) == [
        "finder", "layers", "strength", "score", "share", "evenness", "clearness"
    ]  # fmt: skip
    # All layers, each half and each quarter; a single direction has no mixture.
    assert set(frame["finder"]) == {"mine"} and len(frame) == 7


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


def test_a_picture_of_one_value_up_to_rounding_has_no_two_parts():
    picture = np.full((16, 16), 0.3)
    assert separability(picture) == 0
    picture[:8] = np.nextafter(0.3, 1)
    assert separability(picture) == 0
    assert separability(np.repeat([0.0, 1e-9], 128).reshape(16, 16)) == pytest.approx(1)


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
    np.testing.assert_allclose(response, np.broadcast_to(centre, (2, 16, 16)), atol=1e-6)
    np.testing.assert_allclose(moved, 0.5)
    shift[..., 8, 8] = 1.5  # more than the border: no ground either
    np.testing.assert_allclose(difference(back + shift, back)[0][:, 8, 8], 2, atol=1e-6)
    np.testing.assert_allclose(spread_of(back + 0.3, back).share, 0.5)
    half = torch.zeros(1, 3, 16, 16)
    half[..., :8] = 1.0
    np.testing.assert_allclose(spread_of(back + half, back).evenness, 0.5)
    assert spread_of(back, back).share.tolist() == [0, 0]
    assert not difference(back, back)[0].any()
