"""Any scikit-learn transformer that can go back: its inverse_transform is a generator."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted

from skcurve.generators.backend import Backend
from skcurve.generators.options import Options


class TransformerBackend(Backend):
    """A fitted transformer: latents are what `transform` gives, outputs what it was given.

    Parameters
    ----------
    transformer : object with `inverse_transform`
        Fitted, if it can be.
    options : Options
        The shape of a latent, where the transformer does not show it.
    """

    def __init__(self, transformer: Any, options: Options) -> None:
        options.allow("latent_shape", kind="a transformer with inverse_transform")
        if hasattr(transformer, "fit"):
            check_is_fitted(transformer)
        self.name = type(transformer).__name__
        width = _width(transformer)
        self.native_shape = None if width is None else (width,)
        if options.latent_shape is not None:
            if width is not None and options.latent_shape != (width,):
                raise ValueError(
                    f"latent_shape={options.latent_shape} was given, but {self.name} has latents "
                    f"of shape {(width,)}."
                )
            self.native_shape = options.latent_shape
        self._transformer = transformer

    def decode(self, latents: torch.Tensor) -> Any:
        """Transform back."""
        return self._transformer.inverse_transform(latents.cpu().numpy())

    def draw(self, n: int, width: int, rng: np.random.Generator) -> npt.NDArray[Any]:
        """Draw normal latents; along principal components, as wide as the data are."""
        noise = super().draw(n, width, rng)
        variance = np.asarray(getattr(self._transformer, "explained_variance_", np.nan))
        if getattr(self._transformer, "whiten", True) or variance.shape != (width,):
            return noise
        return noise * np.sqrt(variance).astype(noise.dtype)


def _width(transformer: Any) -> int | None:
    """How many columns `transform` gives, as far as the transformer shows it."""
    try:
        return len(transformer.get_feature_names_out())
    except (AttributeError, ValueError, TypeError):  # it has none, or not without names to begin
        pass
    for name in ("n_components_", "n_components", "_n_features_out"):
        try:
            return operator.index(getattr(transformer, name))
        except (AttributeError, TypeError):
            continue
    return None
