"""The commands: what each is given on the command line, and what its help says.

What they do is in a module each, imported when the command runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from skcurve import __version__
from skcurve.cli import options as o

OVERVIEW = """\
Learn a curve through vectors, and put every vector in its place on it.

A curve is a polyline through 2**bits vertices, the codebook. It is learnt once (fit), and kept in a
.safetensors file; then vectors become coordinates on it (transform), coordinates become vectors
(inverse), and vectors their nearest points (quantize).
"""
CONVENTIONS = """\
\b
Exit codes:
  0    success
  1    failure, in one sentence on stderr
  2    a command line that was not understood
  130  interrupted by Ctrl-C

Results go to stdout; progress, warnings and errors to stderr. An output file that is there already
is replaced, once the new one is complete. For arrays, - is an .npy stream on stdin or stdout.
"""


def make_app() -> Any:
    """Describe the commands."""
    app = typer.Typer(
        rich_markup_mode=None,  # plain help is shorter, and examples can be copied from it
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(
        invoke_without_command=True,
        help=OVERVIEW,
        epilog=_examples(
            "skcurve demo",
            "skcurve fit X.npy -b 8 -o curve.safetensors",
            "skcurve info curve.safetensors X.npy",
            "skcurve transform curve.safetensors X.npy -o T.npy",
        )
        + "\n\n"
        + CONVENTIONS,
    )(skcurve)
    for command, examples in COMMANDS:
        app.command(epilog=_examples(*examples))(command)
    return app


def skcurve(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True),
    ] = False,
) -> None:
    """Say the version, or list the commands."""
    if version:
        print(f"skcurve {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def fit(
    data: o.Rows,
    output: o.CurveOutput,
    bits: Annotated[
        int,
        typer.Option(
            "--bits",
            "-b",
            min=o.FEWEST_BITS,
            max=o.MOST_BITS,
            help="The bitrate: 2**bits vertices on the curve.",
        ),
    ] = 6,
    key: o.Key = None,
    smoothness: Annotated[
        float,
        typer.Option(
            min=0.0, help="More gives a shorter, more orderly curve, farther from the vectors."
        ),
    ] = 0.01,
    solver: Annotated[
        o.Solver, typer.Option(help="How the vertices are learnt; adam is the published way.")
    ] = o.Solver.LLOYD,
    init: Annotated[
        o.Start, typer.Option(help="Where the curve begins; tour is k-means in a short order.")
    ] = o.Start.NORM,
    max_iter: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Sweeps a bitrate, at most: 12 if not said, 5 of adam.",
            show_default=False,
        ),
    ] = None,
    n_init: Annotated[
        int, typer.Option(min=1, help="How many curves to learn; the nearest one is kept.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Where the randomness comes from.")] = 0,
    device: o.Device = "auto",
    as_json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Learn a curve through vectors and save it.

    It is learnt coarse to fine; a line is printed for each bitrate. There the distortion is the
    mean squared error a feature that the last sweep met, mostly at random points of the segments;
    the perplexity is how many segments would be as busy if all were equally so. `skcurve info`
    measures the curve itself.

    After Ctrl-C the bitrates that were complete are written, unless the file was there before.
    """
    from skcurve.cli.fit import fit

    fit(
        data,
        output,
        key=key,
        as_json=as_json,
        quiet=quiet,
        n_bits=bits,
        smoothness=smoothness,
        solver=solver.value,
        init=init.value,
        max_iter=max_iter,
        n_init=n_init,
        random_state=seed,
        device=device,
    )


def transform(
    curve: o.Curve,
    data: o.Rows,
    output: o.ArrayOutput = Path("-"),
    key: o.Key = None,
    bits: o.Bits = None,
    coordinate: o.CoordinateName = None,
    device: o.Device = "auto",
    quiet: o.Quiet = False,
) -> None:
    """Turn vectors into coordinates on the curve.

    For each vector, one number: where the nearest point of the curve is.
    """
    from skcurve.cli.apply import transform

    transform(
        curve,
        data,
        output,
        key=key,
        bits=bits,
        coordinate=coordinate and coordinate.value,
        device=device,
        quiet=quiet,
    )


def quantize(
    curve: o.Curve,
    data: o.Rows,
    output: o.ArrayOutput = Path("-"),
    key: o.Key = None,
    bits: o.Bits = None,
    device: o.Device = "auto",
    quiet: o.Quiet = False,
) -> None:
    """Replace vectors by their nearest points of the curve."""
    from skcurve.cli.apply import quantize

    quantize(curve, data, output, key=key, bits=bits, device=device, quiet=quiet)


def inverse(
    curve: o.Curve,
    data: o.Coordinates,
    output: o.ArrayOutput = Path("-"),
    key: o.Key = None,
    bits: o.Bits = None,
    coordinate: o.CoordinateName = None,
    quiet: o.Quiet = False,
) -> None:
    """Turn coordinates into vectors: points of the curve."""
    from skcurve.cli.apply import inverse

    inverse(
        curve,
        data,
        output,
        key=key,
        bits=bits,
        coordinate=coordinate and coordinate.value,
        quiet=quiet,
    )


def augment(
    curve: o.Curve,
    number: Annotated[
        int,
        typer.Option("--number", "-n", min=1, help="How many vectors to make.", show_default=False),
    ],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="X",
            help=f"Vectors to learn from where samples may be, one a row: {o.FILE}, or -.",
            show_default=False,
        ),
    ] = None,
    output: o.ArrayOutput = Path("-"),
    segments: Annotated[
        str | None,
        typer.Option(
            help="The stretch: 12:20 are the segments 12 to 19. Several with commas. "
            "The whole curve, if not said.",
            show_default=False,
        ),
    ] = None,
    coordinate: Annotated[
        o.Coordinate,
        typer.Option(help="What the numbers of --segments are; unit goes from 0 to 1."),
    ] = o.Coordinate.INDEX,
    spacing: Annotated[
        o.Spacing,
        typer.Option(
            help="Even by length, even by segments, or as the vectors of X are; without X, as "
            "those were that the curve was fitted to."
        ),
    ] = o.Spacing.ARCLENGTH,
    jitter: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="How far beside the curve: 0 is on it, 1 is as far as the vectors of X are.",
        ),
    ] = 0.0,
    valid_only: Annotated[
        bool,
        typer.Option(
            "--valid-only", help="Leave out what is far from the vectors of X, and draw again."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Where the randomness comes from.")] = 0,
    key: o.Key = None,
    bits: o.Bits = None,
    quiet: o.Quiet = False,
) -> None:
    """Make new vectors from stretches of a curve.

    They are drawn at random, and written as they are drawn: there may be more than fit in memory.
    With X, a warning says which segments cross empty space.
    """
    from skcurve.cli.augment import augment

    augment(
        curve,
        data,
        output,
        number=number,
        segments=segments,
        coordinate=coordinate.value,
        spacing=spacing.value,
        jitter=jitter,
        valid_only=valid_only,
        seed=seed,
        key=key,
        bits=bits,
        quiet=quiet,
    )


def info(
    curve: o.Curve,
    data: o.OptionalRows = None,
    key: o.Key = None,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Measure a curve, and say what to be careful about.

    Of the curve itself: its length, its segments, and how orderly it is (smoothness ratio: the mean
    segment over the mean distance of two vertices). With vectors also how near they are to the
    curve (distortion), and to random points of it (dithered), and how they share its segments.
    """
    from skcurve.cli.info import info

    info(curve, data, key=key, as_json=as_json, quiet=quiet)


def plot(
    curve: o.Curve,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The picture: .png, .svg or .pdf.", show_default=False),
    ],
    data: o.OptionalRows = None,
    kind: Annotated[
        o.Kind,
        typer.Option(help="What to draw; see above."),
    ] = o.Kind.CURVE,
    key: o.Key = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="One label a row of X, to colour or name them by; in Parquet, a single column of "
            "numbers.",
            show_default=False,
        ),
    ] = None,
    labels_key: Annotated[
        str | None,
        typer.Option(help="Which array of the labels' file.", show_default=False),
    ] = None,
    image_shape: Annotated[
        str | None,
        typer.Option(
            help="The shape of a vertex as an image, such as 28x28 or 64x64x3.", show_default=False
        ),
    ] = None,
    bits: o.Bits = None,
    quiet: o.Quiet = False,
) -> None:
    """Draw a curve, or something about it.

    \b
    The kinds of pictures, and what they need beside the curve:
      curve            the curve among vectors: X, perhaps with --labels
      codebook         its vertices as images: --image-shape, perhaps X with --labels
      usage            how busy each segment is: nothing, or another X
      history          how distortion and perplexity went in the fit: nothing
      ordering         the distances between its vertices: nothing
      rate-distortion  the distortion at each bitrate: X
    """  # noqa: D301  \b keeps the lines below it as they are
    from skcurve.cli.plot import plot

    plot(
        curve,
        data,
        output,
        kind=kind,
        key=key,
        labels=labels,
        labels_key=labels_key,
        image_shape=image_shape,
        bits=bits,
        quiet=quiet,
    )


def convert(
    codebooks: Annotated[
        list[Path],
        typer.Argument(
            metavar="CODEBOOK",
            help=f"One codebook for each bitrate, each {o.FILE}.",
            show_default=False,
        ),
    ],
    output: o.CurveOutput,
    key: o.Key = None,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Make a curve of codebooks learnt elsewhere.

    The vectors of a codebook are the vertices of the curve, in this order: 2**bits of them.
    """
    from skcurve.cli.convert import convert

    convert(codebooks, output, key=key, as_json=as_json, quiet=quiet)


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for the picture.")
    ] = Path("skcurve-demo"),
    bits: Annotated[
        int,
        typer.Option(
            "--bits",
            "-b",
            min=o.FEWEST_BITS,
            max=o.MOST_DEMO_BITS,
            help="The bitrate: 2**bits vertices on the curve.",
        ),
    ] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Where the randomness comes from.")] = 0,
) -> None:
    """Show the method on handwritten digits.

    Prints a table of how good the curve is, beside k-means, and draws it.
    """
    from skcurve.demo import run_demo

    run_demo(output, n_bits=bits, random_state=seed)


def explore_demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for the page and the directions.")
    ] = Path("skcurve-directions"),
    bits: Annotated[
        int,
        typer.Option(
            "--bits",
            "-b",
            min=o.FEWEST_BITS,
            max=o.MOST_EXPLORE_BITS,
            help="The bitrate: 2**bits vertices on the curve.",
        ),
    ] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Where the randomness comes from.")] = 0,
) -> None:
    """Find directions of a small generator of images.

    Fits a curve to the latents of a generator that comes along, measures what its segments change,
    names the best, and writes a page to look at, report.html, and the directions,
    directions.safetensors. It takes one to two minutes.
    """
    from skcurve.explore_demo import run_explore_demo

    run_explore_demo(output, n_bits=bits, random_state=seed)


def explore(
    curve: Annotated[
        Path | None,
        typer.Argument(metavar="CURVE", help="The curve: a .safetensors file.", show_default=False),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(
            "--generator",
            "-g",
            metavar="MODULE:FACTORY",
            help="What is called, without arguments, for the generator: a name in a module, or "
            "file.py:name. Nothing else is imported.",
            show_default=False,
        ),
    ] = None,
    attributes: Annotated[
        str | None,
        typer.Option(
            "--attributes",
            "-a",
            metavar="MODULE:FUNCTION",
            help="What measures: a function of a batch of outputs, that gives a row of numbers "
            "for each.",
            show_default=False,
        ),
    ] = None,
    latents: Annotated[
        Path | None,
        typer.Option(
            "--latents",
            metavar="X",
            help="Latents to try directions on, one a row, such as those the curve was fitted to; "
            "else the generator draws them.",
            show_default=False,
        ),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Show a small generator of images that comes along.")
    ] = False,
    bits: o.Bits = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="How many outputs are made at a time.")
    ] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Where the randomness comes from.")] = 0,
    host: Annotated[
        str,
        typer.Option(
            help="The network interface; any but that of this machine alone needs a password."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="The first free one from 7860 on, if not said.",
            show_default=False,
        ),
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="SKCURVE_PASSWORD",
            help="Asked for, with the user name skcurve. Others on this machine can read the "
            "command line, so better set the variable.",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
    ] = True,
    quiet: o.Quiet = False,
) -> None:
    """Look for directions on a page in the browser.

    Scrub along the curve and see what the generator makes; see which stretch is which attribute;
    try segments and other directions on fresh latents, name the best, and take them along. The page
    runs on this machine until Ctrl-C, and loads nothing from elsewhere.
    """
    from skcurve.cli.explore import explore

    explore(
        curve,
        demo=demo,
        generator=generator,
        attributes=attributes,
        latents=latents,
        bits=bits,
        seed=seed,
        batch_size=batch_size,
        host=host,
        port=port,
        password=password,
        open_browser=browser,
        quiet=quiet,
    )


COMMANDS: list[tuple[Callable[..., None], list[str]]] = [
    (
        fit,
        [
            "skcurve fit X.npy -b 8 -o curve.safetensors",
            "skcurve fit data.npz --key latents -b 10 -o curve.safetensors --json > fit.json",
            "skcurve fit words.parquet --key embedding --smoothness 0.1 -o curve.safetensors",
            "skcurve fit shards/ -b 10 -o curve.safetensors",
        ],
    ),
    (
        transform,
        [
            "skcurve transform curve.safetensors X.npy -o T.npy",
            "skcurve transform curve.safetensors X.pt --coordinate unit -o T.parquet",
            "skcurve transform curve.safetensors - < X.npy > T.npy",
        ],
    ),
    (
        quantize,
        [
            "skcurve quantize curve.safetensors X.npy -o near.npy",
            "skcurve quantize curve.safetensors X.npy --bits 4 -o coarse.npy",
        ],
    ),
    (
        inverse,
        [
            "skcurve inverse curve.safetensors T.npy -o X.npy",
            "skcurve transform a.safetensors X.npy | skcurve inverse a.safetensors - > near.npy",
        ],
    ),
    (
        augment,
        [
            "skcurve augment curve.safetensors -n 10000 --segments 12:20 -o new.npy",
            "skcurve augment curve.safetensors X.npy -n 500 --jitter 1 --valid-only -o new.npy",
            "skcurve augment curve.safetensors -n 9 --segments 0:0.5 --coordinate unit > Z.npy",
        ],
    ),
    (
        info,
        [
            "skcurve info curve.safetensors",
            "skcurve info curve.safetensors X.npy",
            "skcurve info curve.safetensors X.npy --json | jq '.measured[-1].distortion'",
        ],
    ),
    (
        plot,
        [
            "skcurve plot curve.safetensors X.npy -o curve.png",
            "skcurve plot curve.safetensors --kind history -o history.svg",
            "skcurve plot digits.safetensors --kind codebook --image-shape 8x8 -o digits.png",
        ],
    ),
    (
        convert,
        [
            "skcurve convert codebook_8bit.npy -o faces.safetensors",
            "skcurve convert codebook_*bit.npy -o faces.safetensors",
        ],
    ),
    (
        explore,
        [
            "skcurve explore --demo",
            "skcurve explore curve.safetensors --generator faces:make_generator",
            "skcurve explore curve.safetensors -g faces.py:make_generator -a faces.py:attributes",
        ],
    ),
    (demo, ["skcurve demo", "skcurve demo -b 4 -o pictures"]),
    (explore_demo, ["skcurve explore-demo", "skcurve explore-demo -b 6 -o directions"]),
]
"""Each command, with examples of its use."""


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
