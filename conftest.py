"""For every test: figures do not pile up, and what needs an extra is left out without it."""

import os
import sys
from importlib.util import find_spec

import pytest
import torch
from hypothesis import HealthCheck, settings

if not torch.cuda.is_available():  # before anything imports Triton, which asks at once
    os.environ.setdefault("TRITON_INTERPRET", "1")

# How long an example takes hangs on what else the machine does. Continuous integration tries the
# same examples each time, so that a change is not blamed for what chance finds; people try others.
settings.register_profile(
    "default",
    max_examples=50,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")
# On other installations versions are in question: the same few examples every time.
settings.register_profile("few", settings.default, max_examples=10, derandomize=True)

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
