"""Residual and product quantisers: compositions of either kind, in values and in gradients."""

import pytest
import torch

from skcurve.nn import ProductVQ, ResidualVQ, SpaceFillingVQ, VectorQuantizer


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def parts(dims, n_bits=3, **options):
    kinds = [SpaceFillingVQ, VectorQuantizer, SpaceFillingVQ]
    return [
        kind(n_bits, dim, generator=seeded(i), **options)
        for i, (kind, dim) in enumerate(zip(kinds, dims, strict=False))
    ]


def test_a_residual_quantiser_quantises_what_is_left(latents):
    layer = ResidualVQ(parts([4, 4, 4]))
    layer(latents)
    layer.update()
    out = layer.eval()(latents)
    residual, total = latents, torch.zeros_like(latents)
    for i, part in enumerate(layer.quantizers):
        own = part(residual)
        assert torch.equal(out.index[:, i], own.index)
        residual, total = residual - own.quantized, total + own.quantized
    torch.testing.assert_close(out.quantized, total)
    torch.testing.assert_close(layer.decode(out.coordinate), total)
    assert out.perplexity.shape == (3,)


def test_each_residual_part_brings_it_nearer():
    rows = torch.randn(600, 4, generator=seeded())
    errors = []
    for n_parts in (1, 2, 3):
        plain = [VectorQuantizer(4, 4, generator=seeded(i)) for i in range(n_parts)]
        layer = ResidualVQ([*plain[1:], SpaceFillingVQ(4, 4, generator=seeded())])
        for step in range(60):
            layer(rows[(step * 100) % 600 :][:100])
            layer.update()
        errors.append(float((layer.eval()(rows).quantized - rows).square().mean()))
    assert errors[0] > 1.5 * errors[1]
    assert errors[1] > 1.5 * errors[2]


def test_a_product_quantiser_takes_each_stretch_of_its_own(latents):
    layer = ProductVQ(parts([1, 3]))
    layer(latents)
    layer.update()
    out = layer.eval()(latents)
    own = [part(x) for part, x in zip(layer.quantizers, latents.split([1, 3], 1), strict=True)]
    assert torch.equal(out.quantized, torch.cat([part.quantized for part in own], 1))
    assert torch.equal(out.index, torch.stack([part.index for part in own], 1))
    torch.testing.assert_close(layer.decode(out.coordinate), out.quantized)


@pytest.mark.parametrize("compose", [ResidualVQ, ProductVQ])
def test_features_may_come_first(compose, latents):
    images = latents[:96].reshape(2, 6, 8, 4)
    dims = [4, 4] if compose is ResidualVQ else [1, 3]
    last, first = compose(parts(dims)), compose(parts(dims, channel_last=False))
    wanted, out = last(images), first(images.movedim(-1, 1))
    torch.testing.assert_close(out.quantized.movedim(1, -1), wanted.quantized)
    assert torch.equal(out.index, wanted.index)
    torch.testing.assert_close(first.decode(out.coordinate).movedim(1, -1),
                               last.decode(wanted.coordinate))  # fmt: skip


def test_straight_through_twice_is_straight_through(latents):
    layer = ResidualVQ(parts([4, 4], gradient="ste", commitment=0.0))
    x = latents.double().requires_grad_()
    layer(x).quantized.sum().backward()
    torch.testing.assert_close(x.grad, torch.ones_like(x))


def test_the_residual_gradient_of_diveq_is_that_of_the_last_error(latents):
    # As in the paper: the output is x plus the total error, in a direction without gradient.
    layer = ResidualVQ(
        [VectorQuantizer(3, 4, noise=0.0, ema=None, generator=seeded(i)) for i in range(2)]
    ).double()
    x = latents[:50].double().requires_grad_()
    layer(x)
    out = layer(x)
    first, second = layer.quantizers
    c = first.codebook[out.index[:, 0]] + second.codebook[out.index[:, 1]]
    error = c - x
    length = error.norm(dim=1, keepdim=True)
    defined = x + length * (error / length).detach()
    torch.testing.assert_close(out.quantized, defined)
    weights = torch.randn(50, 4, dtype=torch.float64, generator=seeded())
    inputs = [second.codebook]
    got = torch.autograd.grad((out.quantized * weights).sum(), inputs)
    wanted = torch.autograd.grad((defined * weights).sum(), inputs)
    torch.testing.assert_close(got, wanted)


def test_compositions_compose(latents):
    layer = ProductVQ([ResidualVQ(parts([2, 2])), ResidualVQ(parts([2, 2]))])
    out = layer(latents)
    layer.update()
    assert out.index.shape == (600, 2, 2)
    out = layer.eval()(latents)
    torch.testing.assert_close(layer.decode(out.coordinate), out.quantized)


def test_half_precision_is_for_the_ends_only(latents):
    one, other = ResidualVQ(parts([4, 4])), ResidualVQ(parts([4, 4]))
    rounded = latents.half()
    out, wanted = one(rounded), other(rounded.float())
    assert out.quantized.dtype == torch.float16
    assert torch.equal(out.index, wanted.index)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: ResidualVQ([]), ValueError, "at least one quantiser; got none"),
        (lambda: ProductVQ([torch.nn.Linear(3, 3)]), TypeError, r"quantizers\[0\] is Linear"),
        (lambda: ResidualVQ(parts([4, 3])), ValueError, "must have one dim; got 4, 3"),
        (
            lambda: ProductVQ([*parts([4]), *parts([4], channel_last=False)]),
            ValueError,
            "agree on channel_last",
        ),
        (lambda: ProductVQ(parts([1, 3]))(torch.zeros(2, 5)), ValueError, "dim=4 features"),
    ],
)
def test_bad_compositions_are_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()
