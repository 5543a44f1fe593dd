"""What stands before the server: nothing large comes in, and nothing is fetched from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_BYTES = 8 * 2**20
"""Of a request: a file of directions in base64, with room to spare."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
"""The page may load from its own server alone, whatever is in it."""

ELSEWHERE = re.compile(rb"<meta\b[^>]*(?:og:|twitter:)[^>]*>", re.IGNORECASE)
"""Descriptions for other sites, which name other sites."""


class Guard:
    """An ASGI layer around the application.

    Parameters
    ----------
    app : callable
        The application.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, limited, and its answer back, guarded."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if lengths and not _is_small(lengths[0]):
            await _refuse(send)
            return
        await self.app(scope, _limited(receive), _guarded(send))


def _is_small(length: bytes) -> bool:
    return length.isdigit() and int(length) <= MOST_BYTES


def _limited(receive: Receive) -> Receive:
    """Break off a request that does not say how long it is, once it is too long."""
    total = 0

    async def counting() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        return {"type": "http.disconnect"} if total > MOST_BYTES else message

    return counting


def _guarded(send: Send) -> Send:
    """Add the policy to every answer, and take other sites out of the page."""
    start: Message | None = None
    body = b""

    async def guarding(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            headers = [
                *message.get("headers", []),
                (b"content-security-policy", POLICY.encode()),
                (b"referrer-policy", b"no-referrer"),
                (b"x-content-type-options", b"nosniff"),
            ]
            message = {**message, "headers": headers}
            kinds = [value for name, value in headers if name.lower() == b"content-type"]
            if kinds and kinds[0].startswith(b"text/html"):
                start = message
                return
        elif start is not None and message["type"] == "http.response.body":
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            clean = ELSEWHERE.sub(b"", body)
            headers = [
                (name, str(len(clean)).encode() if name.lower() == b"content-length" else value)
                for name, value in start["headers"]
            ]
            await send({**start, "headers": headers})
            message, start = {"type": "http.response.body", "body": clean}, None
        await send(message)

    return guarding


async def _refuse(send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [(b"content-type", b"text/plain")],
        }
    )
    await send({"type": "http.response.body", "body": b"too large"})
