"""The transport: Gradio carries what a visitor does to the server, and its updates back.

Gradio is a package for pages of forms. Here it is used for what is below the form: sessions,
queues, passwords, notebooks. The page itself is one component, whose markup, style and script lie
beside this file.
"""

from __future__ import annotations

import os
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from skcurve.app.answering import Server
from skcurve.app.guarding import Guard
from skcurve.app.studio import Studio


@contextmanager
def _silence() -> Iterator[None]:
    """Have Gradio send nothing to anybody while it is imported and set up."""
    names = ("GRADIO_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict(zip(names, ("False", "1"), strict=True)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


with _silence():
    import gradio as gr
    from starlette.middleware import Middleware

N_AT_ONCE = 32
"""Requests of one kind that are answered at the same time; they wait for the generator in line."""
FONTS = ("system-ui", "sans-serif")
MONOSPACE = ("ui-monospace", "monospace")


class Served:
    """A running page.

    Attributes
    ----------
    address : str
        Where it is.
    """

    def __init__(self, blocks: Any, server: Server, address: str) -> None:
        self._blocks, self._server, self.address = blocks, server, address
        self._closed = threading.Event()

    def close(self) -> None:
        """Stop serving."""
        if not self._closed.is_set():
            self._closed.set()
            self._server.close()
            self._blocks.close(verbose=False)

    def wait(self) -> None:
        """Serve until Ctrl-C, then stop."""
        try:
            self._closed.wait()
        finally:
            self.close()


def serve(
    studio: Studio,
    *,
    host: str,
    port: int | None,
    access: tuple[str, str] | None,
    open_browser: bool,
) -> Served:
    """Start to serve a page in the background.

    Parameters
    ----------
    studio : Studio
        What computes.
    host, port : str, int or None
        Where.
    access : (str, str) or None
        User name and password.
    open_browser : bool
        Whether to open it in the browser.
    """
    server = Server(studio)
    with _silence():
        blocks = make_blocks(server)
        _, local, _ = blocks.launch(
            server_name=f"[{host}]" if ":" in host and not host.startswith("[") else host,
            server_port=port,
            auth=access,
            auth_message=None if access is None else f"The user name is {access[0]}.",
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            inbrowser=False,
            inline=False,
            ssr_mode=False,
            pwa=False,
            enable_monitoring=False,
            footer_links=[],
            max_file_size=1,  # nothing comes in this way
            app_kwargs={
                "middleware": [Middleware(Guard, any_name=access is not None)],
                "docs_url": None,
                "redoc_url": None,
            },
            theme=gr.themes.Base(
                font=[gr.themes.Font(name) for name in FONTS],
                font_mono=[gr.themes.Font(name) for name in MONOSPACE],
            ),
            css=_read("page.css"),
        )
    if open_browser:
        webbrowser.open(local)
    return Served(blocks, server, local)


def make_blocks(server: Server) -> Any:
    """Make the Gradio application: one component, and what is done when it calls.

    Parameters
    ----------
    server : Server
        What answers.
    """

    def look(at: Any) -> Any:
        return server.look(at)

    def arrive(request: gr.Request) -> Iterator[Any]:
        query = {name: value for name, value in request.query_params.items()}
        yield from server.arrive(str(request.session_hash), query)

    def do(event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        yield from server.answer(str(request.session_hash), event._data)

    def take(event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        yield from server.take(str(request.session_hash), event._data)

    def bring(event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        yield from server.bring(str(request.session_hash), event._data)

    def leave(request: gr.Request) -> None:
        server.visits.leave(str(request.session_hash))

    with gr.Blocks(title=server.studio.title, analytics_enabled=False, fill_width=True) as blocks:
        page = gr.HTML(
            server.first_update(),
            html_template=_read("page.html"),
            js_on_load=_read("page.js"),
            apply_default_css=False,
            server_functions=[look],
            elem_id="skcurve",
        )
        quietly: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "concurrency_limit": N_AT_ONCE,
        }
        blocks.load(arrive, None, page, **quietly)
        # "multiple": what is asked while something is under way is not dropped.
        page.act(do, None, page, trigger_mode="multiple", **quietly)
        page.take(take, None, page, trigger_mode="multiple", **quietly)
        page.bring(bring, None, page, trigger_mode="multiple", **quietly)
        blocks.unload(leave)
    return blocks


def _read(name: str) -> str:
    return files("skcurve.app").joinpath(name).read_text(encoding="utf-8")
