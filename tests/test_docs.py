"""The documentation builds without a warning, is complete, and needs no network to be read."""

import pkgutil
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import skcurve

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


INTERNAL = {"arrays", "cli"}  # subpackages whose names are for the package alone


def public_names():
    """Every name in `__all__` of the package and of its public subpackages, in full."""
    rooms = {module.name for module in pkgutil.iter_modules(skcurve.__path__) if module.ispkg}
    for name in ["skcurve", *(f"skcurve.{room}" for room in sorted(rooms - INTERNAL))]:
        yield from (f"{name}.{public}" for public in import_module(name).__all__)


def listed_names():
    """Every name in the tables of the reference, in full."""
    for module, table in re.findall(
        r"currentmodule:: (\S+)\n\.\. autosummary::\n(?:   :.*\n)*\n((?:   \S+\n)+)", REFERENCE
    ):
        yield from (f"{module}.{name}" for name in table.split())


def test_the_reference_lists_every_public_name_once():
    listed = sorted(listed_names())
    assert listed == sorted(set(listed))
    assert set(public_names()) - set(listed) == set()


def test_the_reference_lists_nothing_that_is_not_there():
    for name in listed_names():
        module, _, public = name.rpartition(".")
        assert getattr(import_module(module), public).__doc__, name


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages, built from a copy; the examples are shown and not run: test_examples runs them."""
    pytest.importorskip("sphinx_gallery")
    folder = tmp_path_factory.mktemp("docs")
    ours = shutil.ignore_patterns("_build", "auto_examples", "generated")
    for part in ("docs", "examples"):
        shutil.copytree(ROOT / part, folder / part, ignore=ours)
    options = ["-q", "-W", "--keep-going", "-D", "plot_gallery=0"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "docs", "site"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.mark.slow
def test_every_public_name_and_every_example_has_a_page(site):
    for name in public_names():
        assert (site / "generated" / f"{name}.html").exists(), name
    for script in (ROOT / "examples").glob("*.py"):
        assert (site / "auto_examples" / f"{script.stem}.html").exists(), script


@pytest.mark.slow
def test_no_page_fetches_anything_from_elsewhere(site):
    pages = [page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts]
    assert len(pages) > 30
    for page in pages:
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=\"([^\"]+)", html)
        loaded += re.findall(r"<link(?=[^>]*stylesheet)[^>]* href=\"([^\"]+)", html)
        assert [source for source in loaded if re.match("(https?:)?//", source)] == [], page
        for source in loaded:
            assert (page.parent / source.split("?")[0]).exists(), (page, source)
