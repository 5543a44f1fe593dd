"""Learn curves from several beginnings, let callbacks watch, survive Ctrl-C, and keep the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.callback import CallbackContext
from sklearn.exceptions import ConvergenceWarning

from skcurve.blocks import Blocks
from skcurve.checkpoints import Checkpoint, Progress
from skcurve.curve import PolylineCurve
from skcurve.judging import Judged
from skcurve.notices import warn
from skcurve.solvers import STARTS, Rows, Solver, Sweep, learn
from skcurve.validation import check_distortion


class Start(NamedTuple):
    """Where learning begins.

    Attributes
    ----------
    bitrate : int
        The first that is learnt.
    vertices : (2**bitrate, D) tensor or str
        A codebook, in the units of the data, or the name of a way to find one.
    """

    bitrate: int
    vertices: torch.Tensor | str

    def find(self, source: Rows, n_bits: int, generator: np.random.Generator) -> torch.Tensor:
        """Give the first vertices, in the normalised form of the rows."""
        if isinstance(self.vertices, str):
            return STARTS[self.vertices](source, 2**n_bits, generator)
        return source.normalise(self.vertices)


class Learnt(NamedTuple):
    """What learning one curve has given.

    Attributes
    ----------
    codebooks : dict of int to (2**b, D) tensor
        Those of the bitrates b that are complete.
    history : list of Sweep
        A record a sweep.
    usage : (M-1,) tensor or None
        The weight of the rows that each segment of the last codebook won; None if not counted.
    """

    codebooks: dict[int, torch.Tensor]
    history: list[Sweep]
    usage: torch.Tensor | None = None

    @property
    def reached(self) -> int:
        """The last complete bitrate, 0 if there is none."""
        return max(self.codebooks, default=0)


class Audience(NamedTuple):
    """Who watches: the callbacks of an estimator, and, if it is verbose, the terminal.

    Attributes
    ----------
    estimator : SFVQ
        Handed to the callbacks, and used for nothing else.
    context : CallbackContext
        Of the whole fit.
    data : dict
        What the callbacks may ask for of the training data: "X", "y" and "metadata".
    verbose : int
        See `say`.
    """

    estimator: Any
    context: CallbackContext
    data: dict[str, Any]
    verbose: int


@dataclass(frozen=True)
class Fit:
    """What the runs of one fit have in common.

    Attributes
    ----------
    rows : Blocks
        The training rows.
    weights : (n,) tensor or None
        Their weights.
    start : Start
        Where every run begins.
    n_bits : int
        The last bitrate.
    solver : Solver
        How the vertices are learnt.
    known : dict of int to (2**b, D) tensor
        The codebooks of a warm start, which count as complete.
    checkpoint : Checkpoint or None
        Where each run keeps what is complete.
    """

    rows: Blocks
    weights: torch.Tensor | None
    start: Start
    n_bits: int
    solver: Solver
    known: dict[int, torch.Tensor]
    checkpoint: Checkpoint | None = None

    @property
    def bitrates(self) -> range:
        """Those that are learnt."""
        return range(self.start.bitrate, self.n_bits + 1)

    def subtasks(self, n_runs: int) -> dict[str, Any]:
        """Say to callbacks what the fit consists of: runs, or the bitrates of a single one."""
        if n_runs > 1:
            return {"max_subtasks": n_runs, "sequential_subtasks": False}
        return {"max_subtasks": len(self.bitrates), "sequential_subtasks": True}

    def best_of(self, seeds: Sequence[int], n_jobs: int | None, audience: Audience) -> Learnt:
        """Learn a curve from each seed, and give the one with the lowest distortion.

        Ctrl-C ends all of them; of what is complete by then the best is given, with a warning.

        Parameters
        ----------
        seeds : sequence of int
            The randomness of each run.
        n_jobs : int or None
            How many run at a time.
        audience : Audience
            Who watches.

        Returns
        -------
        learnt : Learnt
            Without usage if Ctrl-C came while it was counted.

        Raises
        ------
        KeyboardInterrupt
            If no bitrate was complete.
        """
        runs = [Learnt(dict(self.known), []) for _ in seeds]
        stop = Event()
        try:
            Parallel(n_jobs, require="sharedmem")(
                delayed(self._learn)(run, seed, number, len(runs), audience, stop)
                for number, (run, seed) in enumerate(zip(runs, seeds, strict=True))
            )
        except KeyboardInterrupt:
            stop.set()
            # Threads that are at work yet see the sign before they add anything to these copies.
            runs = [Learnt(dict(run.codebooks), list(run.history)) for run in runs]
            reached = max(run.reached for run in runs)
            if not reached:
                raise
            warn(
                f"Interrupted: the curve has {reached} bits, the last bitrate that was complete.",
                ConvergenceWarning,
            )
        finally:
            stop.set()
        return self._best(runs)

    def _learn(
        self, run: Learnt, seed: int, number: int, n_runs: int, audience: Audience, stop: Event
    ) -> None:
        """Learn one curve, and keep in `run` what is complete."""
        estimator, context, data, verbose = audience
        generator = np.random.default_rng(seed)
        source = Rows(self.rows, self.weights, generator)
        begun = self.checkpoint and self.checkpoint.load(number, source, generator)
        if begun:
            run.codebooks.update(begun.codebooks)
            run.history.extend(begun.history)
            if begun.vertices is None:
                return
            vertices = begun.vertices
        else:
            vertices = self.start.find(source, self.n_bits, generator)

        def save(vertices: torch.Tensor | None) -> None:
            if self.checkpoint is not None and not stop.is_set():
                progress = Progress(run.codebooks, run.history, vertices)
                self.checkpoint.save(number, progress, source, generator)

        if n_runs > 1:
            context = context.subcontext("init", task_id=number, max_subtasks=len(self.bitrates))
            context.call_on_fit_task_begin(estimator=estimator, **data)
        events = learn(source, vertices, self.n_bits, self.solver, generator, save)
        for bitrate in range(len(vertices).bit_length() - 1, self.n_bits + 1):
            task = context.subcontext("bitrate", max_subtasks=self.solver.max_iter)
            task.call_on_fit_task_begin(estimator=estimator, **data)
            event = next(events)
            while isinstance(event, Sweep):
                if stop.is_set():
                    return
                check_distortion(event.distortion)
                run.history.append(event)
                say(event, verbose, at_level=2)
                sweep = task.subcontext("sweep").call_on_fit_task_begin(estimator=estimator)
                event = events.send(sweep.call_on_fit_task_end(estimator=estimator))
            if stop.is_set():
                return
            run.codebooks[bitrate] = event
            say(run.history[-1], verbose, at_level=1)
            fitted = partial(_fitted_attributes, event)
            if task.call_on_fit_task_end(
                estimator=estimator, **data, reconstruction_attributes=fitted
            ):
                break
        save(None)
        if n_runs > 1:
            context.call_on_fit_task_end(estimator=estimator, **data)

    def _best(self, runs: list[Learnt]) -> Learnt:
        """Give the run with the lowest distortion at the highest bitrate that any has reached."""
        reached = max(run.reached for run in runs)
        runs = [run for run in runs if run.reached == reached]
        best, usage, lowest = runs[0], None, np.inf
        judged = Judged.sample(self.rows, self.weights, 2**reached)
        try:
            for run in runs:
                total, counted = judged.measure(run.codebooks[reached])
                if usage is None or total < lowest:
                    best, usage, lowest = run, counted, total
        except KeyboardInterrupt:
            warn(
                f"Interrupted: the curve has {reached} bits, but its usage_ was not counted.",
                ConvergenceWarning,
            )
            usage = None
        return best._replace(usage=usage)


def _fitted_attributes(codebook: torch.Tensor) -> dict[str, Any]:
    """Give what makes an estimator ready to use, for callbacks that ask for one."""
    curve = PolylineCurve(codebook)
    return {"curve_": curve, "codebook_": curve.vertices}


def say(record: Sweep, verbose: int, *, at_level: int) -> None:
    """Print a record if `verbose` is at that level: 1 for bitrates, 2 and above for sweeps."""
    if at_level == min(verbose, 2):
        print(
            f"[SFVQ] {record.bitrate} bits, sweep {record.sweep}: "
            f"distortion {record.distortion:.6g}, perplexity {record.perplexity:.1f}"
        )
