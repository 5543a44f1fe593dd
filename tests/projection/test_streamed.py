"""Blocks of rows go to a device and the answers come back; here, to and from the CPU."""

import warnings

import numpy as np
import pytest
import torch

from skcurve.projection import project, project_oracle, streamed
from skcurve.projection.blocked import project_blocked
from skcurve.projection.streamed import FEWEST_ROWS, project_streamed, stream
from skcurve.projection.table import SearchTable

ELSEWHERE = torch.device("cpu", 0)
"""Not equal to the device of a tensor here, so that rows are copied; streams do nothing there."""


@pytest.fixture
def scene():
    rng = np.random.default_rng(0)
    X, vertices = (torch.from_numpy(rng.standard_normal((n, 3))) for n in (3000, 20))
    return X, vertices, SearchTable.of(vertices)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Twelve blocks of the fewest rows."""
    monkeypatch.setattr(streamed, "BLOCK_BYTES", FEWEST_ROWS * 24)


class Accelerator:
    """A search that remembers its blocks, leaves some rows in doubt, and may lack memory."""

    def __init__(self, vertices, table, fits=10**9, doubtful=0):
        self.vertices, self.table, self.fits, self.doubtful = vertices, table, fits, doubtful
        self.blocks, self.settled = [], []

    def search(self, block):
        if len(block) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.blocks.append(block.clone())
        found = project_blocked(block, self.vertices, self.table)
        doubt = (torch.arange(len(block)) < self.doubtful).to(torch.int8)
        found.sq_distance[doubt == 1] = -1.0  # wrong until it is settled
        return found, doubt

    def settle(self, block):
        self.settled.append(len(block))
        return project_blocked(block, self.vertices, self.table)


def assert_same(found, expected):
    for part, other in zip(found, expected, strict=True):
        assert torch.equal(part, other)


@pytest.mark.parametrize("device", [torch.device("cpu"), ELSEWHERE], ids=["stays", "travels"])
@pytest.mark.parametrize("doubtful", [0, 1, 50])
def test_every_row_gets_its_own_answer(scene, device, doubtful):
    X, vertices, table = scene
    there = Accelerator(vertices, table, doubtful=doubtful)
    found = stream(X, device, there.search, there.settle)
    assert_same(found, project_blocked(X, vertices, table))
    assert torch.equal(torch.cat(there.blocks), X)
    assert len(there.blocks) == (1 if device == X.device else 12)
    assert sum(there.settled) == doubtful * len(there.blocks)


def test_rows_in_doubt_are_gathered_a_part_at_a_time_where_all_rows_are_one_block(
    scene, monkeypatch
):
    X, vertices, table = scene
    monkeypatch.setattr(streamed, "DOUBTFUL_ROWS", 100)
    there = Accelerator(vertices, table, doubtful=250)
    found = stream(X, X.device, there.search, there.settle)
    assert_same(found, project_blocked(X, vertices, table))
    assert there.settled == [100, 100, 50]


@pytest.mark.parametrize("device", [torch.device("cpu"), ELSEWHERE], ids=["stays", "travels"])
def test_where_memory_is_short_blocks_are_halved_and_one_warning_says_so(
    scene, device, monkeypatch
):
    X, vertices, table = scene
    monkeypatch.setattr(streamed, "BLOCK_BYTES", 2000 * 24)
    there = Accelerator(vertices, table, fits=600, doubtful=3)
    with pytest.warns(RuntimeWarning, match=r"rows does not fit in the memory of cpu") as caught:
        found = stream(X, device, there.search, there.settle)
    assert len(caught) == 1
    assert_same(found, project_blocked(X, vertices, table))
    assert torch.equal(torch.cat(there.blocks), X)
    assert max(map(len, there.blocks)) <= 600


def test_memory_that_runs_out_midway_loses_nothing(scene, monkeypatch):
    X, vertices, table = scene
    monkeypatch.setattr(streamed, "BLOCK_BYTES", 1000 * 24)
    there = Accelerator(vertices, table)

    def search(block):
        if len(there.blocks) == 2:
            there.fits = 300
        return there.search(block)

    with pytest.warns(RuntimeWarning, match=r"a block of 1,000 rows"):
        found = stream(X, ELSEWHERE, search, there.settle)
    assert_same(found, project_blocked(X, vertices, table))
    assert list(map(len, there.blocks))[:3] == [1000, 1000, 256]
    assert torch.equal(torch.cat(there.blocks), X)  # none of them twice


def test_memory_that_does_not_suffice_for_the_smallest_block_is_an_error(scene):
    X, vertices, table = scene
    there = Accelerator(vertices, table, fits=0)
    with pytest.raises(torch.OutOfMemoryError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream(X, ELSEWHERE, there.search, there.settle)


def test_a_lane_is_collected_before_it_is_filled_again(scene, monkeypatch):
    X, vertices, table = scene
    order = []
    there = Accelerator(vertices, table)
    collect = streamed._Lane.collect

    def watched(lane):
        if lane._under_way is not None:
            order.append(("collect", lane._under_way.start))
        collect(lane)

    def search(block):
        order.append(("search", len(there.blocks) * FEWEST_ROWS))
        return there.search(block)

    monkeypatch.setattr(streamed._Lane, "collect", watched)
    stream(X[: 4 * FEWEST_ROWS], ELSEWHERE, search, None)
    starts = [FEWEST_ROWS * i for i in range(4)]
    assert order == [
        ("search", starts[0]), ("search", starts[1]), ("collect", starts[0]),
        ("search", starts[2]), ("collect", starts[1]), ("search", starts[3]),
        ("collect", starts[2]), ("collect", starts[3]),
    ]  # fmt: skip


@pytest.mark.parametrize("n", [0, 1])
def test_few_rows_are_no_special_case(scene, n):
    X, vertices, table = scene
    there = Accelerator(vertices, table)
    found = stream(X[:n], ELSEWHERE, there.search, there.settle)
    assert_same(found, project_blocked(X[:n], vertices, table))


def test_without_kernels_the_blocked_search_does_it(scene):
    X, vertices, table = scene
    found = project_streamed(X, vertices, table)
    torch.testing.assert_close(found.sq_distance, project_oracle(X, vertices).sq_distance)
    assert_same(found, project_blocked(X, vertices, table))
    torch.testing.assert_close(found.sq_distance, project(X, vertices).sq_distance)
