"""`skcurve fit`: from vectors to a curve."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

from skcurve import SFVQ
from skcurve.cli.inputs import open_rows, refuse_gaps
from skcurve.cli.outputs import Column, check_output, print_json, print_table, refuse_shard, say
from skcurve.cli.progress import fit_progress
from skcurve.cli.run import INTERRUPTED, warn

COLUMNS: list[Column] = [
    ("bits", "bits", "d"),
    ("vertices", "vertices", ",d"),
    ("sweeps", "sweeps", "d"),
    ("distortion", "distortion", ".5g"),
    ("perplexity", "perplexity", ".1f"),
    ("seconds", "seconds", ".2f"),
]


class InterruptedFit(RuntimeError):
    """Ctrl-C came, and something is there nevertheless."""

    exit_code = INTERRUPTED


def fit(
    data: Path, output: Path, *, key: str | None, as_json: bool, quiet: bool, **parameters: Any
) -> None:
    """Learn a curve, write it to a file, and print how each bitrate went.

    Parameters
    ----------
    data : Path
        The rows.
    output : Path
        Where the curve goes. If Ctrl-C comes and there is no such file yet, it gets the bitrates
        that were complete.
    key : str or None
        Which of several arrays.
    as_json : bool
        Whether to print JSON.
    quiet : bool
        Whether to show no progress.
    **parameters
        Of `SFVQ`.
    """
    check_output(output, [".safetensors"], data)
    refuse_shard(output, data)
    was_there = output.exists()
    rows = open_rows(data, key)
    sfvq = SFVQ(**parameters)
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            _noticing_interrupts() as interrupted,
            fit_progress(sfvq.n_bits, sfvq.n_init, quiet=quiet) as progress,
        ):
            warnings.simplefilter("always", UserWarning)
            if progress is not None:
                sfvq.set_callbacks(progress)
            sfvq.fit(rows)
    except ValueError:
        refuse_gaps(rows, data)
        raise
    reached = max(sfvq.codebooks_)
    if interrupted.is_set() and was_there:
        raise InterruptedFit(f"interrupted; {str(output)!r} is as it was")
    sfvq.save(output)
    if interrupted.is_set():
        raise InterruptedFit(f"interrupted; {str(output)!r} has the {reached} bits it had learnt")
    said = [str(warning.message) for warning in caught]
    for sentence in said:
        warn(sentence)
    bitrates = summarise_history(sfvq)
    if as_json:
        facts = {"curve": str(output), "n_rows": rows.shape[0], "n_features": rows.shape[1]}
        print_json(facts | {"bitrates": bitrates, "warnings": said})
    else:
        print_table(COLUMNS, bitrates)
    say(f"{output}: a curve of {2**reached:,} vertices through {len(rows):,} rows.", quiet=quiet)


def summarise_history(sfvq: SFVQ) -> list[dict[str, Any]]:
    """Say of each bitrate how its last sweep found the curve, and what it took to get there.

    Parameters
    ----------
    sfvq : SFVQ
        A fitted curve.

    Returns
    -------
    bitrates : list of dict
        With the keys of `COLUMNS`; None for what an imported codebook does not know.
    """
    bitrates = []
    for bits in sfvq.codebooks_:
        sweeps = [record for record in sfvq.history_ if record["bitrate"] == bits]
        last = sweeps[-1] if sweeps else {}
        bitrates.append(
            {
                "bits": bits,
                "vertices": 2**bits,
                "sweeps": len(sweeps) or None,
                "distortion": last.get("distortion"),
                "perplexity": last.get("perplexity"),
                "seconds": sum(record["seconds"] for record in sweeps) if sweeps else None,
            }
        )
    return bitrates


@contextmanager
def _noticing_interrupts() -> Iterator[Event]:
    """Remember that Ctrl-C came: a fit makes the best of it, and returns."""
    noticed = Event()

    def notice(number: int, frame: FrameType | None) -> None:
        noticed.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, notice)
    try:
        yield noticed
    finally:
        signal.signal(signal.SIGINT, before)
