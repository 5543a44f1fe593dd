"""`skcurve explore`: the page to look for directions on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from skcurve import LatentDirectionExplorer
from skcurve.app import launch
from skcurve.app.example import make_example
from skcurve.app.launching import check_access
from skcurve.app.origin import import_line, import_named, make_generator
from skcurve.cli.inputs import load_curve, read_rows, refuse_gaps
from skcurve.cli.outputs import say

DEMO_BITS = 5


def explore(
    curve: Path | None,
    *,
    demo: bool,
    generator: str | None,
    attributes: str | None,
    latents: Path | None,
    bits: int | None,
    seed: int,
    batch_size: int,
    host: str,
    port: int | None,
    password: str | None,
    open_browser: bool,
    quiet: bool,
) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    curve : Path or None
        The curve; None for the demonstration.
    demo : bool
        Whether to show the generator that comes along.
    generator : str or None
        ``module:factory``; see `make_generator`.
    attributes : str or None
        ``module:function``, of outputs.
    latents : Path or None
        Rows to try directions on; None for what the generator draws.
    bits : int or None
        An earlier bitrate of the curve; of the demonstration, its bitrate.
    seed : int
        Where the randomness comes from.
    batch_size : int
        Outputs at a time.
    host, port, password, open_browser
        See `launch`.
    quiet : bool
        Whether to print nothing but the address.
    """
    check_access(host, password)  # before minutes of work
    if demo:
        if any(given is not None for given in (curve, generator, attributes, latents)):
            raise typer.BadParameter(
                "--demo brings its own curve, generator, attributes and latents; give it alone"
            )
        say(
            "Fitting a curve to latents of the sprites: seconds, or half a minute the first time.",
            quiet=quiet,
        )
        explorer, setup = make_example(bits or DEMO_BITS, seed)
        title = "Explore the sprites"
    else:
        if curve is None or generator is None:
            raise typer.BadParameter("a curve and its --generator are needed, or --demo")
        explorer, setup = _from_files(curve, generator, attributes, latents, bits, seed, batch_size)
        title = f"Explore {curve.stem}"
    page = launch(
        explorer,
        host=host,
        port=port,
        password=password,
        open_browser=open_browser,
        title=title,
        setup=setup,
    )
    print(page.address, flush=True)
    say("Open this in a browser; Ctrl-C closes the page.", quiet=quiet)
    try:
        page.wait()
    except KeyboardInterrupt:  # the way to end it, and no failure
        say("\nClosed.", quiet=quiet)


def _from_files(
    curve: Path,
    generator: str,
    attributes: str | None,
    latents: Path | None,
    bits: int | None,
    seed: int,
    batch_size: int,
) -> tuple[Any, list[str]]:
    """Make the explorer that the command line names, and the lines of a program that does so."""
    fitted = load_curve(curve, bits)
    rows = None
    if latents is not None:
        rows = read_rows(latents, n_features=fitted.n_features_in_)
        refuse_gaps(rows, latents)
    measure = None if attributes is None else import_named(attributes, "--attributes")
    explorer = LatentDirectionExplorer(
        fitted,
        make_generator(generator),
        attributes=measure,
        latents=rows,
        batch_size=batch_size,
        random_state=seed,
    )
    of_bits = "" if bits is None else f".at_bitrate({bits})"
    read = [] if latents is None else ["from skcurve.arrays import read_array"]
    given = "" if latents is None else f", latents=read_array({str(latents)!r})"
    setup = [
        "from skcurve import SFVQ, LatentDirectionExplorer",
        *read,
        *import_line(generator, "make_generator"),
        f"curve = SFVQ.load({str(curve)!r}){of_bits}",
        f"explorer = LatentDirectionExplorer(curve, make_generator(){given})",
    ]
    return explorer, setup
