"""Texts that stay in the room they have: in the largest size that fits, or cut short."""

from __future__ import annotations

import textwrap

import numpy as np

from skcurve.plotting.looks import font_points

CHARACTER, LINE = 0.6, 1.2
"""The width of a character and the height of a line, where the size of the letters is 1."""

SMALLEST_FONT = 4.5
"""In points; what is still too long is cut short."""


def fitting(texts: list[str], room: tuple[float, float], n_lines: int) -> tuple[float, list[str]]:
    """Write texts as large as all of them fit, or cut them short.

    Parameters
    ----------
    texts : list of str
        All are written in one size.
    room : (float, float)
        The width and height for each, in points.
    n_lines : int
        Into how many lines a text may be broken.

    Returns
    -------
    size : float
        Of the letters, in points.
    written : list of str
        The texts, broken into lines; where one is too long even in the smallest size, its last line
        ends in "…". None at all if that size is too high.
    """
    if room[1] < LINE * SMALLEST_FONT:
        return SMALLEST_FONT, []
    largest = min(font_points("medium"), room[1] / LINE)
    sizes = [*np.arange(largest, SMALLEST_FONT, -0.25).tolist(), SMALLEST_FONT]
    for size in sizes:
        n_characters = max(2, int(room[0] / CHARACTER / size))
        n_shown = int(np.clip(room[1] / LINE / size, 1, n_lines))
        wrapped = [textwrap.wrap(text, n_characters) for text in texts]
        if all(len(lines) <= n_shown for lines in wrapped):
            break
    return size, [_cut(lines, n_shown, n_characters) for lines in wrapped]


def _cut(lines: list[str], n_lines: int, n_characters: int) -> str:
    """Keep so many lines, and say so in the last one if there are more."""
    if len(lines) > n_lines:
        rest = " ".join(lines[n_lines - 1 :])
        lines = [*lines[: n_lines - 1], rest[: n_characters - 1].rstrip() + "…"]
    return "\n".join(lines)
