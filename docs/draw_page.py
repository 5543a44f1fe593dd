"""Draw the picture of the page, light and dark: ``python docs/draw_page.py``.

It needs Playwright and Chromium.
"""

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from skcurve.app import launch
from skcurve.app.example import make_example

PICTURES = {"light": "page.png", "dark": "page-dark.png"}
FOLDER = Path(__file__).parent / "images"
VIEW = "at=19.5&edit=s18_1&pin=c0_1&seed=3"
SIZE = {"width": 1180, "height": 1000}


def main() -> None:
    """Open the demonstration, and take a picture of a view of it on each ground."""
    explorer, setup = make_example(5, 0)
    page = launch(explorer, open_browser=False, title="Explore the sprites", setup=setup)
    chromium = os.environ.get("SKCURVE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for ground, picture in PICTURES.items():
            tab = browser.new_page(viewport=SIZE, color_scheme=ground)
            tab.goto(f"{page.address}?{VIEW}")
            tab.wait_for_selector("[data-resting=yes]")
            box = tab.locator(".sk section").nth(1).bounding_box()
            assert box is not None
            height = box["y"] + box["height"] + 8
            shown = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
            tab.screenshot(path=FOLDER / picture, full_page=True, clip=shown)
        browser.close()
    page.close()


if __name__ == "__main__":
    main()
