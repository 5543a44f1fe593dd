"""`python -m skcurve` is the `skcurve` command."""

from skcurve.cli import main

main()
