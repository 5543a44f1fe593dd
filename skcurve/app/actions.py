"""What a visitor does, as messages of the page: checked, and turned into the next view.

A message comes from a browser, so nothing in it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from skcurve.app.address import check_at, check_sampling, check_seed, real, whole
from skcurve.app.edits import Choice, Edit, Limits
from skcurve.app.view import MOST_SEED, View

Message: TypeAlias = Mapping[str, Any]


def act(view: View, message: Message, limits: Limits) -> View:
    """Do what a message says.

    Parameters
    ----------
    view : View
        What the visitor sees.
    message : mapping
        With the name of an action as ``do``, and what that needs.
    limits : Limits
        What there is to pick from.

    Returns
    -------
    view : View
        What is to be seen next.

    Raises
    ------
    ValueError
        If there is no such action, or it cannot be done; in words for the visitor.
    """
    name = message.get("do")
    if not isinstance(name, str) or name not in ACTIONS:
        raise ValueError(f"there is no action {name!r}")
    try:
        return ACTIONS[name](view, message, limits)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"the action {name!r} was not understood ({error})") from error


def _scrub(view: View, message: Message, limits: Limits) -> View:
    return replace(view, at=check_at(message["at"], limits))


def _pick(view: View, message: Message, limits: Limits) -> View:
    """Pick a direction."""
    kind = str(message["kind"])
    if kind == "opened":
        name = str(message["name"])
        if name not in view.opened:
            raise ValueError(f"there is no opened direction {name!r}")
        choice = Choice(kind, name=name)
    else:
        last = whole(message["last"]) if kind == "vertices" else 0
        choice = Choice(kind, whole(message["first"]), last).check(limits)
    return replace(view, current=replace(view.current, choice=choice))


def _here(view: View, message: Message, limits: Limits) -> View:
    """Pick the segment under the slider."""
    segment = min(int(view.at), limits.n_vertices - 2)
    return replace(view, current=replace(view.current, choice=Choice("segment", segment)))


def _stretch(view: View, message: Message, limits: Limits) -> View:
    """Go to a stretch of the profile: as the direction, and to draw from."""
    first, last = whole(message["first"]), whole(message["last"])
    one = last == first + 1
    choice = Choice("segment", first) if one else Choice("vertices", first, last)
    return replace(
        view,
        at=(first + last) / 2,
        current=replace(view.current, choice=choice.check(limits)),
        sampling=replace(view.sampling, first=min(first, last), last=max(first, last)),
    )


def _tune(view: View, message: Message, limits: Limits) -> View:
    """Set strength and layers of the current edit."""
    layers = message.get("layers")
    span = None if layers is None else (whole(layers[0]), whole(layers[1]))
    edit = Edit(view.current.choice, real(message["strength"]), span)
    return replace(view, current=edit.check(limits))


def _seed(view: View, message: Message, limits: Limits) -> View:
    return replace(view, seed=check_seed(message["seed"]))


def _fresh(view: View, message: Message, limits: Limits) -> View:
    """Take other latents: the next seed, so that one can come back."""
    return replace(view, seed=(view.seed + 1) % (MOST_SEED + 1))


def _pin(view: View, message: Message, limits: Limits) -> View:
    return view.changed(pinned=view.current)


def _unpin(view: View, message: Message, limits: Limits) -> View:
    return view.changed(pinned=None)


def _swap(view: View, message: Message, limits: Limits) -> View:
    if view.pinned is None:
        raise ValueError("nothing is pinned")
    return view.changed(pinned=view.current, current=view.pinned)


def _push(view: View, message: Message, limits: Limits) -> View:
    return view.push()


def _drop(view: View, message: Message, limits: Limits) -> View:
    """Take an edit off the stack: the page says which, since its list may be an older one."""
    number, label = whole(message["number"]), str(message["label"])
    labels = [edit.label for edit in view.stack]
    if labels[number : number + 1] != [label]:
        if label not in labels:
            raise ValueError(f"there is no edit {label!r} on the stack")
        number = labels.index(label)
    return view.changed(stack=view.stack[:number] + view.stack[number + 1 :])


def _clear(view: View, message: Message, limits: Limits) -> View:
    return view.changed(stack=())


def _undo(view: View, message: Message, limits: Limits) -> View:
    return view.undo()


def _keep(view: View, message: Message, limits: Limits) -> View:
    return view.keep(str(message["name"]))


def _reject(view: View, message: Message, limits: Limits) -> View:
    return view.reject().next_segment(limits)


def _next(view: View, message: Message, limits: Limits) -> View:
    found = view.next_segment(limits)
    if found is view:
        raise ValueError("every segment was kept or rejected: no other is left to look at")
    return found


def _recall(view: View, message: Message, limits: Limits) -> View:
    """Look at one that was kept again."""
    for one in view.kept:
        if one.name == message["name"]:
            return replace(view, current=one.edit)
    raise ValueError(f"nothing was kept as {message['name']!r}")


def _forget(view: View, message: Message, limits: Limits) -> View:
    return view.changed(kept=tuple(one for one in view.kept if one.name != message["name"]))


def _sample(view: View, message: Message, limits: Limits) -> View:
    sampling = check_sampling(
        message["first"],
        message["last"],
        message["n"],
        message["seed"],
        limits,
        jitter=message.get("jitter", 0.0),
        inside=message.get("inside") is True,
    )
    return replace(view, sampling=sampling)


ACTIONS: dict[str, Callable[[View, Message, Limits], View]] = {
    "scrub": _scrub,
    "pick": _pick,
    "here": _here,
    "stretch": _stretch,
    "tune": _tune,
    "seed": _seed,
    "fresh": _fresh,
    "pin": _pin,
    "unpin": _unpin,
    "swap": _swap,
    "push": _push,
    "drop": _drop,
    "clear": _clear,
    "undo": _undo,
    "keep": _keep,
    "reject": _reject,
    "next": _next,
    "recall": _recall,
    "forget": _forget,
    "sample": _sample,
}
"""Each action by the name that a message calls it."""
