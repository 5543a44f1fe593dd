"""For every test: figures do not pile up, and what needs an extra is left out without it."""

import os
import sys
from importlib.util import find_spec

import pytest
import torch
from hypothesis import settings

if not torch.cuda.is_available():  # before anything imports Triton, which asks at once
    os.environ.setdefault("TRITON_INTERPRET", "1")

settings.register_profile("few", max_examples=20)

NEEDS = {
    "skcurve/plotting/*": "matplotlib",
    "skcurve/cli/*": "typer",
    "skcurve/app/serving.py": "gradio",
    "skcurve/distributed/dask.py": "dask",
    "skcurve/distributed/shelves.py": "dask",
    "skcurve/saliency/*": "skimage",
    "skcurve/*/*_triton.py": "triton",
    "tests/app/*": "pandas",
    "tests/benchmarks/*": "rich",
}
"""Which files want which package that not everybody has."""

collect_ignore_glob = [files for files, package in NEEDS.items() if find_spec(package) is None]


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
