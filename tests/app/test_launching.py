"""Who may open the page to whom, and what stands before it."""

import asyncio
import sys

import pytest

from skcurve.app import launch
from skcurve.app.guarding import MOST_BYTES, Guard, is_local
from skcurve.app.launching import check_access


@pytest.mark.parametrize("host", ["127.0.0.1", "LocalHost", "::1", "[::1]", "127.3.2.1"])
def test_this_machine_needs_no_password(host):
    check_access(host, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.3", "example.org", "", "127.0.0.1.x"])
def test_any_other_needs_one_that_is_long_enough(host, explorer):
    assert not is_local(host)
    with pytest.raises(ValueError, match="this needs a password"):
        launch(explorer, host=host, open_browser=False)
    with pytest.raises(ValueError, match="at least 8 characters; got 5"):
        launch(explorer, host=host, password="short", open_browser=False)
    check_access(host, "long enough")


def test_only_an_explorer_is_shown():
    with pytest.raises(TypeError, match="must be a LatentDirectionExplorer; got int"):
        launch(3)


def test_without_gradio_it_is_said_what_to_install(explorer, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.delitem(sys.modules, "skcurve.app.serving", raising=False)
    with pytest.raises(ImportError, match=r'pip install "skcurve\[app\]"'):
        explorer.app(open_browser=False)


def ask(app, path="/", *, method="GET", headers=(), chunks=(b"",)):
    """Send a request through an ASGI application."""
    sent, waiting = [], list(chunks)

    async def receive():
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(app(scope, receive, send))
    return sent


def page_of(kind, *bodies):
    async def app(scope, receive, send):
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(b"".join(bodies))).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for body in bodies[:-1]:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": bodies[-1]})

    return Guard(app)


def test_other_sites_are_taken_out_of_the_page_and_shut_out_by_the_policy():
    html = b'<head><meta property="og:image"\n content="https://elsewhere.org/a.png"><title>'
    start, body = ask(page_of(b"text/html; charset=utf-8", html[:20], html[20:]))
    headers = dict(start["headers"])
    assert body["body"] == b"<head><title>" and headers[b"content-length"] == b"13"
    assert b"default-src 'self'" in headers[b"content-security-policy"]


def test_what_is_no_page_goes_through_as_it_is():
    start, *parts = ask(page_of(b"text/css", b"a{}", b'<meta property="og:x">'))
    assert [part["body"] for part in parts] == [b"a{}", b'<meta property="og:x">']
    assert b"content-security-policy" in dict(start["headers"])


def test_large_requests_are_turned_away():
    reached = []

    async def app(scope, receive, send):
        while (message := await receive())["type"] == "http.request" and message["more_body"]:
            pass
        reached.append(message["type"])

    size = str(MOST_BYTES + 1).encode()
    assert ask(Guard(app), headers=[(b"content-length", size)])[0]["status"] == 413
    assert ask(Guard(app), headers=[(b"content-length", b"-5")])[0]["status"] == 413
    assert reached == []
    ask(Guard(app), chunks=[b"x" * (MOST_BYTES // 2)] * 3)
    ask(Guard(app), headers=[(b"content-length", b"3")], chunks=[b"abc"])
    assert reached == ["http.disconnect", "http.request"]


def status(path, *, method="GET", any_name=False, **headers):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return ask(Guard(app, any_name), path, method=method, headers=named)[0]["status"]


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860", "LOCALHOST:1"])
def test_this_machine_is_reached_by_its_own_names(host):
    assert status("/", host=host) == 200


@pytest.mark.parametrize("host", ["evil.org", "127.0.0.1.evil.org:7860", "192.168.0.3", "", ":80"])
def test_by_the_name_of_another_site_nothing_is_reached_without_a_password(host):
    assert status("/", host=host) == 403
    assert status("/", host=host, any_name=True) == 200


def test_another_site_cannot_send_anything():
    join = "/gradio_api/queue/join"
    sites = ("same-origin", "same-site", "cross-site")
    found = [status(join, method="POST", sec_fetch_site=site) for site in sites]
    assert found == [200, 403, 403] and status(join, method="POST") == 200
    assert status("/", sec_fetch_site="cross-site") == 200  # a link to the page


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://evil.org",
        "/gradio_api/upload",
        "/gradio_api/run/predict",
        "/gradio_api/call/look",
        "/gradio_api/vibe-edit",
        "/gradio_api/openapi.json",
        "/gradio_api/heartbeat/../upload",
        "/assets/../../../../etc/passwd",
        "/static/../config",
        "/monitoring",
        "//evil.org",
        "/docs",
    ],
)
def test_what_the_page_does_not_need_is_not_there(path):
    assert status(path) == status(path, method="POST") == 404
