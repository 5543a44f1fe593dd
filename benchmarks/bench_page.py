"""The page: how soon does it answer, and how soon is something to be seen?

The explorer is that of `skcurve explore --demo`, the sprites on a curve of 32 vertices, served on
this machine. A *scrub step* is one request for the picture at a place of the curve, as the slider
makes it, each at a place not asked for before; it is timed from sending it to having the answer,
in the process that serves, so the work of both ends is in it. Beside it are what the answer
cannot do without, the generator on one latent, and the smallest request that Gradio answers. *First
paint* is what a browser with an empty cache reports as its first contentful paint; the pictures are
there when the slider's picture and the strip of the direction are. The browser runs on the same
cores as the server.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from report import Report, Table, wants_quick

from skcurve.app.example import make_example

N_STEPS, N_VISITS = 200, 7
N_BITS = 5
SCRUB_LIMIT, PAINT_LIMIT = 0.1, 3.0


def main() -> None:
    """Serve the page, scrub along its curve, and open it in a browser."""
    quick = wants_quick(__doc__)
    report = Report("page", __doc__, quick)
    try:
        import gradio  # noqa: F401
    except ImportError:
        report.tell("Not measured", 'Gradio is not installed: `pip install "skcurve[app]"`.')
        return
    explorer, setup = make_example(3 if quick else N_BITS, 0)
    page = explorer.app(open_browser=False, setup=setup)
    try:
        scrub = measure_scrubbing(explorer, page.address, 10 if quick else N_STEPS)
        report.show(scrub_table(scrub))
        report.at_most(
            "a scrub step, median, s", statistics.median(scrub["scrub step"]), SCRUB_LIMIT
        )
        slow = float(np.quantile(scrub["scrub step"], 0.95))
        report.at_most("a scrub step, 95 of 100, s", slow, SCRUB_LIMIT)
        visits = measure_visits(page.address, 1 if quick else N_VISITS)
        if visits is None:
            report.tell("First paint", "Not measured: there is no Playwright, or no Chromium.")
        else:
            report.show(visit_table(visits))
            paint = statistics.median(visits["first paint"])
            report.at_most("first paint, median, s", paint, PAINT_LIMIT)
            there = statistics.median(visits["pictures there"])
            report.at_most("pictures there, median, s", there, PAINT_LIMIT)
    finally:
        page.close()
    report.publish()


def measure_scrubbing(explorer: Any, address: str, n_steps: int) -> dict[str, list[float]]:
    """Time steps of the slider, one after another, in turn with what they are compared with."""
    with urlopen(address + "config") as answer:
        config = json.load(answer)
    number = next(one["id"] for one in config["components"] if one["type"] == "html")
    places = np.random.default_rng(0).permutation(1000)[: n_steps + 3] / 1000
    places = iter((explorer.curve.n_segments * places).tolist())
    latents: Iterator[Any] = iter(explorer.sample(n_steps + 3, 1)[:, None])

    def step() -> None:
        asked = {"component_id": number, "fn_name": "look", "session_hash": "bench"}
        request = Request(
            address + "gradio_api/component_server",
            json.dumps({**asked, "data": next(places)}).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request) as answer:
            assert "html" in json.load(answer)

    def smallest() -> None:
        with urlopen(address + "gradio_api/app_id") as answer:
            answer.read()

    contenders: dict[str, Callable[[], Any]] = {
        "scrub step": step,
        "generator on one latent": lambda: explorer.generator(next(latents)),
        "smallest request": smallest,
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(n_steps + 3):
        for name, contender in contenders.items():
            began = perf_counter()
            contender()
            if turn >= 3:
                seconds[name].append(perf_counter() - began)
    return seconds


def measure_visits(address: str, n_visits: int) -> dict[str, list[float]] | None:
    """Open the page in fresh browsers; None where there is none."""
    chromium = os.environ.get("SKCURVE_CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    seconds: dict[str, list[float]] = {
        name: [] for name in ("first paint", "pictures there", "everything there")
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for visit in range(n_visits + 1):
            context = browser.new_context()
            page = context.new_page()
            page.set_default_timeout(120_000)
            began = perf_counter()
            page.goto(address, wait_until="commit")
            page.wait_for_selector("#sk-here img")
            page.wait_for_selector("#sk-current-strip img")
            pictures = perf_counter() - began
            page.wait_for_selector("[data-resting=yes]")
            everything = perf_counter() - began
            paint = page.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
            )
            context.close()
            if visit:  # the first one starts the browser's own processes
                for name, time in zip(seconds, (paint, pictures, everything), strict=True):
                    seconds[name].append(time)
        browser.close()
    return seconds


def scrub_table(seconds: dict[str, list[float]]) -> Table:
    """Lay out the steps."""
    table = Table("Scrubbing", ["what", "seconds, median", "95 of 100 within", "of a step"])
    whole = statistics.median(seconds["scrub step"])
    for name, times in seconds.items():
        median = statistics.median(times)
        table.add(name, median, float(np.quantile(times, 0.95)), median / whole)
    return table


def visit_table(seconds: dict[str, list[float]]) -> Table:
    """Lay out the visits."""
    table = Table("Opening", ["what", "seconds, median", "slowest"])
    for name, times in seconds.items():
        table.add(name, statistics.median(times), max(times))
    return table


if __name__ == "__main__":
    main()
