"""What stands before the server: who may ask, for what, how much; and nothing is from elsewhere."""

from __future__ import annotations

import ipaddress
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

API = "/gradio_api"
READ = re.compile(
    rf"/|/config|/theme\.css|/favicon\.ico|/robots\.txt|/logout|/assets/.+|/static/.+|"
    rf"{API}/(?:startup-events|app_id|user|login_check|heartbeat/\w+|queue/data)"
)
SENT = re.compile(rf"/login|{API}/(?:queue/join|component_server|cancel|reset)")
"""What the page asks its server for, and what it sends there. Gradio would answer to more: hand out
files, take some in, fetch addresses. None of it is needed, so none of it is there."""

OWN = (b"same-origin", b"none")
"""Whose requests these are, as a browser says: of the page itself, or of what somebody typed."""


class Guard:
    """An ASGI layer around the application.

    Parameters
    ----------
    app : callable
        The application.
    any_name : bool, default=False
        Whether the page may be reached by any name. Without a password it may not: a name of
        another site that leads to this machine would let that site's pages in.
    """

    def __init__(self, app: Any, any_name: bool = False) -> None:
        self.app, self.any_name = app, any_name

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, limited, and its answer back, guarded."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await self.app(scope, _limited(receive), _guarded(send))

    def _refusal(self, scope: Message) -> tuple[int, str] | None:
        """Say why a request is not passed on; None if it is."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"localhost").decode("latin-1")
        if not self.any_name and not is_local(_without_port(host)):
            return 403, (
                "This page can be reached by the names of its own machine alone, such as localhost "
                "and 127.0.0.1. Started with a password, it can be reached by any."
            )
        is_read = scope["method"] in ("GET", "HEAD")
        path = scope["path"].removesuffix("/") or "/"
        if ".." in path or not (READ if is_read else SENT).fullmatch(path):
            return 404, "There is nothing here."
        if not is_read and headers.get(b"sec-fetch-site", OWN[0]) not in OWN:
            return 403, "Another site has asked for this."
        if not _is_small(headers.get(b"content-length", b"0")):
            return 413, "This is too large."
        return None


def is_local(host: str) -> bool:
    """Whether only this machine can reach a host.

    Parameters
    ----------
    host : str
        A name or an address.

    Examples
    --------
    >>> from skcurve.app.guarding import is_local
    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    """Take the port off ``name:port`` or ``[address]:port``."""
    return re.sub(r":\d*$", "", host)


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


async def _refuse(send: Send, status: int, said: str) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain; charset=utf-8")],
        }
    )
    await send({"type": "http.response.body", "body": said.encode()})
