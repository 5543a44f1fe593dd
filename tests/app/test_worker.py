"""One thread at the generator: its jobs in line, and nobody who waits for it for ever."""

import subprocess
import sys
import threading

import pytest

from skcurve.app.worker import Stale, Worker


def test_jobs_are_done_one_after_another_and_errors_are_handed_on():
    worker, done = Worker(), []
    futures = [worker.submit(lambda number=number: done.append(number)) for number in range(9)]
    failed = worker.submit(lambda: 1 / 0)
    assert [future.result(20) for future in futures] == [None] * 9 and done == list(range(9))
    with pytest.raises(ZeroDivisionError):
        failed.result(20)
    assert worker.submit(lambda: 3).result(20) == 3
    worker.close()


def test_what_nobody_wants_any_more_is_not_done():
    worker = Worker()
    with pytest.raises(Stale):
        worker.submit(lambda: pytest.fail("it was done"), lambda: False).result(20)
    worker.close()


def test_after_closing_nothing_is_begun():
    worker, began, release = Worker(), threading.Event(), threading.Event()
    under_way = worker.submit(lambda: (began.set(), release.wait(20)))
    waits = worker.submit(lambda: pytest.fail("it was done"))
    assert began.wait(20)
    worker.close()
    late = worker.submit(lambda: pytest.fail("it was done"))
    release.set()
    assert under_way.result(20)
    for future in (waits, late):
        with pytest.raises(Stale):
            future.result(20)


SCRIPT = """
import threading
from skcurve.app.worker import Worker

began = threading.Event()
worker = Worker()
worker.submit(lambda: (began.set(), threading.Event().wait(600)))
assert began.wait(60)
worker.close()
"""


def test_a_program_ends_though_the_generator_does_not():
    assert subprocess.run([sys.executable, "-c", SCRIPT], timeout=120).returncode == 0
