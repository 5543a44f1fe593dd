"""The floors of docs/architecture.md hold: a module imports only from floors below its own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import skcurve

PACKAGE = Path(skcurve.__file__).parent
ROOT = Path(__file__).parents[1]


def beside_the_pages(name: str):
    """A module of those that make the documentation: what is drawn there is checked here."""
    spec = spec_from_file_location(name, ROOT / "docs" / "extensions" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


package_imports = beside_the_pages("package_imports")
imports = package_imports.imports

FLOOR = {
    "arrays": 1,
    "files": 0,
    "interop": 0,
    "notices": 0,
    "parallel": 0,
    "randomness": 0,
    "curve": 1,
    "projection": 1,
    "coordinates": 1.5,  # names for what a curve can be measured along
    "blocks": 1.5,  # rows that need not fit in memory, in files and elsewhere
    "solvers": 2,
    "metrics": 2,
    "validation": 2,
    "fitted": 2,  # the attributes that a curve brings along
    "applying": 2,  # what a curve makes of a part of the rows
    "judging": 2.5,  # how good a codebook is on rows in blocks
    "storage": 2.5,  # a fitted estimator as a file: knows the solvers by name
    "checkpoints": 2.6,  # what a fit has learnt so far, by way of storage
    "fitting": 2.7,  # the runs of a fit: knows solvers, and who watches
    "sfvq": 3,
    "nn": 3.5,  # the curve as a layer: gives and takes estimators
    "generators": 3,
    "directions": 4,
    "distributed": 4,
    "explorer": 5,
    "augmenter": 5,
    "__init__": 5.5,  # the public names, gathered from the floors they live on
    "plotting": 6,
    "testing": 6,
    "saliency": 6,
    "app": 7,
    "cli": 7,
    "demo": 7,
    "explore_demo": 7,
    "__main__": 7.5,  # starts the command
}
# The imports that stay on their floor: each has one direction.
SIDEWAYS = {
    ("curve", "projection"), ("cli", "app"), ("cli", "demo"), ("cli", "explore_demo"),
}  # fmt: skip

REQUIRED = "joblib, safetensors, scipy.linalg, sklearn.callback, threadpoolctl, torch"
HEAVY = {
    "PIL", "cv2", "dask", "diffusers", "distributed", "gradio", "h5py", "imageio_ffmpeg",
    "imblearn", "matplotlib", "numba", "pandas", "polars", "pyarrow",
    "pytorch_pretrained_biggan", "skimage", "triton", "zarr",
}  # fmt: skip
EXTRAS = HEAVY | {"hypothesis", "rich", "skops", "typer"}

FILES = sorted(PACKAGE.rglob("*.py"))


def room(file: Path, package: Path = PACKAGE) -> str:
    """The part of the house that a file belongs to: a top-level module or subpackage."""
    return file.relative_to(package).parts[0].removesuffix(".py")


def imported_rooms(file: Path, package: Path = PACKAGE) -> Iterator[tuple[int, str]]:
    """The rooms a file imports from; a name of the package itself counts as `__init__`."""
    for line, name in imports(file, package):
        top, _, rest = name.partition(".")
        if top == "skcurve":
            target = rest.partition(".")[0]
            yield line, target if target in FLOOR else "__init__"


def climbs(file: Path, package: Path = PACKAGE) -> list[str]:
    """The imports of a file that do not go down."""
    origin = room(file, package)
    return [
        f"{file.relative_to(package)}:{line}: {origin} imports {target}"
        for line, target in imported_rooms(file, package)
        if origin != target and FLOOR[target] >= FLOOR[origin] and (origin, target) not in SIDEWAYS
    ]


def outside_imports(file: Path) -> set[str]:
    """The top-level names of everything a file imports."""
    return {name.partition(".")[0] for _, name in imports(file)}


def run(source: str) -> str:
    """What a fresh interpreter prints when it runs `source`."""
    return subprocess.run(
        [sys.executable, "-c", source],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_every_module_has_a_floor():
    assert {room(file) for file in FILES} <= FLOOR.keys()


def test_the_page_and_its_picture_have_the_same_floors():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = {room.name: room.floor for room in package_imports.rooms_of(page)}
    assert told == {
        name: floor if floor % 1 == 0 else int(floor) + 0.5
        for name, floor in FLOOR.items()
        if not name.startswith("__")
    }


def test_the_guide_for_contributors_has_the_same_floors():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = {
        name: int(floor)
        for floor, names in re.findall(r"^\| (\d) \| (.+) \|$", page, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told == {name: int(floor) for name, floor in FLOOR.items() if not name.startswith("__")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down(file):
    assert climbs(file) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_floors_keep_their_distance_from_heavy_packages(file):
    floor, outside = FLOOR[room(file)], outside_imports(file)
    if floor <= 1:
        assert "sklearn" not in outside
    if floor < 6:
        assert "matplotlib" not in outside


@pytest.mark.parametrize(
    ("place", "source", "climbing"),
    [
        ("curve.py", "from skcurve.projection import project", False),
        ("projection/exact.py", "from skcurve.curve import PolylineCurve", True),
        ("projection/exact.py", "from .result import Projection", False),
        ("projection/exact.py", "from ..interop import Array", False),
        ("projection/exact.py", "from .. import sfvq", True),
        ("projection/exact.py", "from ..solvers.lloyd import Lloyd", True),
        ("solvers/lloyd.py", "def f():\n    import skcurve.sfvq", True),
        ("metrics/__init__.py", "from skcurve.solvers import Lloyd", True),
        ("sfvq.py", "from skcurve import storage", False),
        ("sfvq.py", "from skcurve import PolylineCurve", True),
        ("explorer.py", "from skcurve.augmenter import CurveAugmenter", True),
        ("demo.py", "from skcurve import SFVQ", False),
        ("demo.py", "from skcurve.cli import main", True),
        ("__init__.py", "from skcurve.plotting import CurveDisplay", True),
    ],
)
def test_the_check_itself_sees_a_climbing_import(tmp_path, place, source, climbing):
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(source)
    assert bool(climbs(file, tmp_path)) == climbing


@pytest.mark.parametrize(
    "module",
    ["skcurve", "skcurve.sfvq", "skcurve.plotting", "skcurve.saliency", "skcurve.testing"],
)
def test_importing_brings_in_no_heavy_package(module):
    # scikit-learn itself imports pandas where it is installed: only what comes after it counts.
    loaded = run(
        f"import sys, {REQUIRED}; before = set(sys.modules); import {module}; "
        f"print(*sorted({HEAVY!r} & (set(sys.modules) - before)))"
    )
    assert loaded == ""


def test_importing_works_without_any_extra():
    hide = f"import sys; sys.modules.update(dict.fromkeys({sorted(EXTRAS)!r}))"
    assert run(f"{hide}; import skcurve; print(skcurve.SFVQ.__name__)") == "SFVQ"


def test_importing_the_package_loads_what_is_used_and_no_more():
    loaded = run("import sys, skcurve; print(*{'torch', 'sklearn', 'numpy'} & set(sys.modules))")
    assert loaded == ""
    assert run("import skcurve; print(skcurve.metrics.perplexity([1, 1]))") == "2.0"
    assert run("from skcurve import *; print(SFVQ.__module__)") == "skcurve.sfvq"


@pytest.mark.slow
def test_importing_the_estimator_costs_little_beside_what_it_requires():
    # Of the processor, not of the clock: other work on the machine slows the clock alone.
    # The least of a few turns, taken alternately.
    required, estimator = "import torch, sklearn", "from skcurve import SFVQ"
    seconds = {required: [], estimator: []}
    for _ in range(3):
        for line in seconds:
            seconds[line].append(float(run(f"import os; {line}; print(sum(os.times()[:2]))")))
    assert min(seconds[estimator]) < 1.5 * min(seconds[required])


def test_the_package_shows_its_names_and_no_others():
    assert {*skcurve.__all__, "metrics", "plotting", "testing"} <= set(dir(skcurve))
    with pytest.raises(AttributeError, match="module 'skcurve' has no attribute 'nothing'"):
        skcurve.nothing  # noqa: B018
