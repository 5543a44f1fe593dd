"""What `make test-wheel` runs where skcurve is installed as users install it, with no extra."""

import importlib.util
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

import skcurve
from skcurve import SFVQ, PolylineCurve

home = Path(skcurve.__file__).parent
assert "site-packages" in home.parts, f"skcurve is not the installed one: {home}"
assert version("skcurve") == skcurve.__version__
assert (home / "py.typed").exists()
for extra in ("matplotlib", "numba", "typer"):
    assert importlib.util.find_spec(extra) is None, f"{extra} came along"

X = np.random.default_rng(0).standard_normal((500, 5))
sfvq = SFVQ(4, random_state=0).fit(X)
assert np.abs(sfvq.quantize(X) - X).mean() < np.abs(X).mean()
assert isinstance(sfvq.curve_, PolylineCurve)
with tempfile.TemporaryDirectory() as folder:
    sfvq.save(Path(folder, "curve.safetensors"))
    again = SFVQ.load(Path(folder, "curve.safetensors"))
np.testing.assert_array_equal(again.transform(X), sfvq.transform(X))

command = subprocess.run(
    [Path(sys.executable).with_name("skcurve"), "demo"], capture_output=True, text=True, check=False
)
assert command.returncode == 1
assert 'pip install "skcurve[cli]"' in command.stderr, command.stderr
print(f"skcurve {skcurve.__version__} works where it was installed.")
