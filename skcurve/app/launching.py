"""The page opened: on this machine alone, unless somebody says otherwise and sets a password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from skcurve.app.guarding import is_local
from skcurve.app.origin import as_origin
from skcurve.app.studio import Studio

USER = "skcurve"
FEWEST_CHARACTERS = 8


class Page:
    """A page that is being served; made by `launch`.

    Attributes
    ----------
    address : str
        Where it is.

    Examples
    --------
    >>> page = explorer.app(open_browser=False)  # doctest: +SKIP
    >>> page.address  # doctest: +SKIP
    'http://127.0.0.1:7860/'
    >>> page.close()  # doctest: +SKIP
    """

    def __init__(self, served: Any) -> None:
        self._served = served
        self.address: str = served.address

    def __repr__(self) -> str:
        return f"Page({self.address!r})"

    def close(self) -> None:
        """Stop serving."""
        self._served.close()

    def wait(self) -> None:
        """Serve until Ctrl-C, then stop."""
        self._served.wait()


def launch(
    explorer: Any,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    password: str | None = None,
    open_browser: bool = True,
    title: str = "Explore a latent space",
    image: Callable[[Any], Any] | None = None,
    setup: Sequence[str] | None = None,
) -> Page:
    """Serve the page of an explorer, and open it in the browser.

    There one scrubs along the curve and sees what the generator makes, reads which stretch is which
    attribute, tries segments, chords and principal components on fresh latents, keeps the best
    under a name, and takes them along as files or as a program.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        A curve and a generator, on any device. With `attributes`, effects are measured.
    host : str, default="127.0.0.1"
        The network interface. The default can be reached from this machine alone; anything else
        needs a password.
    port : int, default=None
        None for the first free one from 7860 on.
    password : str, default=None
        Asked for together with the user name ``skcurve``; of at least 8 characters.
    open_browser : bool, default=True
        Whether to open it in the browser of this machine.
    title : str, default="Explore a latent space"
        Its heading.
    image : callable, default=None
        From outputs to pictures, if the outputs are not; see `LatentDirectionExplorer.report`.
    setup : sequence of str, default=None
        Lines of Python that make the same ``explorer``, for the programs that the page writes; None
        for a remark in their place.

    Returns
    -------
    page : Page
        It runs in the background until `Page.close`, or the end of the program.

    Raises
    ------
    ImportError
        If Gradio is not installed.
    TypeError
        If `explorer` is none.
    ValueError
        If the host is not this machine and there is no password, or it is too short.
    OSError
        If the port is taken, or the host is not of this machine.

    Notes
    -----
    Nothing is fetched from elsewhere and nothing is sent there. Visitors do not see each other's
    view; the generator works for one after the other.

    Examples
    --------
    >>> from skcurve.app import launch
    >>> launch(explorer, open_browser=False)  # doctest: +SKIP
    Page('http://127.0.0.1:7860/')
    """
    check_access(host, password)
    if not hasattr(explorer, "has_attributes"):
        raise TypeError(
            f"explorer must be a LatentDirectionExplorer; got {type(explorer).__name__}."
        )
    studio = Studio(explorer, title=title, origin=as_origin(setup), image=image)
    try:
        from skcurve.app.serving import serve
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] == "skcurve":
            raise
        raise ImportError('the page needs Gradio: run pip install "skcurve[app]".') from error
    access = None if password is None else (USER, password)
    try:
        served = serve(studio, host=host, port=port, access=access, open_browser=open_browser)
    except OSError as error:
        place = f"{host}, port {'7860 or one of the next' if port is None else port}"
        raise OSError(
            f"cannot serve at {place}: the port is taken, or this machine has no such address."
        ) from error
    return Page(served)


def check_access(host: str, password: str | None) -> None:
    """Refuse to open a page to others without a password.

    Parameters
    ----------
    host : str
        The network interface.
    password : str or None
        What is asked for.

    Raises
    ------
    ValueError
        If it can be reached from other machines and has no password, or too short a one.
    """
    if password is not None and len(password) < FEWEST_CHARACTERS:
        raise ValueError(
            f"password must have at least {FEWEST_CHARACTERS} characters; got {len(password)}."
        )
    if password is None and not is_local(host):
        raise ValueError(
            f"host={host!r} opens the page, and the generator behind it, to other machines: this "
            "needs a password."
        )
