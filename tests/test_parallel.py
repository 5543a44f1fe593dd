"""Compiling where there is a compiler, and threads that keep the order of their tasks."""

import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import ThreadpoolController, threadpool_info

from skcurve import parallel
from skcurve.parallel import has_numba, has_triton, jit, kernels_first, run_threads


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


def test_torch_keeps_to_the_core_of_its_task_and_has_its_threads_again(n_threads):
    n_threads(3)
    assert run_threads(lambda task: torch.get_num_threads(), range(6)) == [1] * 6
    assert torch.get_num_threads() == 3


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


def run_on_two_cores(source):
    """In a process of its own, where the products may use two cores, whatever is set here."""
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    )


def test_calls_that_overlap_leave_the_products_all_their_cores():
    # The second begins during the first, and ends after it.
    run = run_on_two_cores(OVERLAP)
    assert run.stdout.split() == ["2", "True"], run.stderr


AFTERWARDS = """
import threading
import numpy as np
from skcurve import SFVQ
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import ThreadpoolController, threadpool_limits

X = np.random.default_rng(0).standard_normal((4000, 16)).astype(np.float32)
SFVQ(4, random_state=0).fit(X)

def search():
    NearestNeighbors(n_neighbors=3).fit(X).kneighbors(X)
    with threadpool_limits(1, user_api="blas"):
        controller = ThreadpoolController().select(user_api="blas")
        print([library.num_threads for library in controller.lib_controllers])

thread = threading.Thread(target=search)
thread.start()
thread.join()
"""


def test_other_threads_may_limit_products_after_a_fit():
    run = run_on_two_cores(AFTERWARDS)
    assert set(run.stdout.strip("[]\n").split(", ")) == {"1"}, run.stderr
    assert "OpenBLAS" not in run.stderr  # it says that it may hang


class Library:
    """A library of products with four threads, in which an interrupt may arrive."""

    def __init__(self, interrupted=False):
        self.num_threads, self.interrupted = 4, interrupted

    def set_num_threads(self, number):
        self.num_threads = number
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt


@pytest.mark.parametrize("when", ["asked", "limited", "at work"])
def test_an_interrupt_leaves_the_products_all_their_cores(monkeypatch, when):
    libraries = [Library(), Library(interrupted=when == "limited")]
    products = parallel._OneCoreProducts()
    monkeypatch.setattr(parallel, "_one_core_products", products)

    def interrupt(*_):
        raise KeyboardInterrupt

    if when == "asked":
        monkeypatch.setattr(parallel, "_product_libraries", interrupt)
    else:
        monkeypatch.setattr(parallel, "_product_libraries", lambda: libraries)
    with pytest.raises(KeyboardInterrupt):
        run_threads(interrupt if when == "at work" else abs, [0])
    assert [library.num_threads for library in libraries] == [4, 4]
    monkeypatch.setattr(parallel, "_product_libraries", lambda: libraries)
    # The next call is the first one in again.
    inside = run_threads(lambda task: [library.num_threads for library in libraries], [0])
    assert inside == [[1, 1]]
    assert [library.num_threads for library in libraries] == [4, 4]


needs_numba = pytest.mark.skipif(not has_numba(), reason="needs numba")


@needs_numba
def test_kernels_have_the_cores_and_torch_one_meanwhile(n_threads):
    n_threads(3)
    with kernels_first():
        assert torch.get_num_threads() == 1
        together = threading.Barrier(3, timeout=20)
        assert run_threads(lambda task: together.wait() >= 0, range(3)) == [True] * 3
    assert torch.get_num_threads() == 3
    n_threads(1)
    # What was reserved is so no more.
    assert run_threads(lambda task: threading.get_ident(), range(3)) == 3 * [threading.get_ident()]


@needs_numba
def test_an_interrupt_before_the_kernels_leaves_torch_its_cores(monkeypatch, n_threads):
    n_threads(3)
    limit = torch.set_num_threads

    def interrupted(number):
        limit(number)
        if number == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch, "set_num_threads", interrupted)
        with pytest.raises(KeyboardInterrupt), kernels_first():
            pass
    assert torch.get_num_threads() == 3


def test_there_is_one_pool_of_threads_and_not_one_of_each_size(n_threads):
    for number in (2, 3, 2, 4):
        n_threads(number)
        run_threads(abs, range(8))
        run_threads(abs, range(2))
    assert parallel._pool.cache_info().currsize == 1
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        names = [thread.name for thread in threading.enumerate()]
        if sum(name.startswith("skcurve") for name in names) <= 4:
            break
        time.sleep(0.01)
    else:
        pytest.fail(f"threads of earlier pools go on: {names}")


FORK = """
import os, signal, torch
from skcurve import parallel

def work():
    return parallel.run_threads(lambda task: 2 * task, range(4))

torch.set_num_threads(2)
for _ in range(10):
    parallel._pool.cache_clear()
    work()  # starts threads that a forked process does not have, and that hold no lock of it
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(work() != [0, 2, 4, 6])
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_process_has_threads_of_its_own():
    run = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr


def test_when_the_work_is_done_no_thread_is_still_beginning(n_threads, monkeypatch):
    limit, beginning, begun = ThreadpoolController.limit, [], []

    def slow(*arguments, **options):
        beginning.append(0)
        time.sleep(0.2 * (len(beginning) - 1))
        begun.append(0)
        return limit(*arguments, **options)

    monkeypatch.setattr(ThreadpoolController, "limit", slow)
    n_threads(3)
    parallel._pool.cache_clear()
    assert run_threads(lambda task: task, range(3)) == [0, 1, 2]
    assert len(begun) == 3


@pytest.mark.parametrize("number", [1, 2])
def test_an_error_in_a_task_reaches_the_caller(n_threads, number):
    n_threads(number)
    with pytest.raises(ZeroDivisionError):
        run_threads(lambda task: 1 / task, [1, 0, 2])


def test_without_numba_a_function_stays_as_it_is(monkeypatch):
    def double(x):
        return 2 * x

    monkeypatch.setattr(parallel, "has_numba", lambda: False)
    assert jit()(double) is double
    assert jit(fastmath=True)(double) is double


@needs_numba
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
        "from skcurve.parallel import has_numba\n"
        "X = np.random.default_rng(0).standard_normal((200, 3))\n"
        "print(has_numba(), SFVQ(3, random_state=0).fit(X).score(X) > -0.4)"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert run.stdout.split() == ["False", "True"], run.stderr


BROKEN = """
import sys, warnings
warnings.simplefilter("error")
sys.path.insert(0, sys.argv[1])
from skcurve import SFVQ, PolylineCurve
assert "numba" not in sys.modules
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    curve = PolylineCurve([[0.0], [1.0]])
    found = [float(curve.project([[x]]).sq_distance[0]) for x in (2.0, 3.0)]
print(found)
print(*{str(warning.message) for warning in caught})
print(len(caught))
"""


def test_a_numba_that_cannot_be_imported_is_warned_of_once_and_done_without(tmp_path):
    package = tmp_path / "numba"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('Numba needs NumPy 2.2 or less')")
    run = subprocess.run(
        [sys.executable, "-c", BROKEN, str(tmp_path)], capture_output=True, text=True
    )
    found, message, count = run.stdout.splitlines() or [run.stderr] * 3
    assert found == "[1.0, 4.0]"
    assert "numba is installed but cannot be imported" in message
    assert "Numba needs NumPy 2.2 or less" in message
    assert count == "1"


def test_importing_the_estimator_does_not_import_the_compiler():
    source = "import sys; from skcurve import SFVQ; print('numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr


@pytest.fixture
def a_device(monkeypatch):
    """A device that could run kernels; whether Triton starts them there is the test's to say."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    has_triton.cache_clear()
    yield torch.device("cuda", 0)
    has_triton.cache_clear()


def test_triton_that_starts_is_used(a_device, monkeypatch):
    runtime = pytest.importorskip("triton").runtime
    started = SimpleNamespace(active=SimpleNamespace(get_current_device=lambda: 0))
    monkeypatch.setattr(runtime, "driver", started)
    assert has_triton(a_device)
    assert not has_triton(torch.device("cpu"))


def test_triton_that_finds_no_c_compiler_is_done_without_and_one_warning_says_so(
    a_device, monkeypatch
):
    runtime = pytest.importorskip("triton").runtime

    class Driver:
        @property
        def active(self):
            raise RuntimeError("Failed to find C compiler.")

    monkeypatch.setattr(runtime, "driver", Driver())
    with pytest.warns(RuntimeWarning, match=r"cannot start kernels: .*find C compiler") as caught:
        assert [has_triton(a_device), has_triton(a_device)] == [False, False]
    assert len(caught) == 1
