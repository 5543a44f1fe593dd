"""Warnings that point to the line of the user that led to them."""

from __future__ import annotations

import sys
import warnings

BETWEEN = frozenset({"contextlib", "joblib", "sklearn", "skcurve"})
"""The packages whose frames lie between a user and the place that warns."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the line that called into this package, through however many wrappers.

    Parameters
    ----------
    message : str
        What to say.
    category : type of Warning
        Of which kind.
    """
    level = 1
    frame = sys._getframe(level)
    while frame.f_back is not None and _package(frame.f_globals) in BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


def _package(names: dict[str, object]) -> str:
    return str(names.get("__name__", "")).partition(".")[0]
