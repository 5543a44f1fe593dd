"""The parts of the report as HTML: no file beside it, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from skcurve.explorer.effects import Effects
from skcurve.explorer.layers import name_layers
from skcurve.explorer.library import numbered
from skcurve.explorer.pictures import Pixels
from skcurve.explorer.png import data_uri

COLORS = (
    "#4477aa",
    "#ee6677",
    "#228833",
    "#ccbb44",
    "#66ccee",
    "#aa3377",
    "#ee8866",
    "#44bb99",
    "#9977cc",
    "#777777",
)
"""Of attributes, in their order; chosen to be told apart with any kind of colour vision."""

OUTLIER = '<span class="flag">outlier</span>'


def whole_page(title: str, facts: str, sections: Iterable[str], notes: str) -> str:
    """Put a page together.

    Parameters
    ----------
    title, facts, notes : str
        Plain text: the heading, the line below it, and the end.
    sections : iterable of str
        HTML.
    """
    style = files("skcurve.explorer").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>"
        f'<header><h1>{escape(title)}</h1><p class="soft">{escape(facts)}</p></header>\n<main>'
        + "\n".join(sections)
        + f'</main>\n<footer><p class="soft">{escape(notes)}</p></footer></body></html>\n'
    )


def section(heading: str, said: str, content: str) -> str:
    """Make a section.

    Parameters
    ----------
    heading, said : str
        Plain text: the heading, and how to read what follows.
    content : str
        HTML.
    """
    return (
        f'<section><h2>{escape(heading)}</h2><p class="soft">{escape(said)}</p>{content}</section>'
    )


def color_of(number: int) -> str:
    """Give the colour of an attribute, as a style.

    Parameters
    ----------
    number : int
        Which attribute.
    """
    return f'style="--hue:{COLORS[number % len(COLORS)]}"'


def legend(names: Sequence[str]) -> str:
    """Say which colour is which attribute.

    Parameters
    ----------
    names : sequence of str
        The attributes.
    """
    items = (f"<li {color_of(k)}><i></i>{escape(name)}</li>" for k, name in enumerate(names))
    return f'<ul class="legend">{"".join(items)}</ul>'


def walk_tiles(
    pixels: Pixels,
    numbers: Sequence[int],
    changes: Sequence[int] | None,
    outlier: Sequence[bool] | None,
) -> str:
    """Show the vertices in order, each with the colour of what changes on the way to the next.

    Parameters
    ----------
    pixels : uint8 array of shape (m, H, W) or (m, H, W, 3)
        The pictures.
    numbers : sequence of int
        Which vertices they are.
    changes : sequence of int or None
        For each segment, the attribute that changes most.
    outlier : sequence of bool or None
        For each vertex, whether it lies outside the data.
    """
    tiles = []
    for picture, number in zip(pixels, numbers, strict=True):
        is_outlier = outlier is not None and outlier[number]
        known = changes is not None and number < len(changes)
        color = color_of(changes[number]) if known and changes is not None else ""
        tiles.append(
            f"<figure{' class=out' if is_outlier else ''}>"
            f'<img src="{data_uri(picture)}" alt="vertex {number}">'
            f"<i {color}></i>{number}</figure>"
        )
    return f'<div class="walk">{"".join(tiles)}</div>'


def interpretation_table(columns: Mapping[str, Any], names: Sequence[str]) -> str:
    """Show the segments: what changes along each, by how much, and how purely.

    Parameters
    ----------
    columns : dict
        Of `interpretation`.
    names : sequence of str
        The attributes.
    """
    head = ["segment", "length", "changes", "effect", "purity", *names, ""]
    rows = []
    for at in np.flatnonzero(np.asarray(columns["part"]) == "segment"):
        main = names.index(columns["changes"][at])
        cells = [
            f"<td>{columns['number'][at]}</td><td>{columns['length'][at]:.2f}</td>",
            f'<td class="text dot" {color_of(main)}>{escape(names[main])}</td>',
            f"<td>{columns['effect'][at]:+.2f}</td><td>{columns['purity'][at]:.2f}</td>",
            *(_shaded(columns[f"change {name}"][at]) for name in names),
            f'<td class="text">{OUTLIER if columns["outlier"][at] else ""}</td>',
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _table(head, rows, {"changes", ""})


def comparison_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Show methods side by side; the ones that find most are marked.

    Parameters
    ----------
    rows : sequence of dict
        Of `compared`.
    """
    columns = [name for name in rows[0] if not all(_is_nan(row[name]) for row in rows)]
    most = max(row["attributes found"] for row in rows)
    lines = []
    for row in rows:
        cells = "".join(_cell(name, row[name]) for name in columns)
        is_best = row["attributes found"] == most
        lines.append(f"<tr{' class=best' if is_best else ''}>{cells}</tr>")
    return _table(columns, lines, {"method", "layers", "which"})


def direction_cards(effects: Effects, strips: Sequence[tuple[Pixels, Sequence[float]]]) -> str:
    """Show directions: a strip of what each does, and its numbers.

    Parameters
    ----------
    effects : Effects
        In the order to show.
    strips : sequence of (pixels, strengths)
        A picture for each.
    """
    cards = []
    names = numbered([effects.attribute_names[main] for main in effects.main])
    for number, (one, (pixels, strengths)) in enumerate(
        zip(effects.directions, strips, strict=True)
    ):
        main = int(effects.main[number])
        name = names[number]
        flags = [flag for flag in effects.flags()[number].split(", ") if flag]
        marks = "".join(f'<span class="flag">{flag}</span>' for flag in flags)
        said = {
            "purity": f"{effects.purity[number]:.2f}",
            "effect": f"{effects.main_effect[number]:+.2f} sd",
            "monotone": f"{effects.monotonicity[number, main]:.2f}",
            "linear": f"{effects.linearity[number, main]:.2f}",
        }
        if not np.isnan(effects.identity[number]):
            said["identity"] = f"{effects.identity[number]:.2f}"
        numbers = "".join(f"<span>{key} <b>{value}</b></span>" for key, value in said.items())
        marks = marks or '<span class="flag ok">pure</span>'
        cards.append(
            _card(f"{escape(name)} {marks}", one, pixels, strengths, f"{name} grows")
            + f'<div class="numbers">{numbers}</div>'
            + _bars(effects.effects[number], effects.attribute_names)
            + "</div>"
        )
    return f'<div class="cards">{"".join(cards)}</div>'


def plain_cards(directions: Sequence[Any], strips: Sequence[tuple[Pixels, Sequence[float]]]) -> str:
    """Show directions of which nothing was measured.

    Parameters
    ----------
    directions : sequence of Direction
        In the order to show.
    strips : sequence of (pixels, strengths)
        A picture for each.
    """
    cards = [
        _card(escape(one.name), one, pixels, strengths, one.name) + "</div>"
        for one, (pixels, strengths) in zip(directions, strips, strict=True)
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(
    heading: str, direction: Any, pixels: Pixels, strengths: Sequence[float], alt: str
) -> str:
    """Begin a card; who calls ends it."""
    parts = [direction.name, f"layers {name_layers(direction.layers)}"]
    if direction.source not in ("", "SegmentDirections"):
        parts.insert(1, direction.source)
    return (
        f'<div class="card"><h3>{heading}</h3>'
        f'<div class="soft">{escape(" · ".join(part for part in parts if part))}</div>'
        f'<img src="{data_uri(pixels)}" alt="{escape(alt)}">'
        f'<div class="ends"><span>{strengths[0]:+.2f}</span><span>0</span>'
        f"<span>{strengths[-1]:+.2f}</span></div>"
    )


def _bars(effects: Any, names: Sequence[str]) -> str:
    """Draw the effect on each attribute, from the middle to the left or the right."""
    largest = max(float(np.abs(effects).max()), 1e-12)
    lines = []
    for number, (name, size) in enumerate(zip(names, effects, strict=True)):
        width = 50 * abs(float(size)) / largest
        left = 50 if size >= 0 else 50 - width
        lines.append(
            f"<span>{escape(name)}</span><div {color_of(number)}>"
            f'<i style="left:{left:.1f}%;width:{width:.1f}%"></i></div><span>{size:+.2f}</span>'
        )
    return f'<div class="bars">{"".join(lines)}</div>'


def _table(head: Sequence[str], rows: Sequence[str], text: set[str]) -> str:
    """Lay out rows under a head, which stays in sight."""
    cells = "".join(
        f"<th{' class=text' if name in text else ''}>{escape(name)}</th>" for name in head
    )
    return (
        f'<div class="scroll"><table><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(name: str, value: Any) -> str:
    if isinstance(value, str):
        kind = "text wide" if name == "which" else "text"
        return f'<td class="{kind}">{escape(value)}</td>'
    if isinstance(value, int):
        return f"<td>{value}</td>"
    return f"<td>{'' if _is_nan(value) else format(value, '.2f')}</td>"


def _shaded(change: float) -> str:
    """Write a change on blue if it falls and on orange if it rises, the more the larger it is."""
    share = min(abs(change) / 2.0, 1.0) * 0.55
    red, green, blue = (230, 130, 50) if change > 0 else (60, 120, 200)
    return f'<td style="background:rgba({red},{green},{blue},{share:.2f})">{change:+.2f}</td>'


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and np.isnan(value)
