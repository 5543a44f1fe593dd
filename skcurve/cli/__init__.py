"""The `skcurve` command.

Only what parses the command line is imported at once: torch and scikit-learn take seconds, and
`skcurve --help` should not.
"""

from skcurve.cli.run import main

__all__ = ["main"]
