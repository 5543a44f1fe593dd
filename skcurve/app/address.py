"""A view as the query of an address, and back: a link brings a colleague to the same view."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from skcurve.app.edits import Edit, Limits, read_choice, read_edit
from skcurve.app.view import (
    LONGEST_NAME,
    MOST_KEPT,
    MOST_SAMPLES,
    MOST_SEED,
    MOST_STACKED,
    Kept,
    Sampling,
    View,
)

T = TypeVar("T")

LONGEST = 8_000
"""Characters of a query that are looked at; browsers and proxies cut longer addresses."""


def write_address(view: View) -> str:
    """Write a view as a query.

    Parameters
    ----------
    view : View
        What to write. Directions that were opened from a file are left out.

    Returns
    -------
    query : str
        Without the question mark; parts that are as at first are left out.

    Examples
    --------
    >>> from skcurve.app.address import write_address
    >>> from skcurve.app.edits import Limits
    >>> from skcurve.app.view import View
    >>> write_address(View.first(Limits(16)).push())
    'at=0&edit=s0_1&seed=0&stack=s0_1&sample=0-15_64_0'
    """
    sampling = view.sampling
    parts = {
        "at": f"{view.at:.10g}",
        "edit": view.current.token,
        "pin": view.pinned and view.pinned.token,
        "seed": str(view.seed),
        "stack": ",".join(_tokens(view.stack)),
        "keep": "\n".join(
            f"{one.edit.token} {one.name}" for one in view.kept if one.edit.token is not None
        ),
        "reject": ",".join(_tokens(view.rejected)),
        "sample": f"{sampling.first}-{sampling.last}_{sampling.n}_{sampling.seed}",
    }
    return urlencode({name: value for name, value in parts.items() if value})


def read_address(query: Mapping[str, str], limits: Limits) -> tuple[View, list[str]]:
    """Read what `write_address` wrote, or what somebody typed.

    Parameters
    ----------
    query : mapping of str to str
        The parameters of an address, of which unknown ones are ignored.
    limits : Limits
        What there is.

    Returns
    -------
    view : View
        With the parts that could be read; the others are as at first.
    complaints : list of str
        What was wrong with the rest.
    """
    view, complaints = View.first(limits), list[str]()

    def read(name: str, reader: Callable[[str], T], fallback: T) -> T:
        text = query.get(name, "")
        if not text:
            return fallback
        try:
            if len(text) > LONGEST:
                raise ValueError("it is too long")
            return reader(text)
        except ValueError as error:
            complaints.append(f"“{name}”: {error}")
            return fallback

    view = replace(
        view,
        at=read("at", lambda text: check_at(text, limits), view.at),
        current=read("edit", lambda text: read_edit(text).check(limits), view.current),
        pinned=read("pin", lambda text: read_edit(text).check(limits), view.pinned),
        seed=read("seed", check_seed, view.seed),
        stack=read("stack", lambda text: _stack(text, limits), view.stack),
        kept=read("keep", lambda text: _kept(text, limits), view.kept),
        rejected=read(
            "reject",
            lambda text: tuple(
                dict.fromkeys(read_choice(one).check(limits) for one in text.split(","))
            ),
            view.rejected,
        ),
        sampling=read("sample", lambda text: _sampling(text, limits), view.sampling),
    )
    return view, complaints


def check_at(value: Any, limits: Limits) -> float:
    """Read a place on the curve; beyond an end it is the end.

    Parameters
    ----------
    value : number or str
        An index coordinate.
    limits : Limits
        What there is.
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no place on the curve")
    return min(max(number, 0.0), limits.n_vertices - 1.0)


def check_seed(value: Any) -> int:
    """Read a seed.

    Parameters
    ----------
    value : number or str
        A whole number from 0 on.
    """
    number = whole(value)
    if not 0 <= number <= MOST_SEED:
        raise ValueError(f"a seed is a whole number from 0 to {MOST_SEED}; got {number}")
    return number


def check_sampling(first: Any, last: Any, n: Any, seed: Any, limits: Limits) -> Sampling:
    """Read what to draw from a stretch.

    Parameters
    ----------
    first, last, n, seed : number or str
        See `Sampling`.
    limits : Limits
        What there is.
    """
    start, stop, count = whole(first), whole(last), whole(n)
    for number in (start, stop):
        if not 0 <= number < limits.n_vertices:
            raise ValueError(f"there is no vertex {number}; the last is {limits.n_vertices - 1}")
    if start == stop:
        raise ValueError(f"a stretch is between two different vertices; got {start} twice")
    if not 1 <= count <= MOST_SAMPLES:
        raise ValueError(f"1 to {MOST_SAMPLES} samples can be drawn; got {count}")
    return Sampling(start, stop, count, check_seed(seed))


def whole(value: Any) -> int:
    """Read a whole number, from whatever a browser makes of one.

    Parameters
    ----------
    value : number or str
        Such as 3, 3.0 or "3".
    """
    try:
        number = float(value)
        if number != int(number):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r} is no whole number") from None
    return int(number)


def _tokens(items: Iterable[Any]) -> list[str]:
    return [one.token for one in items if one.token is not None]


def _stack(text: str, limits: Limits) -> tuple[Edit, ...]:
    edits = tuple(read_edit(one).check(limits) for one in text.split(","))
    if len(edits) > MOST_STACKED:
        raise ValueError(f"at most {MOST_STACKED} edits can be stacked")
    return edits


def _kept(text: str, limits: Limits) -> tuple[Kept, ...]:
    kept = dict[str, Kept]()
    for line in text.split("\n"):
        token, _, name = line.partition(" ")
        name = " ".join(name.split())[:LONGEST_NAME]
        if not name:
            raise ValueError(f"{line!r} has no name")
        kept[name] = Kept(name, read_edit(token).check(limits))
    if len(kept) > MOST_KEPT:
        raise ValueError(f"at most {MOST_KEPT} directions can be kept")
    return tuple(kept.values())


def _sampling(text: str, limits: Limits) -> Sampling:
    span, _, rest = text.partition("_")
    first, _, last = span.partition("-")
    n, _, seed = rest.partition("_")
    return check_sampling(first, last, n, seed, limits)
