"""A view as the query of an address, and back: a link brings a colleague to the same view."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import urlencode

from skcurve.app.edits import Choice, Edit, Limits, read_choice, read_edit
from skcurve.app.view import (
    LONGEST_NAME,
    MOST_JITTER,
    MOST_KEPT,
    MOST_REJECTED,
    MOST_SAMPLES,
    MOST_SEED,
    MOST_STACKED,
    Kept,
    Sampling,
    View,
)

T = TypeVar("T")

_RUN = re.compile(r"s(\d{1,7})-(\d{1,7})", re.ASCII)

LONGEST = 20_000
"""Characters of a part of a query that are looked at: so many the fullest view needs."""
LONGEST_COMPLAINT = 200
SAFE = ",-"
"""Characters that need no code in a query; a list of numbers would be three times as long."""


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
        "reject": ",".join(_runs(view.rejected)),
        "sample": sampling.token,
    }
    return urlencode({name: value for name, value in parts.items() if value}, safe=SAFE)


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
            said = str(error)
            said = said if len(said) <= LONGEST_COMPLAINT else said[:LONGEST_COMPLAINT] + " …"
            complaints.append(f"“{name}”: {said}")
            return fallback

    view = replace(
        view,
        at=read("at", lambda text: check_at(text, limits), view.at),
        current=read("edit", lambda text: read_edit(text).check(limits), view.current),
        pinned=read("pin", lambda text: read_edit(text).check(limits), view.pinned),
        seed=read("seed", check_seed, view.seed),
        stack=read("stack", lambda text: _stack(text, limits), view.stack),
        kept=read("keep", lambda text: _kept(text, limits), view.kept),
        rejected=read("reject", lambda text: _rejected(text, limits), view.rejected),
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
    number = real(value)
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


def check_sampling(
    first: Any,
    last: Any,
    n: Any,
    seed: Any,
    limits: Limits,
    *,
    jitter: Any = 0.0,
    inside: bool = False,
) -> Sampling:
    """Read what to draw from a stretch.

    Parameters
    ----------
    first, last, n, seed, jitter : number or str
        See `Sampling`; the ends in any order.
    limits : Limits
        What there is.
    inside : bool
        See `Sampling`.
    """
    start, stop = sorted((whole(first), whole(last)))
    count, spread = whole(n), round(real(jitter), 2)
    for number in (start, stop):
        if not 0 <= number < limits.n_vertices:
            raise ValueError(f"there is no vertex {number}; the last is {limits.n_vertices - 1}")
    if start == stop:
        raise ValueError(f"a stretch is between two different vertices; got {start} twice")
    if not 1 <= count <= MOST_SAMPLES:
        raise ValueError(f"1 to {MOST_SAMPLES} samples can be drawn; got {count}")
    if not 0 <= spread <= MOST_JITTER:
        raise ValueError(f"the spread about the curve is from 0 to {MOST_JITTER:g}; got {spread:g}")
    return Sampling(start, stop, count, check_seed(seed), spread, inside)


def real(value: Any) -> float:
    """Read a number, from whatever a browser makes of one.

    Parameters
    ----------
    value : number or str
        Such as 0.5 or "0.5".
    """
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r} is no number") from None


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
    span, *rest = text.split("_")
    first, _, last = span.partition("-")
    n, seed, jitter, inside, *more = [*rest, *[""] * (4 - len(rest))]
    if inside not in ("", "inside") or more:
        raise ValueError(f"{text!r} names no stretch to draw from")
    return check_sampling(
        first, last, n, seed, limits, jitter=jitter or 0.0, inside=inside == "inside"
    )


def _runs(choices: Sequence[Choice]) -> Iterator[str]:
    """Write choices, segments one after the other as a run such as ``s3-9``."""
    known = [one for one in choices if one.token is not None]
    for _, group in groupby(enumerate(known), key=lambda pair: _place_of_run(*pair)):
        run = [one for _, one in group]
        first, last = run[0], run[-1]
        yield f"{first.token}-{last.first}" if len(run) > 1 else str(first.token)


def _place_of_run(number: int, choice: Choice) -> tuple[bool, int]:
    """Give what is the same for segments that follow each other in a list, and only for them."""
    is_segment = choice.kind == "segment"
    return is_segment, choice.first - number if is_segment else number


def _rejected(text: str, limits: Limits) -> tuple[Choice, ...]:
    found = dict[Choice, None]()
    for token in text.split(","):
        run = _RUN.fullmatch(token)
        if run is None:
            found[read_choice(token).check(limits)] = None
            continue
        first, last = (Choice("segment", int(end)).check(limits) for end in run.groups())
        if last.first - first.first >= MOST_REJECTED:
            raise ValueError(f"at most {MOST_REJECTED} directions can be rejected")
        found |= {Choice("segment", n): None for n in range(first.first, last.first + 1)}
    if len(found) > MOST_REJECTED:
        raise ValueError(f"at most {MOST_REJECTED} directions can be rejected")
    return tuple(found)
