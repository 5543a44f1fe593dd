"""What was done on the page, as a few lines of Python that do it again."""

from __future__ import annotations

from collections.abc import Sequence

from skcurve.app.edits import Edit
from skcurve.app.studio import N_COMPONENT_LATENTS, N_MEASURED, N_SHOWN, Studio
from skcurve.app.view import View

UNKNOWN = "# `explorer` is the LatentDirectionExplorer that the page was opened from"


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
    body = "[" + "".join(f"\n    {one}," for one in steps) + "\n]" if len(steps) > 1 else None
    lines = [
        *(studio.origin.lines or (UNKNOWN,)),
        *_preparations(studio, edits),
        f"latents = explorer.sample({N_MEASURED}, random_state={view.seed})[:{N_SHOWN}]",
        f"edits = {body or '[' + ''.join(steps) + ']'}  # direction, strength, layers",
        "edited = explorer.combine(latents, edits)",
        "outputs = explorer.generator(edited)",
    ]
    imports = [line for line in lines if _is_import(line)]
    return "\n".join([*imports, *(line for line in lines if not _is_import(line))]) + "\n"


def _preparations(studio: Studio, edits: Sequence[Edit]) -> list[str]:
    kinds = {one.choice.kind for one in edits}
    lines = []
    if "component" in kinds:
        lines += [
            "from skcurve.directions import PCADirections",
            f"components = PCADirections({studio.limits.n_components}, random_state=0)",
            f"components.fit(latents=explorer.sample({N_COMPONENT_LATENTS}, random_state=0))",
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
