"""The page painted part by part: what is quick at once, what takes long as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any, NamedTuple

from skcurve.app import panels
from skcurve.app.address import write_address
from skcurve.app.edits import Edit
from skcurve.app.images import as_address
from skcurve.app.recipe import write_recipe
from skcurve.app.sampling import preview
from skcurve.app.studio import QUICK_SECONDS, Studio
from skcurve.app.view import View

Parts = dict[str, str]


class Job(NamedTuple):
    """Some parts of the page that need the generator.

    Attributes
    ----------
    doing : str
        What to say while it takes long.
    parts : tuple of str
        Which parts; one that fails says so in their place.
    make : callable
        Gives their HTML.
    """

    doing: str
    parts: tuple[str, ...]
    make: Callable[[], Parts]


def facts_of(view: View) -> dict[str, Any]:
    """Give what the controls of the page have to show, as JSON has it.

    Parameters
    ----------
    view : View
        What the visitor sees.
    """
    current, sampling = view.current, view.sampling
    return {
        "at": view.at,
        "kind": current.choice.kind,
        "first": current.choice.first,
        "last": current.choice.last,
        "name": current.choice.name,
        "label": current.choice.label,
        "strength": current.strength,
        "layers": current.layers,
        "seed": view.seed,
        "pinned": None if view.pinned is None else view.pinned.label,
        "can_undo": bool(view.past),
        "n_stacked": len(view.stack),
        "n_kept": len(view.kept),
        "opened": list(view.opened),
        "sampling": [sampling.first, sampling.last, sampling.n, sampling.seed, sampling.jitter],
        "inside": sampling.inside,
        "address": write_address(view),
    }


def quick_parts(view: View) -> Parts:
    """Give the parts of the page that need no generator.

    Parameters
    ----------
    view : View
        What the visitor sees.
    """
    return {
        "stack": panels.stack_list(view),
        "kept": panels.kept_list(view),
        "current-name": escape(view.current.label),
        "pinned-name": "" if view.pinned is None else escape(view.pinned.label),
        **({"before": ""} if not view.stack else {}),
        **({"pinned-strip": "", "pinned-effects": ""} if view.pinned is None else {}),
    }


def jobs(studio: Studio, view: View, *, measure: bool = False) -> Iterator[Job]:
    """Give the rest of the work, what a person looks at first first.

    Parameters
    ----------
    studio : Studio
        Of the page.
    view : View
        What the visitor sees.
    measure : bool, default=False
        Whether to measure the profile however long that takes.
    """

    def here() -> Parts:
        picture = as_address(studio.look(view.at))
        return {"here": f'<img alt="what the generator makes here" src="{picture}">'}

    def thumbs() -> Parts:
        return {"thumbs": panels.thumbnails(studio.thumbnails())}

    def profile() -> Parts:
        seconds = studio.profile_seconds()
        if seconds is None:
            return {"band": "", "lines": ""}
        if seconds > QUICK_SECONDS and not measure:
            return {"band": "", "lines": panels.profile_offer(seconds)}
        found = studio.profile()
        return {"band": panels.profile_band(found), "lines": panels.profile_lines(found)}

    def strip_of(edit: Edit, part: str) -> Callable[[], Parts]:
        return lambda: {
            part: panels.strip_table(studio.strip(edit, view.stack, view.seed, view.opened))
        }

    def effects_of(edit: Edit, part: str) -> Callable[[], Parts]:
        def make() -> Parts:
            effects = studio.effects(edit, view.stack, view.seed, view.opened)
            if effects is None:
                return {part: panels.no_effects(studio)}
            return {part: panels.effects_table(effects)}

        return make

    def before() -> Parts:
        pixels = studio.stacked(view.stack, view.seed, view.opened)
        return {"before": panels.before_and_after(pixels)}

    def recipe() -> Parts:
        return {"recipe": escape(write_recipe(studio, view))}

    def samples() -> Parts:
        return {"samples": panels.samples_preview(*preview(studio, view.sampling))}

    yield Job("drawing the place on the curve", ("here",), here)
    yield Job("drawing vertices", ("thumbs",), thumbs)
    yield Job("trying the direction", ("current-strip",), strip_of(view.current, "current-strip"))
    if view.pinned is not None:
        yield Job(
            "trying the pinned direction",
            ("pinned-strip",),
            strip_of(view.pinned, "pinned-strip"),
        )
    yield Job("writing the program", ("recipe",), recipe)
    if view.stack:
        yield Job("making the edits", ("before",), before)
    yield Job(
        "measuring the direction", ("current-effects",), effects_of(view.current, "current-effects")
    )
    if view.pinned is not None:
        yield Job(
            "measuring the pinned direction",
            ("pinned-effects",),
            effects_of(view.pinned, "pinned-effects"),
        )
    yield Job("measuring the curve", ("band", "lines"), profile)
    yield Job("drawing samples", ("samples",), samples)


def painted(job: Job) -> tuple[Parts, bool]:
    """Do a job; if it fails, its parts say so, and the page goes on.

    Parameters
    ----------
    job : Job
        What to do.

    Returns
    -------
    parts : dict of str to str
    is_good : bool
        Whether it was done.
    """
    try:
        return job.make(), True
    except Exception as error:
        failed = {**dict.fromkeys(job.parts, ""), job.parts[-1]: panels.failure(error)}
        return failed, False
