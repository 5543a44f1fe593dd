"""The `skcurve` command."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

from skcurve import __version__
from skcurve.demo import FEWEST_BITS, MOST_BITS, run_demo

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


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
    try:
        import rich  # noqa: F401  typer can do without it, the commands cannot
        import typer
    except ImportError:
        _fail('the command needs typer and rich: run pip install "skcurve[cli]"', 1)
    try:
        code = _app()(arguments, prog_name="skcurve", standalone_mode=False)
    except typer.Abort:  # what older versions make of Ctrl-C
        code = INTERRUPTED
    except Exception as error:
        # Errors in the command line itself know their exit code and a text for users.
        describe = getattr(error, "format_message", error.__str__)
        _fail(describe() or type(error).__name__, getattr(error, "exit_code", 1))
    if code == INTERRUPTED:
        _fail("interrupted", INTERRUPTED)
    sys.exit(code)


def _fail(reason: str, code: int) -> NoReturn:
    sentence = " ".join(reason.split()).rstrip(".")
    print(f"skcurve: {sentence}.", file=sys.stderr)
    sys.exit(code)


def _app() -> Any:
    """Describe the commands."""
    import typer

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

    def show_version(wanted: bool) -> None:
        if wanted:
            print(f"skcurve {__version__}")
            raise typer.Exit

    @app.callback(invoke_without_command=True)
    def skcurve(
        context: typer.Context,
        version: Annotated[
            bool,
            typer.Option(
                "--version", help="Print the version.", callback=show_version, is_eager=True
            ),
        ] = False,
    ) -> None:
        """Space-filling vector quantisation: learn a curve through a cloud of vectors."""
        if context.invoked_subcommand is None:
            print(context.get_help())

    @app.command()
    def demo(
        output: Annotated[Path, typer.Option(help="The folder for the picture.")] = Path(
            "skcurve-demo"
        ),
        bits: Annotated[
            int,
            typer.Option(
                min=FEWEST_BITS, max=MOST_BITS, help="The bitrate: 2**bits vertices on the curve."
            ),
        ] = 6,
        seed: Annotated[
            int, typer.Option(min=0, max=2**32 - 1, help="Where the randomness comes from.")
        ] = 0,
    ) -> None:
        """Fit a curve to handwritten digits: a table of how good it is, and a picture of it."""
        run_demo(output, n_bits=bits, random_state=seed)

    return app


if __name__ == "__main__":
    main()
