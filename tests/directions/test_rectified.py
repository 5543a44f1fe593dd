import numpy as np
import pytest
import torch
from torch import nn

from skcurve.directions import RectifiedDirections
from skcurve.directions.matrices import DirectionMatrix
from skcurve.directions.pairs import Pairs
from skcurve.generators import as_generator
from skcurve.generators.sprites import ExactSprites, SpriteGenerator


def paint(latents):
    """Pictures of 3 × 8 × 8 pixels; every feature of a latent lights a stripe."""
    stripes = torch.tanh(latents / 3)[:, None, :, None]
    return stripes.repeat_interleave(2, dim=2).expand(-1, 3, -1, 8)


@pytest.fixture
def four():
    return np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32)


@pytest.mark.parametrize("kind", ["unit", "orthonormal", "linear"])
def test_the_matrix_is_what_its_kind_says(kind, four):
    found = RectifiedDirections(4, matrix=kind, n_steps=30, n_pairs=40, random_state=0)
    found.fit(paint, four)
    products = found.directions_ @ found.directions_.T
    if kind == "orthonormal":
        np.testing.assert_allclose(products, np.eye(4), atol=1e-5)
    else:
        assert np.abs(products - np.eye(4)).max() > 1e-3
    lengths_differ = np.ptp(found.strengths_) > 1e-4
    assert lengths_differ == (kind == "linear")


@pytest.mark.parametrize("kind", ["unit", "orthonormal", "linear"])
def test_a_step_along_the_gradient_keeps_what_has_to_hold(kind):
    random = torch.Generator().manual_seed(0)
    matrix = DirectionMatrix(kind, 3, 5, random)
    np.testing.assert_allclose(torch.linalg.vector_norm(matrix(), dim=1).detach(), 1.0, rtol=1e-5)
    # It begins where the rows are: an orthonormal factor has a sign to choose for each of them.
    torch.testing.assert_close(matrix(), matrix.rows)
    goal = torch.randn(3, 5, generator=random)
    (gradient,) = torch.autograd.grad((matrix() * goal).sum(), [matrix.rows])
    assert gradient.abs().max() > 0
    with torch.no_grad():
        before = float((matrix() * goal).sum())
        matrix.rows += 1e-3 * gradient
        after = float((matrix() * goal).sum())
        if kind == "orthonormal":
            np.testing.assert_allclose(matrix() @ matrix().T, np.eye(3), atol=1e-5)
    assert after > before


def test_shifts_are_uniform_between_the_bounds(four):
    latents = torch.from_numpy(four)
    pairs = Pairs(as_generator(paint), latents, (0.5, 6.0), 1.0)
    random = torch.Generator().manual_seed(0)
    matrix = torch.eye(4)
    seen = pairs.show(matrix, torch.zeros(4000, dtype=torch.long), random)
    size = seen.shift.abs().numpy()
    assert size.min() >= 0.5 and size.max() <= 6.0
    np.testing.assert_allclose(np.histogram(size, bins=5, range=(0.5, 6.0))[0], 800, atol=120)
    assert abs((seen.shift > 0).float().mean() - 0.5) < 0.05


def test_pairs_are_a_latent_and_the_latent_shifted_along_the_direction():
    latents = torch.arange(8.0).reshape(2, 4)
    pairs = Pairs(as_generator(lambda rows: rows * 1.0), latents, (0.5, 6.0), 2.0)
    which = torch.tensor([0, 1, 2, 3, 0])
    seen = pairs.show(torch.eye(4), which, torch.Generator().manual_seed(0))
    expected = torch.zeros(5, 4)
    expected[torch.arange(5), which] = 2.0 * seen.shift
    np.testing.assert_allclose(seen.after - seen.before, expected, atol=1e-6)


def test_chance_is_one_in_k_and_a_blind_reconstructor_is_at_chance(four):
    class Blind(nn.Module):
        def __init__(self):
            super().__init__()
            self.guess = nn.Parameter(torch.zeros(5))

        def forward(self, before, after):
            return self.guess.expand(len(before), 5), self.guess[0].expand(len(before))

    blind = Blind()
    found = RectifiedDirections(5, reconstructor=blind, n_steps=3, n_pairs=1000, random_state=0)
    found.fit(paint, four)
    assert found.chance_ == found.rca_ == pytest.approx(0.2)
    assert sorted(found.accuracies_) == [0, 0, 0, 0, 1]
    assert torch.equal(blind.guess, torch.zeros(5)), "the reconstructor that was given is not used"
    assert not torch.equal(found.reconstructor_.guess, blind.guess)


def test_shifts_of_another_shape_are_named_and_not_broadcast(four):
    class Column(nn.Module):
        def __init__(self):
            super().__init__()
            self.guess = nn.Parameter(torch.zeros(4))

        def forward(self, before, after):
            return self.guess.expand(len(before), 4), self.guess[:1].expand(len(before), 1)

    with pytest.raises(ValueError, match=r"shifts of shape \(64,\); got \(64, 4\) and \(64, 1\)"):
        RectifiedDirections(4, reconstructor=Column(), n_steps=1).fit(paint, four)


@pytest.mark.parametrize("reconstructor", ["lenet", "mlp"])
def test_what_is_easy_to_tell_apart_is_told_apart(reconstructor, four):
    found = RectifiedDirections(
        4, reconstructor=reconstructor, n_steps=150, n_pairs=400, random_state=0
    ).fit(paint, four)
    assert found.rca_ > 0.85
    assert found.rca_ == pytest.approx(found.accuracies_.mean())
    assert found.shift_error_ < 2.0
    assert not found.reconstructor_.training


def test_resnet_learns_too(four):
    found = RectifiedDirections(
        2, reconstructor="resnet18", n_steps=3, batch_size=4, n_pairs=8, random_state=0
    ).fit(paint, four)
    assert 0.0 <= found.rca_ <= 1.0


def test_directions_are_learnt_that_can_be_told_apart(four):
    def one_of_four(latents):  # two directions have to be of different strength, or sign
        return torch.tanh(latents[:, :1] / 4)

    def rca(rate):
        finder = RectifiedDirections(2, direction_rate=rate, n_steps=200, random_state=0)
        return finder.fit(one_of_four, four).rca_

    assert rca(1e-2) > rca(0.0) + 0.1


def test_layers_of_w_plus_are_shifted_together():
    class Layers:
        latent_shape, n_layers = (4,), 2

        def __call__(self, latents):
            if latents.ndim == 2:
                latents = latents[:, None].expand(-1, 2, -1)
            return torch.tanh(latents[:, 0] + latents[:, 1])

    latents = np.random.default_rng(0).standard_normal((50, 2, 4))
    found = RectifiedDirections(3, n_steps=5, n_pairs=9, random_state=0).fit(Layers(), latents)
    assert found.directions_.shape == (3, 4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_shift": 7.0}, "min_shift must not be above max_shift=6.0; got 7.0"),
        ({"n_directions": 5, "matrix": "orthonormal"}, "5 orthonormal directions do not fit"),
        ({"matrix": "any"}, "The 'matrix' parameter"),
        ({"n_directions": 1}, "The 'n_directions' parameter"),
    ],
)
def test_what_does_not_fit_is_named(parameters, message, four):
    with pytest.raises(ValueError, match=message):
        RectifiedDirections(**{"n_directions": 4, **parameters}).fit(paint, four)


def test_networks_for_images_want_images(four):
    with pytest.raises(ValueError, match=r"'lenet' needs images of shape \(C, H, W\)"):
        RectifiedDirections(4, reconstructor="lenet").fit(torch.tanh, four)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "n_directions", "n_steps"),
    [(lambda: ExactSprites(16), 16, 250), (SpriteGenerator, 64, 350)],
    ids=["exact", "gan"],
)
def test_on_sprites_the_accuracy_is_ten_times_chance(make, n_directions, n_steps):
    # Fewer steps than the default, with which it is 14 and 19 times chance.
    found = RectifiedDirections(n_directions, n_steps=n_steps, random_state=0).fit(make())
    assert found.rca_ >= 10 * found.chance_
