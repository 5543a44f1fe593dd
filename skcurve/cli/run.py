"""How a command ends: its exit code, and one sentence for whatever went wrong."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, NoReturn

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit codes, as shells have them: 0 is success, 130 is what Ctrl-C makes of any command."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the `skcurve` command and leave the process.

    Every failure is one sentence on stderr. The exit code is 0 for success, 2 for a command line
    that was not understood, 130 after Ctrl-C, and 1 for everything else.

    Parameters
    ----------
    arguments : sequence of str, default=None
        What follows `skcurve` on the command line; None for the command line itself.

    Raises
    ------
    SystemExit
        Always.
    """
    _prepare_streams()
    try:
        import rich  # noqa: F401  typer can do without it, the commands cannot
        import typer
    except ImportError:
        _fail('the command needs typer and rich: run pip install "skcurve[cli]"', FAILED)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            from skcurve.cli.app import make_app

            code = make_app()(arguments, prog_name="skcurve", standalone_mode=False)
            sys.stdout.flush()  # while a failure can still be reported
        except (KeyboardInterrupt, typer.Abort):  # the second is what older versions make of it
            code = INTERRUPTED
        except (BrokenPipeError, SystemExit) as error:
            if getattr(error, "code", FAILED) != FAILED:
                raise  # completion leaves by itself
            # Otherwise it is what typer and rich make of a pipe that nobody reads.
            _let_stdout_go()
            _fail("nobody reads the output any longer (broken pipe)", FAILED)
        except Exception as error:
            _fail(_describe(error), getattr(error, "exit_code", FAILED))
    if code == INTERRUPTED:
        _fail("interrupted", INTERRUPTED)
    sys.exit(code)


def warn(reason: str) -> None:
    """Say on stderr, in one sentence, what the user should know although nothing failed.

    Parameters
    ----------
    reason : str
        The sentence.
    """
    print(f"skcurve: warning: {_sentence(reason)}", file=sys.stderr)


def _prepare_streams() -> None:
    """Lead closed streams to nowhere, and write what the encoding lacks as escapes."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(reason: str, code: int) -> NoReturn:
    print(f"skcurve: {_sentence(reason)}", file=sys.stderr)
    sys.exit(code)


def _sentence(reason: str) -> str:
    return " ".join(reason.split()).rstrip(".") + "."


def _describe(error: Exception) -> str:
    """Say what went wrong; of a command line, also where to read how it is meant."""
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{os.fspath(error.filename)!r}: "
        return where + error.strerror
    # Errors in the command line itself have a text for users, and know the command.
    describe = getattr(error, "format_message", error.__str__)
    reason = describe() or type(error).__name__
    if getattr(error, "exit_code", FAILED) != MISUSED:
        return reason
    # Newer typer lets pydantic check, which puts this before, and leaves out what came.
    reason = reason.replace("Value error, ", "").rstrip(".")
    for refused in getattr(error.__cause__, "errors", list)():
        came = repr(refused["input"])
        reason += "" if came in reason else f"; got {came}"
    command = getattr(getattr(error, "ctx", None), "command_path", "skcurve")
    return f"{reason} (see {command} --help)"


def _show_warning(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
    warn(str(message))


def _let_stdout_go() -> None:
    """Point stdout to nowhere, so that the interpreter does not fail to flush it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
