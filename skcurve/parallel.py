"""Two small things the compiled kernels need: a compiler that may be absent, and threads."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.util import find_spec
from threading import Barrier, Lock, local
from typing import Any, TypeVar

import torch
from threadpoolctl import ThreadpoolController

Task = TypeVar("Task")
Result = TypeVar("Result")


@cache
def has_numba() -> bool:
    """Whether the `fast` extra is installed and works.

    Asked when a kernel is first needed, not at `import skcurve`: numba takes a while to import. A
    numba that is there but cannot be imported, beside a numpy too new for it, say, is warned of and
    done without.
    """
    try:
        import numba  # noqa: F401
    except Exception as error:
        if find_spec("numba") is not None:
            warnings.warn(
                f"numba is installed but cannot be imported: {error!r}. "
                "skcurve computes without it, which takes longer.",
                RuntimeWarning,
                stacklevel=2,
            )
        return False
    return True


@cache
def has_triton(device: torch.device) -> bool:
    """Whether a device runs Triton kernels, and Triton is there: it comes with torch for CUDA.

    To start them, Triton builds a small library with the system's C compiler. Where that fails, as
    in a container that has none, it is warned of and done without.
    """
    if device.type != "cuda" or torch.cuda.get_device_capability(device) < (7, 0):
        return False
    if find_spec("triton") is None:
        return False
    try:
        from triton.runtime import driver

        driver.active.get_current_device()
    except Exception as error:
        warnings.warn(
            f"Triton is installed but cannot start kernels: {error!r}. "
            "skcurve computes without it, which takes longer.",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


def jit(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function with numba, keeping the result on disk; without numba, leave it as it is.

    Parameters
    ----------
    **options
        Passed to `numba.njit`, after `nogil=True` and `cache=True`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if not has_numba():
            return function
        from numba import njit

        try:
            return njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # no folder to keep the result in: compile in every process
            return njit(nogil=True, **options)(function)

    return decorate


@cache
def has_half_products() -> bool:
    """Whether the processor multiplies bfloat16 itself: several times as fast as float32.

    Elsewhere it would be slower.
    """
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


class _OneCoreProducts:
    """While any call is inside, the products that compiled functions take stay on one core each.

    The limit is the whole process's: the first call in sets it, and the last one out lifts it,
    also where an interrupt has cut a call short. What another thread has limited already stays as
    it is.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside: set[object] = set()
        self._libraries: list[Any] = []
        self._limited: list[tuple[Any, int]] = []

    @contextmanager
    def __call__(self) -> Iterator[None]:
        me = object()
        try:
            with self._lock:
                first = not self._inside
                self._inside.add(me)
                if first:
                    self._libraries = self._libraries or _product_libraries()
                    for library in self._libraries:
                        self._limit(library)
            yield
        finally:
            with self._lock:
                self._inside.discard(me)
                while not self._inside and self._limited:
                    _restore(*self._limited.pop())

    def _limit(self, library: Any) -> None:
        """Limit a library, and remember what it had."""
        n_threads = library.num_threads
        if n_threads > 1:
            self._limited.append((library, n_threads))
            library.set_num_threads(1)
            if library.num_threads > 1:  # another thread has the say
                self._limited.pop()


def _restore(library: Any, n_threads: int) -> None:
    """Lift a limit, in whichever thread, and leave it to all threads to set another.

    From version 3.8 on, threadpoolctl sets OpenBLAS's limits for one thread only, the first that
    asked, and does nothing for all others until that one lets go.
    """
    let_go = getattr(library, "clear_controlling_thread", lambda **_: None)
    let_go(force=True)
    library.set_num_threads(n_threads)
    let_go()


def _product_libraries() -> list[Any]:
    import scipy.linalg.cython_blas  # noqa: F401  the library that compiled functions call

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


_one_core_products = _OneCoreProducts()


@lru_cache(maxsize=1)
def _pool(n_threads: int) -> ThreadPoolExecutor:
    """Give the pool of so many threads; those of another size end when their work is done.

    All of them are ready: a process forked while one begins would wait without end for a lock of
    the system that it holds.
    """
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="skcurve")
    libraries, everyone = ThreadpoolController(), Barrier(n_threads)
    try:
        list(pool.map(_begin, [libraries] * n_threads, [everyone] * n_threads))
    except BaseException:
        everyone.abort()
        raise
    return pool


def _begin(libraries: ThreadpoolController, everyone: Barrier) -> None:
    """Let torch operations of this thread use this thread alone, whatever others may use."""
    try:
        torch.get_num_threads()  # sets this thread's number, for the first and only time
        libraries.limit(limits=1, user_api="openmp")
    finally:
        everyone.wait()


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
    if n_threads == 1 or not has_numba():
        yield
        return
    try:
        _reserved.n_threads = n_threads
        torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(n_threads)
        _reserved.n_threads = None


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
    n_threads = getattr(_reserved, "n_threads", None) or torch.get_num_threads()
    with _one_core_products():
        if min(n_threads, len(tasks)) <= 1:
            return [function(task) for task in tasks]
        return list(_pool(n_threads).map(function, tasks))
