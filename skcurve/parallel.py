"""Two small things the compiled kernels need: a compiler that may be absent, and threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from threading import Lock, local
from typing import Any, TypeVar

import torch
from threadpoolctl import ThreadpoolController

Task = TypeVar("Task")
Result = TypeVar("Result")

HAS_NUMBA = find_spec("numba") is not None
"""Whether the `fast` extra is installed."""


def jit(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function with numba, keeping the result on disk; without numba, leave it as it is.

    Parameters
    ----------
    **options
        Passed to `numba.njit`, after `nogil=True` and `cache=True`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if not HAS_NUMBA:
            return function
        from numba import njit

        try:
            return njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # no folder to keep the result in: compile in every process
            return njit(nogil=True, **options)(function)

    return decorate


class _OneCoreProducts:
    """While any call is inside, the products that compiled functions take stay on one core each.

    The limit is the whole process's: the first call in sets it, and the last one out lifts it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._libraries: ThreadpoolController | None = None
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                return
            if self._libraries is None:
                import scipy.linalg.cython_blas  # noqa: F401  the library that they call

                self._libraries = ThreadpoolController().select(user_api="blas")
            self._limit = self._libraries.limit(limits=1)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit.restore_original_limits()


_one_core_products = _OneCoreProducts()


@cache
def _pool(n_threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(n_threads, thread_name_prefix="skcurve")


def _forget() -> None:
    """Begin anew in a forked process, which has none of its parent's threads."""
    global _one_core_products
    _pool.cache_clear()
    _one_core_products = _OneCoreProducts()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


_reserved = local()


@contextmanager
def kernels_first() -> Iterator[None]:
    """Leave the cores to compiled kernels: torch's own operations take one of them meanwhile.

    Between kernels, torch has little to do, and its threads would go on spinning beside them.
    """
    n_threads = torch.get_num_threads()
    if not HAS_NUMBA or n_threads == 1:
        yield
        return
    _reserved.n_threads = n_threads
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
        del _reserved.n_threads


def run_threads(function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Call a function that releases the GIL on every task, and return the results in order.

    The threads share the cores that torch may use (`torch.get_num_threads`), and the products
    inside each stay on its own core: a product split over threads would wait for the others.

    Parameters
    ----------
    function : callable
        Called once with each task.
    tasks : sequence
        Its arguments.

    Returns
    -------
    results : list
        `function(task)` for each task, in order.
    """
    n_threads = min(getattr(_reserved, "n_threads", torch.get_num_threads()), len(tasks))
    with _one_core_products:
        if n_threads <= 1:
            return [function(task) for task in tasks]
        return list(_pool(n_threads).map(function, tasks))
