"""The verbs of showing: the page in the browser, and what such a page asks for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from skcurve.explorer.setting import Setting
from skcurve.interop import Array, restore
from skcurve.randomness import RandomState, as_generator


class Showing:
    """How `LatentDirectionExplorer` is shown to people."""

    _setting: Setting

    @property
    def has_attributes(self) -> bool:
        """Whether it was told what to measure."""
        try:
            self._setting.require_attributes()
        except ValueError:
            return False
        return True

    def sample(self, n: int, random_state: RandomState = None) -> Array:
        """Draw latents of the distribution: fresh ones, to try directions on.

        Parameters
        ----------
        n : int
            How many, at least 1.
        random_state : int, RandomState, Generator or None, default=None
            Where the randomness comes from.

        Returns
        -------
        latents : array of shape (n, D) or (n, L, D)
            From the generator; or rows of the `latents` that the explorer was given, none twice
            while there are enough. Of the library and the precision of the curve.

        Raises
        ------
        ValueError
            If `n` is less than 1, or the generator cannot be sampled from.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve import LatentDirectionExplorer, PolylineCurve
        >>> curve = PolylineCurve([[0.0, 0.0], [1.0, 1.0]])
        >>> explorer = LatentDirectionExplorer(curve, np.tanh, latents=[[0.0, 1.0], [2.0, 3.0]])
        >>> explorer.sample(1, random_state=0)
        array([[2., 3.]])
        """
        setting = self._setting
        latents = setting.sample(n, as_generator(random_state))
        return restore(latents, like=setting.curve.vertices)

    def app(self, **settings: Any) -> Any:
        """Open the page in the browser: scrub along the curve, try directions, keep the best.

        Parameters
        ----------
        **settings
            See `skcurve.app.launch`.

        Returns
        -------
        page : skcurve.app.Page
            The page, which runs until it is closed: `page.close()`.

        Raises
        ------
        ImportError
            If Gradio is not installed.
        """
        # The one call that goes up; nothing is imported before it is made.
        return import_module("skcurve.app").launch(self, **settings)
