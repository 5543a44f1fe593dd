"""Which space a direction lives in, and whether that is the one that a generator is edited in."""

from __future__ import annotations

from collections.abc import Iterable

VAGUE = ("", "latent")
"""Names that say nothing: these agree with every space."""
W, W_PLUS = "W", "W+"


def joint_space(spaces: Iterable[str], *, what: str) -> str:
    """Give the space that all of these are in.

    W+ is made of points of W: a direction for some layers lives in the one, for all in the other,
    and they can be had together.

    Parameters
    ----------
    spaces : iterable of str
        Names, as of `Direction`.
    what : str
        Whose these are, for the error message.

    Returns
    -------
    space : str
        The one that is named; "W+" if both it and "W" are; "latent" or "" if none is.

    Raises
    ------
    ValueError
        If different ones are named.

    Examples
    --------
    >>> from skcurve.explorer.spaces import joint_space
    >>> joint_space(["W", "latent", "W+"], what="directions")
    'W+'
    """
    told = list(dict.fromkeys(spaces))
    known = [space for space in told if space not in VAGUE]
    if len({_family(space) for space in known}) > 1:
        raise ValueError(f"{what} must all live in one space; got {' and '.join(known)}.")
    return max(known or told, key=len, default="")


def space_on(space: str, layers: object) -> str:
    """Give the space of a direction, of which is known on which layers it is added.

    Parameters
    ----------
    space : str
        Of the vector.
    layers : list of int or None
        None for all.
    """
    if _family(space) != _family(W):
        return space
    return W if layers is None else W_PLUS


def _family(space: str) -> str:
    return space.removesuffix("+").casefold()
