"""Times that can be compared: contenders take turns, so that a slow moment hits all of them."""

from __future__ import annotations

import ctypes
import multiprocessing
import statistics
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

Contender = Callable[[], Any]

ROUNDS = 7
SHORTEST = 0.05
"""A contender that takes less than this many seconds is called several times in a turn."""

REST = 0.0 if "--quick" in sys.argv else 0.1
"""Seconds between turns, in which the threads of the last contender fall asleep."""


@dataclass(frozen=True)
class Timings:
    """What `take_turns` measured.

    Attributes
    ----------
    seconds : dict of str to list of float
        Of one call of each contender, in each round.
    """

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        """Seconds a call."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """How many times as long a contender takes as another: the median over rounds."""
        pairs = zip(self.seconds[name], self.seconds[other], strict=True)
        return statistics.median(one / two for one, two in pairs)

    def fastest(self) -> str:
        """The contender with the smallest median."""
        return min(self.seconds, key=self.median)


def take_turns(contenders: Mapping[str, Contender], rounds: int = ROUNDS) -> Timings:
    """Time contenders in turn, round after round, after one round that is not counted."""
    repeats = {name: _repeats(contender) for name, contender in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            sleep(REST)
            began = perf_counter()
            for _ in range(repeats[name]):
                contender()
            seconds[name].append((perf_counter() - began) / repeats[name])
    return Timings(seconds)


def timed(contender: Contender) -> tuple[Any, float]:
    """Call once, and give the result and the seconds."""
    sleep(REST)
    began = perf_counter()
    result = contender()
    return result, perf_counter() - began


def extra_memory(prepare: Callable[..., tuple[Contender, Contender]], *arguments: Any) -> float:
    """Measure how much memory a call needs beyond what is there when it begins, result included.

    In a process of its own, since memory that was given back would hide what is taken again.

    Parameters
    ----------
    prepare : callable
        A function of a module, given `arguments`. It makes the data and returns the call to
        measure, and before it a small call of the same kind, which loads what is loaded once.
    *arguments
        For `prepare`.

    Returns
    -------
    mebibytes : float
        Not a number where the system does not say.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_extra_memory, prepare, arguments).result()


def _repeats(contender: Contender) -> int:
    """Warm up, and count how many calls fill a turn."""
    contender()
    _, seconds = timed(contender)
    return max(1, round(SHORTEST / max(seconds, 1e-6)))


def _extra_memory(
    prepare: Callable[..., tuple[Contender, Contender]], arguments: tuple[Any, ...]
) -> float:
    warm_up, call = prepare(*arguments)
    warm_up()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # so that memory taken again is counted
        Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
        before = _memory("VmRSS")
    except (AttributeError, OSError):
        return float("nan")
    result = call()
    peak = _memory("VmHWM")
    del result
    return (peak - before) / 1024


def _memory(key: str) -> int:
    """Read one of the kernel's numbers about this process, in kibibytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))
