"""The parts of the page that change, as HTML; every text in them is escaped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from skcurve.app.images import LARGEST_IN_STRIP, LARGEST_THUMBNAIL, as_address
from skcurve.app.sampling import Drawn
from skcurve.app.studio import Profile, Strip, Studio
from skcurve.app.view import View
from skcurve.explorer import Effects
from skcurve.explorer.page import COLORS
from skcurve.explorer.pictures import Pixels

SHOWN_GAPS = 4
"""Of more, only the first are named."""
LABEL_SHARE = 0.045
"""Of the width of the curve: a shorter stretch has no room for its name."""


def action(do: str, **parts: Any) -> str:
    """Write the attribute that makes a button do something.

    Parameters
    ----------
    do : str
        The name of the action.
    **parts
        What it needs.
    """
    return f'data-do="{escape(json.dumps({"do": do, **parts}))}"'


def failure(error: BaseException) -> str:
    """Say what went wrong, in the place of what should be there.

    Parameters
    ----------
    error : Exception
        Of the generator, or of what measures.
    """
    return f'<p class="sk-failed" role="alert">{escape(describe(error))}</p>'


def describe(error: BaseException) -> str:
    """Say in one line what went wrong.

    Parameters
    ----------
    error : Exception
        Any.
    """
    said = " ".join(str(error).split())
    if len(said) > 400:
        said = said[:400] + " …"
    kind = type(error).__name__
    if isinstance(error, ValueError) and said:  # these are written for people
        return said[0].upper() + said[1:] + ("" if said.endswith((".", "…")) else ".")
    return f"{kind}: {said}" if said else f"{kind}."


def thumbnails(pictures: Sequence[tuple[int, Pixels]]) -> str:
    """Show vertices side by side below the slider, the ends below its ends.

    Parameters
    ----------
    pictures : sequence of (int, pixels)
        Vertices, as evenly spaced as whole numbers are, and what the generator makes of them.
    """
    buttons = []
    for place, (number, pixels) in enumerate(pictures):
        share = 100 * place / (len(pictures) - 1)
        buttons.append(
            f'<button class="sk-thumb" style="left:{share:.3f}%" title="vertex {number}" '
            f'aria-label="go to vertex {number}" {action("scrub", at=number)}>'
            f'<img alt="" src="{as_address(pixels, LARGEST_THUMBNAIL)}"><i>{number}</i></button>'
        )
    return "".join(buttons)


def profile_band(profile: Profile) -> str:
    """Show which stretch is which attribute, each to be clicked.

    Parameters
    ----------
    profile : Profile
        What was measured.
    """
    last = float(profile.places[-1])
    parts = []
    for one in profile.stretches:
        left, width = 100 * one.first / last, 100 * (one.last - one.first) / last
        name = escape(profile.names[one.attribute])
        said = f"{name}: vertices {one.first} to {one.last}, purity {one.purity:.2f}"
        label = name if width >= 100 * LABEL_SHARE else ""
        parts.append(
            f'<button class="sk-stretch" style="left:{left:.3f}%;width:{width:.3f}%;'
            f'--hue:{color(one.attribute)}" title="{said}" aria-label="{said}" '
            f"{action('stretch', first=one.first, last=one.last)}><span>{label}</span></button>"
        )
    return "".join(parts)


def profile_lines(profile: Profile) -> str:
    """Draw each attribute along the curve, a row each.

    Parameters
    ----------
    profile : Profile
        What was measured.
    """
    places = 1000 * profile.places / profile.places[-1]
    rows = []
    for number, name in enumerate(profile.names):
        values = profile.values[:, number]
        low, high = float(values.min()), float(values.max())
        heights = 24 - 22 * (values - low) / (high - low if high > low else 1.0)
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, heights, strict=True))
        rows.append(
            f'<div class="sk-row" style="--hue:{color(number)}">'
            f'<span class="sk-key" title="{escape(name)}">{escape(name)}</span>'
            f'<div class="sk-plot" title="{escape(name)}: {low:.3g} to {high:.3g}">'
            '<svg viewBox="0 0 1000 25" preserveAspectRatio="none" aria-hidden="true">'
            f'<polygon points="0,25 {line} 1000,25"/><polyline points="{line}"/></svg></div></div>'
        )
    return "".join(rows)


def profile_offer(seconds: float) -> str:
    """Offer to measure a profile that takes long.

    Parameters
    ----------
    seconds : float
        How long, about.
    """
    long = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.0f} seconds"
    return (
        '<p class="sk-soft">With this generator, the profile takes about '
        f'{long}. <button class="sk-link" {action("measure")}>Measure it</button></p>'
    )


def strip_table(strip: Strip) -> str:
    """Show latents, a row each, as an edit grows from left to right.

    Parameters
    ----------
    strip : Strip
        What was drawn.
    """
    middle = strip.pixels.shape[1] // 2
    cells = []
    for row, pictures in enumerate(strip.pixels):
        for column, pixels in enumerate(pictures):
            mark = ' class="sk-middle"' if column == middle else ""
            said = f"latent {row} at {strip.strengths[column]:+.2f}"
            cells.append(f'<img{mark} alt="{said}" src="{as_address(pixels, LARGEST_IN_STRIP)}">')
    ends = "".join(f"<span>{_strength(step)}</span>" for step in strip.strengths)
    return (
        f'<div class="sk-strip" style="--columns:{len(strip.strengths)}">{"".join(cells)}'
        f'<div class="sk-ends">{ends}</div></div>'
    )


def effects_table(effects: Effects) -> str:
    """Show the effect on every attribute, and how much of it leaks to others than the first.

    Parameters
    ----------
    effects : Effects
        Of one direction.
    """
    sizes, names = effects.effects[0], effects.attribute_names
    main = int(effects.main[0])
    purity = float(effects.purity[0])
    leak = ""
    if len(names) > 1:
        second = int(np.argsort(-np.abs(sizes))[1])
        leak = f" <small>most to {escape(names[second])}</small>"
    flags = [flag for flag in effects.flags()[0].split(", ") if flag]
    marks = "".join(f'<span class="sk-flag">{flag}</span>' for flag in flags)
    marks = marks or '<span class="sk-flag sk-ok">pure</span>'
    numbers = (
        f"<div><dt>Changes</dt><dd>{escape(names[main])} "
        f"<small>{sizes[main]:+.2f} sd</small></dd></div>"
        f"<div><dt>Purity</dt><dd>{purity:.0%}</dd></div>"
        f"<div><dt>Leakage</dt><dd>{1 - purity:.0%}{leak}</dd></div>"
    )
    if not np.isnan(effects.identity[0]):
        numbers += f"<div><dt>Identity</dt><dd>{effects.identity[0]:.2f}</dd></div>"
    largest = max(float(np.abs(sizes).max()), 1e-12)
    bars = []
    for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
        width = 50 * abs(float(size)) / largest
        left = 50 if size >= 0 else 50 - width
        bars.append(
            f'<span>{escape(name)}</span><div class="sk-bar" style="--hue:{color(number)}">'
            f'<i style="left:{left:.1f}%;width:{width:.1f}%"></i></div><b>{size:+.2f}</b>'
        )
    return (
        f'<dl class="sk-numbers">{numbers}</dl><div class="sk-marks">{marks}</div>'
        f'<div class="sk-bars" role="img" aria-label="effects in standard deviations">'
        f"{''.join(bars)}</div>"
    )


def no_effects(studio: Studio) -> str:
    """Say why nothing is measured.

    Parameters
    ----------
    studio : Studio
        Of the page.
    """
    if not studio.explorer.has_attributes:
        return '<p class="sk-soft">Nothing is measured: no attributes were given.</p>'
    return '<p class="sk-soft">At strength 0 nothing changes.</p>'


def stack_list(view: View) -> str:
    """List the edits that are made before, each to be taken off.

    Parameters
    ----------
    view : View
        What the visitor sees.
    """
    if not view.stack:
        return (
            '<p class="sk-soft">No edits yet. Add the current one to try the next on top of it.</p>'
        )
    items = (
        f"<li>{escape(label)} <button title='take off' aria-label='take off "
        f"{escape(label, quote=True)}' {action('drop', number=number, label=label)}>×</button></li>"
        for number, label in enumerate(edit.label for edit in view.stack)
    )
    return f'<ol class="sk-chips">{"".join(items)}</ol>'


def before_and_after(pixels: Pixels) -> str:
    """Show latents without and with the edits of a stack.

    Parameters
    ----------
    pixels : uint8 array of shape (2, n, H, W) or (2, n, H, W, 3)
        Before, and after.
    """
    rows = []
    for name, pictures in zip(("before", "after"), pixels, strict=True):
        images = "".join(
            f'<img alt="{name}, latent {number}" src="{as_address(one, LARGEST_IN_STRIP)}">'
            for number, one in enumerate(pictures)
        )
        rows.append(f'<span class="sk-soft">{name}</span><div>{images}</div>')
    return f'<div class="sk-before">{"".join(rows)}</div>'


def kept_list(view: View) -> str:
    """List what was named, and what was thrown out.

    Parameters
    ----------
    view : View
        What the visitor sees.
    """
    parts = []
    if view.kept:
        items = (
            f"<li><button class='sk-name' {action('recall', name=one.name)}>"
            f"{escape(one.name)}</button> <small>{escape(one.edit.label)}</small> "
            f"<button title='forget' aria-label='forget {escape(one.name, quote=True)}' "
            f"{action('forget', name=one.name)}>×</button></li>"
            for one in view.kept
        )
        parts.append(f'<ul class="sk-chips sk-kept">{"".join(items)}</ul>')
    else:
        parts.append('<p class="sk-soft">Nothing kept yet.</p>')
    if view.rejected:
        names = ", ".join(escape(one.label) for one in view.rejected)
        parts.append(f'<p class="sk-soft sk-rejected">Rejected: {names}</p>')
    return "".join(parts)


def samples_preview(drawn: Drawn, pixels: Pixels) -> str:
    """Show the first samples, and say how many of all are inside of the distribution.

    Parameters
    ----------
    drawn : Drawn
        All of them.
    pixels : uint8 array of shape (m, H, W) or (m, H, W, 3)
        Pictures of the first.
    """
    images = []
    for number, picture in enumerate(pixels):
        inside = bool(drawn.validity.valid[number])
        said = f"sample at {drawn.coordinates[number]:.2f}" + ("" if inside else ", outside")
        mark = "" if inside else ' class="sk-outside"'
        images.append(
            f'<img{mark} alt="{said}" title="{said}" src="{as_address(picture, LARGEST_IN_STRIP)}">'
        )
    n, n_inside = len(drawn.latents), int(drawn.validity.valid.sum())
    said = f"{n_inside} of {n} lie inside the distribution."
    if drawn.gaps:
        where = ", ".join(_segments(gap.start, gap.end) for gap in drawn.gaps[:SHOWN_GAPS])
        more = ", …" if len(drawn.gaps) > SHOWN_GAPS else ""
        said += f" The stretch crosses empty space: {where}{more}."
    if n > len(pixels):
        said = f"The first {len(pixels)} of {n}; {said}"
    return f'<div class="sk-samples">{"".join(images)}</div><p class="sk-soft">{said}</p>'


def color(number: int) -> str:
    """Give the colour of an attribute.

    Parameters
    ----------
    number : int
        Which.
    """
    return COLORS[number % len(COLORS)]


def _segments(start: int, end: int) -> str:
    return f"segment {start}" if end == start + 1 else f"segments {start} to {end - 1}"


def _strength(step: float) -> str:
    return "0" if step == 0 else f"{step:+.2f}"
