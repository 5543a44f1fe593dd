"""`python -m skcurve.cli` is the `skcurve` command."""

from skcurve.cli import main

main()
