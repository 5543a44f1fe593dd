"""Two processes with half of the rows each learn one curve, by adding up what their rows say."""

import subprocess
import sys

import numpy as np
import pytest

from skcurve import SFVQ
from skcurve.distributed import Processes

SCRIPT = """
import sys
import numpy as np
import torch
import torch.distributed as dist
from skcurve import SFVQ
from skcurve.distributed import Processes

rank, folder, task = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=f"file://{folder}/group", rank=rank, world_size=2)
X = np.load(f"{folder}/X.npy")
mine = X[:8000] if rank == 0 else X[8000:]
weights = np.load(f"{folder}/weights.npy") if task == "weights" else None
try:
    if task == "width":
        mine = mine[:, : 3 + rank]
    if task == "tensors":
        mine = torch.from_numpy(mine)
    seed = rank if task == "seeds" else 0
    sfvq = SFVQ(n_bits=5, random_state=seed).fit(Processes(mine), sample_weight=weights)
    assert isinstance(sfvq.codebook_, type(mine))
    T = sfvq.transform(Processes(mine))
    assert np.array_equal(np.asarray(T), np.asarray(sfvq.transform(mine)))
    np.save(f"{folder}/{rank}.npy", np.asarray(sfvq.codebook_))
    print(sfvq.score(Processes(mine)), float(sfvq.usage_.sum()))
except ValueError as error:
    print("ValueError:", error)
dist.destroy_process_group()
"""


def run(folder, task):
    """What both processes print."""
    X = np.random.default_rng(0).standard_normal((12_000, 16)).astype(np.float32)
    weights = np.random.default_rng(1).integers(0, 4, len(X)).astype(float)
    np.save(folder / "X.npy", X)
    np.save(folder / "weights.npy", weights)
    words = [sys.executable, "-W", "ignore", "-c", SCRIPT]
    children = [
        subprocess.Popen([*words, str(rank), str(folder), task], stdout=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    said = [child.communicate(timeout=300)[0].strip() for child in children]
    assert [child.returncode for child in children] == [0, 0], said
    return X, weights, said


@pytest.mark.slow
@pytest.mark.parametrize("task", ["plain", "weights", "tensors"])
def test_both_get_the_same_curve_as_good_as_that_of_all_rows(task, tmp_path):
    X, weights, said = run(tmp_path, task)
    weights = weights if task == "weights" else None
    codebooks = [np.load(tmp_path / f"{rank}.npy") for rank in range(2)]
    np.testing.assert_array_equal(*codebooks)
    found = SFVQ.from_codebook(codebooks[0])
    expected = SFVQ(n_bits=5, random_state=0).fit(X, sample_weight=weights)
    assert found.score(X, sample_weight=weights) > 1.015 * expected.score(X, sample_weight=weights)
    for line in said:
        score, usage = map(float, line.split())
        assert score == pytest.approx(found.score(X), rel=1e-5)
        assert usage == pytest.approx(len(X) if weights is None else weights.sum(), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("seeds", "the processes draw different rows"),
        ("width", "the part of process 1 has 4 features"),
    ],
)
def test_processes_that_do_not_agree_say_so(task, message, tmp_path):
    _, _, said = run(tmp_path, task)
    assert all(message in line for line in said), said


def test_a_group_is_needed():
    with pytest.raises(RuntimeError, match="init_process_group"):
        Processes(np.zeros((2, 2)))
