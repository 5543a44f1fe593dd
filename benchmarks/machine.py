"""Which machine and which versions a figure is from; nothing that names a person or a place."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import skcurve

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "triton", "numba")
PEERS = (
    "diveq", "elpigraph-python", "faiss-cpu", "minisom", "torchsom", "imbalanced-learn", "prdc",
    "torchmetrics",
    "vector-quantize-pytorch",
)  # fmt: skip


def describe() -> dict[str, str]:
    """Say what the times of this process depend on."""
    return {
        "processor": _processor(),
        **({"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "system": platform.system(),
        "python": platform.python_version(),
        "skcurve": skcurve.__version__,
        **{package: _version(package) for package in PACKAGES + PEERS},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
