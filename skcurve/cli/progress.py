"""Progress on a terminal: a bar on stderr, gone when the work is done; nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Item = TypeVar("Item")


def wanted(quiet: bool) -> bool:
    """Whether anybody looks."""
    return not quiet and sys.stderr.isatty()


class LeftColumn(TimeRemainingColumn):
    """How much time is left, in words; nothing while nobody knows how much there is to do."""

    def render(self, task: Task) -> Text:
        """Give the words."""
        time = super().render(task)
        return time if task.total is None else Text.assemble("and ", time, " left")


def _make_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        LeftColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def track(items: Iterable[Item], total: int, *, doing: str, quiet: bool) -> Iterator[Item]:
    """Go through items and show how many of `total` are done.

    Parameters
    ----------
    items : iterable
        Whatever takes time to make.
    total : int
        How many there are.
    doing : str
        What to write before the bar.
    quiet : bool
        Whether to show nothing, as where stderr is no terminal.

    Yields
    ------
    item : object
        The items.
    """
    if not wanted(quiet):
        yield from items
        return
    with _make_bar() as bar:
        task = bar.add_task(doing, total=total)
        for item in items:
            yield item
            bar.advance(task)


def fit_progress(n_bits: int, n_init: int, *, quiet: bool) -> AbstractContextManager[Any]:
    """Give a callback for an estimator that shows how far its fit is, or None if nobody looks.

    Parameters
    ----------
    n_bits : int
        The last bitrate.
    n_init : int
        How many curves are learnt.
    quiet : bool
        Whether to show nothing, as where stderr is no terminal.
    """
    return FitProgress(n_bits, n_init) if wanted(quiet) else nullcontext()


class FitProgress:
    """A callback of scikit-learn's kind that draws one bar for a whole fit of `SFVQ`.

    A bitrate takes about twice as long as the one before it, so it counts twice as much.

    Parameters
    ----------
    n_bits : int
        The last bitrate.
    n_init : int
        How many curves are learnt, one after another or at once.
    """

    def __init__(self, n_bits: int, n_init: int) -> None:
        self.n_bits = n_bits
        self.n_init = n_init
        self._done: dict[int, float] = {}
        self._bar = _make_bar()
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.stop()

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing: the bar is drawn from `__enter__` to `__exit__`, Ctrl-C or not."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing; see `setup`."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing: what has begun is not done."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Move the bar when a sweep or a bitrate ends."""
        if context.task_name == "sweep":
            bitrate, share = context.parent, (context.task_id + 1) / context.parent.max_subtasks
        elif context.task_name == "bitrate":
            bitrate, share = context, 1.0
        else:
            return
        n_bitrates, number = bitrate.parent.max_subtasks, bitrate.task_id
        run = bitrate.parent.task_id if self.n_init > 1 else 0
        self._done[run] = 2.0**number * (1 + share) - 1
        bits = self.n_bits - n_bitrates + 1 + number
        self._bar.update(
            self._task,
            description=f"{bits} of {self.n_bits} bits",
            completed=sum(self._done.values()),
            total=self.n_init * (2.0**n_bitrates - 1),
        )
