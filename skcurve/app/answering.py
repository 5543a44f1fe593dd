"""What the server answers to what a visitor does: some updates of the page, one after another."""

from __future__ import annotations

import base64
import binascii
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from skcurve.app.actions import act
from skcurve.app.address import check_at, read_address
from skcurve.app.edits import MOST_STEPS
from skcurve.app.exports import Export, export, read_opened
from skcurve.app.images import as_address, can_mp4
from skcurve.app.painting import Job, facts_of, jobs, painted, quick_parts
from skcurve.app.panels import describe
from skcurve.app.studio import Studio
from skcurve.app.view import MOST_JITTER, MOST_OPENED, MOST_SAMPLES, View
from skcurve.app.visits import Turn, Visits
from skcurve.app.worker import PATIENCE, Stale, Worker, waiting

Update = dict[str, Any]

MOST_BYTES = 4 * 2**20
"""Of a file that a visitor brings: thousands of directions of 512 numbers."""
LONGEST_ADDRESS = 65_536
STATIC = ("thumbs", "band", "lines")
"""Parts that are the same whatever is picked: sent once."""
PAUSE = 0.1
"""Seconds between two updates, at least: a page is not drawn more often than that."""


class Server:
    """Everything behind the page but the transport.

    Parameters
    ----------
    studio : Studio
        What computes.
    patience : float
        Seconds that a visitor waits for one thing at most.
    """

    def __init__(self, studio: Studio, *, patience: float = PATIENCE) -> None:
        self.studio = studio
        self.worker = Worker()
        self.visits = Visits(View.first(studio.limits))
        self.patience = patience
        self._serial = itertools.count(1)

    def first_update(self) -> Update:
        """Give what the page shows before it has asked for anything."""
        limits = self.studio.limits
        view = View.first(limits)
        parts = {"title": escape(self.studio.title), "facts": escape(self.studio.facts)}
        return {
            "limits": {
                "n_vertices": limits.n_vertices,
                "n_layers": limits.n_layers,
                "n_components": limits.n_components,
                "most_steps": MOST_STEPS,
                "most_samples": MOST_SAMPLES,
                "most_jitter": MOST_JITTER,
                "most_bytes": MOST_BYTES,
                "can_mp4": can_mp4(),
            },
            "facts": facts_of(view),
            "parts": {**parts, **quick_parts(view)},
            "serial": 0,
            "heard": 0,
        }

    def arrive(self, visitor: str, query: Mapping[str, str]) -> Iterator[Update]:
        """Show a visitor what the address says.

        Parameters
        ----------
        visitor : str
            Who it is.
        query : mapping of str to str
            Of the address.
        """
        view, complaints = read_address(query, self.studio.limits)
        said = None
        if complaints:
            said = "Not everything in the address is here. " + "; ".join(complaints) + "."
        yield from self._show(visitor, lambda _: view, said=said, anew=True)

    def answer(self, visitor: str, message: Any) -> Iterator[Update]:
        """Do what a visitor asks for, and show it.

        Parameters
        ----------
        visitor : str
            Who it is.
        message : mapping
            See `act`.
        """
        number = _number_of(message)
        if not isinstance(message, Mapping):
            yield self._say(visitor, "The server did not understand.")
            return
        self._recover(visitor, message)
        do = message.get("do")
        if do == "measure":
            yield from self._show(visitor, lambda view: view, number=number, measure=True)
            return
        try:
            yield from self._show(
                visitor,
                lambda view: act(view, message, self.studio.limits),
                number=number,
                scrubbed=do == "scrub",
            )
        except ValueError as error:
            yield self._refuse(visitor, number, describe(error))

    def take(self, visitor: str, message: Any) -> Iterator[Update]:
        """Make a file for a visitor. What they see stays as it is, also what is being drawn.

        Parameters
        ----------
        visitor : str
            Who it is.
        message : mapping
            ``what``, one of `EXPORTS`; and ``sampling``, as it stands on the page.
        """
        self._recover(visitor, message)
        view, heard = self.visits.hear(visitor, _number_of(message))
        yield self._numbered({}, heard)
        try:
            what = str(message["what"])
            if what in ("npz", "zip"):
                view = act(view, message["sampling"], self.studio.limits)
            future = self.worker.submit(lambda: export(self.studio, view, what))
            for passed in waiting(future, patience=self.patience):
                slow = _patience("making the file", passed)
                yield self._numbered({"slow": slow}, self._heard(visitor))
            made: Export = future.result(timeout=0)
        except Exception as error:
            yield self._say(visitor, _apology(error, self.patience))
            return
        file = {"name": made.name, "content": base64.b64encode(made.content).decode()}
        yield self._finished({"file": file, "slow": ""}, self._heard(visitor))

    def bring(self, visitor: str, message: Any) -> Iterator[Update]:
        """Open a file of directions that a visitor brings. It is read, and never run.

        Parameters
        ----------
        visitor : str
            Who it is.
        message : mapping
            ``content``, the file in base64.
        """
        self._recover(visitor, message)
        number = _number_of(message)
        try:
            directions = self._opened(message["content"])
        except (ValueError, KeyError, TypeError) as error:
            yield self._refuse(visitor, number, "The file was not opened. " + describe(error))
            return
        name = next(iter(directions))

        def opening(view: View) -> View:
            opened = {**view.opened, **directions}
            if len(opened) > MOST_OPENED:
                raise ValueError(f"at most {MOST_OPENED} directions can be open")
            picked = {"do": "pick", "kind": "opened", "name": name}
            return act(replace(view, opened=opened), picked, self.studio.limits)

        count = len(directions)
        said = f"Opened {count} direction{'s' if count > 1 else ''}; the link does not hold them."
        try:
            yield from self._show(visitor, opening, number=number, said=said)
        except ValueError as error:
            yield self._refuse(visitor, number, describe(error))

    def look(self, at: Any) -> Update:
        """Draw one place of the curve, as fast as can be.

        Parameters
        ----------
        at : float
            An index coordinate.
        """
        try:
            place = check_at(at, self.studio.limits)
            future = self.worker.submit(lambda: as_address(self.studio.look(place)))
            address = future.result(timeout=self.patience)
        except Exception as error:
            return {"said": _apology(error, self.patience)}
        return {"html": f'<img alt="what the generator makes here" src="{address}">'}

    def close(self) -> None:
        """Take no more work."""
        self.worker.close()

    def _recover(self, visitor: str, message: Any) -> None:
        """Go on with the view of an address, if the visitor was forgotten: a laptop slept, say."""
        address = message.get("address") if isinstance(message, Mapping) else None
        if isinstance(address, str) and len(address) <= LONGEST_ADDRESS:
            limits = self.studio.limits
            self.visits.recover(visitor, lambda: read_address(dict(parse_qsl(address)), limits)[0])

    def _opened(self, content: Any) -> dict[str, Any]:
        if not isinstance(content, str) or len(content) > 4 * MOST_BYTES / 3 + 4:
            raise ValueError(f"it is too large; at most {MOST_BYTES // 2**20} MiB are taken")
        try:
            data = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise ValueError("it arrived damaged") from error
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "brought.safetensors"
            path.write_bytes(data)
            try:
                return read_opened(str(path), self.studio.explorer.curve.n_features)
            except ValueError as error:  # it names a file that the visitor has never heard of
                raise ValueError(str(error).replace(repr(str(path)), "it")) from error

    def _show(
        self,
        visitor: str,
        change: Callable[[View], View],
        *,
        number: int = 0,
        said: str | None = None,
        anew: bool = False,
        measure: bool = False,
        scrubbed: bool = False,
    ) -> Iterator[Update]:
        """Change a view and send it: what is quick at once, then what the generator makes.

        Every update holds what the ones before it held, since a browser may skip some that come
        close upon each other. A later request of the same visitor ends this one, and sends what
        this has not sent.
        """
        keep = () if anew else None if scrubbed else STATIC
        turn = self.visits.change(visitor, change, keep=keep, number=number, measure=measure)
        view = turn.view
        update: Update = {"facts": facts_of(view), "address": True, "parts": quick_parts(view)}
        if said is not None:
            update["said"] = said
        yield self._numbered(update, turn.heard())
        last, done = monotonic(), set[str]()
        for job in self._due(visitor, turn, scrubbed):
            future = self.worker.submit(partial(painted, job), turn.is_last)
            try:
                for passed in waiting(future, patience=self.patience):
                    if not turn.is_last():
                        return
                    self.visits.worry(visitor, True)
                    slow = _patience(job.doing, passed)
                    yield self._numbered({**update, "slow": slow}, turn.heard())
                parts, is_good = future.result(timeout=0)
            except Stale:
                return
            except TimeoutError as error:
                self.visits.worry(visitor, False)
                update["said"] = _apology(error, self.patience)
                yield self._finished({**update, "slow": ""}, turn.heard())
                return
            if not turn.is_last():
                return
            update = {**update, "parts": {**update["parts"], **parts}}
            done |= set(job.parts) if is_good else set()
            if monotonic() - last > PAUSE:
                yield self._numbered(update, turn.heard())
                last = monotonic()
        self.visits.sent(visitor, done, measured=turn.measure and "lines" in done)
        if self.visits.worry(visitor, False):
            update["slow"] = ""
        yield self._finished(update, turn.heard())

    def _due(self, visitor: str, turn: Turn, scrubbed: bool) -> Iterator[Job]:
        """Give the jobs of which the page has not what it needs."""
        for job in jobs(self.studio, turn.view, measure=turn.measure):
            is_static = job.parts[-1] in STATIC
            lacking = self.visits.lacks(visitor, job.parts)
            is_new = turn.measure and "lines" in job.parts
            if lacking or is_new or not (is_static or (scrubbed and job.parts != ("here",))):
                yield job

    def _heard(self, visitor: str) -> int:
        return self.visits.hear(visitor, 0)[1]

    def _say(self, visitor: str, said: str) -> Update:
        return self._finished({"said": said}, self._heard(visitor))

    def _refuse(self, visitor: str, number: int, said: str) -> Update:
        """Say why nothing was done; controls and lists go back to what is so."""
        view, heard = self.visits.hear(visitor, number)
        facts = {"facts": facts_of(view), "address": True, "parts": quick_parts(view)}
        return self._finished({**facts, "said": said}, heard)

    def _finished(self, update: Update, heard: int) -> Update:
        return self._numbered({**update, "resting": True}, heard)

    def _numbered(self, update: Update, heard: int) -> Update:
        """Give an update a number, so that no two are alike, and that of what it answers."""
        return {**update, "serial": next(self._serial), "heard": heard}


def _number_of(message: Any) -> int:
    """Read the number that a page gave to a message; 0 for none."""
    number = message.get("number") if isinstance(message, Mapping) else None
    return number if isinstance(number, int) else 0


def _patience(doing: str, seconds: float) -> str:
    passed = f", {seconds:.0f} s so far" if seconds >= 1 else ""
    return f"The generator is slow: {doing}{passed}. The page goes on working."


def _apology(error: BaseException, patience: float) -> str:
    if isinstance(error, TimeoutError):
        return (
            f"The generator has not answered for {patience:.0f} s. It may still be at work: what "
            "it has made until then is kept, so ask again later."
        )
    return describe(error)
