"""The exchanges that shorten a tour, compiled where there is a compiler."""

from __future__ import annotations

import numpy as np

from skcurve.parallel import jit

LONGEST_MOVE = 3
"""How many vertices in a row an Or-opt move takes elsewhere at most."""

LONGEST_KICK = 50
"""How many vertices a stretch has at most that a kick exchanges with another."""

SHORTER = 1.0 - 1e-12
"""What is new must be shorter by more than rounding, so that no exchange is ever undone."""


@jit()
def _wrap(p, n):
    """Bring a place that is at most one round off back onto the tour."""
    if p >= n:
        return p - n
    return p + n if p < 0 else p


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
def shorten(tour, points, distances, neighbors, n_kicks):
    """Improve a cyclic tour in place: to a local optimum, and by kicks to better ones."""
    n = len(tour)
    place = np.empty(n, np.int64)
    for p in range(n):
        place[tour[p]] = p
    waiting = np.zeros(n, np.bool_)
    queue = np.empty(n, np.int64)
    _settle(tour, place, points, distances, neighbors, tour[tour < n - 1], queue, waiting)
    number = np.uint64(n)
    spans, ends = np.empty(3, np.int64), np.empty(6, np.int64)
    kept_tour, kept_place = tour.copy(), place.copy()
    for _ in range(n_kicks):
        for i in range(3):  # a linear congruential generator: the same kicks every time
            number = number * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            spans[i] = np.int64(number >> np.uint64(33))
        longest = min(LONGEST_KICK, (n - 2) // 2)
        start, length, steps = spans[0] % n, 1 + spans[1] % longest, 1 + spans[2] % longest
        for i, p in enumerate((-1, 0, length - 1, length, length + steps - 1, length + steps)):
            ends[i] = tour[_wrap(start + p, n)]
        before, first, last, first_after, last_after, after = ends
        longer = (
            _distance(points, distances, before, first_after)
            + _distance(points, distances, last_after, first)
            + _distance(points, distances, last, after)
            - _distance(points, distances, before, first)
            - _distance(points, distances, last, first_after)
            - _distance(points, distances, last_after, after)
        )
        _swap_runs(tour, place, start, length, steps)
        gain = _settle(
            tour, place, points, distances, neighbors, ends[ends < n - 1], queue, waiting
        )
        if gain < longer * (1.0 + 1e-9) + 1e-12:
            tour[:], place[:] = kept_tour, kept_place
        else:
            kept_tour[:], kept_place[:] = tour, place


@jit()
def _settle(tour, place, points, distances, neighbors, changed, queue, waiting):
    """Exchange until no vertex finds a shorter way, beginning with those that changed."""
    head, n_waiting = 0, len(changed)
    n = len(queue)
    queue[:n_waiting] = changed
    waiting[changed] = True
    touched = np.empty(6, np.int64)
    gain = 0.0
    while n_waiting > 0:
        a = queue[head]
        head = _wrap(head + 1, n)
        n_waiting -= 1
        waiting[a] = False
        found = _exchange(tour, place, points, distances, neighbors, a, touched)
        gain += found
        if found > 0.0:
            for b in touched:
                if 0 <= b < len(points) and not waiting[b]:
                    waiting[b] = True
                    queue[_wrap(head + n_waiting, n)] = b
                    n_waiting += 1
    return gain


@jit()
def _exchange(tour, place, points, distances, neighbors, a, touched):
    """Apply the first exchange found that joins `a` to a near vertex, and give what it gains.

    `touched` receives the vertices whose neighbours changed, and -1.
    """
    n = len(tour)
    touched[:] = -1
    for way in (1, -1):
        beside = tour[_wrap(place[a] + way, n)]
        d_beside = _distance(points, distances, a, beside)
        for b in neighbors[a]:
            d_ab = _distance(points, distances, a, b)
            if d_ab >= d_beside:
                break
            other = tour[_wrap(place[b] + way, n)]
            old = d_beside + _distance(points, distances, b, other)
            new = d_ab + _distance(points, distances, beside, other)
            if new < SHORTER * old:
                if way == 1:
                    _turn(tour, place, beside, b)
                else:
                    _turn(tour, place, a, other)
                touched[:4] = a, beside, b, other
                return old - new
    for way in (1, -1):
        # A stretch of up to three vertices that begins at `a` and goes on in direction `way`.
        before = tour[_wrap(place[a] - way, n)]
        last = a
        for length in range(1, min(LONGEST_MOVE, n - 3) + 1):
            if length > 1:
                last = tour[_wrap(place[last] + way, n)]
            after = tour[_wrap(place[last] + way, n)]
            if last == n - 1 or before == after:
                break
            left = _distance(points, distances, before, a)
            left += _distance(points, distances, last, after)
            closed = _distance(points, distances, before, after)
            for b in neighbors[a]:
                d_ab = _distance(points, distances, a, b)
                if d_ab >= left - closed:
                    break
                if _wrap((place[b] - place[a]) * way, n) < length:
                    continue  # it is part of the stretch
                for side in (1, -1):
                    other = tour[_wrap(place[b] + side, n)]
                    if _wrap((place[other] - place[a]) * way, n) < length:
                        continue
                    old = left + _distance(points, distances, b, other)
                    new = closed + d_ab + _distance(points, distances, last, other)
                    if new < SHORTER * old:
                        _move(tour, place, a, last, way, b, other)
                        touched[:] = a, last, before, after, b, other
                        return old - new
    return 0.0


@jit()
def _turn(tour, place, first, last):
    """Turn around the stretch from `first` on to `last`, or, if shorter, all the rest."""
    n = len(tour)
    i, j = place[first], place[last]
    length = _wrap(j - i, n) + 1
    if 2 * length > n:
        i, j = _wrap(j + 1, n), _wrap(i - 1, n)
        length = n - length
    for _ in range(length // 2):
        a, b = tour[i], tour[j]
        tour[i], tour[j] = b, a
        place[b], place[a] = i, j
        i, j = _wrap(i + 1, n), _wrap(j - 1, n)


@jit()
def _move(tour, place, first, last, way, b, other):
    """Take the stretch from `first` to `last` between `b` and `other`, `first` beside `b`."""
    n = len(tour)
    low, high = (first, last) if way == 1 else (last, first)
    length = _wrap(place[high] - place[low], n) + 1
    # Going up from the stretch one meets `near`, and then `far`.
    b_is_near = _wrap(place[b] - place[high], n) < _wrap(place[other] - place[high], n)
    near, far = (b, other) if b_is_near else (other, b)
    up, down = _wrap(place[near] - place[high], n), _wrap(place[low] - place[far], n)
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
        held[k] = tour[_wrap(start + k, n)]
    for k in range(steps):
        p = _wrap(start + k, n)
        tour[p] = tour[_wrap(p + length, n)]
        place[tour[p]] = p
    for k in range(length):
        p = _wrap(_wrap(start + steps, n) + k, n)
        tour[p] = held[k]
        place[held[k]] = p
