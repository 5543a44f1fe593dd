"""What a fit has learnt so far, in a folder: after a kill it goes on as if nothing had happened."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from skcurve.files import replace_file
from skcurve.solvers import Rows, Solver, Sweep
from skcurve.storage import read, write

KIND = "the checkpoint of a fit"
FACTS = "fit.json"


class Progress(NamedTuple):
    """Where one run of a fit stands when a bitrate is complete.

    Attributes
    ----------
    codebooks : dict of int to (2**b, D) tensor
        Those of the complete bitrates b.
    history : list of Sweep
        A record a sweep.
    vertices : (M, D) tensor or None
        What the next bitrate begins with, in normalised form; None where there is none.
    """

    codebooks: dict[int, torch.Tensor]
    history: list[Sweep]
    vertices: torch.Tensor | None


@dataclass(frozen=True)
class Checkpoint:
    """A folder for the runs of one fit: a file for each, replaced after each bitrate.

    Attributes
    ----------
    folder : Path
        Made if it is not there.
    facts : dict of str to str or int
        The parameters that the result depends on.
    seeds : list of int
        Of the runs.
    """

    folder: Path
    facts: dict[str, Any]
    seeds: list[int]

    @classmethod
    def open(
        cls, folder: str | os.PathLike[str], facts: dict[str, Any], seeds: list[int], *, fixed: bool
    ) -> Checkpoint:
        """Begin a checkpoint, or go on with the one in a folder.

        Parameters
        ----------
        folder : path-like
            Where it is kept.
        facts : dict
            What JSON can hold.
        seeds : list of int
            Of the runs.
        fixed : bool
            Whether the seeds have to be those of the checkpoint; else its own are taken.

        Raises
        ------
        ValueError
            If it is the checkpoint of another fit: the error names what differs.
        OSError
            If the folder cannot be made or written to.
        """
        place = Path(folder)
        if place.exists() and not place.is_dir():
            raise NotADirectoryError(f"checkpoint={str(place)!r} is a file; expected a folder.")
        place.mkdir(parents=True, exist_ok=True)
        for unfinished in place.glob(".run-*"):  # a kill while it was written
            unfinished.unlink(missing_ok=True)
        known = _facts_in(place)
        if known is None:
            replace_file(place / FACTS, json.dumps({**facts, "seeds": seeds}, indent=1).encode())
            return cls(place, facts, seeds)
        if not fixed and len(known["seeds"]) == len(seeds):
            seeds = known["seeds"]
        for name, now in {**facts, "seeds": seeds}.items():
            if known.get(name) != now:
                name = "random_state" if name == "seeds" else name
                then = f" ({known.get(name)}, now {now})" if name in facts else ""
                raise ValueError(
                    f"checkpoint={str(place)!r} is of a fit with another {name}{then}. "
                    "Use another folder, or remove this one to begin anew."
                )
        return cls(place, facts, seeds)

    def save(
        self, number: int, progress: Progress, rows: Rows, generator: np.random.Generator
    ) -> None:
        """Write where a run stands; the file is complete, or that of the bitrate before.

        Parameters
        ----------
        number : int
            Of the run.
        progress : Progress
            What it has learnt.
        rows : Rows
            What it learns from.
        generator : numpy.random.Generator
            Its randomness.
        """
        tensors = {f"codebook.{b}": part for b, part in progress.codebooks.items()}
        if progress.vertices is not None:
            tensors["vertices"] = progress.vertices.detach()
        facts = {
            "rows": _told(rows),
            "history": [list(record) for record in progress.history],
            "order": rows.order.state,
            "generator": generator.bit_generator.state,
        }
        write(self._file(number), KIND, tensors, facts)

    def load(self, number: int, rows: Rows, generator: np.random.Generator) -> Progress | None:
        """Read where a run stood, and set its rows and its randomness to that.

        Parameters
        ----------
        number, rows, generator
            As for `save`.

        Returns
        -------
        progress : Progress or None
            None if no bitrate was complete.

        Raises
        ------
        ValueError
            If the file is damaged, or the rows are others.
        """
        file = self._file(number)
        if not file.exists():
            return None
        tensors, facts = read(file, KIND)
        now = _told(rows)
        if facts["rows"] != now:
            name = next(name for name in now if facts["rows"].get(name) != now[name])
            then = f" ({facts['rows'].get(name)}, now {now[name]})" if name != "values" else ""
            raise ValueError(
                f"checkpoint={str(self.folder)!r} is of a fit to other data: X has other "
                f"{name}{then}. Use another folder, or remove this one to begin anew."
            )
        rows.order.state = facts["order"]
        generator.bit_generator.state = facts["generator"]
        codebooks = {
            int(name.partition(".")[2]): rows.like(part.numpy())
            for name, part in tensors.items()
            if name.startswith("codebook.")
        }
        vertices = tensors.get("vertices")
        return Progress(
            dict(sorted(codebooks.items())),
            [Sweep(*record) for record in facts["history"]],
            None if vertices is None else rows.like(vertices.numpy()),
        )

    def _file(self, number: int) -> Path:
        return self.folder / f"run-{number}.safetensors"


def fingerprint(array: torch.Tensor) -> str:
    """Say in a few characters which numbers a tensor holds."""
    content = array.detach().cpu().contiguous().numpy()
    digest = hashlib.sha256(repr((content.shape, content.dtype)).encode())
    digest.update(content.data)
    return digest.hexdigest()[:16]


def describe(solver: Solver) -> str:
    """Write down what a solver does, as far as it tells."""
    return repr(solver) if is_dataclass(solver) else type(solver).__qualname__


def _told(rows: Rows) -> dict[str, Any]:
    """Tell rows from others: by their size, and by what some of them add up to."""
    return {
        "rows": len(rows),
        "features": rows.n_features,
        "dtype": str(rows.center.dtype),
        "values": f"{fingerprint(rows.center)} {rows.scale!r}",
        "weights": "none" if rows.weights is None else fingerprint(rows.weights),
    }


def _facts_in(folder: Path) -> dict[str, Any] | None:
    """Read what fit a folder is the checkpoint of, None if it is empty."""
    file = folder / FACTS
    if not file.exists():
        if any(folder.glob("run-*.safetensors")):
            raise ValueError(f"checkpoint={str(folder)!r} is damaged: {FACTS} is missing.")
        return None
    try:
        facts = json.loads(file.read_text())
        facts["seeds"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{str(file)!r} is no checkpoint of skcurve, or damaged.") from error
    return dict(facts)
