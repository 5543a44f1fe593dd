"""Who was best, at what: told from the numbers alone."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field

from measures import BETTER
from peers.roster import CONTENDERS, FROM_TOUR, OURS
from report import Cell, Report, Spread, Table

COMPARED = ["exact", "dithered", "smoothness", "usage", "topographic", "agreement", "seconds"]
"""The quantities in which a peer may win. Smoothness stands for the lengths, without units."""

ALL_THREE = ("exact", "dithered", "smoothness")
"""Better in these at once is better without a price in the others."""

CRITERION = """\
*Better* means with every seed that both had. In the mean some are better in more tables: see the
targets, which go by the mean, and the tables."""


@dataclass
class Outcome:
    """What every contender reached on a data set at a bitrate.

    Attributes
    ----------
    scene : str
        The data set.
    n_bits : int
    shape : tuple of int
        Of the training rows.
    runs : dict of str to dict of int to dict of str to float
        By contender, seed and quantity.
    remarks : dict of str to str
        What is to be said of a contender.
    ended : set of str
        Contenders that are not tried (again): stopped, failed, not installed.
    """

    scene: str
    n_bits: int
    shape: tuple[int, int]
    runs: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    @property
    def where(self) -> str:
        """The data set and the bitrate, in words."""
        return f"{self.scene}, {self.n_bits} bits"

    def add(self, name: str, seed: int, measured: dict[str, float]) -> None:
        """Note what a contender reached with a seed."""
        self.runs.setdefault(name, {})[seed] = measured

    def end(self, name: str, reason: str) -> None:
        """Note that a contender is not to be tried, and why."""
        self.remarks[name] = reason
        self.ended.add(name)

    def has_time(self, name: str, share: float) -> bool:
        """Say whether another seed of a contender is likely to end within its share of time."""
        if name in self.ended or name not in self.runs:
            return name not in self.ended
        spent = [run["seconds"] for run in self.runs[name].values()]
        return sum(spent) + statistics.fmean(spent) <= share

    def values(self, name: str, quantity: str) -> tuple[float, ...]:
        """Give a quantity with each seed of a contender, as if it had had all seeds.

        Seeds differ in how hard their rows are. So the values are scaled by what SFVQ has with all
        of its seeds over what it has with those of the contender.
        """
        runs = self.runs.get(name, {})
        ours = self.runs.get(OURS.name, {})
        values = [run[quantity] for run in runs.values()]
        common = [ours[seed][quantity] for seed in runs if seed in ours]
        if quantity == "seconds" or not common or not statistics.fmean(common):
            return tuple(values)
        every = statistics.fmean(run[quantity] for run in ours.values())
        scale = every / statistics.fmean(common)
        return tuple(value * scale for value in values)

    def mean(self, name: str, quantity: str) -> float:
        """Average a quantity over the seeds of a contender; not a number if it has none."""
        values = self.values(name, quantity)
        return statistics.fmean(values) if values else math.nan

    def pairs(self, name: str, quantity: str) -> list[tuple[float, float]]:
        """Give the values of a contender and of SFVQ, with every seed that both had."""
        its, ours = self.runs.get(name, {}), self.runs.get(OURS.name, {})
        return [(its[seed][quantity], ours[seed][quantity]) for seed in its if seed in ours]

    def wins(self, name: str, quantity: str) -> bool:
        """Say whether a contender is better than SFVQ with every seed that both had."""
        pairs = self.pairs(name, quantity)
        if BETTER[quantity] == "small":
            return bool(pairs) and all(its < our for its, our in pairs)
        return bool(pairs) and all(its > our for its, our in pairs)

    def ratio(self, name: str, quantity: str) -> float:
        """Give the value of a contender over that of SFVQ, on average."""
        pairs = self.pairs(name, quantity)
        our = sum(our for _, our in pairs)
        return sum(its for its, _ in pairs) / our if our else math.nan

    def table(self) -> Table:
        """Put the numbers of all contenders together, and say who is best in each column."""
        quantities = [
            quantity for quantity in BETTER
            if any(not math.isnan(self.mean(name, quantity)) for name in self.runs)
        ]  # fmt: skip
        n_rows, n_features = self.shape
        table = Table(
            f"{self.where.capitalize()}: {n_rows:,} × {n_features} rows",
            ["method", "seeds", *quantities, "remark"],
            better={quantity: BETTER[quantity] for quantity in quantities},
        )
        for contender in CONTENDERS:
            name = contender.name
            runs = self.runs.get(name, {})
            cells: list[Cell] = [math.nan] * len(quantities)
            if runs:
                spreads = [Spread(self.values(name, quantity)) for quantity in quantities]
                cells = [statistics.median(spreads[0].values), *spreads[1:]]
            table.add(name, len(runs), *cells, self.remarks.get(name, ""))
        table.note = f"Best: {self.best(quantities)}"
        return table

    def best(self, quantities: list[str]) -> str:
        """Name who is best in each quantity, and where that is not SFVQ, how SFVQ compares."""
        sentences = []
        for quantity in quantities:
            means = {name: self.mean(name, quantity) for name in self.runs}
            means = {name: value for name, value in means.items() if not math.isnan(value)}
            choose = min if BETTER[quantity] == "small" else max
            name = choose(means, key=means.__getitem__)
            if name != OURS.name and OURS.name in means:
                ratio = means[OURS.name] / means[name] if means[name] else math.nan
                name += f" (SFVQ has {ratio:.2f} times its value)" if ratio == ratio else ""
            sentences.append(f"{quantity}, {name}")
        return "; ".join(sentences) + "."


def judge(report: Report, outcomes: list[Outcome]) -> None:
    """Ask of the default SFVQ that no peer is better in both distortions at once.

    It minimises a mean of the two, so that a peer may win in one at the price of the other. For
    each peer the smaller of the two ratios counts; the largest of all peers is held to one.
    """
    for outcome in outcomes:
        nearest = [
            min(1 / outcome.ratio(name, "exact"), 1 / outcome.ratio(name, "dithered"))
            for name in outcome.runs
            if name not in (OURS.name, FROM_TOUR.name)
            and not math.isnan(outcome.mean(name, "dithered"))
        ]
        worst = max(nearest, default=math.nan)
        report.at_most(f"{outcome.where}: exact and dithered, of the peer nearest", worst, 1.0)


def winners(report: Report, outcomes: list[Outcome]) -> None:
    """Say which peer is better than the default SFVQ, at what and where, and when to use it."""
    table = Table(
        "Where a contender is better than SFVQ",
        ["method", "better in", "tables", "of", "where", "median ratio"],
        note="Better with every seed that both had. The ratio is its value over that of SFVQ.",
    )
    paragraphs = []
    for contender in CONTENDERS[1:]:
        name = contender.name
        met = [
            outcome for outcome in outcomes if name in outcome.runs and OURS.name in outcome.runs
        ]
        won = {
            quantity: [outcome for outcome in met if outcome.wins(name, quantity)]
            for quantity in COMPARED
        }
        won = {quantity: where for quantity, where in won.items() if where}
        for quantity, where in won.items():
            ratio = statistics.median(outcome.ratio(name, quantity) for outcome in where)
            table.add(name, quantity, len(where), len(met), places(where), ratio)
        if won:
            paragraphs.append(paragraph(name, met, won, contender.instead))
    report.show(table)
    text = "\n".join(paragraphs) or "No contender was better than SFVQ with every seed, anywhere."
    report.tell("Where a contender wins, and what to use instead", f"{CRITERION}\n\n{text}")


def paragraph(name: str, met: list[Outcome], won: dict[str, list[Outcome]], instead: str) -> str:
    """Say in a sentence where a contender wins, and whether that has a price."""
    counts = ", ".join(f"{quantity} {len(where)}" for quantity, where in won.items())
    outright = [
        outcome for outcome in met
        if all(outcome.wins(name, quantity) for quantity in ALL_THREE)
    ]  # fmt: skip
    price = (
        f"In {places(outright)} it is better in {', '.join(ALL_THREE[:-1])} and {ALL_THREE[-1]} "
        "at once. "
        if outright
        else "Nowhere in exact and dithered distortion and smoothness at once. "
    )
    return f"- **{name}** is better, of {len(met)} tables, in: {counts}. {price}Use {instead}"


def places(outcomes: list[Outcome]) -> str:
    """List data sets and their bitrates, each data set once."""
    bitrates: dict[str, list[str]] = {}
    for outcome in outcomes:
        bitrates.setdefault(outcome.scene, []).append(str(outcome.n_bits))
    return "; ".join(f"{scene} {', '.join(bits)} bits" for scene, bits in bitrates.items())
