"""What passes a quantiser backwards, by autograd in float64, against the papers' definitions."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.nn.gradients import Target, diveq, nsvq, rotation, ste

KINDS = {"one vector": 1, "two ends": 2}


def scene(n_ends, seed=0, n=4, dim=3):
    """Rows and codebook vectors that take gradients, and weights that do not."""
    generator = torch.Generator().manual_seed(seed)

    def draw():
        return torch.randn(n, dim, dtype=torch.float64, generator=generator)

    x = draw().requires_grad_()
    ends = tuple(draw().requires_grad_() for _ in range(n_ends))
    after = torch.rand(n, 1, dtype=torch.float64, generator=generator)
    weights = (torch.ones_like(after),) if n_ends == 1 else (1 - after, after)
    return x, Target(ends, weights), draw


def fixed(draws):
    """Give the same numbers, in order, as often as wanted."""
    drawn = iter(draws)
    return lambda: next(drawn)


def directions(output, inputs):
    """The gradients of a fixed weighting of the output."""
    weights = torch.linspace(-1, 2, output.numel(), dtype=output.dtype).view_as(output)
    return torch.autograd.grad((output * weights).sum(), inputs, allow_unused=True), weights


@pytest.mark.parametrize("n_ends", KINDS.values(), ids=KINDS)
def test_nsvq_is_its_definition(n_ends):
    x, target, draw = scene(n_ends)
    v = draw()
    output = nsvq(x, target, fixed([v]), 0.0)
    # Vali and Bäckström 2022: x + |x - p| v / |v|, differentiable in x and the codebook.
    p = sum(w * c for w, c in zip(target.weights, target.ends, strict=True))
    defined = x + (x - p).square().sum(1, keepdim=True).sqrt() * v / v.norm(dim=1, keepdim=True)
    torch.testing.assert_close(output, defined)
    (got, _), (wanted, _) = (directions(o, [x, *target.ends]) for o in (output, defined))
    torch.testing.assert_close(got, wanted)
    error = (output - x).norm(dim=1)
    torch.testing.assert_close(error, (x - p).norm(dim=1))


@pytest.mark.parametrize("n_ends", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_diveq_is_its_definition(n_ends, spread):
    x, target, draw = scene(n_ends)
    noises = [draw() for _ in range(n_ends)]
    output = diveq(x, target, fixed(noises), spread)
    # Vali, Bäckström and Solin 2026, for a vector (DiVeQ) and the ends of a segment (SF-DiVeQ).
    defined = x
    for c, w, noise in zip(target.ends, target.weights, noises, strict=True):
        v = (c - x + spread * noise).detach()
        length = (c - x).square().sum(1, keepdim=True).sqrt()
        defined = defined + length * (w * v / v.norm(dim=1, keepdim=True))
    torch.testing.assert_close(output, defined)
    (got, _), (wanted, _) = (directions(o, [x, *target.ends]) for o in (output, defined))
    torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize("n_ends", KINDS.values(), ids=KINDS)
def test_diveq_without_noise_is_the_point_itself(n_ends):
    x, target, _ = scene(n_ends)
    output = diveq(x, target, fixed([]), 0.0)
    torch.testing.assert_close(output, target.points)


@pytest.mark.parametrize("n_ends", KINDS.values(), ids=KINDS)
def test_diveq_sends_the_codebook_its_share_along_the_error(n_ends):
    x, target, _ = scene(n_ends)
    grads, g = directions(diveq(x, target, fixed([]), 0.0), target.ends)
    for grad, c, w in zip(grads, target.ends, target.weights, strict=True):
        unit = (c - x).detach() / (c - x).detach().norm(dim=1, keepdim=True)
        along = (g * w * unit).sum(1, keepdim=True)
        torch.testing.assert_close(grad, along * unit)


@pytest.mark.parametrize("n_ends", KINDS.values(), ids=KINDS)
def test_straight_through_is_the_point_forwards_and_the_identity_backwards(n_ends):
    x, target, _ = scene(n_ends)
    output = ste(x, target, fixed([]), 0.0)
    assert torch.equal(output, target.points)
    (to_x, *to_ends), g = directions(output, [x, *target.ends])
    assert torch.equal(to_x, g)
    assert to_ends == [None] * n_ends


@given(st.integers(0, 2**20), st.sampled_from([1, 2]))
def test_rotation_is_the_point_and_turns_gradients_with_it(seed, n_ends):
    x, target, _ = scene(n_ends, seed)
    output = rotation(x, target, fixed([]), 0.0)
    torch.testing.assert_close(output, target.points, rtol=1e-9, atol=1e-9)
    (to_x,), g = directions(output, [x])
    # Fifty et al.: gradients keep their length up to |p| / |x|, and their angle to the vector.
    scale = target.points.norm(dim=1) / x.norm(dim=1)
    torch.testing.assert_close(to_x.norm(dim=1), scale * g.norm(dim=1), rtol=1e-7, atol=1e-9)
    before = (to_x * x).sum(1) / (to_x.norm(dim=1) * x.norm(dim=1))
    after = (g * output).sum(1) / (g.norm(dim=1) * output.norm(dim=1))
    torch.testing.assert_close(before, after, rtol=1e-6, atol=1e-8)


def test_rotation_of_opposites_is_the_point_still():
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    target = Target((-3 * x,), (torch.ones(1, 1, dtype=torch.float64),))
    torch.testing.assert_close(rotation(x, target, fixed([]), 0.0), -3 * x)


@pytest.mark.parametrize("gradient", [diveq, nsvq, ste, rotation])
def test_a_row_on_its_point_has_finite_gradients(gradient):
    x = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    end = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    target = Target((end,), (torch.ones(2, 1, dtype=torch.float64),))
    output = gradient(x, target, lambda: torch.ones(2, 3, dtype=torch.float64), 0.1)
    (to_x, _), _ = directions(output, [x, end])
    assert torch.equal(output, x)
    assert torch.isfinite(to_x).all()
