"""What every finder of directions has in common: how it is called, and what it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, _fit_context
from sklearn.callback import CallbackSupportMixin, with_callbacks

from skcurve.directions.latents import Numbers, check_latents
from skcurve.generators import AdaptedGenerator, as_generator


class Found(NamedTuple):
    """What a search has found.

    Attributes
    ----------
    directions : array of shape (k, D)
        Rows of any length but 0.
    strengths : array of shape (k,)
        How long a natural step is along each, positive.
    names : sequence of str
        What to call each of them.
    """

    directions: Numbers
    strengths: Numbers
    names: Sequence[str]


class DirectionFinder(CallbackSupportMixin, BaseEstimator):
    """Base class of what finds directions in the latent space of a generator.

    A subclass stores its parameters in `__init__`, names what they may be in
    ``_parameter_constraints``, and writes ``_find(generator, latents)``, which returns a `Found`.
    One whose search takes long says of how many parts it is, ``self._begin(n_parts)``, and calls
    ``self._part_done()`` after each: callbacks of scikit-learn hear of it, such as
    `sklearn.callback.ProgressBar`, and so does `LatentDirectionExplorer.compare`.

    Attributes
    ----------
    directions_ : array of shape (k, D)
        Unit rows.
    strengths_ : array of shape (k,)
        How long a natural step is along each direction, positive; what that means, each finder
        says. One step from `latents` along direction i is ``latents + strengths_[i] *
        directions_[i]``.
    names_ : list of str
        What each direction is called, such as "segment 3" or "component 0".
    n_directions_ : int
        How many there are, k.
    n_features_in_ : int
        The number of features of a latent, D.

    Examples
    --------
    A finder of one's own, for the axes of the latent space:

    >>> import numpy as np
    >>> from skcurve.directions import DirectionFinder, Found
    >>> class AxisDirections(DirectionFinder):
    ...     def _find(self, generator, latents):
    ...         axes = np.eye(latents.shape[-1])
    ...         return Found(axes, np.ones(len(axes)), [f"axis {i}" for i in range(len(axes))])
    >>> AxisDirections().fit(latents=[[1.0, 2.0], [3.0, 4.0]]).directions_
    array([[1., 0.],
           [0., 1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    directions_: Numbers
    strengths_: Numbers
    names_: list[str]
    n_directions_: int
    n_features_in_: int

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, generator: Any = None, latents: Any = None) -> Self:
        """Find directions.

        Parameters
        ----------
        generator : callable, default=None
            Anything that `skcurve.generators.as_generator` takes. None where the finder needs none,
            or `latents` say enough. It is not changed.
        latents : array-like of shape (n, D) or (n, L, D), default=None
            The latents to look at, as rows of the edited space or of its W+. None to sample them
            from the generator. They are not changed.

        Returns
        -------
        self : DirectionFinder
            The fitted finder.

        Raises
        ------
        TypeError
            If `generator` is no generator, or the latents are no real numbers.
        ValueError
            If a parameter, the generator and the latents do not fit each other, or the finder
            needs what was not given.
        skcurve.generators.GeneratorError
            If the generator fails.
        """
        adapted = None if generator is None else as_generator(generator)
        rows = None if latents is None else check_latents(latents, adapted)
        found = self._find(adapted, rows)
        self._keep(found)
        self._finish()
        return self

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        """Search, without writing to anything that was given."""
        raise NotImplementedError(f"{type(self).__name__} must define _find(generator, latents).")

    def _begin(self, n_parts: int) -> None:
        """Tell callbacks that a search begins, and of how many parts it is."""
        context = self._init_callback_context(max_subtasks=n_parts)
        context.call_on_fit_task_begin(estimator=self)

    def _part_done(self, name: str = "part") -> bool:
        """Tell callbacks that a part is done; say whether one of them wants to end the search."""
        context: Any = self._callback_fit_ctx
        part = context.subcontext(name).call_on_fit_task_begin(estimator=self)
        return bool(part.call_on_fit_task_end(estimator=self))

    def _finish(self) -> None:
        """Tell callbacks that all attributes are there."""
        if not hasattr(self, "_callback_fit_ctx"):
            self._begin(0)
        context: Any = self._callback_fit_ctx
        context.call_on_fit_task_end(estimator=self)

    def _keep(self, found: Found) -> None:
        """Check what was found, and keep it as unit rows."""
        directions = np.asarray(found.directions)
        if directions.dtype not in (np.float32, np.float64):
            directions = directions.astype(np.float64)
        strengths = np.asarray(found.strengths, dtype=directions.dtype)
        if directions.ndim != 2 or not len(directions) or strengths.shape != directions.shape[:1]:
            raise ValueError(
                f"{type(self).__name__} must find k directions of shape (k, D), k at least 1, with "
                f"strengths of shape (k,); got shapes {directions.shape} and {strengths.shape}."
            )
        # In float64: the squares of small float32 entries could all be 0.
        lengths = np.linalg.norm(directions.astype(np.float64), axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            at = int(np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))[0])
            raise ValueError(
                f"direction {at} of {type(self).__name__}, {found.names[at]!r}, has length "
                f"{float(lengths[at, 0]):g}: it points nowhere."
            )
        if not (np.isfinite(strengths) & (strengths > 0)).all():
            at = int(np.flatnonzero(~(np.isfinite(strengths) & (strengths > 0)))[0])
            raise ValueError(
                f"direction {at} of {type(self).__name__}, {found.names[at]!r}, has a step of "
                f"{float(strengths[at]):g}; expected a positive number."
            )
        self.directions_ = (directions / lengths).astype(directions.dtype)
        self.strengths_ = strengths
        self.names_ = list(found.names)
        self.n_directions_, self.n_features_in_ = self.directions_.shape

    def _sample(
        self,
        generator: AdaptedGenerator | None,
        latents: torch.Tensor | None,
        n_samples: int,
        random: np.random.Generator,
    ) -> torch.Tensor:
        """Give the latents there are, or sample them."""
        if latents is not None:
            return latents
        if generator is None:
            raise ValueError(
                f"{type(self).__name__} needs latents: give some, or a generator to sample from."
            )
        return check_latents(generator.sample(n_samples, random), generator)

    def _require(self, generator: AdaptedGenerator | None) -> AdaptedGenerator:
        """Give the generator, or say that there has to be one."""
        if generator is None:
            raise ValueError(f"{type(self).__name__} needs a generator; got None.")
        return generator
