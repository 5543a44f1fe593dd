"""For every test: figures do not pile up, and what needs an extra is left out without it."""

import os
import sys
from importlib.util import find_spec

import pytest
import torch

if not torch.cuda.is_available():  # before anything imports Triton, which asks at once
    os.environ.setdefault("TRITON_INTERPRET", "1")

NEEDS = {
    "matplotlib": "skcurve/plotting/*",
    "typer": "skcurve/cli/*",
    "rich": "tests/benchmarks/*",
    "triton": "skcurve/projection/fused_triton.py",
}
collect_ignore_glob = [files for extra, files in NEEDS.items() if find_spec(extra) is None]


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
