"""The verbs of a curve: see what is along it, and measure what it passes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from skcurve.explorer.animation import check_animation, write_animation
from skcurve.explorer.pictures import as_pixels
from skcurve.explorer.setting import Setting
from skcurve.explorer.tables import make_frame
from skcurve.explorer.walk import Walk, interpretation, walk_coordinates
from skcurve.interop import Array, as_tensor, restore


class AlongCurve:
    """What `LatentDirectionExplorer` does along the curve."""

    _setting: Setting

    def vertices(self) -> Array:
        """Make the outputs at the vertices.

        Returns
        -------
        outputs : array of shape (M, ...)
        """
        return self.walk().outputs

    def walk(
        self,
        spacing: float = 1.0,
        *,
        start: float = 0.0,
        stop: float | None = None,
        coordinate: str = "index",
    ) -> Walk:
        """Walk along the curve, and make the outputs on the way.

        Parameters
        ----------
        spacing : float, default=1.0
            From one place to the next, in the coordinate: by index, 1 is from vertex to vertex, and
            0.25 puts three places between two.
        start : float, default=0.0
            Where to begin.
        stop : float or None, default=None
            Where to end, which is part of the walk; None for the end of the curve. Before `start`,
            the walk goes backwards.
        coordinate : "index" or "arclength", default="index"
            What the numbers are: segment and position in it, or distance along the curve.

        Returns
        -------
        walk : Walk
            `coordinate`, as an index, `latents` and `outputs`.

        Raises
        ------
        ValueError
            If a number is outside the curve, or the spacing is not positive.
        """
        setting = self._setting
        index = walk_coordinates(setting.curve, float(spacing), float(start), stop, coordinate)
        latents = as_tensor(setting.curve.evaluate(index), name="latents")
        vertices = setting.curve.vertices
        latents = latents.to(as_tensor(vertices, name="vertices"))
        with setting.reporting():
            outputs = setting.runner.outputs(latents, step=setting.step("walking along the curve"))
        return Walk(index, restore(latents, like=vertices), outputs)

    def animate(
        self,
        path: str | os.PathLike[str],
        *,
        spacing: float = 0.125,
        start: float = 0.0,
        stop: float | None = None,
        coordinate: str = "index",
        fps: float = 16.0,
        image: Callable[[Any], Any] | None = None,
    ) -> Path:
        """Write a walk along the curve as an animation, GIF or MP4.

        Parameters
        ----------
        path : path-like
            The file, ending in .gif (needs Pillow) or .mp4 (needs imageio-ffmpeg); one that is
            there is replaced once the new one is complete.
        spacing, start, stop, coordinate : optional
            See `walk`; an eighth of a segment from picture to picture.
        fps : float, default=16
            Pictures a second, at most 100; a GIF rounds the time of each to hundredths of a second.
        image : callable, default=None
            From outputs to pictures, if the outputs are not; see `report`.

        Returns
        -------
        path : Path
            The file. Pictures of less than 256 pixels are enlarged, up to 4096 the longer way.

        Raises
        ------
        ImportError
            If what writes such files is not installed.
        TypeError, ValueError
            If an argument is wrong, the outputs are no pictures, or larger ones than the file can
            hold.
        OSError
            If the file cannot be written.
        """
        place = check_animation(path, fps)
        outputs = self.walk(spacing, start=start, stop=stop, coordinate=coordinate).outputs
        shown = outputs if image is None else image(outputs)
        known = self._setting.generator.output_range if image is None else None
        write_animation(place, as_pixels(shown, known), fps)
        return place

    def interpret(self, *, n_between: int = 4) -> Any:
        """Measure what the curve passes: which stretch of it is which factor.

        Parameters
        ----------
        n_between : int, default=4
            At how many places each segment is measured, its end not counted.

        Returns
        -------
        table : pandas.DataFrame
            A row for each vertex, then one for each segment: `part` and `number`; of a segment its
            `length`; each attribute, at the vertex or on average over the segment; of a segment
            also ``change NAME``, the change of each attribute along it in standard deviations, what
            it `changes` most, by how much (`effect`) and what share of all changes that is
            (`purity`), and the `stretch`, a number that segments in a row share if they change the
            same attribute most. `outlier` marks vertices that no data is near, and segments that
            begin or end at one.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If there are no `attributes`.
        """
        return make_frame(self._interpretation(n_between), caller="interpret")

    def _interpretation(self, n_between: int) -> dict[str, Any]:
        setting = self._setting
        setting.require_attributes()
        if n_between < 1:
            raise ValueError(f"n_between must be at least 1; got {n_between}.")
        index = np.arange(setting.curve.n_segments * n_between + 1) / n_between
        latents = as_tensor(setting.curve.evaluate(index), name="latents")
        latents = latents.to(as_tensor(setting.curve.vertices, name="vertices"))
        with setting.reporting():
            step = setting.step("measuring the curve")
            found = setting.runner.read(latents, "attributes", step=step)
            names, scale = setting.attribute_names, setting.scale
        return interpretation(
            found["attributes"],
            names=names,
            scale=scale,
            lengths=as_tensor(setting.curve.lengths, name="lengths").cpu().double().numpy(),
            outlier=setting.outlier_vertices,
            n_between=n_between,
        )
