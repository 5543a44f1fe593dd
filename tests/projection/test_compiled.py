"""The Triton kernels compiled for real devices, which takes none: interpreters are lenient."""

import json
import os
import subprocess
import sys

import pytest

triton = pytest.importorskip("triton")

KIB = 1024
SHARED = {90: 227 * KIB, 86: 99 * KIB}
"""What a block may have of the memory on the chip, by compute capability."""

MOST_SPILLED = 256
"""Bytes of a thread that do not fit in registers: a few, outside of the inner loop."""

SCRIPT = """
import contextlib, io, json, sys

import torch, triton
from triton.backends.compiler import GPUTarget
from triton.runtime.jit import JITFunction

capability, dtype, cases = json.loads(sys.argv[1])

class Driver:
    get_current_target = lambda self: GPUTarget("cuda", capability, 32)
    get_current_device = lambda self: 0
    get_current_stream = lambda self, device: 0

def compile_only(self, *arguments, grid, warmup, **options):
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        kernel = run(self, *arguments, grid=grid, warmup=True, **options)
    found.append({
        "kernel": self.__name__, "shared": kernel.metadata.shared, "ptx": kernel.asm["ptx"],
        "hash": kernel.hash, "log": log.getvalue(),
    })

triton.runtime.driver.set_active(Driver())
triton.knobs.nvidia.dump_ptxas_log = True
run, JITFunction.run, found = JITFunction.run, compile_only, []

from skcurve.projection.fused_triton import project_doubtful, project_undoubted
from skcurve.projection.table import SearchTable
from skcurve.solvers.accumulate_triton import accumulate_triton
from skcurve.solvers.rows import Sample

for n_rows, n_vertices, n_features, precision, to_line in cases:
    X = torch.randn(n_rows, n_features, dtype=getattr(torch, dtype))
    vertices = torch.randn(n_vertices, n_features, dtype=X.dtype)
    if to_line is None:
        project_undoubted(X, vertices, SearchTable.of(vertices), precision)
        project_doubtful(X, vertices, SearchTable.of(vertices))
        continue
    sample = Sample(X, torch.arange(n_rows), torch.ones(n_rows).to(X), vertices[0], 1.0)
    dithers, exact = torch.rand(1, 2, n_vertices - 1).to(X), torch.full((1, 2), to_line)
    with contextlib.suppress(IndexError, RuntimeError):  # nothing was found, for nothing ran
        accumulate_triton(sample, vertices, dithers, exact, precision)

json.dump(found, sys.stdout)
"""


def compiled(capability, dtype, cases, folder):
    """Compile the kernels that the launching code asks for, and say what they became."""
    environment = {**os.environ, "TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([capability, dtype, cases])],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def spilled(log):
    """Read from what the assembler says how many bytes of a thread are not in registers."""
    return max(int(line.split("bytes spill stores")[0].split(",")[-1])
               for line in log.splitlines() if "bytes spill stores" in line)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _assembler():
    try:
        assert triton.knobs.nvidia.ptxas.path
    except RuntimeError:
        pytest.skip("needs ptxas, which comes with Triton for NVIDIA devices")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_hopper_each_kernel_fits_and_tensor_cores_take_the_products(dtype, tmp_path):
    sizes = 4096, 1024, 512
    cases = [(*sizes, "tf32x3", None), (*sizes, "tf32", False), (*sizes, "tf32", True)]
    found = compiled(90, dtype, cases, tmp_path)
    assert [one["kernel"] for one in found] == [
        "_meet_kernel", "_place_kernel", "_place_kernel", "_meet_kernel", "_meet_kernel",
    ]  # fmt: skip
    for one in found:
        assert one["shared"] <= SHARED[90]
        assert spilled(one["log"]) <= MOST_SPILLED
        if one["kernel"] == "_meet_kernel":
            assert "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32" in one["ptx"]
            # All but the centre of the rows goes to the chip sixteen bytes at a time.
            wide, narrow = (one["ptx"].count(f"], {size}, %r") for size in ("0x10", "0x4"))
            assert wide > 4 * narrow


@pytest.mark.slow
def test_kernels_compile_at_odd_sizes(tmp_path):
    cases = [
        (1001, 9, 31, "tf32x3", None), (1, 2, 1, "ieee", None),
        (4096, 300, 7, "ieee", True), (4096, 300, 7, "tf32", False),
    ]  # fmt: skip
    found = compiled(90, "float32", cases, tmp_path)
    assert len(found) == 8
    assert max(one["shared"] for one in found) <= SHARED[90]


@pytest.mark.slow
def test_kernels_fit_on_smaller_devices(tmp_path):
    found = compiled(86, "float32", [(1000, 1024, 512, "tf32x3", None)], tmp_path)
    assert len(found) == 3
    assert max(one["shared"] for one in found) <= SHARED[86]


@pytest.mark.slow
def test_other_numbers_of_rows_and_vertices_take_no_other_kernels(tmp_path):
    cases = [(n, m, 64, "tf32x3", None) for n, m in [(4096, 1024), (1001, 9), (1, 4)]]
    found = compiled(90, "float32", cases, tmp_path)
    assert len(found) == 9
    assert len({one["hash"] for one in found}) == 3
