"""scikit-learn's array API dispatch, with tensors: its own checks, and a pipeline."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
import sklearn
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_array_api_input_and_values

from skcurve import SFVQ

estimator = SFVQ(**{parameters!r})
for dtype in ("float32", "float64"):
    check_array_api_input_and_values(
        "SFVQ", estimator, array_namespace="torch", device_name="cpu", dtype_name=dtype,
        check_sample_weight=True,
    )
X = torch.from_numpy(np.random.default_rng(0).standard_normal((300, 3)))
with sklearn.config_context(array_api_dispatch=True):
    T = make_pipeline(StandardScaler(), estimator).fit_transform(X)
    assert isinstance(T, torch.Tensor) and T.shape == (300, 1)
print("done")
"""


@pytest.mark.parametrize(
    "parameters",
    [{"n_bits": 3}, {"n_bits": 3, "solver": "adam"}, {"n_bits": 2, "coordinate": "unit"}],
    ids=str,
)
def test_tensors_under_dispatch(parameters):
    # A process of its own: scipy looks at the variable only when it is imported.
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{parameters!r}", repr(parameters))],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["done"], done.stderr
