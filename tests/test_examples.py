"""Every example runs as it stands, and the list of them is complete."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_it_runs(script, tmp_path):
    pytest.importorskip("matplotlib")
    paths = [str(FOLDER.parent), os.environ.get("PYTHONPATH", "")]
    subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", str(FOLDER / script)],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
        timeout=300,
    )
    assert list(tmp_path.iterdir()) == []  # it leaves nothing behind


def test_the_list_names_every_one():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [script for script in SCRIPTS if f"`{script}`" not in listed] == []
    assert len(SCRIPTS) >= 3
