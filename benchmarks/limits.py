"""Calls that may take too long, fail or crash: in a process of their own, with a time limit."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

PATIENCE = 5.0
"""Seconds for a process to end by itself."""


class OutOfTimeError(Exception):
    """A call was stopped at its limit."""


class CallFailedError(Exception):
    """A call raised an error, which this one quotes, or its process died."""


class Worker:
    """A process that makes one call after another, and is replaced when it had to be stopped.

    A new process imports and compiles anew, so calls share one as long as they end in time. Use it
    in a `with` statement, which ends the process.
    """

    def __enter__(self) -> Worker:
        self._process: Any = None
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._connection.close()  # it ends when there is nobody to listen to
            self._process.join(PATIENCE)
        self._stop()

    def call(self, function: Callable[..., Any], *arguments: Any, limit: float) -> Any:
        """Call a function of a module, and give what it returns.

        Parameters
        ----------
        function : callable
            Of a module that the process can import.
        *arguments
            For it; like the result, they are pickled.
        limit : float
            Seconds, the start of a new process not counted.

        Raises
        ------
        OutOfTimeError
            If it takes longer. The process is stopped.
        CallFailedError
            If it raises an error, or its process dies.
        """
        if self._process is None:
            self._start()
        self._connection.send((function, arguments))
        if not self._connection.poll(limit):
            self._stop()
            raise OutOfTimeError(f"stopped after {limit:.0f} s")
        try:
            ended_well, result = self._connection.recv()
        except EOFError as error:
            self._stop()
            raise CallFailedError("its process died") from error
        if not ended_well:
            raise CallFailedError(result)
        return result

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._connection.recv()  # it is ready

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None


def _serve(connection: Connection) -> None:
    connection.send("ready")
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            return
        try:
            answer = True, function(*arguments)
        except Exception as error:
            answer = False, f"{type(error).__name__}: {error}".partition("\n")[0]
        connection.send(answer)
