"""Progress of long work: a bar where rich is installed, lines where it is not, or a function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeAlias

Report: TypeAlias = "Callable[[str, int, int], Any]"
"""Called with what is being done, how much of it is done, and how much there is."""

LINE_SECONDS = 5.0
"""How often a line is written where there is no bar."""


@contextmanager
def reporting(progress: bool | Report) -> Iterator[Report]:
    """Give the function to tell progress to, for one piece of long work.

    Parameters
    ----------
    progress : bool or callable
        False for silence; True for a bar on stderr, or, without rich or a terminal, a line every
        few seconds; a function is called as it is, with (doing, done, total).

    Yields
    ------
    report : callable
        Of (doing, done, total).
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield silent
    elif (bar := _make_bar()) is None:
        yield _Lines()
    else:
        tasks: dict[str, Any] = {}

        def report(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=total)
            bar.update(tasks[doing], completed=done, total=total)

        with bar:
            yield report


class FitProgress:
    """A callback of scikit-learn that tells how far the search of a finder is.

    Parameters
    ----------
    report : callable
        Of (doing, done, total).
    doing : str
        What to call the search.
    """

    def __init__(self, report: Report, doing: str) -> None:
        self._report = report
        self._doing = doing
        self._done, self._n_parts = 0, 0
        report(doing, 0, 1)

    def finish(self) -> None:
        """Tell that the directions are there, which is the last part of every search."""
        self._report(self._doing, self._n_parts + 1, self._n_parts + 1)

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin to count."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing is done yet."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Tell of the parts of the whole, not of the parts of these."""
        whole = context.parent
        if whole is not None and whole.parent is None:
            self._done += 1
            self._n_parts = max(whole.max_subtasks or 0, self._done)  # not all say how many
            self._report(self._doing, self._done, self._n_parts + 1)

    def teardown(self, estimator: Any, context: Any) -> None:
        """Leave the end to `finish`."""


def silent(doing: str, done: int, total: int) -> None:
    """Report nothing: nobody looks, or it is part of work that has its own progress."""


def _make_bar() -> Any:
    """Make a bar, or give None where it could not be seen."""
    if not sys.stderr.isatty():
        return None
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        return None
    return Progress(console=Console(stderr=True), transient=True)


class _Lines:
    """A line on stderr when something ends, and now and then before."""

    def __init__(self) -> None:
        self._last = monotonic()

    def __call__(self, doing: str, done: int, total: int) -> None:
        if done >= total or monotonic() - self._last > LINE_SECONDS:
            self._last = monotonic()
            print(f"{doing}: {done} of {total}", file=sys.stderr, flush=True)
