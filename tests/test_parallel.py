"""Compiling where there is a compiler, and threads that keep the order of their tasks."""

import os
import subprocess
import sys
import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from skcurve import parallel
from skcurve.parallel import HAS_NUMBA, jit, run_threads


def blas_threads():
    return [
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    ]


@pytest.fixture
def n_threads():
    """Set the number of threads, and put it back."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@settings(max_examples=30, deadline=None)
@given(tasks=st.lists(st.integers()), number=st.integers(1, 4))
def test_the_results_come_in_the_order_of_the_tasks(tasks, number):
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        assert run_threads(lambda task: task + 1, tasks) == [task + 1 for task in tasks]
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_as_many_threads_work_as_torch_may_use(n_threads, number):
    n_threads(number)
    together = threading.Barrier(number, timeout=20)
    # Passes only if so many wait for each other at the same time.
    assert run_threads(lambda task: together.wait() >= 0, range(number)) == [True] * number
    who = run_threads(lambda task: threading.get_ident(), range(50))
    assert len(set(who)) <= number


def test_one_thread_is_the_caller_itself(n_threads):
    n_threads(1)
    assert run_threads(lambda task: threading.get_ident(), range(3)) == 3 * [threading.get_ident()]


@pytest.mark.parametrize("number", [1, 2])
def test_products_inside_stay_on_one_core_and_then_have_theirs_again(n_threads, number):
    run_threads(abs, [0])  # the library itself is loaded now
    n_threads(number)
    before = blas_threads()
    inside = run_threads(lambda task: blas_threads(), [0, 1])
    assert all(count == 1 for counts in inside for count in counts)
    assert blas_threads() == before


OVERLAP = """
import threading
from threadpoolctl import threadpool_info
from skcurve.parallel import run_threads

def blas_threads():
    return [part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"]

first_began, second_began, first_ended = (threading.Event() for _ in range(3))

def first():
    run_threads(lambda task: (first_began.set(), second_began.wait(0.5)), [0])
    first_ended.set()

def second():
    first_began.wait(0.5)
    run_threads(lambda task: (second_began.set(), first_ended.wait(0.5)), [0])

run_threads(abs, [0])  # the library itself is loaded now
before = blas_threads()
threads = [threading.Thread(target=first), threading.Thread(target=second)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(max(before), blas_threads() == before)
"""


def test_calls_that_overlap_leave_the_products_all_their_cores():
    # The second begins during the first, and ends after it. In a process of its own, where the
    # products may use two cores.
    run = subprocess.run(
        [sys.executable, "-c", OVERLAP],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )
    assert run.stdout.split() == ["2", "True"], run.stderr


FORK = """
import multiprocessing, torch
from skcurve.parallel import run_threads

def work():
    return run_threads(lambda task: 2 * task, range(4))

torch.set_num_threads(2)
work()  # from now on there are threads that a forked process does not have
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.apply_async(work).get(timeout=30))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_process_has_threads_of_its_own():
    run = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[0, 2, 4, 6]", run.stderr


@pytest.mark.parametrize("number", [1, 2])
def test_an_error_in_a_task_reaches_the_caller(n_threads, number):
    n_threads(number)
    with pytest.raises(ZeroDivisionError):
        run_threads(lambda task: 1 / task, [1, 0, 2])


def test_without_numba_a_function_stays_as_it_is(monkeypatch):
    def double(x):
        return 2 * x

    monkeypatch.setattr(parallel, "HAS_NUMBA", False)
    assert jit()(double) is double
    assert jit(fastmath=True)(double) is double


@pytest.mark.skipif(not HAS_NUMBA, reason="needs numba")
def test_with_numba_it_is_compiled_and_gives_the_same():
    def total(x):
        result = 0.0
        for i in range(x):
            result += i
        return result

    compiled = jit()(total)
    assert compiled is not total
    assert compiled(10) == total(10) == 45.0


def test_the_fallback_is_taken_where_numba_is_missing():
    source = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np\n"
        "from skcurve import SFVQ\n"
        "from skcurve.parallel import HAS_NUMBA\n"
        "X = np.random.default_rng(0).standard_normal((200, 3))\n"
        "print(HAS_NUMBA, SFVQ(3, random_state=0).fit(X).score(X) > -0.4)"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert run.stdout.split() == ["False", "True"], run.stderr
