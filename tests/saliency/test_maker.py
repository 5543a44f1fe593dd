"""Masks are those of the sprites; what is no good is left out, and counted."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.explorer import Direction
from skcurve.generators.sprites import FACTORS
from skcurve.saliency import MaskMaker, find_background_direction, iou
from skcurve.saliency.cleaning import cleaned, find_threshold
from skcurve.saliency.maker import N_DRAWN


@pytest.fixture(scope="module")
def found(explorer, true_direction):
    return find_background_direction(explorer, true_direction, n_latents=16)


@pytest.mark.parametrize(("rule", "least"), [("difference", 0.9), ("shifted", 0.8)])
def test_masks_are_those_of_the_sprites(explorer, sprites, found, true_masks, rule, least):
    pairs = MaskMaker(explorer, found, rule=rule, random_state=0).make(100)
    assert pairs.masks.shape == (100, 32, 32) and pairs.masks.dtype == bool
    np.testing.assert_allclose(pairs.images, sprites(pairs.latents), atol=1e-6)
    assert iou(true_masks(sprites.to_factors(pairs.latents)), pairs.masks) > least


def test_another_factor_makes_other_masks(explorer, sprites, true_masks):
    """The test above can fail: the direction matters."""
    size = sprites.true_directions()[FACTORS.index("size")]
    maker = MaskMaker(explorer, size, min_area=0, max_area=1, min_largest=0, random_state=0)
    latents = explorer.sample(50, 0)
    masks, _ = maker.masks_of(latents)
    assert iou(true_masks(sprites.to_factors(latents)), masks) < 0.5


def test_pairs_are_reproducible_and_streamed(explorer, found):
    maker = MaskMaker(explorer, found, batch_size=16, random_state=0)
    whole = maker.make(50)
    parts = list(maker.stream(50))
    assert len(parts) > 3 and max(len(part.images) for part in parts) <= 16
    for position in range(3):
        np.testing.assert_array_equal(
            whole[position], np.concatenate([part[position] for part in parts])
        )
        np.testing.assert_array_equal(whole[position][:20], maker.make(20)[position])
    other = MaskMaker(explorer, found, batch_size=16, random_state=1).make(50)
    assert not np.array_equal(whole.latents, other.latents)
    first = next(maker.stream(10**9))  # it is not made before it is asked for
    np.testing.assert_array_equal(first.masks, whole.masks[: len(first.masks)])


def of_any_contrast(latents):
    """A square on a ground; the first latent is the contrast of all of it, over four decades."""
    images = np.repeat(latents[:, 1], 256).reshape(-1, 16, 16)
    images[:, 4:11, 5:10] = 0.3
    images[latents[:, 2] > 0, 12:14, 2:14] = 0.3
    return images * 10 ** np.clip(latents[:, 0], -2, 2)[:, None, None]


@pytest.fixture(scope="module")
def contrasts():
    curve = PolylineCurve([[0.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    return LatentDirectionExplorer(curve, of_any_contrast, random_state=0)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 150), st.sampled_from(["difference", "shifted"]))
@example(1, "difference")
def test_the_size_of_a_batch_changes_nothing(contrasts, batch_size, rule):
    """Of a mask, nothing depends on the images that are made together with its own."""
    pairs = MaskMaker(contrasts, 0, rule=rule, random_state=0).make(70)
    maker = MaskMaker(contrasts, 0, rule=rule, batch_size=batch_size, random_state=0)
    for one, other in zip(pairs, maker.make(70), strict=True):
        np.testing.assert_equal(one, other)
    assert pairs.rejected.keys() == {"split"} or rule == "shifted"
    masks, _ = maker.masks_of(pairs.latents[:batch_size])
    np.testing.assert_array_equal(masks, pairs.masks[:batch_size])


@pytest.mark.parametrize("dtype", ["uint8", "int16", "bool"])
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_images_are_as_the_generator_makes_them(kind, dtype):
    def generator(latents):
        images = np.clip(100 + 20 * squares(np.asarray(latents)), 0, 200)
        images = images > 100 if dtype == "bool" else images
        return kind(images.astype(dtype))

    curve = PolylineCurve(kind([[-1.0, 0.0], [1.0, 0.0], [1.0, 2.0]]))
    explorer = LatentDirectionExplorer(curve, generator, random_state=0)
    pairs = MaskMaker(explorer, 1, random_state=0).make(5)
    assert pairs.images.dtype == dtype
    np.testing.assert_array_equal(pairs.images, np.asarray(generator(pairs.latents)))


def test_limits_hold_and_what_was_left_out_is_counted(explorer, found):
    free = MaskMaker(explorer, found, min_area=0, max_area=1, random_state=0).make(64)
    areas = free.masks.mean((1, 2))
    low, high = np.quantile(areas, [0.2, 0.8])
    pairs = MaskMaker(explorer, found, min_area=low, max_area=high, random_state=0).make(64)
    kept = pairs.masks.mean((1, 2))
    assert (kept >= low).all() and (kept <= high).all()
    assert pairs.rejected["too small"] > 0 and pairs.rejected["too large"] > 0


def squares(latents):
    """Two squares or one, on a ground as bright as the second latent."""
    images = np.repeat(latents[:, 1], 256).reshape(-1, 16, 16)
    images[:, 4:8, 4:8] = 0.3
    images[latents[:, 0] > 0, 9:13, 9:13] = 0.3
    images[:, 1, 1] = 0.3  # a speck
    images[:, 5, 5] = latents[:, 1]  # a pinhole
    return images


@pytest.fixture(scope="module")
def simple():
    curve = PolylineCurve([[-1.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    return LatentDirectionExplorer(curve, squares, random_state=0)


def test_split_masks_specks_and_pinholes_go(simple):
    maker = MaskMaker(simple, 1, random_state=0)
    masks, reasons = maker.masks_of([[-1.0, 0.0], [1.0, 0.0]])
    assert reasons == ["", "split"]
    assert masks[0].sum() == 16 and masks[0, 4:8, 4:8].all()
    assert masks[1].sum() == 32
    rough, _ = MaskMaker(simple, 1, speck=0, random_state=0).masks_of([[-1.0, 0.0]])
    assert rough[0, 1, 1] and not rough[0, 5, 5]


def test_a_segment_is_known_by_its_number(simple):
    by_number = MaskMaker(simple, -1, random_state=0).direction
    assert by_number.strength == 2 and by_number.vector.tolist() == [0, 1]
    assert MaskMaker(simple, [0.0, 2.0], random_state=0).direction.strength == 2


def test_no_usable_mask_is_said_with_the_reasons(simple):
    with pytest.raises(RuntimeError, match=r"no usable mask in 100 .*max_tries=100.*: 100 border"):
        MaskMaker(simple, 0, max_tries=100, random_state=0).make(1)
    maker = MaskMaker(simple, 1, min_area=0.4, max_tries=10, random_state=0)
    with pytest.raises(RuntimeError, match=r"after 0 of 5; rejected were: 10 too small"):
        maker.make(5)


@pytest.mark.parametrize("rule", ["difference", "shifted"])
@pytest.mark.parametrize("value", [0.5, 128.0])
def test_a_border_that_moves_by_rounding_is_unchanged(simple, rule, value):
    """Also where all of the image is flat, so that its range is rounding too."""

    def still(latents):
        grain = np.random.default_rng(0).random((16, 16)) * latents[:, 1, None, None]
        return value * (1 + 1e-6 * grain)

    explorer = LatentDirectionExplorer(simple.curve, still, random_state=0)
    masks, reasons = MaskMaker(explorer, 1, rule=rule).masks_of([[0.0, 0.1], [0.0, 0.7]])
    assert reasons == ["border unchanged"] * 2 and not masks.any()


@pytest.mark.parametrize("rule", ["difference", "shifted"])
@pytest.mark.parametrize("threshold", ["otsu", "li", "isodata"])
def test_rounding_makes_no_object(simple, rule, threshold):
    """All of the picture goes along, but for the last digits."""
    grain = np.random.default_rng(0).random((16, 16), np.float32) * np.float32(1e-6)

    def alike(latents):
        return (1 + grain) * np.asarray(latents, np.float32)[:, 1, None, None]

    def nearly(latents):
        images = np.repeat(latents[:, 1], 256).reshape(-1, 16, 16)
        images[:, 4:12, 4:12] = np.nextafter(images[:, 4:12, 4:12], np.inf)
        return images

    for generator in (alike, nearly):
        explorer = LatentDirectionExplorer(simple.curve, generator, random_state=0)
        maker = MaskMaker(explorer, 1, rule=rule, threshold=threshold, random_state=0)
        masks, reasons = maker.masks_of([[0.0, 0.1], [0.0, 0.7]])
        assert reasons == ["too small"] * 2 and not masks.any()


def test_images_are_counted_one_by_one(simple):
    """Every second or so has two squares, which is split."""
    maker = MaskMaker(simple, 1, batch_size=32, random_state=0)
    draws = [np.random.default_rng([maker._seed, number]) for number in range(2)]
    reasons = [one for draw in draws for one in maker.masks_of(simple.sample(N_DRAWN, draw))[1]]
    used = [row for row, reason in enumerate(reasons) if not reason]
    for n in (1, 5, 30):
        assert sum(maker.make(n).rejected.values()) == used[n - 1] + 1 - n
    run = max(np.diff([-1, *used])) - 1  # the longest of what was rejected
    assert run > 1
    MaskMaker(simple, 1, batch_size=32, max_tries=run + 1, random_state=0).make(len(used))
    parts = MaskMaker(simple, 1, batch_size=32, max_tries=run, random_state=0).stream(len(used))
    made = 0
    with pytest.raises(RuntimeError, match=rf"no usable mask in {run} images in a row"):
        for part in parts:
            made += len(part.images)
    assert made == int(np.argmax(np.diff([-1, *used]) > run))  # what came before is not lost


def test_the_edges_of_a_coarse_effect_are_those_of_the_image(simple):
    def coarse(latents):
        """The ground shines through where the square ends, as a coarse grid would have it."""
        images = np.repeat(latents[:, 1], 1024).reshape(-1, 32, 32)
        images[:, 10:20, 9:21] += 1 - latents[:, 1, None, None] * BLUR
        return images

    truth = np.zeros((32, 32), bool)
    truth[10:20, 9:21] = True
    explorer = LatentDirectionExplorer(simple.curve, coarse, random_state=0)
    plain, refined = (
        MaskMaker(explorer, 1, refine=share, random_state=0).masks_of([[0.0, 0.1]])[0][0]
        for share in (0, 1 / 8)
    )
    assert (plain != truth).sum() > 10
    np.testing.assert_array_equal(refined, truth)


BLUR = np.sqrt(np.outer(np.sin(np.linspace(0, np.pi, 10)), np.sin(np.linspace(0, np.pi, 12))))


def test_the_threshold_is_above_all_of_its_bin():
    """Of levels in one bin, none is bright while others are dark."""
    picture = np.repeat([0.0, 0.0021, 0.0025, 1.0], 64).reshape(16, 16)
    for name in ("otsu", "isodata"):
        assert (picture > find_threshold(picture, name)).sum() == 64


def test_what_reaches_the_edge_is_no_hole():
    mask = np.zeros((16, 16), bool)
    mask[2:14, 2:14] = True
    mask[6:8, 6:8] = False  # a hole
    mask[:3, :3] = True
    mask[0, 1] = mask[1, 0] = mask[0, 0] = False  # a corner
    mask[8, 13:] = mask[11, 13:] = mask[9:11, 15] = True
    mask[9:11, 15] = False  # a bay, open to the edge
    wanted = mask.copy()
    wanted[6:8, 6:8] = True
    np.testing.assert_array_equal(cleaned(mask, 0.02), wanted)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rule": "none"}, "rule must be 'difference' or 'shifted'; got 'none'"),
        ({"threshold": "best"}, "threshold must be a number or one of otsu, li, isodata"),
        ({"threshold": None}, "threshold must be a number or one of .*; got None"),
        ({"threshold": np.nan}, "threshold must be a number or one of .*; got nan"),
        ({"threshold": np.array([0.1, 0.2])}, r"threshold must be a number or one of .*; got arr"),
        ({"speck": -0.1}, "speck must be from 0 to 1; got -0.1"),
        ({"refine": 2}, "refine must be from 0 to 1; got 2"),
        ({"min_area": 0.6}, "min_area must be below max_area=0.5; got 0.6"),
        ({"max_tries": 0}, "max_tries must be at least 1; got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1; got 0"),
    ],
)
def test_wrong_settings_are_refused(simple, settings, message):
    with pytest.raises(ValueError, match=message):
        MaskMaker(simple, 1, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"refine": None}, "refine must be a number from 0 to 1; got None"),
        ({"speck": "0.1"}, "speck must be a number from 0 to 1; got '0.1'"),
        ({"max_tries": 1.5}, "max_tries must be a whole number; got 1.5"),
        ({"batch_size": None}, "batch_size must be a whole number; got None"),
    ],
)
def test_settings_of_another_kind_are_refused(simple, settings, message):
    with pytest.raises(TypeError, match=message):
        MaskMaker(simple, 1, **settings)


def test_wrong_directions_and_generators_are_refused(simple, explorer, true_direction):
    with pytest.raises(ValueError, match="must all live in one space"):
        MaskMaker(explorer, Direction(true_direction, space="VAE latent"))
    with pytest.raises(ValueError, match=r"of shape \(2,\); got shape \(9,\)"):
        MaskMaker(simple, true_direction)
    with pytest.raises(IndexError, match="there is no segment 2"):
        MaskMaker(simple, 2)
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        MaskMaker(simple, 1).make(0)
    with pytest.raises(TypeError, match=r"n must be a whole number; got 2\.5"):
        MaskMaker(simple, 1).make(2.5)
    flat = LatentDirectionExplorer(PolylineCurve(np.eye(2)), np.tanh, random_state=0)
    with pytest.raises(ValueError, match="the outputs of the generator must be images"):
        MaskMaker(flat, 0)
