"""Taking a direction's leakage out of it: one attribute changes, the others stand still."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

RIDGE = 1e-3
"""Of the largest squared singular value: what keeps noise out of the Jacobian."""
MOST_ROUNDS = 4
SETTLED = 0.02
"""Leakage in standard deviations that is not worth another round."""


def regressed_jacobian(shifts: Numbers, changes: Numbers) -> Numbers:
    r"""Estimate how attributes change with the latent, from random shifts and what they did.

    The least-squares solution J of :math:`\Delta a = J \, \Delta w` over all shifts, with a little
    ridge: the Jacobian, averaged over latents and over shifts of that size.

    Parameters
    ----------
    shifts : ndarray of shape (m, D)
        By how much latents were moved.
    changes : ndarray of shape (m, A)
        By how much the attributes changed.

    Returns
    -------
    jacobian : ndarray of shape (A, D)

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.explorer.purification import regressed_jacobian
    >>> shifts = np.random.default_rng(0).normal(size=(50, 3))
    >>> regressed_jacobian(shifts, shifts @ [[1], [2], [0]]).round(2)
    array([[1., 2., 0.]])
    """
    gram = shifts.T @ shifts
    weight = RIDGE * max(float(np.trace(gram)) / len(gram), 1e-300)
    solved = np.linalg.solve(gram + weight * np.eye(len(gram)), shifts.T @ changes)
    return np.asarray(solved.T, np.float64)


def smallest_correction(vector: Numbers, rows: Numbers, wanted: Numbers) -> Numbers:
    r"""Change a vector as little as possible so that it has given products with some rows.

    .. math:: d' = d + M^+ (t - M d)

    Parameters
    ----------
    vector : ndarray of shape (D,)
        d.
    rows : ndarray of shape (c, D)
        M.
    wanted : ndarray of shape (c,)
        t: the products that the changed vector is to have.

    Returns
    -------
    changed : ndarray of shape (D,)
    """
    changed: Numbers = vector + np.linalg.pinv(rows, rcond=1e-6) @ (wanted - rows @ vector)
    return changed


def purified(
    vector: Numbers,
    jacobian: Numbers,
    keep: Sequence[int],
    remove: Sequence[int],
    effect: Callable[[Numbers], Numbers],
) -> Numbers:
    """Find the nearest direction without effect on some attributes, and unchanged on others.

    The mean Jacobian gives the first correction, which holds for small steps. At full strength the
    generator bends, so the effects are measured there, and what is left is corrected in the same
    way: a Newton iteration of which the Jacobian is the fixed slope.

    Parameters
    ----------
    vector : ndarray of shape (D,)
        The direction at its full strength: one step.
    jacobian : ndarray of shape (A, D)
        Of the attributes in units of their effects.
    keep, remove : sequence of int
        Attributes whose effect is to stay, and to go.
    effect : callable
        Of a step (D,), the measured effects (A,).

    Returns
    -------
    changed : ndarray of shape (D,)
        The best of the rounds.
    """
    which = [*keep, *remove]
    rows = jacobian[which]
    wanted = np.concatenate([effect(vector)[list(keep)], np.zeros(len(remove))])
    best, least, current = vector, np.inf, vector
    for number in range(MOST_ROUNDS + 1):
        off = effect(current)[which] - wanted
        if (size := float(np.abs(off).max())) < least:
            best, least = current, size
        elif number > 1:
            break
        if size < SETTLED or number == MOST_ROUNDS:
            break
        current = smallest_correction(current, rows, rows @ current - off)
    return best
