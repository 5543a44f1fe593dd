"""The picture of the house: ```` ```{house} ```` draws the floors, the rooms and who imports whom.

Nothing is written down twice. The rooms and their floors are those of the table in
`docs/architecture.md`, which the tests compare with the floors that they check; the imports are
read from the files of the package while the page is built.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from package_imports import PACKAGE, Room, imports, rooms_of
from sphinx.util.docutils import SphinxDirective

import skcurve

WIDTH, LEFT = 800, 50
HEIGHT, BETWEEN = 34, 40
HEAD = (
    '<marker id="house-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
    'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>'
)


def imports_between(names: set[str]) -> dict[str, set[str]]:
    """Which rooms each room imports from; a public name counts for the room where it lives."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for file in sorted(PACKAGE.rglob("*.py")):
        here = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for _, target in imports(file) if here in names else []:
            top, _, rest = target.partition(".")
            room = skcurve._HOME.get(rest, rest).partition(".")[0]
            if top == "skcurve" and room in names - {here}:
                found[here].add(room)
    return found


def steps(imports: dict[str, set[str]]) -> set[tuple[str, str]]:
    """The imports that no way through another room stands for: few enough to be seen."""

    def reaches(start: str, end: str) -> bool:
        return any(room == end or reaches(room, end) for room in imports[start])

    return {
        (start, end)
        for start, ends in imports.items()
        for end in ends
        if not any(reaches(other, end) for other in ends - {end})
    }


def places_of(
    rooms: list[Room], ways: set[tuple[str, str]]
) -> tuple[dict[str, tuple[float, float, float]], float]:
    """Where each room lies, as (left, top, width), and how high the house is.

    On each floor, the rooms are in the order of the mean place of those they are joined to.
    """
    floors = sorted({room.floor for room in rooms}, reverse=True)
    joined = {
        room.name: {b if a == room.name else a for a, b in ways if room.name in (a, b)}
        for room in rooms
    }
    middle = {room.name: WIDTH / 2 for room in rooms}
    places = {}
    for _ in range(8):
        for level, floor in enumerate(floors):
            here = [room.name for room in rooms if room.floor == floor]
            pull = {a: sum(middle[b] for b in joined[a]) / max(len(joined[a]), 1) for a in here}
            here.sort(key=pull.__getitem__)
            widths = [24 + 8.8 * len(name) for name in here]
            gap = (WIDTH - LEFT - sum(widths)) / (len(here) + 1)
            x = LEFT + gap
            for name, width in zip(here, widths, strict=True):
                places[name] = (x, level * (HEIGHT + BETWEEN) + BETWEEN / 2, width)
                middle[name] = x + width / 2
                x += width + gap
    return places, len(floors) * (HEIGHT + BETWEEN)


def arrow(start: tuple[float, float, float], end: tuple[float, float, float]) -> str:
    """The way from below one room to above another, or over the heads of those on one floor."""
    (x0, y0, w0), (x1, y1, w1) = start, end
    a, b = x0 + w0 / 2, x1 + w1 / 2
    if y0 == y1:
        top = y0 - 16
        return f"M{a:.0f} {y0:.0f}C{a:.0f} {top:.0f} {b:.0f} {top:.0f} {b:.0f} {y1:.0f}"
    top = y0 + HEIGHT
    bend = (y1 - top) * 0.45
    return f"M{a:.0f} {top:.0f}C{a:.0f} {top + bend:.0f} {b:.0f} {y1 - bend:.0f} {b:.0f} {y1:.0f}"


def draw(page: str) -> str:
    """The house as SVG, to stand in a page: its colours are those of the theme."""
    rooms = rooms_of(page)
    imports = imports_between({room.name for room in rooms})
    shown = steps(imports)
    places, height = places_of(rooms, shown)
    parts, rules = [], []
    for floor in sorted({room.floor for room in rooms}):
        y = next(places[room.name][1] for room in rooms if room.floor == floor)
        name = f"{int(floor)}½" if floor % 1 else f"{int(floor)}"
        parts.append(
            f'<rect class="floor" x="0" y="{y - 8:.0f}" width="{WIDTH}" height="{HEIGHT + 16}"/>'
            f'<text class="number" x="14" y="{y + 22:.0f}">{name}</text>'
        )
    for start, ends in imports.items():
        for end in sorted(ends):
            kind = "step" if (start, end) in shown else "further"
            path = arrow(places[start], places[end])
            parts.append(f'<path class="{kind} from-{start} to-{end}" d="{path}"/>')
    for room in rooms:
        x, y, width = places[room.name]
        uses = ", ".join(sorted(imports[room.name])) or "nothing of the house"
        parts.append(
            f'<g class="room room-{room.name}"><title>{html.escape(room.name)}: '
            f"{html.escape(re.sub(r'[`*]', '', room.holds))}. Imports {uses}.</title>"
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{HEIGHT}" rx="6"/>'
            f'<text x="{x + width / 2:.0f}" y="{y + 22:.0f}">{html.escape(room.name)}</text></g>'
        )
        pointed = f".house svg:has(.room-{room.name}:hover) .from-{room.name}"
        rules.append(f"{pointed}{{opacity:1;stroke-width:2.2}}")
    label = f"The {len(rooms)} rooms of the package on their floors; every arrow is an import"
    return (
        f'<div class="house" tabindex="0"><svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{label}"><style>{"".join(rules)}</style>{HEAD}{"".join(parts)}</svg></div>'
    )


class House(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        page = Path(self.env.srcdir) / "architecture.md"
        self.env.note_dependency(str(page))
        return [nodes.raw("", draw(page.read_text(encoding="utf-8")), format="html")]


def setup(app):
    app.add_directive("house", House)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
