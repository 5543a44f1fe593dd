"""The runs of a fit: the best is kept, and Ctrl-C keeps what is complete, whenever it comes."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import ConvergenceWarning

from skcurve import SFVQ, judging
from skcurve.solvers import Lloyd


def gaussian(n_rows=300, n_features=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features))


def fit(X, n_bits=3, **parameters):
    return SFVQ(n_bits=n_bits, random_state=0, **parameters).fit(X)


# Ctrl-C


@pytest.mark.parametrize("n_init", [1, 3])
def test_ctrl_c_while_usage_is_counted_keeps_the_curve(monkeypatch, n_init):
    X = gaussian()
    complete = fit(X, n_init=n_init)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(judging, "project", interrupt)
    with pytest.warns(ConvergenceWarning, match="has 3 bits, but its usage_ was not counted"):
        found = fit(X, n_init=n_init)
    assert not hasattr(found, "usage_")
    assert sorted(found.codebooks_) == [2, 3]
    if n_init == 1:
        np.testing.assert_array_equal(found.codebook_, complete.codebook_)
        np.testing.assert_array_equal(found.transform(X), complete.transform(X))


def test_ctrl_c_between_two_runs_that_are_compared_keeps_the_better_so_far(monkeypatch):
    X, calls = gaussian(), []
    project = judging.project

    def third_time(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return project(*args)

    monkeypatch.setattr(judging, "project", third_time)
    with pytest.warns(ConvergenceWarning, match=r"usage_ was not counted"):
        found = fit(X, n_init=4)
    monkeypatch.undo()
    np.testing.assert_array_equal(found.codebook_, fit(X, n_init=2).codebook_)


class Late(Lloyd):
    """A solver one of whose runs meets Ctrl-C while another one is at work."""

    def step(self, state, rows, generator):
        if len(state.vertices) == 8 and state.moved == 0:
            if self.first.acquire(blocking=False):
                self.working.wait(10)
                raise KeyboardInterrupt
            self.working.set()
            self.released.wait(1)
        return super().step(state, rows, generator)


def test_a_thread_that_is_late_changes_nothing_any_more():
    solver = Late()
    for name, value in (
        ("first", threading.Lock()), ("working", threading.Event()),
        ("released", threading.Event()),
    ):  # fmt: skip
        object.__setattr__(solver, name, value)
    before = threading.active_count()
    with pytest.warns(ConvergenceWarning, match="the curve has 2 bits"):
        found = SFVQ(4, solver=solver, n_init=2, n_jobs=2, random_state=0).fit(gaussian())
    codebook, history = found.codebook_.copy(), list(found.history_)
    solver.released.set()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(found.codebooks_) == [2]
    np.testing.assert_array_equal(found.codebook_, codebook)
    assert found.history_ == history


SCRIPT = """
import signal

import numpy as np
from skcurve import SFVQ

# Whoever runs the tests in the background may have had the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
X = np.random.default_rng(0).standard_normal((20_000, 16), dtype=np.float32)
sfvq = SFVQ(n_bits=16, verbose=1, random_state=0).fit(X)
print("reached", max(sfvq.codebooks_), len(sfvq.codebook_), int(sfvq.usage_.sum()), flush=True)
"""


@pytest.mark.slow
def test_a_real_signal_keeps_the_last_complete_bitrate():
    with subprocess.Popen(
        [sys.executable, "-u", "-W", "always", "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        for line in child.stdout:
            if line.startswith("[SFVQ] 6 bits"):
                break
        child.send_signal(signal.SIGINT)
        rest, complaints = child.communicate(timeout=120)
    assert child.returncode == 0, complaints
    _, reached, n_vertices, n_rows = rest.splitlines()[-1].split()
    assert 6 <= int(reached) < 16
    assert int(n_vertices) == 2 ** int(reached)
    assert int(n_rows) == 20_000
    assert f"Interrupted: the curve has {reached} bits" in complaints


# Callbacks


@pytest.mark.parametrize("weighted", [False, True])
def test_a_scoring_monitor_scores_each_bitrate(weighted):
    X = gaussian()
    weights = np.random.default_rng(0).random(300) if weighted else None

    def score(estimator, X, y, sample_weight=None):
        return {"score": estimator.score(X, y, sample_weight=sample_weight)}

    monitor = ScoringMonitor(scoring=score)
    sfvq = SFVQ(n_bits=4, random_state=0).set_callbacks(monitor)
    sfvq.fit(X, np.zeros(300), sample_weight=weights)
    scores = [row["score"] for row in monitor.get_logs().data if row["task_name"] == "bitrate"]
    assert scores == [sfvq.at_bitrate(b).score(X, sample_weight=weights) for b in (2, 3, 4)]


def test_an_error_in_one_run_stops_the_others():
    class Failing(Lloyd):
        def step(self, state, rows, generator):
            if len(state.vertices) == 8:
                raise MemoryError
            return super().step(state, rows, generator)

    sfvq = SFVQ(n_bits=4, n_init=3, n_jobs=2, solver=Failing())
    with pytest.raises(MemoryError):
        sfvq.fit(gaussian())
    assert not hasattr(sfvq, "curve_")
