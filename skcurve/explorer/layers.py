"""Which layers of a W+ latent an edit touches.

One convention everywhere, in `LatentDirectionExplorer` as in `Direction`: a *tuple* is a range, its
first and its last layer, both included, as the papers write them; a *list* names layers one by one.
Layers that are known are kept as a list, and so can be handed on without changing their meaning.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Layers: TypeAlias = "slice | range | tuple[int, int] | Sequence[int] | int | None"
"""How a user names layers; see `resolve_layers`."""


def listed_ranges(layer_ranges: Sequence[Layers] | None) -> list[Layers]:
    """Give the layers to try one after another; None means those that are meant anyway.

    Parameters
    ----------
    layer_ranges : sequence of layers or None
        See `resolve_layers`.

    Raises
    ------
    ValueError
        If there are none.
    """
    ranges: list[Layers] = [None] if layer_ranges is None else list(layer_ranges)
    if not ranges:
        raise ValueError("layer_ranges must hold at least one; got none.")
    return ranges


def resolve_layers(layers: Any, n_layers: int | None) -> list[int] | None:
    """Give the numbers of the layers that are meant, in order, or None for the whole latent.

    Parameters
    ----------
    layers : None, int, slice, range, (int, int) or list of int
        None and ``slice(None)`` mean all. A tuple of two is a first and a last layer, *both
        included*, as the papers write layer ranges; slices and ranges end before their stop, as
        everywhere in Python; a list names layers one by one. Negative numbers count from the end.
    n_layers : int or None
        How many there are; None where latents have no layers.

    Returns
    -------
    numbers : list of int or None
        None if `layers` is None or a slice of all. Given again, it means the same.

    Raises
    ------
    TypeError
        If `layers` is none of these.
    ValueError
        If layers are named where there are none, or there is no such layer, or none is named.

    Examples
    --------
    >>> from skcurve.explorer.layers import resolve_layers
    >>> resolve_layers((2, 4), n_layers=8)
    [2, 3, 4]
    >>> resolve_layers(range(2, 4), n_layers=8), resolve_layers([5, -1], n_layers=8)
    ([2, 3], [5, 7])
    """
    if _means_all(layers):
        return None
    if n_layers is None:
        raise ValueError(
            f"layers={layers!r} names layers of a W+ latent, but the generator has none; "
            "expected None, or a generator with `n_layers`."
        )
    numbers = sorted({_one(number, layers, n_layers) for number in _listed(layers, n_layers)})
    if not numbers:
        raise ValueError(f"layers={layers!r} names none of the {n_layers} layers.")
    return numbers


def spell_layers(layers: Any) -> list[int] | None:
    """Give the numbers of layers where it is not known how many there are, as of a direction.

    Parameters
    ----------
    layers : None, int, slice, range, (int, int) or list of int
        As of `resolve_layers`; but a range that counts from the end, or goes on to it, has no
        numbers yet.

    Returns
    -------
    numbers : list of int or None
        None for all.

    Raises
    ------
    TypeError
        If `layers` is none of these.
    ValueError
        If it is such a range, or names none.

    Examples
    --------
    >>> from skcurve.explorer.layers import spell_layers
    >>> spell_layers((4, 7)), spell_layers([4, 7])
    ([4, 5, 6, 7], [4, 7])
    """
    if _means_all(layers):
        return None
    if isinstance(layers, slice):
        if layers.stop is None:
            raise ValueError(f"layers={layers!r} has no end, and a direction does not know of one.")
        start, stop = (_at_least_0(end, layers) for end in (layers.start or 0, layers.stop))
        layers = range(start, stop, layers.step or 1)
    numbers = sorted({_index(number, layers) for number in _spelt(layers, _at_least_0)})
    if not numbers:
        raise ValueError(f"layers={layers!r} names none.")
    return numbers


def name_layers(layers: Sequence[int] | None) -> str:
    """Write layers as short as they can be read.

    Parameters
    ----------
    layers : sequence of int or None
        In order; None for all.

    Examples
    --------
    >>> from skcurve.explorer.layers import name_layers
    >>> name_layers((3, 4, 5)), name_layers((0, 2)), name_layers(None)
    ('3-5', '0, 2', 'all')
    """
    if layers is None:
        return "all"
    numbers = list(layers)
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}-{numbers[-1]}"
    return ", ".join(map(str, numbers))


def _means_all(layers: Any) -> bool:
    return layers is None or (isinstance(layers, slice) and layers == slice(None))


def _listed(layers: Any, n_layers: int) -> Sequence[Any]:
    """Spell out what stands for several."""
    if isinstance(layers, slice):
        return range(*layers.indices(n_layers))
    return _spelt(layers, lambda number, layers: _one(number, layers, n_layers))


def _spelt(layers: Any, check: Callable[[Any, Any], int]) -> Sequence[Any]:
    """Spell out a range; anything else is a list, or one number."""
    if isinstance(layers, tuple):
        if len(layers) != 2:
            raise ValueError(
                f"layers={layers!r} is a tuple, which means (first, last), both included; "
                "expected two numbers, or a list to name layers one by one."
            )
        first, last = (check(number, layers) for number in layers)
        if first > last:
            raise ValueError(f"layers={layers!r} ends before it begins.")
        return range(first, last + 1)
    if isinstance(layers, str) or not hasattr(layers, "__iter__"):
        return [layers]
    return list(layers)


def _index(number: Any, layers: Any) -> int:
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(
            "layers must be None, a number, a slice, a range, (first, last) or a list of numbers; "
            f"got {layers!r}."
        ) from None


def _at_least_0(number: Any, layers: Any) -> int:
    position = _index(number, layers)
    if position < 0:
        raise ValueError(
            f"layers={layers!r} counts from the end, and a direction does not know how many layers "
            "there are; expected numbers from 0 up."
        )
    return position


def _one(number: Any, layers: Any, n_layers: int) -> int:
    position = _index(number, layers)
    if not -n_layers <= position < n_layers:
        raise ValueError(
            f"layers={layers!r} names layer {position}; there are {n_layers}, from 0 to "
            f"{n_layers - 1}."
        )
    return position % n_layers
