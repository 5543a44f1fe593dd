"""What a user says about a generator that it does not say itself."""

from __future__ import annotations

import operator
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

Library = Literal["numpy", "torch"]
"""Which arrays a plain function takes."""


@dataclass(frozen=True)
class Options:
    """The keywords of `as_generator` that depend on the kind of generator; None where not given.

    Attributes
    ----------
    latent_shape : tuple of int or None
        The shape of one latent.
    n_layers : int or None
        Layers of W+.
    truncation : float or None
        Towards the mean of W, or of the noise.
    class_label : int, array or None
        Of a conditional generator.
    backend : "numpy", "torch" or None
        What a plain function computes with.
    """

    latent_shape: tuple[int, ...] | None = None
    n_layers: int | None = None
    truncation: float | None = None
    class_label: Any = None
    backend: Library | None = None

    @classmethod
    def checked(
        cls, latent_shape: Any, n_layers: Any, truncation: Any, class_label: Any, backend: Any
    ) -> Options:
        """Check what can be checked before the kind of generator is known."""
        if n_layers is not None and operator.index(n_layers) < 1:
            raise ValueError(f"n_layers must be at least 1; got {n_layers}.")
        if truncation is not None and not np.isfinite(truncation):
            raise ValueError(f"truncation must be a finite number; got {truncation}.")
        if backend not in (None, "numpy", "torch"):
            raise ValueError(f"backend must be 'numpy', 'torch' or None; got {backend!r}.")
        return cls(
            latent_shape=None if latent_shape is None else check_shape(latent_shape),
            n_layers=None if n_layers is None else operator.index(n_layers),
            truncation=None if truncation is None else float(truncation),
            class_label=class_label,
            backend=backend,
        )

    def allow(self, *names: str, kind: str) -> None:
        """Raise if an option is given that has no meaning for this kind of generator.

        Parameters
        ----------
        *names : str
            The options that have.
        kind : str
            What to call the generator.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and field.name not in names:
                raise ValueError(
                    f"{field.name}={value!r} has no meaning for {kind}"
                    + (f", which takes only {' and '.join(names)}." if names else ".")
                )


def check_shape(latent_shape: Any) -> tuple[int, ...]:
    """Return the shape of a latent as a tuple of positive integers; an integer D means (D,).

    Parameters
    ----------
    latent_shape : int or sequence of int
        The shape.
    """
    try:
        shape = tuple(operator.index(size) for size in np.atleast_1d(latent_shape))
    except TypeError:
        shape = ()
    if not shape or min(shape) < 1:
        raise ValueError(
            f"latent_shape must be positive integers, such as (512,); got {latent_shape!r}."
        )
    return shape


def check_batch_size(batch_size: Any) -> int:
    """Return a number of latents that are put through at one time.

    Parameters
    ----------
    batch_size : int
        At least 1.
    """
    size = operator.index(batch_size)
    if size < 1:
        raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
    return size


def class_vector(class_label: Any, n_classes: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a class label as a vector: the number of a class, or the vector itself.

    Parameters
    ----------
    class_label : int or array-like of shape (n_classes,)
        A vector may mix classes.
    n_classes : int
        How many classes there are.

    Returns
    -------
    vector : array of shape (n_classes,), float32
        One at the class and zero elsewhere, or the vector that was given.
    """
    label = np.asarray(class_label)
    if label.ndim == 0 and label.dtype.kind in "iu" and 0 <= label < n_classes:
        return np.eye(1, n_classes, int(label), dtype=np.float32)[0]
    if label.shape == (n_classes,) and label.dtype.kind in "fiub" and np.isfinite(label).all():
        return label.astype(np.float32)
    raise ValueError(
        f"class_label must be an integer from 0 to {n_classes - 1} or a finite vector of "
        f"{n_classes} numbers; got {class_label!r}."
    )
