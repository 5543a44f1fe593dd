"""One thread at the generator: what is asked for waits in line, and whoever asked need not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")

FIRST_WORD = 0.4
"""Seconds after which the page says that it waits; sooner it would flicker."""
PATIENCE = 120.0
"""Seconds after which it gives up, though the generator does not."""


class Stale(Exception):
    """Nobody waits for this any longer."""


class Worker:
    """Runs jobs one after another; networks are rarely made for several threads."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="skcurve-generator")

    def submit(self, job: Callable[[], T], wanted: Callable[[], bool] | None = None) -> Future[T]:
        """Put a job at the end of the line.

        Parameters
        ----------
        job : callable
            What to do.
        wanted : callable, default=None
            Asked when its turn comes: whether somebody still waits for it.

        Returns
        -------
        future : Future
            Of its result; of `Stale` if it was not wanted any more.
        """

        def run() -> T:
            if wanted is not None and not wanted():
                raise Stale
            return job()

        return self._pool.submit(run)

    def close(self) -> None:
        """Take no more jobs, and forget those that wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def waiting(
    future: Future[Any], *, patience: float = PATIENCE, every: float = 1.0
) -> Iterator[float]:
    """Wait for a result, and tell now and then for how long.

    Parameters
    ----------
    future : Future
        What is waited for. An error of it is none of this function's.
    patience : float
        Seconds to wait at most.
    every : float
        Seconds between two words, after the first.

    Yields
    ------
    seconds : float
        How long it has been.

    Raises
    ------
    TimeoutError
        If patience is at an end.
    """
    began = monotonic()
    pause = min(FIRST_WORD, patience)
    while True:
        try:
            future.exception(timeout=pause)
            return
        except TimeoutError:
            passed = monotonic() - began
            if passed >= patience:
                raise
            yield passed
            pause = min(every, max(patience - passed, 0.01))
