"""Space-filling curves through vectors: an ordered codebook for quantising, exploring, creating."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from skcurve.augmenter.augmenter import CurveAugmenter
    from skcurve.curve import PolylineCurve
    from skcurve.explorer.explorer import LatentDirectionExplorer
    from skcurve.sfvq import SFVQ

__all__ = ["SFVQ", "CurveAugmenter", "LatentDirectionExplorer", "PolylineCurve"]

_HOME = {
    "CurveAugmenter": "augmenter.augmenter",
    "LatentDirectionExplorer": "explorer.explorer",
    "PolylineCurve": "curve",
    "SFVQ": "sfvq",
}
_ROOMS = frozenset(
    {
        "app",
        "augmenter",
        "directions",
        "explorer",
        "generators",
        "metrics",
        "nn",
        "plotting",
        "saliency",
        "solvers",
        "testing",
    }
)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: torch and scikit-learn take seconds.

    So the command line can answer ``--help`` at once, and ``skcurve.metrics`` needs no import.
    """
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value  # from now on an attribute like any other
        return value
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
