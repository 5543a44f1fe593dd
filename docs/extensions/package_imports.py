"""The rooms of the house and who imports whom, for the picture of it and for the tests.

What `docs/extensions/house.py` draws is what `tests/test_architecture.py` checks: the rooms in the
table of `docs/architecture.md`, and the imports in the files of the package.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import skcurve

PACKAGE = Path(skcurve.__file__).parent


class Room(NamedTuple):
    """A module or subpackage: its name, its floor, and what it holds."""

    name: str
    floor: float
    holds: str


def rooms_of(page: str) -> list[Room]:
    """The rooms in the table of the layout, in its order."""
    return [
        Room(path.removesuffix("/").removesuffix(".py"), float(floor.replace("½", ".5")), holds)
        for paths, holds, floor in re.findall(r"^\| (`.+?) \| (.+) \| (\d½?) \|$", page, re.M)
        for path in re.findall(r"`([\w/.]+)`", paths)
    ]


def imports(file: Path, package: Path = PACKAGE) -> Iterator[tuple[int, str]]:
    """Every import in a file, at any depth, as (line, dotted name); relative ones resolved."""
    here = ["skcurve", *file.relative_to(package).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) + 1 - node.level] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])
