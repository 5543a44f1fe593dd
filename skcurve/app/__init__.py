"""The page: explore a latent space in the browser by scrubbing along its curve.

Needs ``pip install "skcurve[app]"``, which is imported when a page is opened. What the page knows
of a visitor is a `View`, what it computes a `Studio`; neither needs a browser.
"""

from skcurve.app.launching import Page, launch

__all__ = ["Page", "launch"]
