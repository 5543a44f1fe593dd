"""What an estimator has once there is a curve: its codebooks, in one kind of array, a history."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator

from skcurve.curve import PolylineCurve
from skcurve.interop import Array, as_tensor, restore


class FittedCurve(BaseEstimator):
    """An estimator that has learnt a curve, at one bitrate after another.

    The curve alone decides: `codebook_` and the last of `codebooks_` show its vertices.

    Attributes
    ----------
    curve_, codebook_, codebooks_, history_, n_iter_, usage_
        See `SFVQ`.
    """

    curve_: PolylineCurve
    codebook_: Array
    codebooks_: dict[int, Array]
    history_: list[dict[str, Any]]
    n_iter_: int
    usage_: Array

    _stream: Any = None  # what partial_fit remembers

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a curve."""
        return hasattr(self, "curve_")

    def _known_codebooks(self) -> dict[int, torch.Tensor]:
        """Give the codebooks as tensors; the last one as the curve has it."""
        known = {**self.codebooks_, max(self.codebooks_): self.curve_.vertices}
        return {bitrate: as_tensor(part, name="codebook") for bitrate, part in known.items()}

    def _set_codebooks(self, codebooks: dict[int, torch.Tensor], like: Any) -> None:
        """Set the codebooks, and the curve of the last one, in the kind of array of `like`."""
        self.codebooks_ = {b: restore(codebooks[b], like=like) for b in sorted(codebooks)}
        for part in self.codebooks_.values():
            if isinstance(part, np.ndarray):
                part.flags.writeable = False
        self.curve_ = PolylineCurve(self.codebooks_[max(codebooks)])
        self.codebook_ = self.codebooks_[max(codebooks)] = self.curve_.vertices
        self._stream = None  # of a new curve, nothing yet
        self.__dict__.pop("usage_", None)  # that of another curve

    def _set_history(self, history: list[dict[str, Any]]) -> None:
        """Set the records, one a sweep."""
        self.history_, self.n_iter_ = history, len(history)

    def __getstate__(self) -> dict[str, Any]:
        """Give what a pickle holds: arrays for tensors, which some formats do not know."""
        state: dict[str, Any] = dict(super().__getstate__())
        if hasattr(self, "curve_"):
            del state["codebook_"]  # which the curve has
            known = self._known_codebooks()
            state["codebooks_"] = {b: part.cpu().numpy() for b, part in known.items()}
        if hasattr(self, "usage_"):
            state["usage_"] = restore(torch.as_tensor(self.usage_), like=None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make tensors of arrays again, if the curve holds tensors."""
        super().__setstate__(state)
        if hasattr(self, "curve_"):
            like = self.curve_.vertices
            self._set_codebooks(self._known_codebooks(), like=like)
            self._stream = state.get("_stream")
            if "usage_" in state:
                self.usage_ = restore(torch.as_tensor(state["usage_"]), like=like)
