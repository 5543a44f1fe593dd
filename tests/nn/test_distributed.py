"""Two processes with half of the rows each learn what one learns from all of them."""

import socket

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from skcurve.nn import ResidualVQ, SpaceFillingVQ, VectorQuantizer

pytestmark = pytest.mark.skipif(
    not dist.is_available() or not dist.is_gloo_available(), reason="needs gloo"
)


def network(kind):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    makers = {
        "curve": lambda: SpaceFillingVQ(4, 4, generator=generator),
        "plain": lambda: VectorQuantizer(4, 4, gradient="ste", generator=generator),
        "residual": lambda: ResidualVQ([SpaceFillingVQ(3, 4), SpaceFillingVQ(3, 4)]),
        "gradients": lambda: SpaceFillingVQ(4, 4, ema=None, generator=generator),
    }
    return torch.nn.Sequential(torch.nn.Linear(4, 4), makers[kind]())


def step(model, batches):
    """Pass batches, then take a step: the first ones only add to the gradients."""
    for batch in batches:
        out = model(batch)
        ((out.quantized - batch).square().mean() + out.loss).backward()


def worker(rank, port, kind, rows, results):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    try:
        model = network(kind)
        own = rows[:, rank::2]
        try:
            model(own[0])
        except RuntimeError as error:
            results[f"refused {rank}"] = str(error)
        # Buffers are broadcast before every pass, as by default.
        shared = torch.nn.parallel.DistributedDataParallel(model)
        with torch.no_grad():
            model[1].initialize(model[0](rows[0]))
        for i in range(0, len(own), 2):
            step(shared, own[i : i + 2])  # two passes, one update
            model[1].update()
        results[rank] = {name: part.clone() for name, part in model.state_dict().items()}
    finally:
        dist.destroy_process_group()


def together(kind, rows):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with mp.get_context("spawn").Manager() as manager:
        results = manager.dict()
        mp.spawn(worker, (port, kind, rows, results), nprocs=2)
        return dict(results)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["curve", "plain", "residual", "gradients"])
def test_two_processes_learn_what_one_does(kind):
    rows = torch.randn(6, 80, 4, generator=torch.Generator().manual_seed(1))
    found = together(kind, rows)
    for rank in (0, 1):
        assert "call initialize(latents) on each" in found[f"refused {rank}"]
    for name, value in found[0].items():
        assert torch.equal(value, found[1][name]), name
    # One process that sees both halves, each as a pass of its own, draws other dithers than two
    # that see one each; the plain quantiser draws none.
    if kind == "plain":
        alone = network(kind)
        with torch.no_grad():
            alone[1].initialize(alone[0](rows[0]))
        for i in range(0, len(rows), 2):
            step(alone, [rows[i, 0::2], rows[i, 1::2], rows[i + 1, 0::2], rows[i + 1, 1::2]])
            alone[1].update()
        torch.testing.assert_close(found[0]["1.codebook"], alone[1].codebook)
        torch.testing.assert_close(found[0]["1.memory.known"], alone[1].memory.known)
