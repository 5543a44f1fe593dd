"""The segmenter learns what masks say, and comes back from a file as it was."""

from copy import deepcopy
from itertools import count

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skcurve.generators.sprites import render, sample_factors
from skcurve.saliency import SaliencySegmenter, iou
from skcurve.saliency.unet import UNet


@pytest.fixture(scope="module")
def pairs(true_masks):
    factors, _ = sample_factors(300, 0)
    return render(factors), true_masks(factors)


@pytest.fixture(scope="module")
def fitted(pairs):
    images, masks = pairs
    return SaliencySegmenter(8, max_epochs=6, random_state=0).fit(images[:240], masks[:240])


def test_it_finds_sprites_that_it_has_not_seen(fitted, pairs):
    images, masks = pairs[0][240:], pairs[1][240:]
    found = fitted.predict(images)
    assert found.shape == masks.shape and found.dtype == bool
    assert fitted.score(images, masks) == iou(masks, found) > 0.85
    np.testing.assert_array_equal(found, fitted.predict_proba(images) > 0.5)
    assert fitted.score(images, np.roll(masks, 1, 0)) < 0.7  # it looks at the image


def test_the_layout_does_not_matter_and_a_tensor_gives_a_tensor(fitted, pairs):
    images = pairs[0][240:250]
    scores = fitted.predict_proba(images)
    np.testing.assert_array_equal(scores, fitted.predict_proba(images.transpose(0, 2, 3, 1)))
    of_tensor = fitted.predict_proba(torch.from_numpy(images))
    assert isinstance(of_tensor, torch.Tensor)
    np.testing.assert_array_equal(scores, of_tensor)


def test_the_same_seed_gives_the_same_network(pairs):
    images, masks = pairs[0][:40], pairs[1][:40]
    before = torch.random.get_rng_state()
    one, two = (
        SaliencySegmenter(4, max_epochs=2, random_state=1).fit(images, masks) for _ in range(2)
    )
    assert torch.equal(before, torch.random.get_rng_state())  # nobody else's randomness
    np.testing.assert_array_equal(one.predict_proba(images), two.predict_proba(images))
    assert one.history_ == two.history_
    other = clone(one).set_params(random_state=2).fit(images, masks)
    assert not np.array_equal(one.predict_proba(images), other.predict_proba(images))


def test_learning_ends_when_it_gets_no_better(pairs):
    noise = np.random.default_rng(0).normal(size=(24, 8, 8))
    told = []
    segmenter = SaliencySegmenter(
        4, max_epochs=50, patience=2, learning_rate=0.05, random_state=0,
        progress=lambda *news: told.append(news),
    ).fit(noise, np.random.default_rng(1).random((24, 8, 8)) > 0.5)  # fmt: skip
    losses = [record["held_out_loss"] for record in segmenter.history_]
    assert segmenter.n_iter_ == len(losses) < 50
    assert int(np.argmin(losses)) == len(losses) - 3
    assert told[0] == ("learning to segment", 1, 50) and told[-1][1:] == (50, 50)


def interrupted(call, number):
    """Make Ctrl-C land in a call, the one of this number."""
    calls = count(1)

    def again(*args):
        if next(calls) == number:
            raise KeyboardInterrupt
        return call(*args)

    return again


@pytest.mark.parametrize("n_epochs", [1, 3])
@pytest.mark.parametrize("place", ["when it is told", "while weights are copied"])
def test_ctrl_c_keeps_the_best_so_far(pairs, monkeypatch, place, n_epochs):
    images, masks = pairs[0][:20], pairs[1][:20]
    wanted = SaliencySegmenter(4, max_epochs=n_epochs, random_state=0).fit(images, masks)
    progress = interrupted(lambda *news: None, n_epochs if place == "when it is told" else 0)
    if place == "while weights are copied":  # of the first ones, of each epoch, of one too many
        monkeypatch.setattr(
            "skcurve.saliency.segmenter.deepcopy", interrupted(deepcopy, n_epochs + 2)
        )
    segmenter = SaliencySegmenter(4, random_state=0, progress=progress)
    with pytest.warns(ConvergenceWarning, match=rf"the best of {n_epochs} epoch.* at most 20"):
        segmenter.fit(images, masks)
    assert segmenter.history_ == wanted.history_ and segmenter.n_iter_ == n_epochs
    np.testing.assert_array_equal(segmenter.predict_proba(images), wanted.predict_proba(images))


def test_ctrl_c_in_the_first_epoch_passes_through(pairs, monkeypatch):
    monkeypatch.setattr("skcurve.saliency.segmenter.deepcopy", interrupted(deepcopy, 2))
    segmenter = SaliencySegmenter(4, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        segmenter.fit(pairs[0][:20], pairs[1][:20])
    with pytest.raises(NotFittedError):
        segmenter.predict(pairs[0][:1])


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_learns_where_gradients_are_off(pairs, mode):
    images, masks = pairs[0][:20], pairs[1][:20]
    segmenter = SaliencySegmenter(4, max_epochs=1, random_state=0)
    wanted = clone(segmenter).fit(images, masks).predict_proba(images)
    with mode():
        segmenter.fit(torch.tensor(images), masks)
        assert not torch.is_grad_enabled()
    np.testing.assert_array_equal(segmenter.predict_proba(images), wanted)
    segmenter.fit(images, masks)


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_a_constant_channel_stays_one_under_a_little_noise(unit):
    random = np.random.default_rng(0)
    masks = np.zeros((64, 16, 16), bool)
    for mask, (top, left) in zip(masks, random.integers(2, 8, (64, 2)), strict=True):
        mask[top : top + 6, left : left + 6] = True
    noise = random.normal(0, 0.1, (3, *masks.shape))
    images = unit * np.stack([masks, -1.0 * masks, np.full(masks.shape, 0.5)], 1)
    images[:, :2] += unit * noise[:2].swapaxes(0, 1)
    segmenter = SaliencySegmenter(4, depth=1, learning_rate=0.01, random_state=0).fit(images, masks)
    images[:, 2] += unit * noise[2] / 25
    assert segmenter.score(images, masks) > 0.9


@pytest.mark.parametrize("name", ["loss", "held-out loss"])
def test_it_says_which_loss_is_no_number(pairs, name):
    images, masks = pairs[0][:20].copy(), pairs[1][:20]
    is_out = np.isin(np.arange(20), np.random.default_rng(0).permutation(20)[:2])
    images[is_out if name == "held-out loss" else ~is_out] = 3e38
    with pytest.raises(RuntimeError, match=f"^the {name} is (nan|inf) after 1 epoch"):
        SaliencySegmenter(4, random_state=0).fit(images, masks)


def test_it_comes_back_from_a_file(fitted, pairs, tmp_path):
    fitted.save(tmp_path / "segmenter.safetensors")
    again = SaliencySegmenter.load(tmp_path / "segmenter.safetensors")
    images = pairs[0][240:]
    np.testing.assert_array_equal(again.predict_proba(images), fitted.predict_proba(images))
    assert again.get_params() == fitted.get_params() and again.history_ == fitted.history_


def test_a_file_of_something_else_is_refused(tmp_path, fitted):
    from skcurve import storage

    path = tmp_path / "damaged.safetensors"
    storage.write(path, "SaliencySegmenter", {"a": torch.zeros(1)}, {"parameters": {}})
    with pytest.raises(ValueError, match="is damaged"):
        SaliencySegmenter.load(path)
    storage.write(path, "SFVQ", {"a": torch.zeros(1)}, {})
    with pytest.raises(ValueError, match="holds SFVQ; expected SaliencySegmenter"):
        SaliencySegmenter.load(path)
    with pytest.raises(NotFittedError):
        SaliencySegmenter().save(path)


@pytest.mark.parametrize("shape", [(8, 8), (9, 13), (31, 32)])
def test_any_size_goes_in_and_comes_out(shape):
    network = UNet(1, 2, 2).eval()
    assert network(torch.zeros(3, 1, *shape)).shape == (3, *shape)


@pytest.mark.parametrize(
    ("images", "masks", "message"),
    [
        (np.zeros((4, 5)), np.zeros((4, 5, 5)), "images must be images"),
        (np.zeros((4, 3, 4, 4)), np.zeros((4, 4, 4)), "at least 8 × 8 pixels"),
        (np.zeros((4, 8, 8)), np.zeros((3, 8, 8)), r"masks must have shape \(4, 8, 8\)"),
        (np.zeros((4, 8, 8)), np.full((4, 8, 8), 0.5), "masks must be 0 or 1"),
        (np.zeros((1, 8, 8)), np.zeros((1, 8, 8)), "images must be at least 2"),
        (np.full((2, 8, 8), np.nan), np.zeros((2, 8, 8)), "NaN or infinity"),
    ],
)
def test_what_does_not_fit_is_refused(images, masks, message):
    with pytest.raises(ValueError, match=message):
        SaliencySegmenter().fit(images, masks)


@pytest.mark.parametrize(("settings", "n"), [({}, 2), ({"batch_size": 1}, 8)])
def test_a_batch_of_one_pixel_is_refused(settings, n):
    images, masks = np.zeros((n, 8, 8)), np.zeros((n, 8, 8))
    with pytest.raises(ValueError, match="depth=3 leaves a single pixel of a batch of one image"):
        SaliencySegmenter(2, depth=3, **settings).fit(images, masks)
    SaliencySegmenter(2, depth=2, max_epochs=1, random_state=0, **settings).fit(images, masks)


def test_other_channels_and_wrong_settings_are_refused(fitted):
    with pytest.raises(ValueError, match=r"images must have 3 channel\(s\)"):
        fitted.predict(np.zeros((1, 16, 16)))
    with pytest.raises(NotFittedError):
        SaliencySegmenter().predict(np.zeros((1, 16, 16)))
    with pytest.raises(ValueError, match="patience"):
        SaliencySegmenter(patience=0).fit(np.zeros((2, 8, 8)), np.zeros((2, 8, 8)))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_it_learns_on_a_gpu_too(pairs, tmp_path):
    segmenter = SaliencySegmenter(8, max_epochs=6, device="cuda", random_state=0).fit(*pairs)
    assert segmenter.score(*pairs) > 0.85
    segmenter.save(tmp_path / "of_gpu.safetensors")
    assert SaliencySegmenter.load(tmp_path / "of_gpu.safetensors").score(*pairs) > 0.85
