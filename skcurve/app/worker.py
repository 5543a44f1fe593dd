"""One thread at the generator: what is asked for waits in line, and whoever asked need not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, TimeoutError
from queue import SimpleQueue
from threading import Event, Thread
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
    """Runs jobs one after another; networks are rarely made for several threads.

    A program need not wait for the one under way to end, as it would for those of an executor.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._is_closed = Event()
        Thread(target=self._work, name="skcurve-generator", daemon=True).start()

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
            Of its result; of `Stale` if it was not wanted any more, or the worker is closed.
        """

        def run() -> T:
            if self._is_closed.is_set() or (wanted is not None and not wanted()):
                raise Stale
            return job()

        future: Future[T] = Future()
        self._jobs.put((future, run))
        return future

    def close(self) -> None:
        """Do no more jobs; those that wait are `Stale`."""
        self._is_closed.set()

    def _work(self) -> None:
        while True:
            future, run = self._jobs.get()
            try:
                future.set_result(run())
            except BaseException as error:
                future.set_exception(error)


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
