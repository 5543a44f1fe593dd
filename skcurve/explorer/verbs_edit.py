"""The verbs of editing: latents moved along directions, and the outputs of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.explorer.direction import Direction
from skcurve.explorer.layers import Layers
from skcurve.explorer.setting import Setting
from skcurve.explorer.shifting import in_layers, shifted
from skcurve.interop import Array, as_tensor, restore


class Edits:
    """What `LatentDirectionExplorer` does to latents."""

    _setting: Setting

    def edit(
        self, latents: Any, direction: Any, strength: float = 1.0, layers: Layers = None
    ) -> Array:
        """Move latents along a direction.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            What to edit; it is left as it is.
        direction : Direction, int or array-like of shape (D,)
            A `Direction` and the number of a segment give a unit vector; an array is added as it
            is, times the strength.
        strength : float, default=1.0
            How much of it; negative to go the other way.
        layers : optional
            The layers that change; None for those of the direction, or else of the explorer. See
            `LatentDirectionExplorer`.

        Returns
        -------
        edited : array
            (n, D) if `latents` are and all layers change, else (n, L, D); the other layers hold
            what they held. numpy for arrays, a tensor on the same device for a tensor.

        Raises
        ------
        TypeError, ValueError, IndexError
            If an argument is none of these.
        """
        return self.combine(latents, [(direction, strength, layers)])

    def combine(self, latents: Any, edits: Sequence[Any]) -> Array:
        """Make several edits at once, each on its own layers.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            What to edit.
        edits : sequence of (direction, strength) or (direction, strength, layers)
            See `edit`. A `Direction` alone is taken at its own strength.

        Returns
        -------
        edited : array
            As of `edit`.
        """
        setting = self._setting
        if not isinstance(edits, Iterable):
            raise TypeError(
                "edits must be a list of (direction, strength) or (direction, strength, layers); "
                f"got {type(edits).__name__}."
            )
        edited = setting.check_latents(latents)
        like = latents if isinstance(latents, torch.Tensor) else np.empty(0)
        resolved = [self._resolve(number, edit) for number, edit in enumerate(edits)]
        if any(layers is not None for _, _, layers in resolved):
            edited = in_layers(edited, setting.n_layers)
        for vector, strength, layers in resolved:
            edited = shifted(edited, vector, strength, layers, setting.n_layers)
        return restore(edited.clone() if not resolved else edited, like=like)

    def _resolve(self, number: int, edit: Any) -> tuple[torch.Tensor, float, list[int] | None]:
        if isinstance(edit, Direction):
            edit = (edit, edit.strength)
        if not isinstance(edit, tuple | list) or len(edit) not in (2, 3):
            raise ValueError(
                "edits must be (direction, strength) or (direction, strength, layers); "
                f"edit {number} is {edit!r}."
            )
        direction, strength, layers = (*edit, None)[:3]
        vector, known = self._setting.vector_of(direction)
        try:
            is_number = bool(np.isfinite(strength))
        except (TypeError, ValueError):  # of text, and of several
            is_number = False
        if not is_number:
            raise ValueError(f"strength must be a finite number; got {strength!r}.")
        return vector, float(strength), self._setting.layers_of(known, layers)

    def traverse(
        self,
        latents: Any,
        direction: Any,
        strengths: Any = None,
        layers: Layers = None,
    ) -> Array:
        """Make the outputs of latents at several strengths of a direction.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            Where to begin.
        direction : Direction, int or array-like of shape (D,)
            See `edit`.
        strengths : array-like of shape (S,), default=None
            How much of it. None for seven, from end to end of the `strength_range` of a
            `Direction`, or else from minus to plus its `strength`, which is 1 for an array and the
            length of a segment.
        layers : optional
            See `edit`.

        Returns
        -------
        outputs : array of shape (n, S, ...)
            The grid: a row a latent, a column a strength.
        """
        setting = self._setting
        start = setting.check_latents(latents)
        like = latents if isinstance(latents, torch.Tensor) else np.empty(0)
        vector, known = setting.vector_of(direction)
        chosen = setting.layers_of(known, layers)
        steps = self._strengths(direction, known) if strengths is None else strengths
        steps = as_tensor(steps, name="strengths").cpu().double().numpy()
        if steps.ndim != 1 or not len(steps) or not np.isfinite(steps).all():
            raise ValueError(
                f"strengths must be a list of finite numbers; got shape {steps.shape}."
            )
        moved = [shifted(start, vector, float(step), chosen, setting.n_layers) for step in steps]
        rows = torch.stack(moved, dim=1).flatten(0, 1)
        numbers = np.repeat(np.arange(len(start)), len(steps))
        with setting.reporting():
            outputs = setting.runner.outputs(
                rows, names=numbers, like=like, step=setting.step("traversing")
            )
        return outputs.reshape(len(start), len(steps), *outputs.shape[1:])

    def _strengths(self, direction: Any, known: Direction | None) -> npt.NDArray[np.float64]:
        if known is not None and known.strength_range is not None:
            return np.linspace(*known.strength_range, 7)
        size = 1.0
        if known is not None:
            size = known.strength
        elif isinstance(direction, int | np.integer):
            size = float(self._setting.curve.lengths[int(direction)])
        return np.linspace(-size, size, 7)
