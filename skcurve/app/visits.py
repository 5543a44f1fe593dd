"""Who is there: what each visitor sees, which request is the last, what the page was sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Lock

from skcurve.app.view import View

MOST_VISITS = 1000
"""Visitors that are remembered; the one who was silent for the longest time is forgotten first."""


@dataclass
class _Visit:
    view: View
    ticket: int = 0
    heard: int = 0
    sent: set[str] = field(default_factory=set)
    is_worried: bool = False
    is_to_measure: bool = False


class Turn:
    """A request of a visitor that changed what they see, and maybe is the last.

    Attributes
    ----------
    view : View
        What is seen since then.
    measure : bool
        Whether the profile is to be measured however long that takes.
    """

    def __init__(self, visit: _Visit, lock: Lock) -> None:
        self._visit, self._lock = visit, lock
        self.view, self.measure = visit.view, visit.is_to_measure
        self._ticket, self._heard = visit.ticket, visit.heard

    def is_last(self) -> bool:
        """Whether nothing came after it."""
        return self._visit.ticket == self._ticket

    def heard(self) -> int:
        """Give the number of the last message that `view` is the answer to."""
        with self._lock:
            if self.is_last():
                self._heard = self._visit.heard
            return self._heard


class Visits:
    """The views of all visitors, each for itself.

    Parameters
    ----------
    first : View
        What a visitor sees of whom nothing is known.
    """

    def __init__(self, first: View) -> None:
        self._first = first
        self._lock = Lock()
        self._visits: OrderedDict[str, _Visit] = OrderedDict()

    def view(self, visitor: str) -> View:
        """Give what a visitor sees.

        Parameters
        ----------
        visitor : str
            Who.
        """
        return self.hear(visitor, 0)[0]

    def hear(self, visitor: str, number: int) -> tuple[View, int]:
        """Note that a message was heard, and give what its sender sees.

        Parameters
        ----------
        visitor : str
            Who.
        number : int
            Of the message; 0 for none.

        Returns
        -------
        view : View
            What is seen.
        heard : int
            The highest number that was heard.
        """
        with self._lock:
            visit = self._of(visitor) if number else self._known(visitor)
            visit.heard = max(visit.heard, number)
            return visit.view, visit.heard

    def recover(self, visitor: str, make: Callable[[], View]) -> None:
        """Let somebody who was forgotten go on; a visitor who is known stays as they are.

        Parameters
        ----------
        visitor : str
            Who.
        make : callable
            Gives what the visitor saw.
        """
        with self._lock:
            if visitor not in self._visits:
                self._of(visitor).view = make()

    def change(
        self,
        visitor: str,
        change: Callable[[View], View],
        *,
        keep: Collection[str] | None = None,
        number: int = 0,
        measure: bool = False,
    ) -> Turn:
        """Change what a visitor sees; of two requests at the same time, none is lost.

        Parameters
        ----------
        visitor : str
            Who.
        change : callable
            From what was seen to what is seen now. If it raises, nothing has happened, but that the
            message was heard.
        keep : collection of str, default=None
            Parts of the page that stay as they are, if it has them; None for all.
        number : int
            Of the message that asks for it; 0 for none.
        measure : bool, default=False
            Whether the profile is to be measured however long that takes: if not by this request,
            by one after it.
        """
        with self._lock:
            visit = self._of(visitor)
            visit.heard = max(visit.heard, number)
            visit.view = change(visit.view)
            visit.ticket += 1
            visit.is_to_measure |= measure
            if keep is not None:
                visit.sent &= set(keep)
            return Turn(visit, self._lock)

    def lacks(self, visitor: str, parts: tuple[str, ...]) -> bool:
        """Whether a page was not sent all of the parts yet.

        Parameters
        ----------
        visitor : str
            Whose.
        parts : tuple of str
            Names.
        """
        with self._lock:
            return not set(parts) <= self._known(visitor).sent

    def sent(self, visitor: str, parts: Collection[str], *, measured: bool = False) -> None:
        """Note what a page was sent.

        Parameters
        ----------
        visitor : str
            Whose.
        parts : collection of str
            Names.
        measured : bool, default=False
            Whether the profile is among them, however long it took.
        """
        with self._lock:
            visit = self._known(visitor)
            visit.sent.update(parts)
            visit.is_to_measure &= not measured

    def worry(self, visitor: str, is_worried: bool) -> bool:
        """Note whether a page says that the generator is slow.

        Parameters
        ----------
        visitor : str
            Whose.
        is_worried : bool
            Whether it says so from now on.

        Returns
        -------
        was_worried : bool
            Whether it did before, maybe for an earlier request.
        """
        with self._lock:
            visit = self._known(visitor)
            was, visit.is_worried = visit.is_worried, is_worried
            return was

    def leave(self, visitor: str) -> None:
        """Forget a visitor, and stop what is done for them.

        Parameters
        ----------
        visitor : str
            Who has closed the page.
        """
        with self._lock:
            visit = self._visits.pop(visitor, None)
            if visit is not None:
                visit.ticket += 1

    def _known(self, visitor: str) -> _Visit:
        """Give the visit of somebody who may have left meanwhile: what is noted then is lost."""
        return self._visits.get(visitor) or _Visit(self._first)

    def _of(self, visitor: str) -> _Visit:
        visit = self._visits.setdefault(visitor, _Visit(self._first))
        self._visits.move_to_end(visitor)
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        return visit
