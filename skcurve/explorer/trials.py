"""Directions tried on latents: calibrated, their effects measured, one after another; purified."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import numpy.typing as npt
import torch

from skcurve.explorer.calibration import Calibration, inside_range, solve_strength
from skcurve.explorer.direction import Direction
from skcurve.explorer.effects import Effects
from skcurve.explorer.layers import name_layers
from skcurve.explorer.progress import Report, silent
from skcurve.explorer.purification import MOST_ROUNDS, purified, regressed_jacobian
from skcurve.explorer.setting import Setting
from skcurve.explorer.shifting import shifted
from skcurve.metrics.effects import consistency, effect, linearity, monotonicity, preservation

Numbers = npt.NDArray[np.float64]

LEAST_LEFT = 0.05
"""Of a direction's length: with less than this left, purification has taken all of it."""
REALISM_QUANTILE = 0.05
"""Outputs less real than this share of those of the reference are outside."""


def moved(
    setting: Setting, latents: torch.Tensor, direction: Direction, strength: float
) -> torch.Tensor:
    """Move latents along a direction, on its layers."""
    vector = torch.from_numpy(np.array(direction.vector))
    return shifted(latents, vector, strength, direction.layers, setting.n_layers)


def fewer(latents: torch.Tensor) -> torch.Tensor:
    """Give half of the latents, and at least eight: a mean change needs fewer than an effect.

    Parameters
    ----------
    latents : tensor
        What directions are measured on.
    """
    return latents[: max(8, len(latents) // 2)]


def calibrated(
    setting: Setting,
    directions: Sequence[Direction],
    latents: torch.Tensor,
    amount: float,
    report: Report,
) -> Calibration:
    """Calibrate directions; see `LatentDirectionExplorer.calibrate`."""
    if not (np.isfinite(amount) and amount > 0):
        raise ValueError(f"amount must be positive and finite; got {amount}.")
    spread = setting.spread
    strengths, changes, reached, ranges = [], [], [], []
    starts: dict[str, float] = {}
    for number, one in enumerate(directions):
        found = solve_strength(
            lambda strength, one=one: _change(setting, latents, one, strength) / spread,  # type: ignore[misc]
            amount,
            one.strength,
            starts.get(name_layers(one.layers)),
        )
        if found[2]:
            starts[name_layers(one.layers)] = found[
                0
            ]  # as a rule, the next one needs about as much
        strengths.append(found[0])
        changes.append(found[1])
        reached.append(found[2])
        ranges.append(measured_range(setting, one, latents, found[0]))
        report("calibrating directions", number + 1, len(directions))
    return Calibration(
        np.array(strengths),
        np.array(ranges),
        np.array(changes),
        np.array(reached),
        float(amount),
        spread,
    )


def _change(
    setting: Setting, latents: torch.Tensor, direction: Direction, strength: float
) -> float:
    """Give the mean change of the output, over latents and both ways."""
    there, back = (moved(setting, latents, direction, sign * strength) for sign in (1, -1))
    twice = torch.cat([latents, latents])
    numbers = np.tile(np.arange(len(latents)), 2)
    return float(setting.runner.change(twice, torch.cat([there, back]), names=numbers).mean())


def measured_range(
    setting: Setting, direction: Direction, latents: torch.Tensor, strength: float
) -> tuple[float, float]:
    """Find how far one may go: by the realism of outputs, or else by where latents are."""
    if "realism" in setting.runner.readers:
        read = setting.runner.read
        reference = read(setting.reference[: 4 * len(latents)], "realism")["realism"]
        limit = float(np.quantile(reference, REALISM_QUANTILE))

        def excess(step: float) -> float:
            edited = moved(setting, latents, direction, step)
            return limit - float(np.median(read(edited, "realism")["realism"]))
    else:
        still = setting.edited_slots(moved(setting, latents, direction, 0.0), direction.layers)
        own = setting.neighbourhood.own(still)

        def excess(step: float) -> float:
            edited = moved(setting, latents, direction, step)
            slots = setting.edited_slots(edited, direction.layers)
            return setting.neighbourhood.excess(slots, own)

    return inside_range(excess, strength)


def measured_effects(
    setting: Setting,
    directions: Sequence[Direction],
    latents: torch.Tensor,
    n_steps: int,
    report: Report,
) -> Effects:
    """Measure directions; see `LatentDirectionExplorer.effects`."""
    setting.require_attributes()
    if n_steps < 2:
        raise ValueError(f"n_steps must be at least 2; got {n_steps}.")
    names, scale = setting.attribute_names, setting.scale
    has_identity = "identity" in setting.runner.readers
    asked = ["attributes", "identity"] if has_identity else ["attributes"]
    tables: dict[str, list[Numbers]] = {name: [] for name in ("e", "c", "m", "l")}
    identity = []
    for number, one in enumerate(directions):
        steps = np.linspace(-one.strength, one.strength, n_steps)
        read, still = _read_along(setting, latents, one, steps, asked)
        responses = read["attributes"].swapaxes(0, 1)
        tables["e"].append(effect(responses, steps, scale=scale))
        tables["c"].append(consistency(responses, steps))
        tables["m"].append(monotonicity(responses))
        tables["l"].append(linearity(responses, steps))
        ends = [read["identity"][end] for end in (0, -1)] if has_identity else []
        kept = [preservation(still["identity"], end) for end in ends]
        identity.append(float(np.mean(kept)) if kept else np.nan)
        report("measuring directions", number + 1, len(directions))
    return Effects(
        directions=tuple(one.replace(outlier=setting.outlier_of(one)) for one in directions),
        attribute_names=names,
        effects=np.array(tables["e"]),
        consistency=np.array(tables["c"]),
        monotonicity=np.array(tables["m"]),
        linearity=np.array(tables["l"]),
        identity=np.array(identity),
        outlier=np.array([bool(setting.outlier_of(one)) for one in directions]),
    )


def _read_along(
    setting: Setting,
    latents: torch.Tensor,
    direction: Direction,
    steps: Numbers,
    names: Sequence[str],
) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
    """Measure latents moved by each of S steps, (S, n, ...), and not moved, (n, ...).

    The moved ones go through the generator together, in as few batches as there can be; those that
    are not moved are the same for all directions, and measured once.
    """
    there = [moved(setting, latents, direction, step) for step in steps if step != 0]
    numbers = np.tile(np.arange(len(latents)), len(there))
    found = setting.runner.read(torch.cat(there), *names, names=numbers)
    still = setting.runner.read(moved(setting, latents, direction, 0.0), *names)
    read = {}
    for name in names:
        parts = iter(np.split(found[name], len(there)))
        read[name] = np.stack([still[name] if step == 0 else next(parts) for step in steps])
    return read, still


def purified_direction(
    setting: Setting,
    direction: Direction,
    keep: Sequence[int],
    remove: Sequence[int],
    latents: torch.Tensor,
    report: Report,
) -> Direction:
    """Take leakage out of a direction; see `LatentDirectionExplorer.purify`."""
    layers, strength = direction.layers, direction.strength
    scale = np.where(setting.scale > 0, setting.scale, 1.0)
    rounds = count(1)

    def effects_of(step: Numbers) -> Numbers:
        length = float(np.linalg.norm(step))
        if length == 0:
            return np.zeros_like(scale)
        one = Direction(step, strength=length, layers=layers)
        measured = measured_effects(setting, [one], latents, 3, silent)
        report("purifying", next(rounds), MOST_ROUNDS + 2)
        return measured.effects[0]

    jacobian = _jacobian(setting, layers, latents, strength, report) / scale[:, None]
    step = strength * direction.vector.astype(np.float64)
    found = purified(step, jacobian, keep, remove, effects_of)
    report("purifying", MOST_ROUNDS + 2, MOST_ROUNDS + 2)
    length = float(np.linalg.norm(found))
    if length <= LEAST_LEFT * strength:
        names = ", ".join(setting.attribute_names[number] for number in remove)
        raise ValueError(f"nothing is left of the direction without its effect on {names}.")
    vector = (found / length).astype(direction.vector.dtype)
    source = f"{direction.source}, purified" if direction.source else "purified"
    return direction.replace(
        vector=vector,
        strength=length,
        strength_range=None,
        source=source,
        outlier=setting.outlier_of(direction),
        scores={},
    )


def _jacobian(
    setting: Setting,
    layers: list[int] | None,
    latents: torch.Tensor,
    strength: float,
    report: Report,
) -> Numbers:
    """Estimate the mean Jacobian of the attributes, (A, D), from random steps both ways."""
    n_features = latents.shape[-1]
    n_rounds = -(-max(3 * n_features, 96) // len(latents))
    random = setting.random(3)
    shifts, changes = [], []
    for number in range(n_rounds):
        noise = random.standard_normal((len(latents), n_features))
        shift = strength * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        ends = [
            shifted(latents, torch.from_numpy(sign * shift), 1.0, layers, setting.n_layers)
            for sign in (1, -1)
        ]
        there, back = (setting.runner.read(end, "attributes")["attributes"] for end in ends)
        shifts.append(shift)
        changes.append((there - back) / 2)
        report("estimating the Jacobian", number + 1, n_rounds)
    return regressed_jacobian(np.concatenate(shifts), np.concatenate(changes))
