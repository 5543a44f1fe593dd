"""The verbs of measuring: directions calibrated, measured, ranked, purified and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from skcurve.explorer.calibration import Calibration
from skcurve.explorer.comparison import compared, fitted, named_finders
from skcurve.explorer.direction import Direction
from skcurve.explorer.effects import Effects
from skcurve.explorer.layers import Layers, listed_ranges
from skcurve.explorer.progress import FitProgress, silent
from skcurve.explorer.readings import attribute_numbers
from skcurve.explorer.setting import Setting
from skcurve.explorer.tables import make_frame
from skcurve.explorer.trials import (
    calibrated,
    fewer,
    measured_effects,
    purified_direction,
)
from skcurve.interop import as_tensor

AMOUNT = 0.3
"""The change of the output at which methods are compared, if not said: of that to another one."""


class Measurements:
    """What `LatentDirectionExplorer` measures of directions."""

    _setting: Setting

    def find(self, finders: Any, *, layers: Layers = None) -> dict[str, list[Direction]]:
        """Give the directions of finders, fitted to the generator where they are not yet.

        Parameters
        ----------
        finders : dict, list, or one finder
            See `compare`.
        layers : optional
            The layers that the directions are for; None for their own, or those of the explorer.

        Returns
        -------
        directions : dict of str to list of Direction
            By the name of the finder, at their natural strengths.
        """
        found = {}
        with self._setting.reporting() as report:
            for name, finder in named_finders(finders).items():
                progress = FitProgress(report, f"{name}: finding")
                directions = fitted(self._setting, finder, progress)
                progress.finish()
                found[name] = self._setting.directions_of(directions, layers, flag=True)
        return found

    def calibrate(
        self,
        directions: Any = None,
        *,
        amount: float = AMOUNT,
        layers: Layers = None,
        latents: Any = None,
        n_latents: int = 16,
    ) -> Calibration:
        """Find how far to go along directions: for equal changes, and inside the distribution.

        The change of the output is its mean `distance` from that of the unmoved latent, both ways,
        in units of the mean distance of two outputs that have nothing to do with each other. The
        range is that in which the median edited latent is no more isolated than 95% of the
        distribution, by the distance to the nearest; or, with `realism`, in which the median output
        is more real than the least real 5%. It is looked for as far as eight strengths.

        Parameters
        ----------
        directions : default=None
            A fitted finder, a library, `Direction` objects, or an array (k, D), of which the
            lengths of rows are the natural strengths; None for the segments of the curve.
        amount : float, default=0.3
            The change that is wanted.
        layers : optional
            See `edit`.
        latents : array-like, default=None
            What to try them on; None for `n_latents` of the distribution.
        n_latents : int, default=16
            How many.

        Returns
        -------
        calibration : Calibration
            `strengths`, `ranges`, `changes`, `reached`; `apply` gives directions at these.
        """
        chosen = self._setting.directions_of(directions, layers)
        base = self._setting.base(latents, n_latents)
        with self._setting.reporting() as report:
            return calibrated(self._setting, chosen, base, amount, report)

    def effects(
        self,
        directions: Any = None,
        *,
        amount: float | None = None,
        layers: Layers = None,
        latents: Any = None,
        n_latents: int = 32,
        n_steps: int = 5,
    ) -> Effects:
        """Measure what directions do to each attribute, and how purely.

        Parameters
        ----------
        directions : default=None
            See `calibrate`.
        amount : float or None, default=None
            The change of the output to measure at, by `calibrate`; None for each direction's own
            strength.
        layers : optional
            See `edit`.
        latents : array-like, default=None
            What to try them on; None for `n_latents` of the distribution.
        n_latents : int, default=32
            How many.
        n_steps : int, default=5
            Strengths from minus to plus the full one.

        Returns
        -------
        effects : Effects
            Of each direction, the standardised effect on each attribute, purity, consistency,
            monotonicity, linearity, identity preservation, and flags: entangled directions, weak
            ones, and those that begin or end at an outlier vertex. `Effects.to_frame` makes a
            table of it.

        Raises
        ------
        ValueError
            If there are no `attributes`, or an argument is wrong.
        """
        setting = self._setting
        setting.require_attributes()
        chosen = setting.directions_of(directions, layers, flag=True)
        base = setting.base(latents, n_latents)
        with setting.reporting() as report:
            if amount is not None:
                chosen = calibrated(setting, chosen, fewer(base), amount, report).apply(chosen)
            return measured_effects(setting, chosen, base, n_steps, report)

    def rank(
        self,
        directions: Any = None,
        *,
        by: str = "score",
        per_attribute: int | None = None,
        **settings: Any,
    ) -> Effects:
        """Measure directions, and put the best first.

        Parameters
        ----------
        directions : default=None
            See `calibrate`.
        by : str, default="score"
            "score" (purity times consistency times effect), "purity", "effect", "consistency",
            "monotonicity", "linearity", "identity", or the name of an attribute.
        per_attribute : int or None, default=None
            Keep only so many of those that change the same attribute most.
        **settings
            See `effects`.

        Returns
        -------
        effects : Effects
            In this order.
        """
        return self.effects(directions, **settings).rank(by, per_attribute=per_attribute)

    def purify(
        self,
        direction: Any,
        *,
        keep: Any = None,
        remove: Any = None,
        layers: Layers = None,
        latents: Any = None,
        n_latents: int = 32,
    ) -> Direction:
        """Take a direction's leakage onto other attributes out of it.

        Gives the nearest direction whose measured effect, at full strength, is what it was on the
        attributes to keep and zero on those to remove.

        Parameters
        ----------
        direction : Direction or array-like of shape (D,)
            What to purify; an array at its length as full strength.
        keep : str, int or list of these, default=None
            Attributes whose effect stays. None for the one that changes most, unless that is to be
            removed.
        remove : str, int or list of these, default=None
            Attributes whose effect goes. None for all but those to keep.
        layers, latents, n_latents : optional
            See `effects`.

        Returns
        -------
        purified : Direction
            At a strength of the same effect. What it is worth, `effects` says.

        Raises
        ------
        ValueError
            If there is no such attribute, one is both to keep and to remove, or without the removed
            effects nothing is left.
        """
        setting = self._setting
        setting.require_attributes()
        (one,) = setting.directions_of(
            [direction]
            if isinstance(direction, Direction)
            else np.atleast_2d(as_tensor(direction, name="direction").cpu()),
            layers,
        )
        base = setting.base(latents, n_latents)
        with setting.reporting() as report:
            kept, removed = self._kept_and_removed(one, keep, remove, base)
            return purified_direction(setting, one, kept, removed, base, report)

    def _kept_and_removed(
        self, one: Direction, keep: Any, remove: Any, base: torch.Tensor
    ) -> tuple[list[int], list[int]]:
        """Give the numbers of the attributes whose effect stays, and of those whose goes."""
        names = self._setting.attribute_names
        removed = None if remove is None else attribute_numbers(remove, names, "remove")
        if keep is None:
            main = int(measured_effects(self._setting, [one], base, 3, silent).main[0])
            kept = [] if removed is not None and main in removed else [main]
        else:
            kept = attribute_numbers(keep, names, "keep")
        if removed is None:
            removed = [number for number in range(len(names)) if number not in kept]
        if both := [names[number] for number in kept if number in removed]:
            raise ValueError(f"{', '.join(both)} cannot be both kept and removed.")
        return kept, removed

    def compare(
        self,
        finders: Any,
        *,
        layer_ranges: Sequence[Layers] | None = None,
        amount: float = AMOUNT,
        latents: Any = None,
        n_latents: int = 32,
        n_steps: int = 5,
    ) -> Any:
        """Compare ways to find directions: on the same latents, at equal change of the output.

        Parameters
        ----------
        finders : dict of str to finder, or list of finders
            Fitted ones are used as they are; of others, a copy is fitted to the generator, with the
            explorer's randomness where their `random_state` is None. Libraries and arrays are
            directions already.
        layer_ranges : list of layers, default=None
            Each method is tried on each of them; None for the layers of the explorer. See `edit`.
        amount, latents, n_latents, n_steps : optional
            See `effects`.

        Returns
        -------
        table : pandas.DataFrame
            A row for each method and layer range, and for the best of several ranges. `attributes
            found` counts those that have a direction of purity at least 0.5 and effect at least 0.5
            standard deviations, `which` names them, and `found inside` counts those that have one
            at a strength inside the distribution; `best purity` is the mean over attributes
            of the purest direction; the medians are over directions; `entangled`, `inside` and
            `reached` are the shares of directions that are entangled, that stay inside, and that
            change the output by the amount at all.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If there are no `attributes`, or an argument is wrong.
        """
        rows = self._comparison(finders, layer_ranges, amount, latents, n_latents, n_steps)
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return make_frame(columns, caller="compare").set_index(["method", "layers"])

    def _comparison(
        self,
        finders: Any,
        layer_ranges: Sequence[Layers] | None,
        amount: float,
        latents: Any,
        n_latents: int,
        n_steps: int,
    ) -> list[dict[str, Any]]:
        setting = self._setting
        setting.require_attributes()
        ranges = listed_ranges(layer_ranges)
        for layers in ranges:
            setting.layers_of(None, layers)
        base = setting.base(latents, n_latents)
        with setting.reporting() as report:
            named = named_finders(finders)
            return compared(setting, named, ranges, base, amount, n_steps, report)

    def effects_over(
        self, directions: Any, layer_ranges: Sequence[Layers], **settings: Any
    ) -> Effects:
        """Measure directions on each of several layer ranges, all in one table.

        Parameters
        ----------
        directions : optional
            See `calibrate`.
        layer_ranges : list of layers
            See `edit`.
        **settings
            See `effects`.

        Returns
        -------
        effects : Effects
            One range after another.
        """
        ranges = listed_ranges(layer_ranges)
        with self._setting.reporting():
            tables = [self.effects(directions, layers=one, **settings) for one in ranges]
        return tables[0].join(*tables[1:])
