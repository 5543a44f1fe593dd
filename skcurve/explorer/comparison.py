"""Ways to find directions, side by side: the same latents, the same change of the output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.base import clone

from skcurve.explorer.direction import Direction
from skcurve.explorer.effects import Effects
from skcurve.explorer.layers import Layers, name_layers
from skcurve.explorer.progress import FitProgress, Report
from skcurve.explorer.setting import Setting
from skcurve.explorer.trials import calibrated, fewer, measured_effects

GOOD_PURITY, GOOD_EFFECT = 0.5, 0.5
"""What makes a direction one of an attribute: half of all changes, half a standard deviation."""
ANY_RANGE = "any of them"


def named_finders(finders: Any) -> dict[str, Any]:
    """Give every finder a name: its own, its class's, or that of its place.

    Parameters
    ----------
    finders : dict, list, or one finder
        Finders, libraries, or arrays of directions.
    """
    if isinstance(finders, Mapping) and not _is_library(finders):
        named = dict(finders)
    else:
        listed = list(finders) if isinstance(finders, list | tuple) else [finders]
        named = {}
        for one in listed:
            name = type(one).__name__
            count = sum(known.partition(" ")[0] == name for known in named)
            named[name if not count else f"{name} {count + 1}"] = one
    if not named:
        raise ValueError("finders must hold at least one; got none.")
    return named


def _is_library(mapping: Mapping[Any, Any]) -> bool:
    return bool(mapping) and all(isinstance(one, Direction) for one in mapping.values())


def fitted(setting: Setting, finder: Any, progress: FitProgress) -> Any:
    """Fit a copy of a finder to the generator, unless it is fitted or is directions already.

    Parameters
    ----------
    setting : Setting
        Of the exploration.
    finder : finder, library or array
        A finder whose `random_state` is None gets that of the explorer.
    progress : FitProgress
        Hears of the search, if the finder has callbacks.
    """
    if not hasattr(finder, "fit") or hasattr(finder, "directions_"):
        return finder
    finder = clone(finder)
    parameters = finder.get_params(deep=False)
    if "random_state" in parameters and parameters["random_state"] is None:
        finder.set_params(random_state=int(setting.random(4).integers(2**31)))
    if hasattr(finder, "set_callbacks"):
        finder.set_callbacks(*getattr(finder, "_skl_callbacks", ()), progress)
    return finder.fit(setting.generator, setting.given)


def compared(
    setting: Setting,
    finders: Mapping[str, Any],
    layer_ranges: Sequence[Layers],
    latents: torch.Tensor,
    amount: float,
    n_steps: int,
    report: Report,
) -> list[dict[str, Any]]:
    """Compare finders; see `LatentDirectionExplorer.compare`.

    Returns
    -------
    rows : list of dict
        One for each finder and layer range; with several ranges, one more for the best of them.
    """
    rows = []
    for name, finder in finders.items():
        progress = FitProgress(report, f"{name}: finding")
        directions = fitted(setting, finder, progress)
        progress.finish()
        measured = []
        for layers in layer_ranges:
            chosen = setting.directions_of(directions, layers, flag=True)

            def told(doing: str, done: int, total: int, name: str = name) -> None:
                report(f"{name}: {doing}", done, total)

            found = calibrated(setting, chosen, fewer(latents), amount, told)
            effects = measured_effects(setting, found.apply(chosen), latents, n_steps, told)
            measured.append(effects)
            shown = {name_layers(one.layers) for one in chosen}
            on = shown.pop() if len(shown) == 1 else "own"
            rows.append(_row(name, on, [effects], float(found.reached.mean())))
        if len(layer_ranges) > 1:
            rows.append(_row(name, ANY_RANGE, measured, np.nan))
    return rows


def _row(name: str, layers: str, measured: Iterable[Effects], reached: float) -> dict[str, Any]:
    """Put in numbers what a method found."""
    tables = list(measured)
    names = tables[0].attribute_names
    purity, size, main, kept, monotone, agree = (
        np.concatenate([table.measure(by) if by else table.main for table in tables])
        for by in ("purity", "effect", "", "identity", "monotonicity", "consistency")
    )
    good = (purity >= GOOD_PURITY) & (size >= GOOD_EFFECT)
    inside = ~np.concatenate([table.outside for table in tables])
    found_inside = [(good & inside)[main == number].any() for number in range(len(names))]
    found = [attribute for number, attribute in enumerate(names) if good[main == number].any()]
    best = [purity[main == number].max(initial=0.0) for number in range(len(names))]
    return {
        "method": name,
        "layers": layers,
        "directions": len(purity),
        "attributes found": len(found),
        "found inside": int(np.sum(found_inside)),
        "which": ", ".join(found),
        "best purity": float(np.mean(best)),
        "median purity": float(np.median(purity)),
        "median effect": float(np.median(size)),
        "consistency": float(np.median(agree)),
        "monotonicity": float(np.median(monotone)),
        "identity": float(np.median(kept)),
        "entangled": float(np.mean(np.concatenate([table.entangled for table in tables]))),
        "inside": float(inside.mean()),
        "reached": reached,
    }
