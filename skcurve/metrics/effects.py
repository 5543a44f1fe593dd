"""What a direction does to measured attributes: how much, to how many, how evenly.

A *response* is what was measured when n latents were each moved by S strengths along a direction:
an array of shape (n, S, A) for A attributes. Everything here is plain arithmetic on such arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve.interop import as_tensor

Numbers = npt.NDArray[np.float64]


def effect(responses: Any, strengths: Any, *, scale: Any = 1.0) -> Numbers:
    r"""Mean change of each attribute over the largest strength, in units of `scale`.

    For latent i and attribute k, :math:`b_{ik}` is the slope of the least-squares line through
    the responses over the strengths. The effect is

    .. math:: e_k = \frac{s_{\max}}{\sigma_k} \cdot \frac{1}{n} \sum_i b_{ik},

    the change over one step of size :math:`s_{\max} = \max_j |s_j|`. With the standard deviation
    of the attribute over the distribution as :math:`\sigma_k`, an effect of 0.5 moves the attribute
    by half a standard deviation, whatever its unit is.

    Parameters
    ----------
    responses : array-like of shape (n, S, A)
        The attributes of n latents at S strengths.
    strengths : array-like of shape (S,)
        The strengths, not all equal.
    scale : array-like of shape (A,) or float, default=1.0
        What counts as one unit of each attribute, as a rule its standard deviation. An attribute of
        scale 0 does not vary in the distribution; its effect is given in its own units.

    Returns
    -------
    effect : ndarray of shape (A,)
        Signed.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If the shapes do not fit, an entry is not finite, or all strengths are equal.

    Examples
    --------
    >>> from skcurve.metrics import effect
    >>> responses = [[[0, 5], [1, 5], [2, 5]], [[1, 5], [3, 5], [5, 5]]]  # 2 latents, 3 strengths
    >>> effect(responses, [-1, 0, 1], scale=[2, 1])
    array([0.75, 0.  ])
    """
    values, steps = _as_responses(responses, strengths)
    units = _as_numbers(scale, "scale")
    if units.shape not in ((), (1,), values.shape[-1:]):
        raise ValueError(
            f"scale must hold one number, or one for each of the {values.shape[-1]} attributes; "
            f"got shape {units.shape}."
        )
    if not (np.isfinite(units).all() and (units >= 0).all()):
        raise ValueError(f"scale must be finite and not negative; got {units.min():.6g}.")
    mean = _slopes(values, steps).mean(0) * np.abs(steps).max()
    result: Numbers = mean / np.where(units > 0, units, 1.0)
    return result


def consistency(responses: Any, strengths: Any) -> Numbers:
    r"""How far the latents agree about what the direction does to each attribute.

    .. math:: \frac{|\sum_i b_{ik}|}{\sum_i |b_{ik}|}

    with the slopes of `effect`. 1 if the attribute goes the same way from every latent; near 0 if
    it rises for as many as it falls for, so that the mean effect hides a change.

    Parameters
    ----------
    responses : array-like of shape (n, S, A)
        The attributes of n latents at S strengths.
    strengths : array-like of shape (S,)
        The strengths, not all equal.

    Returns
    -------
    consistency : ndarray of shape (A,)
        From 0 to 1; 1 for an attribute that does not change at all.

    Raises
    ------
    TypeError, ValueError
        As `effect`.

    Examples
    --------
    >>> from skcurve.metrics import consistency
    >>> consistency([[[0], [3]], [[0], [-1]]], [0, 1])
    array([0.5])
    """
    slopes = _slopes(*_as_responses(responses, strengths))
    total = np.abs(slopes).sum(0)
    return _ratio(np.abs(slopes.sum(0)), total, empty=1.0)


def purity(effects: Any) -> Any:
    r"""Share of the largest effect in all of them.

    .. math:: \frac{\max_k |e_k|}{\sum_k |e_k|}

    Parameters
    ----------
    effects : array-like of shape (..., A)
        The effect of each direction on each of A attributes, in comparable units.

    Returns
    -------
    purity : float or ndarray of shape (...)
        From 1/A, if all attributes change alike, to 1, if one alone does. 0 for a direction without
        any effect.

    Raises
    ------
    TypeError
        If the effects are not real numbers.
    ValueError
        If there is no attribute, or an entry is not finite.

    Examples
    --------
    >>> from skcurve.metrics import purity
    >>> purity([3, 0, -1])
    0.75
    >>> purity([[1, 0], [1, -1]])
    array([1. , 0.5])
    """
    sizes = np.abs(_as_numbers(effects, "effects"))
    if sizes.ndim < 1 or sizes.shape[-1] < 1:
        raise ValueError(f"effects must have an entry an attribute; got shape {sizes.shape}.")
    if not np.isfinite(sizes).all():
        raise ValueError("effects must be finite.")
    share = _ratio(sizes.max(-1), sizes.sum(-1), empty=0.0)
    return float(share) if share.ndim == 0 else share


def monotonicity(responses: Any) -> Numbers:
    r"""How far each attribute goes one way as the strength grows.

    .. math:: \frac1n \sum_i \frac{|a_{iS} - a_{i1}|}{\sum_j |a_{i,j+1} - a_{ij}|}

    the net change over the way there, latent by latent. A latent of which the attribute does not
    change at all is left out.

    Parameters
    ----------
    responses : array-like of shape (n, S, A)
        The attributes of n latents at S strengths, in the order of the strengths.

    Returns
    -------
    monotonicity : ndarray of shape (A,)
        1 if every latent's attribute only rises or only falls; 0 if it comes back to where it
        began. 1 for an attribute that does not change for any.

    Raises
    ------
    TypeError, ValueError
        As `effect`.

    Examples
    --------
    >>> from skcurve.metrics import monotonicity
    >>> monotonicity([[[0, 0], [1, 2], [2, 1]]])
    array([1.        , 0.33333333])
    """
    values, _ = _as_responses(responses, None)
    steps = np.diff(values, axis=1)
    walked = np.abs(steps).sum(1)
    share = _ratio(np.abs(steps.sum(1)), walked, empty=0.0)
    return _ratio(share.sum(0), (walked > 0).sum(0).astype(np.float64), empty=1.0)


def linearity(responses: Any, strengths: Any) -> Numbers:
    r"""Share of an attribute's change that straight lines explain: a coefficient of determination.

    .. math:: R_k^2 = 1 - \frac{\sum_{ij} (a_{ijk} - \bar a_{ik} - b_{ik} (s_j - \bar s))^2}
                               {\sum_{ij} (a_{ijk} - \bar a_{ik})^2}

    Every latent has a line of its own: where it begins, and how steep it is, is not what is asked.

    Parameters
    ----------
    responses : array-like of shape (n, S, A)
        The attributes of n latents at S strengths.
    strengths : array-like of shape (S,)
        The strengths, not all equal. With two of them every response is a line.

    Returns
    -------
    linearity : ndarray of shape (A,)
        From 0 to 1; 1 for an attribute that does not change at all.

    Raises
    ------
    TypeError, ValueError
        As `effect`.

    Examples
    --------
    >>> from skcurve.metrics import linearity
    >>> linearity([[[0, 0], [1, 1], [2, 0]]], [-1, 0, 1])
    array([1., 0.])
    """
    values, steps = _as_responses(responses, strengths)
    centred = values - values.mean(1, keepdims=True)
    lines = _slopes(values, steps)[:, None] * (steps - steps.mean())[None, :, None]
    residual = ((centred - lines) ** 2).sum((0, 1))
    return np.clip(1.0 - _ratio(residual, (centred**2).sum((0, 1)), empty=0.0), 0.0, 1.0)


def preservation(before: Any, after: Any) -> float:
    """Mean cosine of embeddings before and after an edit: how far the identity is kept.

    Parameters
    ----------
    before, after : array-like of shape (n, E)
        Embeddings of the same n outputs.

    Returns
    -------
    preservation : float
        1 if no embedding has turned. An embedding of zeros has cosine 0 with any other.

    Raises
    ------
    TypeError
        If the embeddings are not real numbers.
    ValueError
        If they are not two finite matrices of one shape.

    Examples
    --------
    >>> from skcurve.metrics import preservation
    >>> preservation([[1, 0], [0, 2]], [[2, 0], [1, 0]])
    0.5
    """
    first, second = _as_numbers(before, "before"), _as_numbers(after, "after")
    if first.ndim != 2 or first.shape != second.shape or not first.size:
        raise ValueError(
            "before and after must be embeddings of the same outputs, (n, E) each; "
            f"got shapes {first.shape} and {second.shape}."
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("before and after must be finite.")
    first, second = (_in_range(part, axis=1) for part in (first, second))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(_ratio((first * second).sum(1), lengths, empty=0.0).mean())


def _as_numbers(array: Any, name: str) -> Numbers:
    return as_tensor(array, name=name).cpu().double().numpy()


def _as_responses(responses: Any, strengths: Any) -> tuple[Numbers, Numbers]:
    """Check both; without strengths, count them.

    Each response is given as its change from the first strength on, which is exactly 0 for one that
    does not change, and strengths in a unit in which their squares are numbers, too.
    """
    values = _as_numbers(responses, "responses")
    if values.ndim != 3 or 0 in values.shape or values.shape[1] < 2:
        raise ValueError(
            "responses must have shape (n, S, A): latents, at least 2 strengths, attributes; "
            f"got {values.shape}."
        )
    if not np.isfinite(values).all():
        raise ValueError("responses must be finite.")
    values = values - values[:, :1]
    if strengths is None:
        return values, np.arange(values.shape[1], dtype=np.float64)
    steps = _as_numbers(strengths, "strengths")
    if steps.shape != values.shape[1:2]:
        raise ValueError(
            f"strengths must hold one number for each of the {values.shape[1]} strengths of the "
            f"responses; got shape {steps.shape}."
        )
    steps = _in_range(steps, axis=0)
    if not np.isfinite(steps).all() or np.ptp(steps) == 0:
        raise ValueError("strengths must be finite, and not all the same.")
    return values, steps


def _in_range(numbers: Numbers, axis: int) -> Numbers:
    """Scale numbers by powers of two, which rounds none, so that the largest are about 1."""
    largest = np.abs(numbers).max(axis, keepdims=True)
    scaled: Numbers = np.ldexp(numbers, -np.frexp(largest)[1])
    return scaled


def _slopes(values: Numbers, steps: Numbers) -> Numbers:
    """Give the slope of the least-squares line of each latent and attribute, (n, A)."""
    centred = steps - steps.mean()
    slopes: Numbers = np.einsum("s,nsa->na", centred, values) / (centred @ centred)
    return slopes


def _ratio(over: Any, under: Any, *, empty: float) -> Numbers:
    """Divide; where there is nothing to divide by, give `empty`."""
    over, under = np.asarray(over, np.float64), np.asarray(under, np.float64)
    filled: Numbers = np.where(under > 0, over / np.where(under > 0, under, 1.0), empty)
    return filled
