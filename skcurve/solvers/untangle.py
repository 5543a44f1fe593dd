"""Put vertices in a short order: an open travelling-salesman tour, improved by exchanges."""

from __future__ import annotations

import numpy as np
import torch

from skcurve.parallel import jit

N_NEIGHBORS = 10
MAX_MATRIX = 4096
LONGEST_MOVE = 3
SHORTER = 1.0 - 1e-12  # by more than rounding, so that no exchange is ever undone
"""How many vertices in a row an Or-opt move takes elsewhere at most."""


def short_order(vertices: torch.Tensor) -> torch.Tensor:
    """Reorder vertices so that the polyline through them gets shorter, or stays as it is.

    From the present order, two exchanges are applied while one of them shortens the path:

    1. *2-opt* turns a stretch around, which removes a crossing;
    2. *Or-opt* takes up to three vertices in a row to another place, either way round.

    Each considers only joining a vertex to one of its ten nearest, so that a pass costs little.
    The ends are free.

    Parameters
    ----------
    vertices : (M, D) tensor
        At least two, in some order.

    Returns
    -------
    order : (M,) int64 tensor
        ``vertices[order]`` is the shorter polyline.

    References
    ----------
    Croes, "A method for solving traveling-salesman problems", Operations Research 6 (1958);
    Or, "Traveling salesman-type combinatorial problems", Northwestern University (1976);
    Bentley, "Fast algorithms for geometric traveling salesman problems", ORSA J. Comput. 4 (1992).

    Examples
    --------
    >>> import torch
    >>> short_order(torch.tensor([[0.0], [2.0], [1.0], [3.0]]))
    tensor([0, 2, 1, 3])
    """
    n_vertices = len(vertices)
    if n_vertices < 3:
        return torch.arange(n_vertices)
    points = vertices.detach().cpu().double().contiguous()
    neighbors = _nearest(points)
    distances = points.new_empty(0, 0)
    if n_vertices <= MAX_MATRIX:
        distances = torch.cdist(points, points)
        distances = (distances + distances.T) / 2  # rounding must not tell one way from the other
    tour = np.arange(n_vertices + 1)  # the last place stands for the gap between the two ends
    _improve(tour, points.numpy(), distances.numpy(), neighbors.numpy())
    gap = int(np.flatnonzero(tour == n_vertices)[0])
    order = np.concatenate([tour[gap + 1 :], tour[:gap]])
    if order[0] > order[-1]:  # keep the end that came first, first
        order = order[::-1].copy()
    return torch.from_numpy(order)


def _nearest(points: torch.Tensor) -> torch.Tensor:
    """Give the ten nearest other vertices of each, the nearest first."""
    found = []
    for rows in torch.arange(len(points)).split(max(1, (1 << 22) // len(points))):
        distances = torch.cdist(points[rows], points)
        distances[torch.arange(len(rows)), rows] = torch.inf
        found.append(distances.topk(min(N_NEIGHBORS, len(points) - 1), largest=False).indices)
    return torch.cat(found)


@jit()
def _distance(points, distances, a, b):
    n = len(points)
    if a == n or b == n:
        return 0.0
    if len(distances) == n:
        return distances[a, b]
    total = 0.0
    for k in range(points.shape[1]):
        step = points[a, k] - points[b, k]
        total += step * step
    return np.sqrt(total)


@jit()
def _improve(tour, points, distances, neighbors):
    """Improve a cyclic tour in place until no vertex finds an exchange that shortens it."""
    n = len(tour)
    place = np.empty(n, np.int64)
    for p in range(n):
        place[tour[p]] = p
    queue = tour[:-1].copy()
    waiting = np.ones(n, np.bool_)
    head, n_waiting = 0, len(queue)
    while n_waiting > 0:
        a = queue[head]
        head = (head + 1) % len(queue)
        n_waiting -= 1
        waiting[a] = False
        touched = _exchange(tour, place, points, distances, neighbors, a)
        for b in touched:
            if b >= 0 and b < len(points) and not waiting[b]:
                waiting[b] = True
                queue[(head + n_waiting) % len(queue)] = b
                n_waiting += 1


@jit()
def _exchange(tour, place, points, distances, neighbors, a):
    """Apply the first exchange found that joins `a` to a near vertex; give the vertices it touched.

    All of them -1 where there is none.
    """
    n = len(tour)
    touched = np.full(6, -1, np.int64)
    for way in (1, -1):
        beside = tour[(place[a] + way) % n]
        d_beside = _distance(points, distances, a, beside)
        for b in neighbors[a]:
            d_ab = _distance(points, distances, a, b)
            if d_ab >= d_beside:
                break
            other = tour[(place[b] + way) % n]
            old = d_beside + _distance(points, distances, b, other)
            new = d_ab + _distance(points, distances, beside, other)
            if new < SHORTER * old:
                if way == 1:
                    _turn(tour, place, beside, b)
                else:
                    _turn(tour, place, a, other)
                touched[0], touched[1], touched[2], touched[3] = a, beside, b, other
                return touched
    for way in (1, -1):
        # A stretch of up to three vertices that begins at `a` and goes on in direction `way`.
        before = tour[(place[a] - way) % n]
        last = a
        for length in range(1, min(LONGEST_MOVE, n - 3) + 1):
            if length > 1:
                last = tour[(place[last] + way) % n]
            after = tour[(place[last] + way) % n]
            if last == n - 1 or before == after:
                break
            left = _distance(points, distances, before, a)
            left += _distance(points, distances, last, after)
            closed = _distance(points, distances, before, after)
            for b in neighbors[a]:
                d_ab = _distance(points, distances, a, b)
                if d_ab >= left - closed:
                    break
                if (place[b] - place[a]) * way % n < length:
                    continue  # it is part of the stretch
                for side in (1, -1):
                    other = tour[(place[b] + side) % n]
                    if (place[other] - place[a]) * way % n < length:
                        continue
                    old = left + _distance(points, distances, b, other)
                    new = closed + d_ab + _distance(points, distances, last, other)
                    if new < SHORTER * old:
                        _move(tour, place, a, last, way, b, other)
                        touched[0], touched[1], touched[2] = a, last, before
                        touched[3], touched[4], touched[5] = after, b, other
                        return touched
    return touched


@jit()
def _turn(tour, place, first, last):
    """Turn around the stretch from `first` on to `last`, or, if shorter, all the rest."""
    n = len(tour)
    i, j = place[first], place[last]
    length = (j - i) % n + 1
    if 2 * length > n:
        i, j = (j + 1) % n, (i - 1) % n
        length = n - length
    for _ in range(length // 2):
        a, b = tour[i], tour[j]
        tour[i], tour[j] = b, a
        place[b], place[a] = i, j
        i = (i + 1) % n
        j = (j - 1) % n


@jit()
def _move(tour, place, first, last, way, b, other):
    """Take the stretch from `first` to `last` between `b` and `other`, `first` beside `b`."""
    n = len(tour)
    low, high = (first, last) if way == 1 else (last, first)
    length = (place[high] - place[low]) % n + 1
    # Going up from the stretch one meets `near`, and then `far`.
    b_is_near = (place[b] - place[high]) % n < (place[other] - place[high]) % n
    near, far = (b, other) if b_is_near else (other, b)
    up, down = (place[near] - place[high]) % n, (place[low] - place[far]) % n
    if up <= down:
        _swap_runs(tour, place, place[low], length, up)
    else:
        _swap_runs(tour, place, place[far], down, length)
    if b_is_near != (first == low):
        _turn(tour, place, low, high)


@jit()
def _swap_runs(tour, place, start, length, steps):
    """Exchange the run of `length` places at `start` with the run of `steps` places after it."""
    n = len(tour)
    held = np.empty(length, np.int64)
    for k in range(length):
        held[k] = tour[(start + k) % n]
    for k in range(steps):
        p = (start + k) % n
        tour[p] = tour[(p + length) % n]
        place[tour[p]] = p
    for k in range(length):
        p = (start + steps + k) % n
        tour[p] = held[k]
        place[held[k]] = p
