"""One benchmark, told three ways: a table on the screen, JSON, and a page of the documentation."""

from __future__ import annotations

import argparse
import io
import json
import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import machine
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table as ScreenTable
from rich.text import Text
from scipy.stats import t as student

from skcurve.files import replace_file

Cell: TypeAlias = "str | int | float | Spread"

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PAGES = HERE.parent / "docs" / "benchmarks"
FILE_WIDTH = 160


@dataclass(frozen=True)
class Spread:
    """What a quantity was with each seed: shown as the mean and the standard deviation.

    Attributes
    ----------
    values : tuple of float
        One a seed, at least one.
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return statistics.fmean(self.values)

    def __str__(self) -> str:
        mean = self.mean
        if len(self.values) == 1 or math.isnan(mean):
            return _text(mean)
        deviation = statistics.stdev(self.values)
        digits = _digits(mean, deviation)
        return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


@dataclass(frozen=True)
class Interval(Spread):
    """The same, shown as the mean and where it lies with a confidence of 95%.

    By Student's t distribution, as if each seed were a draw of its own.
    """

    @property
    def reach(self) -> float:
        """How far the interval reaches to either side of the mean."""
        n = len(self.values)
        if n == 1:
            return math.nan
        return float(student.ppf(0.975, n - 1)) * statistics.stdev(self.values) / math.sqrt(n)

    @property
    def low(self) -> float:
        """Where it begins."""
        return self.mean - self.reach

    @property
    def high(self) -> float:
        """Where it ends."""
        return self.mean + self.reach

    def __str__(self) -> str:
        if math.isnan(self.reach):
            return _text(self.mean)
        digits = _digits(self.mean, self.reach)
        low, mean, high = (f"{value:.{digits}f}" for value in (self.low, self.mean, self.high))
        return f"{mean} [{low}, {high}]"


@dataclass
class Table:
    """Rows of text and numbers under a title.

    Attributes
    ----------
    title : str
        What it shows.
    columns : sequence of str
        With units.
    rows : list of list of str, int or float
        Filled with `add`.
    note : str
        What to know to read it.
    better : dict of str to {"small", "large"}
        When a column is better; the best of such a column is printed bold.
    """

    title: str
    columns: Sequence[str]
    rows: list[list[Cell]] = field(default_factory=list)
    note: str = ""
    better: Mapping[str, str] = field(default_factory=dict)

    def add(self, *cells: Cell) -> None:
        """Append a row."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns: {cells}")
        self.rows.append(list(cells))

    def best(self) -> set[tuple[int, int]]:
        """Say by row and column which cells are the best of their column, or look as good."""
        found: set[tuple[int, int]] = set()
        for j, column in enumerate(self.columns):
            numbers = {i: _value(row[j]) for i, row in enumerate(self.rows)}
            numbers = {i: number for i, number in numbers.items() if not math.isnan(number)}
            if column in self.better and numbers:
                choose = {"small": min, "large": max}[self.better[column]]
                shown = f"{choose(numbers.values()):.4g}"
                found |= {(i, j) for i, number in numbers.items() if f"{number:.4g}" == shown}
        return found


@dataclass
class Report:
    """The tables of a benchmark, and whether its targets are met.

    Parameters
    ----------
    name : str
        Of the script, without `bench_`.
    text : str
        Its docstring: a title, and how it was measured. It opens the page.
    quick : bool
        A try-out at a small size: print, and write nothing.
    script : str, optional
        The file that makes it, where it is not called by its name.
    """

    name: str
    text: str
    quick: bool
    script: str = ""
    tables: list[Table] = field(default_factory=list)
    sections: list[tuple[str, str]] = field(default_factory=list)
    targets: Table = field(
        default_factory=lambda: Table("Targets", ["target", "limit", "measured", "met"])
    )

    def __post_init__(self) -> None:
        """Say what is measured, before it takes its time."""
        # Where it goes to a file, tables need not fit a screen.
        self._console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
        title, _, text = self.text.strip().partition("\n")
        self._console.print(f"[bold]{title}", Markdown(text), sep="\n")
        if self.quick:
            self._console.print("\n[bold]Quick: a try-out at a small size, not a measurement.")

    def show(self, table: Table) -> None:
        """Print a table that is complete, and keep it."""
        self.tables.append(table)
        self._print(table)

    def tell(self, title: str, text: str) -> None:
        """Print and keep prose in Markdown, which follows the targets on the page."""
        self.sections.append((title, text))
        self._console.print(f"\n[bold]{title}", Markdown(text), sep="\n")

    def draw(self, title: str, name: str, figure: Any, drawn: str) -> None:
        """Put a matplotlib figure beside the page, unless it is a try-out, and tell of it.

        Parameters
        ----------
        title : str
            Of the section that it makes.
        name : str
            Of the file, without its ending.
        figure : matplotlib.figure.Figure
        drawn : str
            What it shows, for those who cannot see it.
        """
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=150)
        if not self.quick:
            path = PAGES / "images" / f"{name}.png"
            path.parent.mkdir(exist_ok=True)
            replace_file(path, picture.getvalue())
        self.tell(title, f"![{drawn}](images/{name}.png)")

    def at_most(self, target: str, measured: float, limit: float) -> None:
        """Note whether a number is small enough."""
        self._judge(target, "≤", limit, measured, measured <= limit)

    def below(self, target: str, measured: float, limit: float) -> None:
        """Note whether a number is smaller, and not only as small."""
        self._judge(target, "<", limit, measured, measured < limit)

    def at_least(self, target: str, measured: float, limit: float) -> None:
        """Note whether a number is large enough."""
        self._judge(target, "≥", limit, measured, measured >= limit)

    def publish(self) -> None:
        """Print the targets; write the JSON and the page, unless it was a try-out."""
        self._print(self.targets)
        if self.quick:
            return
        RESULTS.mkdir(exist_ok=True)
        content = {
            "benchmark": self.name,
            "machine": machine.describe(),
            "sections": [{"title": title, "text": text} for title, text in self.sections],
            "tables": [asdict(table) for table in [*self.tables, self.targets]],
        }
        data = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for path, written in [
            (RESULTS / f"{self.name}.json", data),
            (PAGES / f"{self.name}.md", self.page()),
        ]:
            replace_file(path, written.encode())
            self._console.print(f"Written: {path.relative_to(HERE.parent)}", highlight=False)

    def page(self) -> str:
        """Write everything as Markdown."""
        title, _, text = self.text.strip().partition("\n")
        parts = [f"# {title.rstrip('.')}", text.strip()]
        for heading, prose in self.sections:
            parts += [f"## {heading}", prose]
        for table in [self.targets, *self.tables]:
            parts += [f"## {table.title}", _markdown(table)]
            if table.note:
                parts.append(table.note)
        where = Table("", ["", ""], [[key, value] for key, value in machine.describe().items()])
        parts += ["## The machine", _markdown(where)]
        parts.append(f"Made by `python benchmarks/{self.script or f'bench_{self.name}.py'}`.")
        return "\n\n".join(parts) + "\n"

    def _judge(self, target: str, relation: str, limit: float, measured: float, met: bool) -> None:
        verdict = "yes" if met else "unknown" if math.isnan(measured) else "no"
        self.targets.add(target, f"{relation} {_text(limit)}", measured, verdict)

    def _print(self, table: Table) -> None:
        screen = ScreenTable(
            title=table.title, title_justify="left", caption=table.note, box=SIMPLE_HEAD,
            caption_justify="left",
        )  # fmt: skip
        for i, column in enumerate(table.columns):
            justify = "right" if _is_number(table, i) else "left"
            screen.add_column(column, justify=justify, overflow="fold")
        best = table.best()
        for i, row in enumerate(table.rows):
            cells = [Text(_text(cell), "bold" * ((i, j) in best)) for j, cell in enumerate(row)]
            screen.add_row(*cells)
        self._console.print()
        self._console.print(screen)


def wants_quick(text: str) -> bool:
    """Read the command line, which has one option."""
    parser = argparse.ArgumentParser(description=text.strip().partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes; writes nothing")
    return parser.parse_args().quick


def _markdown(table: Table) -> str:
    rule = ["--:" if _is_number(table, i) else "---" for i in range(len(table.columns))]
    best = table.best()
    rows = [
        [f"**{_text(cell)}**" if (i, j) in best else _text(cell) for j, cell in enumerate(row)]
        for i, row in enumerate(table.rows)
    ]
    lines = [table.columns, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _value(cell: Cell) -> float:
    """Give the number to compare a cell by; not a number if it is text."""
    if isinstance(cell, str):
        return math.nan
    return cell.mean if isinstance(cell, Spread) else float(cell)


def _digits(mean: float, deviation: float) -> int:
    """Say how many decimals of a mean mean something: two digits of the deviation tell."""
    digits = 2 - math.ceil(math.log10(deviation)) if deviation > 0 else 4
    most = max(0, 3 - math.floor(math.log10(abs(mean)))) if mean else 4
    return min(max(digits, 0), most + 1)


def _is_number(table: Table, column: int) -> bool:
    return bool(table.rows) and not isinstance(table.rows[0][column], str)


def _text(cell: Cell) -> str:
    if isinstance(cell, str | Spread):
        return str(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    if math.isnan(cell):
        return "–"
    return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"
