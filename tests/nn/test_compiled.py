"""Compiled and exported layers give what plain ones do, in one graph."""

import io
import shutil

import pytest
import torch
from torch._dynamo.testing import CompileCounter

from skcurve.nn import ProductVQ, ResidualVQ, SpaceFillingVQ, VectorQuantizer


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def curve(**options):
    return SpaceFillingVQ(4, 4, generator=seeded(), **options)


def plain(**options):
    return VectorQuantizer(4, 4, generator=seeded(), **options)


LAYERS = {
    "diveq": curve,
    "nsvq": lambda: curve(gradient="nsvq"),
    "rotation, gradients": lambda: curve(gradient="rotation", ema=None),
    "plain": plain,
    "residual": lambda: ResidualVQ([curve(), plain()]),
    "product": lambda: ProductVQ([SpaceFillingVQ(3, 1), SpaceFillingVQ(3, 3)]),
}
layers = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


@pytest.fixture(autouse=True)
def _no_graph_of_another_test():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def trained(layer, call, latents, n_steps):
    outs = []
    for _ in range(n_steps):
        x = latents.clone().requires_grad_()
        out = call(x)
        (out.quantized.square().sum() + out.loss).backward()
        layer.update()
        outs.append((out, x.grad))
    return outs


def compare(make, latents, backend, n_steps=3):
    torch.manual_seed(0)
    one = make()
    torch.manual_seed(0)
    other = make()
    compiled = torch.compile(one, backend=backend, fullgraph=True)
    pairs = zip(
        trained(one, compiled, latents, n_steps), trained(other, other, latents, n_steps),
        strict=True,
    )  # fmt: skip
    for (out, grad), (wanted, wanted_grad) in pairs:
        # The same random numbers, so the same places.
        assert torch.equal(out.index, wanted.index)
        torch.testing.assert_close(out.quantized, wanted.quantized, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(grad, wanted_grad, rtol=1e-3, atol=1e-3)
    one.eval(), other.eval()
    with torch.no_grad():
        out, wanted = compiled(latents), other(latents)
    torch.testing.assert_close(out.quantized, wanted.quantized, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(out.coordinate, wanted.coordinate, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
@layers
def test_a_layer_is_one_graph(make, latents):
    compare(make, latents[:64], "aot_eager")


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="needs a compiler")
def test_a_layer_compiles_to_code(latents):
    def begun():  # the first pass has a graph of its own, which would take a compiler as long again
        layer = curve()
        layer(latents)
        layer.update()
        return layer

    compare(begun, latents[:64], "inductor", n_steps=2)


def test_a_graph_serves_until_the_curve_grows(latents):
    layer = curve(start_bits=2)
    counter = CompileCounter()
    compiled = torch.compile(layer, backend=counter, fullgraph=True)

    def graphs_after(n_steps):
        for _ in range(n_steps):
            compiled(latents)
            layer.update()
        return counter.frame_count

    assert graphs_after(3) == 2  # the pass in which the curve begins, and the others
    assert graphs_after(60) == 2
    layer.grow()
    assert graphs_after(3) == 3


@pytest.mark.slow
@layers
def test_evaluation_is_exported_saved_and_loaded(make, latents):
    torch.manual_seed(0)
    layer = make()
    layer(latents)
    layer.update()
    layer.eval()
    rows = {0: torch.export.Dim("rows", min=2)}
    program = torch.export.export(layer, (latents[:50],), dynamic_shapes=(rows,))
    file = io.BytesIO()
    torch.export.save(program, file)
    file.seek(0)
    exported = torch.export.load(file).module()
    for n_rows in (2, 77, 600):
        out, wanted = exported(latents[:n_rows]), layer(latents[:n_rows])
        assert type(out) is type(wanted)
        torch.testing.assert_close(out.quantized, wanted.quantized)
        torch.testing.assert_close(out.coordinate, wanted.coordinate, rtol=1e-4, atol=1e-4)


def test_no_operation_waits_for_the_data(latents):
    """On a device that has no data, whatever asked for them would fail."""
    for layer in (curve(), plain()):
        layer(latents)
        layer.update()
        layer.to("meta")
        for part in (layer.train(), layer.eval()):
            out = part(torch.empty(50, 4, device="meta"))
            assert out.quantized.shape == (50, 4)
            assert out.index.device.type == "meta"
        layer.train().memory.fold(0.9, None)
        layer._solve(layer.vertices)
