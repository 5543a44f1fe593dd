"""What was done on the page, as a few lines of Python that do it again."""

from __future__ import annotations

from collections.abc import Sequence

from skcurve.app.edits import Edit
from skcurve.app.studio import (
    N_COMPONENT_LATENTS,
    N_MEASURED,
    N_SHOWN,
    N_SUPPORT_LATENTS,
    Studio,
)
from skcurve.app.view import Sampling, View

UNKNOWN = "# `explorer` is the LatentDirectionExplorer that the page was opened from"
REMARK = "  # direction, strength, layers"


def write_recipe(studio: Studio, view: View) -> str:
    """Write a program that makes the edits of a view to the same latents.

    It leaves the edited latents as ``edited`` and what the generator makes of them as ``outputs``.

    Parameters
    ----------
    studio : Studio
        Of the page.
    view : View
        Its stack, then its current edit, at their strengths.
    """
    edits = [one for one in (*view.stack, view.current) if one.strength]
    steps = [_step(studio, one, view) for one in edits]
    if len(steps) > 1:
        named = ["edits = [", *(f"    {one}," for one in steps), f"]{REMARK}"]
        combined = "edited = explorer.combine(latents, edits)"
    else:
        named = []
        combined = f"edited = explorer.combine(latents, [{''.join(steps)}]){REMARK}"
    return _program(
        studio,
        *_preparations(studio, edits),
        f"latents = explorer.sample({N_MEASURED}, random_state={view.seed})[:{N_SHOWN}]",
        *named,
        combined,
        "outputs = explorer.generator(edited)",
    )


def write_sampling(studio: Studio, sampling: Sampling) -> str:
    """Write a program that draws the same samples.

    It leaves them as ``samples``, with latents, coordinates and outputs.

    Parameters
    ----------
    studio : Studio
        Of the page.
    sampling : Sampling
        What was drawn.
    """
    stretch = float(sampling.first), float(sampling.last)
    settings = f"valid_only={sampling.inside}, random_state={sampling.seed}"
    layer = "" if studio.explorer.sample(1, 0).ndim == 2 else "[:, 0]"
    return _program(
        studio,
        "from skcurve import CurveAugmenter",
        "curve, generator = explorer.curve, explorer.generator",
        f"augmenter = CurveAugmenter(curve, generator, jitter={sampling.jitter}, random_state=0)",
        f"augmenter.fit(explorer.sample({N_SUPPORT_LATENTS}, random_state=0){layer})",
        f"samples = augmenter.sample({sampling.n}, {stretch}, {settings})",
    )


def _program(studio: Studio, *lines: str) -> str:
    """Put lines after those that make the explorer, and all imports first."""
    all_lines = [*(studio.origin.lines or (UNKNOWN,)), *lines]
    imports = [line for line in all_lines if _is_import(line)]
    return "\n".join([*imports, *(line for line in all_lines if not _is_import(line))]) + "\n"


def _preparations(studio: Studio, edits: Sequence[Edit]) -> list[str]:
    kinds = {one.choice.kind for one in edits}
    lines = []
    if "component" in kinds:
        lines += [
            "from skcurve.directions import PCADirections",
            f"components = PCADirections({studio.limits.n_components}, random_state=0).fit("
            f"latents=explorer.sample({N_COMPONENT_LATENTS}, random_state=0))",
        ]
    if "opened" in kinds:
        lines += [
            "from skcurve.explorer import DirectionLibrary",
            'library = DirectionLibrary.load("directions.safetensors")  # the file you opened',
        ]
    return lines


def _step(studio: Studio, edit: Edit, view: View) -> str:
    choice, layers = edit.choice, edit.layers
    natural = studio.direction(choice, view.opened).strength
    strength = repr(float(edit.strength * natural))
    if choice.kind == "segment":
        direction = str(choice.first)
    elif choice.kind == "vertices":
        direction = f"explorer.curve.chord({choice.first}, {choice.last})"
        strength = repr(float(edit.strength))
    elif choice.kind == "component":
        direction = f"components.directions_[{choice.first}]"
    else:
        direction = f"library[{choice.name!r}]"
    return f"({direction}, {strength}, {layers!r})"


def _is_import(line: str) -> bool:
    return line.startswith(("from ", "import "))
