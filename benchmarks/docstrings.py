"""Real sentences that every machine has: the first lines of docstrings, labelled by package.

The sources of the standard library and of the scientific packages are parsed, not imported, so no
code of theirs runs. Which lines are found depends on the installed versions; `constraints.txt`
holds those.
"""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

STANDARD_LIBRARY = "standard library"
PACKAGES = ("numpy", "scipy", "sklearn", "torch", "pandas", "matplotlib", "networkx", "sympy")
SKIPPED = {"site-packages", "dist-packages", "test", "tests", "testing", "idlelib", "lib2to3"}
SHORTEST, LONGEST = 25, 200
"""Characters of a line: shorter ones say too little, longer ones are no first lines."""

ENOUGH = 2
"""Times as many lines are read as are wanted, to choose from."""


def labelled_lines(n_each: int) -> tuple[list[str], list[str]]:
    """Choose at most `n_each` first lines of each package, without regard to where they are.

    Parameters
    ----------
    n_each : int
        Where a package has fewer lines, all of them.

    Returns
    -------
    lines, labels : list of str
        As long as each other. A line that two packages share is with neither.
    """
    found = {label: first_lines(folder, ENOUGH * n_each) for label, folder in folders().items()}
    shared = {
        line for label, lines in found.items() for other in found if other != label
        for line in lines & found[other]
    }  # fmt: skip
    chosen: list[str] = []
    labels: list[str] = []
    for number, (label, lines) in enumerate(found.items()):
        own = sorted(lines - shared)
        order = np.random.default_rng(number).permutation(len(own))[:n_each]
        chosen += [own[i] for i in order]
        labels += [label] * len(order)
    return chosen, labels


def folders() -> dict[str, Path]:
    """Say where the sources of each package are; of those that are installed."""
    found = {STANDARD_LIBRARY: Path(sysconfig.get_path("stdlib"))}
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            found[package] = Path(spec.origin).parent
    return found


def first_lines(folder: Path, enough: int) -> set[str]:
    """Read files below a folder in random order, tests left out, until they gave enough lines."""
    paths = sorted(
        path for path in folder.rglob("*.py")
        if not SKIPPED.intersection(path.relative_to(folder).parts)
    )  # fmt: skip
    lines: set[str] = set()
    for i in np.random.default_rng(0).permutation(len(paths)):
        lines.update(_docstring_lines(paths[i]))
        if len(lines) >= enough:
            break
    return lines


def _docstring_lines(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # a template, or an example of a broken file
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = (ast.get_docstring(node) or "").strip()
            line = text.partition("\n")[0].strip()
            if SHORTEST <= len(line) <= LONGEST and " " in line:
                yield line
