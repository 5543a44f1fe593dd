"""All rows in a random order that is computed, not stored: for as many rows as a disk holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

ROUNDS = 6
"""Of the cipher: from four on, nothing that is known tells its order from one drawn evenly."""

RowNumbers = npt.NDArray[np.int64]


class RandomOrder:
    """One random permutation of `n` numbers after another, of which the next few are asked for.

    A permutation is a Feistel cipher on pairs of digits (a, b), for a row number in the mixed radix
    of two sizes whose product is barely above `n`; a number beyond `n` is enciphered again until it
    is below, which keeps it a permutation. So it takes no memory, and where it stands is a
    handful of numbers.

    Parameters
    ----------
    n : int
        How many numbers.
    generator : numpy.random.Generator
        Draws the keys of a permutation, when the first number of it is asked for.

    References
    ----------
    Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002: the cycle walk and the
    mixed radix.

    Examples
    --------
    >>> import numpy as np
    >>> order = RandomOrder(5, np.random.default_rng(0))
    >>> sorted(order.next(3).tolist() + order.next(2).tolist())
    [0, 1, 2, 3, 4]
    """

    def __init__(self, n: int, generator: np.random.Generator) -> None:
        self._n, self._generator = n, generator
        self._high = max(1, int(np.ceil(np.sqrt(n))))
        self._low = -(-n // self._high)
        self._keys = np.zeros(ROUNDS, np.uint64)
        self._place = 0

    def next(self, n: int) -> RowNumbers:
        """Give the next numbers, of as many permutations as it takes."""
        found = []
        while n > 0:
            if self._place == 0:
                self._keys = self._generator.integers(2**64, size=ROUNDS, dtype=np.uint64)
            stop = min(self._place + n, self._n)
            found.append(self._at(self._place, stop))
            n -= stop - self._place
            self._place = stop % self._n
        return np.concatenate(found)

    def coming(self, n: int) -> RowNumbers:
        """Give up to `n` numbers of the same permutation that will be next."""
        return self._at(self._place, min(self._place + n, self._n) if self._place else 0)

    @property
    def state(self) -> dict[str, Any]:
        """Where the order stands, in what JSON can hold."""
        return {"keys": self._keys.tolist(), "place": self._place}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._keys, self._place = np.array(state["keys"], np.uint64), int(state["place"])

    def _at(self, start: int, stop: int) -> RowNumbers:
        """Encipher places."""
        number = np.arange(start, stop, dtype=np.uint64)
        number = self._enciphered(number)
        while (beyond := np.flatnonzero(number >= self._n)).size:
            number[beyond] = self._enciphered(number[beyond])
        return number.astype(np.int64)

    def _enciphered(self, number: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        low_size, high_size = np.uint64(self._low), np.uint64(self._high)
        high, low = np.divmod(number, low_size)
        for i, key in enumerate(self._keys):
            if i % 2:
                high = (high + _mixed(low, key) % high_size) % high_size
            else:
                low = (low + _mixed(high, key) % low_size) % low_size
        return high * low_size + low


def _mixed(number: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
    """Scatter numbers over all of 64 bits: the finaliser of splitmix64."""
    with np.errstate(over="ignore"):
        mixed = number + key
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed
