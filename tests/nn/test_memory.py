"""The sums of a layer are the statistics of the package."""

import numpy as np
import pytest
import torch

from skcurve.nn.gradients import Target
from skcurve.nn.memory import Memory
from skcurve.solvers.accumulate import accumulate
from skcurve.solvers.rows import Rows


def scene(n_rows=200, n_vertices=8, dim=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(n_rows, dim, generator=generator)
    vertices = torch.randn(n_vertices, dim, generator=generator)
    dither = torch.rand(n_vertices - 1, generator=generator)
    return rows, vertices, dither


def met(rows, vertices, dither):
    dithered = torch.lerp(vertices[:-1], vertices[1:], dither[:, None])
    segment = torch.cdist(rows, dithered).argmin(1)
    after = dither[segment][:, None]
    return segment, Target((vertices[segment], vertices[segment + 1]), (1 - after, after))


def test_what_is_collected_is_what_a_sweep_sums():
    rows, vertices, dither = scene()
    memory = Memory(8, 3)
    segment, target = met(rows, vertices, dither)
    memory.collect(rows, segment, target)
    memory.fold(0.0, None)
    ours = memory.statistics(8)
    source = Rows(rows.double(), None, np.random.default_rng(0))
    sample = source.everything()
    normal = source.normalise(vertices.double())
    swept = accumulate(
        sample, normal, dither.double()[None, None], torch.zeros(1, 1, dtype=torch.bool)
    )
    for name in ("diagonal", "beside", "usage"):
        wanted = getattr(swept, name).float()
        torch.testing.assert_close(getattr(ours, name), wanted, rtol=1e-4, atol=1e-4)
    # The moment and the error are in the units of the data here, and normalised there.
    solved = ours.solve(vertices, 0.01)
    wanted = source.restore(swept.solve(normal, 0.01)).float()
    torch.testing.assert_close(solved, wanted, rtol=1e-3, atol=1e-3)
    sq_error = (swept.sq_error / source.scale**2).float()
    torch.testing.assert_close(ours.sq_error, sq_error, rtol=1e-3, atol=1e-3)


def test_what_is_collected_in_parts_adds_up():
    rows, vertices, dither = scene()
    whole, parts = Memory(8, 3), Memory(8, 3)
    whole.collect(rows, *met(rows, vertices, dither))
    for part in rows.split(64):
        parts.collect(part, *met(part, vertices, dither))
    torch.testing.assert_close(whole.fresh, parts.fresh)


def test_what_is_known_fades():
    rows, vertices, dither = scene()
    memory = Memory(8, 3)
    memory.collect(rows, *met(rows, vertices, dither))
    first = memory.fresh.clone()
    memory.fold(0.5, None)
    assert torch.equal(memory.known, first)
    assert not memory.fresh.any()
    memory.collect(rows, *met(rows, vertices, dither))
    memory.fold(0.5, None)
    torch.testing.assert_close(memory.known, 1.5 * first)
    memory.forget()
    assert not memory.known.any()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_sums_never_lose_precision(dtype):
    memory = Memory(4, 2)
    memory.known += 70_001.0  # more than half precision can hold
    memory.fresh += 70_001.0
    memory.to(dtype)
    kept = torch.float64 if dtype == torch.float64 else torch.float32
    assert memory.known.dtype == memory.fresh.dtype == kept
    assert (memory.known == 70_001).all() and (memory.fresh == 70_001).all()


def test_fresh_sums_are_no_buffer_but_are_saved():
    memory = Memory(4, 2)
    assert [name for name, _ in memory.named_buffers()] == ["known"]
    assert set(memory.state_dict()) == {"known", "fresh"}
