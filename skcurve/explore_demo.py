"""What `skcurve explore-demo` shows: from a generator to named directions, and a page of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.directions import PCADirections, RandomDirections, SegmentDirections
from skcurve.explorer import DirectionLibrary, Effects
from skcurve.explorer.layers import name_layers
from skcurve.generators.sprites import SpriteGenerator, attributes

FEWEST_BITS, MOST_BITS = 2, 6
N_LATENTS = 30_000
"""Of the generator, to learn the curve from."""
N_TRIED = 16
"""Latents that every direction is tried on."""
AMOUNT = 0.15
"""The change of the image at which directions are measured: of that to another image."""
MOST_NAMED = 8

HOW_TO_READ = """\
Each direction is a segment of the curve, added to other latents on some of the layers. It is named
after what it changes most: by how many standard deviations (effect), and which share of all changes
that is (purity). Entangled ones change something else at least half as much.
"""


class Exploration(NamedTuple):
    """What the demonstration has made.

    Attributes
    ----------
    explorer : LatentDirectionExplorer
        With the fitted curve.
    effects : Effects
        Of the best directions, best first.
    library : DirectionLibrary
        The same, named.
    report, saved : Path
        The files that were written.
    """

    explorer: LatentDirectionExplorer
    effects: Effects
    library: DirectionLibrary
    report: Path
    saved: Path


def run_explore_demo(
    output: str | os.PathLike[str] = "skcurve-directions",
    *,
    n_bits: int = 5,
    random_state: int = 0,
    generator: Any = None,
) -> Exploration:
    """Explore the sprites' generator, print what was found, and write it down.

    1. `SFVQ` is fitted to 30,000 latents of the generator.
    2. Its segments are measured as directions on all layers, and on each quarter of them.
    3. The best one or two for each factor are named after it, and saved.
    4. They are compared with principal components and with random directions, and all of it is
       put on one page.

    Parameters
    ----------
    output : path-like, default="skcurve-directions"
        The folder for `report.html` and `directions.safetensors`; made if it is not there.
    n_bits : int, default=5
        The bitrate, from 2 to 6. The time doubles with each.
    random_state : int, default=0
        Where all randomness comes from.
    generator : callable, default=None
        Another generator of sprites with layers; None for `SpriteGenerator`.

    Returns
    -------
    exploration : Exploration
        What was made, to go on with.

    Raises
    ------
    ImportError
        If rich is not installed.
    ValueError
        If `n_bits` is not from 2 to 6.
    OSError
        If `output` is a file, or the folder or a file cannot be written.
    """
    try:
        from rich.console import Console
    except ImportError as error:
        raise ImportError('run_explore_demo needs rich: run pip install "skcurve[cli]".') from error
    if not FEWEST_BITS <= n_bits <= MOST_BITS:
        raise ValueError(f"n_bits must be from {FEWEST_BITS} to {MOST_BITS}; got {n_bits}.")
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"output must be a folder; {folder} is a file.")
    folder.mkdir(parents=True, exist_ok=True)

    began = perf_counter()
    console = Console(highlight=False)
    generator = SpriteGenerator() if generator is None else generator
    latents = generator.sample(N_LATENTS, random_state)
    console.print(
        f"Fitting a curve of {2**n_bits} vertices ({n_bits} bits) to {N_LATENTS:,} latents of a "
        "small generator of sprites.\nThe very first time, compiling takes about half a minute.\n"
    )
    curve = SFVQ(n_bits, random_state=random_state).fit(latents)
    explorer = LatentDirectionExplorer(
        curve,
        generator,
        attributes=attributes,
        random_state=random_state,
        progress=sys.stderr.isatty(),
    )
    measured = explorer.effects_over(None, _layers(generator), amount=AMOUNT, n_latents=N_TRIED)
    effects = measured.rank(per_attribute=2).take(slice(MOST_NAMED))
    library = effects.to_library()
    # On a narrower terminal, numbers would be cut.
    Console(width=80, highlight=False).print(_table(effects, library))
    console.print("\n" + " ".join(HOW_TO_READ.split()))
    saved = folder / "directions.safetensors"
    library.save(saved)
    finders = {
        "segments": SegmentDirections(curve),
        "components": PCADirections(2**n_bits - 1),
        "random": RandomDirections(2**n_bits - 1),
    }
    report = explorer.report(
        folder / "report.html",
        effects,
        finders=finders,
        layer_ranges=_layers(generator),
        amount=AMOUNT,
        n_latents=N_TRIED,
        title="Directions of the sprites",
    )
    console.print(
        f"\nThe directions are in {saved}\nThe page to look at is {report}\n"
        f"It took {perf_counter() - began:.0f} seconds.",
        soft_wrap=True,
    )
    return Exploration(explorer, effects, library, report, saved)


def _layers(generator: Any) -> list[Any]:
    """Give all layers; then the four quarters, from where things are to how they look."""
    quarter = max(1, generator.n_layers // 4)
    firsts = range(0, generator.n_layers, quarter)
    return [None, *((k, min(k + quarter, generator.n_layers) - 1) for k in firsts)]


def _table(effects: Effects, library: DirectionLibrary) -> Any:
    """Lay out the named directions, best first."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 0, 0, 1))
    for name in ("direction", "segment", "layers"):
        table.add_column(name, justify="left" if name == "direction" else "right")
    for name in ("strength", "effect", "purity"):
        table.add_column(name, justify="right")
    table.add_column("")
    for number, (name, one) in enumerate(library.items()):
        table.add_row(
            name,
            str(one.segment),
            name_layers(one.layers),
            f"{one.strength:.2f}",
            f"{abs(effects.main_effect[number]):.2f}",
            f"{effects.purity[number]:.2f}",
            effects.flags()[number],
        )
    return table
