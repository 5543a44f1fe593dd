"""The page in a real browser: each thing a person does there, from end to end.

The screenshots are left in a folder that pytest names (``--basetemp``), to be looked at.
"""

import importlib.util
import json
import os
import shutil
import socket
import threading
from io import BytesIO
from itertools import pairwise
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen
from zipfile import ZipFile

import numpy as np
import pytest

from skcurve import CurveAugmenter, LatentDirectionExplorer, PolylineCurve
from skcurve.explorer import Direction, DirectionLibrary
from skcurve.generators.sprites import SpriteGenerator, attributes

pytest.importorskip("gradio")
image = pytest.importorskip("PIL.Image")
playwright_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = os.environ.get("SKCURVE_CHROMIUM") or shutil.which("chromium")
PATIENCE = 120_000  # milliseconds: the machine may have other work
PASSWORD = "only for the test"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium; SKCURVE_CHROMIUM names it"),
]


class Moody:
    """The sprites, but they fail or dawdle on demand."""

    def __init__(self):
        self.sprites = SpriteGenerator()
        self.latent_shape, self.n_layers = self.sprites.latent_shape, self.sprites.n_layers
        self.sample = self.sprites.sample
        self.mood = lambda: None

    def __call__(self, latents):
        self.mood()
        return self.sprites(latents)


@pytest.fixture(scope="module")
def generator():
    return Moody()


@pytest.fixture(scope="module")
def explorer(generator):
    curve = PolylineCurve(generator.sample(16, 0))
    return LatentDirectionExplorer(curve, generator, attributes=attributes, random_state=0)


@pytest.fixture(scope="module")
def connections():
    """Where this process, which is the server too, has connected to or looked up."""
    seen = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connecting(self, where):
        seen.append(where[0] if isinstance(where, tuple) else where)
        return connect(self, where)

    def looking_up(host, *rest, **more):
        seen.append(host)
        return look_up(host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connecting)
        patch.setattr(socket, "getaddrinfo", looking_up)
        yield seen


@pytest.fixture(scope="module")
def served(explorer, connections):
    page = explorer.app(open_browser=False, title="Explore the sprites")
    yield page
    page.close()


@pytest.fixture(scope="module")
def address(served):
    return served.address


@pytest.fixture(scope="module")
def browser():
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def is_elsewhere(url):
    return urlsplit(url).hostname not in ("127.0.0.1", "localhost", None, "")


class Person:
    """Somebody at the page."""

    def __init__(self, page, address):
        self.page, self.address, self.errors, self.elsewhere = page, address, [], []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        page.on("request", self._watch)

    def _hear(self, message):
        if message.type == "error" and "503" not in message.text:
            self.errors.append(message.text)

    def _watch(self, request):
        if is_elsewhere(request.url):
            self.elsewhere.append(request.url)

    def open(self, query=""):
        self.page.goto(self.address + ("?" + query if query else ""))
        self.page.wait_for_selector("[data-resting=yes]")
        return self

    def settle(self, action):
        """Do something, and wait until the page has nothing more to come."""
        before = int(self.page.get_attribute("[data-serial]", "data-serial"))
        action()
        self.page.wait_for_function(
            "before => { const it = document.querySelector('[data-serial]').dataset; "
            "return Number(it.serial) > before && it.resting === 'yes'; }",
            arg=before,
        )

    def click(self, text, within=""):
        button = self.page.locator(f"{within} button", has_text=text).first
        self.settle(button.click)

    def choose(self, where, value):
        self.settle(lambda: self.page.select_option(where, value))

    def fill(self, where, value):
        def enter():
            self.page.fill(where, str(value))
            self.page.press(where, "Tab")

        self.settle(enter)

    def slide(self, where, value):
        """Move a slider as a hand does: the browser tells of each step."""
        self.settle(
            lambda: self.page.eval_on_selector(
                where,
                "(slider, value) => { slider.value = value; "
                "slider.dispatchEvent(new Event('input', { bubbles: true })); }",
                str(value),
            )
        )

    def text(self, where):
        return self.page.inner_text(where)

    def picture(self, where):
        return self.page.get_attribute(f"{where} img >> nth=0", "src")

    def query(self):
        return {name: one[0] for name, one in parse_qs(urlsplit(self.page.url).query).items()}

    def save(self, button):
        with self.page.expect_download() as waiting:
            self.page.click(button)
        return waiting.value.suggested_filename, open(waiting.value.path(), "rb").read()


@pytest.fixture
def meet(browser, address, generator):
    """Let somebody sit down at the page, in a browser of their own."""
    contexts, people = [], []

    def meet(address=address, **settings):
        settings = {"viewport": {"width": 1280, "height": 900}, **settings}
        contexts.append(browser.new_context(**settings))
        contexts[-1].route(is_elsewhere, lambda route: route.abort())
        people.append(Person(contexts[-1].new_page(), address))
        return people[-1]

    yield meet
    generator.mood = lambda: None
    for context in contexts:
        context.close()
    for person in people:
        assert person.errors == [] and person.elsewhere == []


@pytest.fixture
def ann(meet):
    return meet().open()


def test_scrubbing_shows_what_the_generator_makes_there(ann):
    first = ann.picture("#sk-here")
    ann.slide("#sk-at", 7.5)
    assert ann.picture("#sk-here") != first
    assert ann.text("#sk-where") == "7.50 · segment 7"
    assert ann.query()["at"] == "7.5"
    ann.settle(ann.page.locator(".sk-thumb").nth(3).click)
    assert ann.text("#sk-where") == "3.00 · vertex 3"
    assert ann.page.locator(".sk-thumb img").count() == 16


def test_the_keyboard_does_what_the_mouse_does(ann):
    page = ann.page
    page.focus("#sk-at")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: "at=0.05&" in url + "&")
    assert ann.text("#sk-where") == "0.05 · segment 0"
    page.keyboard.press("End")
    page.wait_for_url(lambda url: "at=15&" in url + "&")
    page.wait_for_selector("[data-resting=yes]")
    assert ann.text("#sk-where") == "15.00 · vertex 15"
    page.focus(".sk-stretch >> nth=1")
    ann.settle(lambda: page.keyboard.press("Enter"))
    assert float(ann.query()["at"]) < 15
    page.fill("#sk-name", "by keyboard")
    ann.settle(lambda: page.keyboard.press("Enter"))
    assert "by keyboard" in ann.text("#sk-kept")
    # What is taken off a list does not take the keyboard with it.
    for _ in range(2):
        ann.click("Add this edit")
    page.focus("#sk-stack button >> nth=1")
    for label in ("take off", "Add this edit"):
        ann.settle(lambda: page.keyboard.press("Enter"))
        focused = page.evaluate("document.activeElement.title || document.activeElement.innerText")
        assert focused == label
    # Everything that can be used has a name that a screen reader can say.
    nameless = page.evaluate(
        "[...document.querySelectorAll('#sk-page :is(button,input,select)')].filter(one => !("
        "one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim()))"
        ".map(one => one.outerHTML)"
    )
    assert nameless == []


def test_a_stretch_of_the_profile_becomes_the_direction(ann, explorer):
    assert ann.page.locator("#sk-lines .sk-row").count() == 9
    stretch = ann.page.locator(".sk-stretch").nth(2)
    said = stretch.get_attribute("aria-label")
    first, last = (int(part) for part in said.split("vertices ")[1].split(",")[0].split(" to "))
    ann.settle(stretch.click)
    assert float(ann.query()["at"]) == (first + last) / 2
    assert [ann.page.input_value(f"#sk-sample-{end}") for end in ("first", "last")] == [
        str(first), str(last),
    ]  # fmt: skip
    expected = f"segment {first}" if last == first + 1 else f"vertices {first} to {last}"
    assert ann.text("#sk-current-name").startswith(expected)


def test_directions_are_picked_and_tried_on_latents_strengths_and_layers(ann, explorer):
    strips = [ann.picture("#sk-current-strip")]
    ann.fill("#sk-first", 4)
    assert ann.query()["edit"] == "s4_1"
    strips.append(ann.picture("#sk-current-strip"))
    ann.choose("#sk-kind", "vertices")
    ann.fill("#sk-first", 2)
    ann.fill("#sk-last", 9)
    assert ann.query()["edit"] == "v2-9_1"
    ann.slide("#sk-strength", -1.5)
    assert ann.text("#sk-strength-is") == "-1.50 steps"
    strips.append(ann.picture("#sk-current-strip"))
    ann.choose("#sk-layer-first", "2")
    ann.choose("#sk-layer-last", "5")
    assert ann.query()["edit"] == "v2-9_-1.5_2-5"
    strips.append(ann.picture("#sk-current-strip"))
    ann.fill("#sk-seed", 11)
    strips.append(ann.picture("#sk-current-strip"))
    ann.click("Fresh ones")
    assert ann.page.input_value("#sk-seed") == "12" and ann.query()["seed"] == "12"
    strips.append(ann.picture("#sk-current-strip"))
    assert len(set(strips)) == len(strips)
    ann.slide("#sk-at", 6.2)
    ann.click("Use the slider’s")
    assert ann.query()["edit"] == "s6_-1.5_2-5"


def test_the_effect_on_every_attribute_and_the_leakage_are_read(ann, explorer):
    ann.fill("#sk-first", 3)
    shown = dict(zip(*[
        ann.page.locator(f"#sk-current-effects .sk-bars > {kind}").all_inner_texts()
        for kind in ("span", "b")
    ], strict=True))  # fmt: skip
    one = explorer.directions()[3]
    effects = explorer.effects([one], latents=explorer.sample(16, 0), n_steps=3)
    for name, size in zip(effects.attribute_names, effects.effects[0], strict=True):
        assert float(shown[name]) == pytest.approx(float(size), abs=0.0051)
    assert f"{1 - effects.purity[0]:.0%}" in ann.text("#sk-current-effects dl")


def test_two_directions_stand_side_by_side(ann):
    assert ann.page.is_hidden("#sk-pinned")
    strip = ann.picture("#sk-current-strip")
    ann.click("Pin it")
    ann.choose("#sk-kind", "component")
    ann.fill("#sk-first", 1)
    assert ann.text("#sk-pinned-name") == "segment 0 × 1"
    assert ann.text("#sk-current-name") == "component 1 × 1"
    assert ann.picture("#sk-pinned-strip") == strip != ann.picture("#sk-current-strip")
    boxes = [ann.page.locator(one).bounding_box() for one in ("#sk-pinned", ".sk-card >> nth=0")]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] > boxes[1]["x"]
    ann.click("Swap")
    assert ann.text("#sk-current-name") == "segment 0 × 1"
    ann.click("Unpin")
    assert ann.page.is_hidden("#sk-pinned") and "pin" not in ann.query()


def test_edits_are_stacked_and_undone(ann):
    assert ann.page.is_disabled("#sk-undo")
    ann.click("Add this edit")
    ann.fill("#sk-first", 5)
    ann.click("Add this edit")
    assert ann.query()["stack"] == "s0_1,s5_1"
    assert ann.page.locator("#sk-before img").count() == 8
    ann.settle(ann.page.locator("#sk-stack button").first.click)
    assert ann.query()["stack"] == "s5_1"
    ann.click("Undo")
    assert ann.query()["stack"] == "s0_1,s5_1"
    ann.click("Undo")
    ann.click("Undo")
    assert "stack" not in ann.query() and ann.page.is_disabled("#sk-undo")
    assert ann.page.locator("#sk-before img").count() == 0


def test_directions_are_named_kept_and_rejected(ann):
    ann.page.click("text=Keep >> nth=0")
    assert "Give it a name" in ann.text("#sk-notice")
    ann.page.fill("#sk-name", "A <b>hat</b>")
    ann.click("Keep", "#sk-verdict")
    ann.click("Next segment")
    ann.click("Reject")
    assert "A <b>hat</b>" in ann.text("#sk-kept") and "Rejected: segment 1" in ann.text("#sk-kept")
    assert ann.text("#sk-current-name").startswith("segment 2")
    ann.click("A <b>hat</b>", "#sk-kept")
    assert ann.text("#sk-current-name").startswith("segment 0")
    assert ann.query()["keep"] == "s0_1 A <b>hat</b>" and ann.query()["reject"] == "s1"


def test_files_are_taken_along(ann, tmp_path):
    ann.page.fill("#sk-name", "hat")
    ann.click("Keep", "#sk-verdict")
    name, content = ann.save("text=Card (.safetensors)")
    (tmp_path / name).write_bytes(content)
    card = DirectionLibrary.load(tmp_path / name)["hat"]
    name, content = ann.save("text=Card (.json)")
    assert name == "hat.json" and np.allclose(json.loads(content)["vector"], card.vector)
    name, content = ann.save("text=Strip (.png)")
    assert name == "hat.png" and image.open(BytesIO(content)).width > 5 * 64
    name, content = ann.save("text=Traversal (.gif)")
    assert name == "hat.gif" and image.open(BytesIO(content)).n_frames == 48
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        assert ann.page.is_hidden("#sk-mp4")
    else:
        name, content = ann.save("#sk-mp4")
        assert name == "hat.mp4" and content[4:8] == b"ftyp"
    name, content = ann.save("text=Save all")
    (tmp_path / name).write_bytes(content)
    assert list(DirectionLibrary.load(tmp_path / name)) == ["hat"]


def test_the_program_makes_the_edit_again(ann, explorer):
    ann.fill("#sk-first", 3)
    names = {"explorer": explorer}
    exec(ann.page.text_content("#sk-recipe"), names)
    direction = (3, float(explorer.curve.lengths[3]))
    expected = explorer.combine(explorer.sample(16, 0)[:4], [direction])
    assert np.allclose(names["edited"], expected)


def test_samples_of_a_stretch_are_looked_at_and_downloaded(ann, explorer):
    assert ann.page.locator("#sk-samples img").count() == 8
    for name, value in {"first": 9, "last": 4, "n": 6, "seed": 2, "jitter": 0.5}.items():
        ann.fill(f"#sk-sample-{name}", value)
    ann.settle(lambda: ann.page.check("#sk-sample-inside"))
    assert ann.query()["sample"] == "4-9_6_2_0.5_inside"
    assert "6 of 6 lie inside" in ann.text("#sk-samples")
    assert ann.page.locator("#sk-samples img").count() == 6
    name, content = ann.save("text=Arrays (.npz)")
    assert name == "samples-4-9-seed-2.npz"
    augmenter = CurveAugmenter(explorer.curve, jitter=0.5, random_state=0)
    augmenter.fit(explorer.sample(4096, 0))
    expected = augmenter.sample(6, (4.0, 9.0), valid_only=True, random_state=2)
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        assert np.array_equal(arrays["latents"], expected.latents)
        assert arrays["outputs"].shape == (6, 3, 32, 32) and arrays["valid"].all()
    name, content = ann.save("text=Pictures (.zip)")
    assert sum(one.endswith(".png") for one in ZipFile(BytesIO(content)).namelist()) == 6


def test_what_is_no_number_is_said_and_put_back(ann):
    ann.fill("#sk-first", 99)
    assert "There is no segment 99" in ann.text("#sk-notice")
    assert ann.page.input_value("#sk-first") == "0" and ann.query()["edit"] == "s0_1"
    ann.page.click("#sk-notice-close")
    assert ann.page.is_hidden("#sk-notice")


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_said_is_seen_wherever_one_is_on_the_page(meet, width):
    ann = meet(viewport={"width": width, "height": 844}).open()
    ann.page.locator("#sk-samples").scroll_into_view_if_needed()
    ann.fill("#sk-sample-first", 99)
    assert ann.page.evaluate("scrollY") > 500
    assert "There is no vertex 99" in ann.text("#sk-notice")
    box = ann.page.locator("#sk-notice").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 844


def test_a_link_brings_a_colleague_to_the_same_view(ann, meet):
    ann.settle(ann.page.locator(".sk-stretch").nth(1).click)
    ann.slide("#sk-strength", 0.75)
    ann.click("Add this edit")
    ann.click("Pin it")
    ann.page.fill("#sk-name", "grün & groß")
    ann.click("Keep", "#sk-verdict")
    ann.click("Next segment")
    ann.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ann.page.click("#sk-copy-link")
    ann.page.wait_for_selector("text=Copied")
    link = ann.page.evaluate("navigator.clipboard.readText()")
    assert link == ann.page.url
    bob = meet().open(urlsplit(link).query)
    parts = ["#sk-here", "#sk-current-strip", "#sk-pinned-strip", "#sk-before"]
    assert [bob.picture(one) for one in parts] == [ann.picture(one) for one in parts]
    texts = ["#sk-where", "#sk-current-effects", "#sk-stack", "#sk-kept", "#sk-recipe"]
    assert [bob.text(one) for one in texts] == [ann.text(one) for one in texts]
    assert bob.query() == ann.query()


def test_two_people_at_once_do_not_see_each_others_view(ann, meet):
    bob = meet().open()
    ann.page.fill("#sk-name", "mine")
    ann.click("Keep", "#sk-verdict")
    ann.click("Add this edit")
    bob.fill("#sk-seed", 4)
    assert "mine" not in bob.text("#sk-page") and "stack" not in bob.query()
    assert ann.query()["seed"] == "0" and ann.query()["keep"] == "s0_1 mine"


def test_whoever_was_forgotten_goes_on_with_what_the_page_shows(ann, served):
    ann.click("Add this edit")
    ann.page.fill("#sk-name", "mine")
    ann.click("Keep", "#sk-verdict")
    visits = served._served._server.visits
    for visitor in list(visits._visits):  # as after a broken line
        visits.leave(visitor)
    ann.fill("#sk-first", 5)
    assert ann.query()["stack"] == "s0_1" and ann.query()["edit"] == "s5_1"
    assert "mine" in ann.text("#sk-kept")


def test_directions_are_opened_and_files_of_another_kind_are_not(ann, tmp_path):
    vector = np.random.default_rng(0).normal(size=64)
    DirectionLibrary([Direction(vector, name="brought", strength=9.0)]).save(
        tmp_path / "mine.safetensors"
    )
    ann.settle(lambda: ann.page.set_input_files("#sk-open", tmp_path / "mine.safetensors"))
    assert ann.text("#sk-current-name") == "brought × 1"
    assert "Opened 1 direction" in ann.text("#sk-notice")
    (tmp_path / "pickle.safetensors").write_bytes(b"\x80\x04cos\nsystem\n(S'false'\ntR.")
    ann.settle(lambda: ann.page.set_input_files("#sk-open", tmp_path / "pickle.safetensors"))
    assert "The file was not opened" in ann.text("#sk-notice")
    (tmp_path / "large.safetensors").write_bytes(bytes(5 * 2**20))
    ann.page.set_input_files("#sk-open", tmp_path / "large.safetensors")
    assert "too large" in ann.text("#sk-notice")


def test_a_generator_that_fails_is_said_and_the_page_lives_on(ann, generator):
    def fail():
        raise RuntimeError("out of <memory>")

    generator.mood = fail
    ann.fill("#sk-first", 12)
    assert "out of <memory>" in ann.text("#sk-current-strip")
    ann.slide("#sk-at", 13.37)
    assert "out of <memory>" in ann.text("#sk-page")
    generator.mood = lambda: None
    ann.fill("#sk-first", 13)
    assert ann.page.locator("#sk-current-strip img").count() == 20


def test_a_slow_generator_is_said_and_the_page_lives_on(ann, generator):
    release = threading.Event()
    generator.mood = lambda: release.wait(60)
    ann.page.fill("#sk-first", "8")
    ann.page.press("#sk-first", "Tab")
    ann.page.wait_for_selector("#sk-notice >> text=The generator is slow")
    ann.page.fill("#sk-name", "while it works")
    ann.page.press("#sk-name", "Enter")
    ann.page.wait_for_selector("#sk-kept >> text=while it works")
    release.set()
    ann.page.wait_for_selector("[data-resting=yes]")
    ann.page.wait_for_selector("#sk-notice", state="hidden")
    assert ann.page.locator("#sk-current-strip img").count() == 20


def test_what_is_typed_while_a_generator_is_slow_is_not_taken_away(ann, generator):
    release = threading.Event()
    generator.mood = lambda: release.wait(60)
    ann.page.fill("#sk-first", "10")
    ann.page.press("#sk-first", "Tab")
    ann.page.wait_for_selector("#sk-notice >> text=The generator is slow")
    ann.page.click("#sk-seed", click_count=3)
    for digit in "42":
        before = int(ann.page.get_attribute("[data-serial]", "data-serial"))
        ann.page.keyboard.type(digit)
        ann.page.wait_for_function(
            "before => Number(document.querySelector('[data-serial]').dataset.serial) > before",
            arg=before,
        )
    assert ann.page.input_value("#sk-seed") == "42"
    ann.page.press("#sk-seed", "Enter")
    release.set()
    ann.page.wait_for_url("**seed=42**")
    ann.page.wait_for_selector("[data-resting=yes]")
    assert ann.query()["edit"] == "s10_1"


def test_a_slider_that_moves_is_not_pulled_back_by_another_answer(ann):
    shown = ann.page.evaluate(
        """() => new Promise((done) => {
          const at = document.querySelector('#sk-at'), shown = new Set();
          const where = document.querySelector('#sk-where');
          const { dataset } = document.querySelector('[data-serial]'), before = dataset.serial;
          const watch = new MutationObserver(() => shown.add(where.textContent));
          watch.observe(where, { childList: true });
          const move = () => {
            at.value = 9;
            at.dispatchEvent(new Event('input', { bubbles: true }));
          };
          move();
          document.querySelector('#sk-verdict [data-do*=next]').click();
          const hand = setInterval(() => {
            move();
            if (dataset.serial === before) return;
            clearInterval(hand);
            done([...shown]);
          }, 20);
        })"""
    )
    assert shown == ["9.00 · vertex 9"]


@pytest.fixture
def slow_line(ann):
    """The same person, at the end of a line on which everything takes 0.3 seconds."""
    settings = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    line = ann.page.context.new_cdp_session(ann.page)
    line.send("Network.emulateNetworkConditions", settings)
    return ann


def test_what_is_done_quickly_on_a_slow_line_is_done_in_turn(slow_line, tmp_path):
    ann, page = slow_line, slow_line.page
    page.select_option("#sk-kind", "vertices")
    for where, value in {"first": 4, "last": 9, "seed": 11}.items():
        page.fill(f"#sk-{where}", str(value))
    for _ in range(3):
        page.press("#sk-seed", "ArrowUp")
    page.click("text=Fresh ones")
    page.click("text=Add this edit")
    page.click("text=Pin it")
    page.fill("#sk-first", "6")
    name, content = ann.save("text=Card (.json)")
    page.wait_for_selector("[data-resting=yes]")
    assert name == "vertices-6-to-9.json" and json.loads(content)["ends"] == [6, 9]
    asked = {name: ann.query()[name] for name in ("edit", "seed", "stack", "pin")}
    assert asked == {"edit": "v6-9_1", "seed": "15", "stack": "v4-9_1", "pin": "v4-9_1"}
    assert [page.input_value(f"#sk-{one}") for one in ("first", "last", "seed")] == ["6", "9", "15"]
    ann.settle(lambda: page.click("#sk-stack button", click_count=2))
    assert "stack" not in ann.query() and "There is no edit" in ann.text("#sk-notice")


def test_the_answer_to_what_came_before_takes_no_control_back(slow_line):
    page = slow_line.page
    page.select_option("#sk-kind", "vertices")
    page.fill("#sk-first", "4")
    page.press("#sk-first", "Tab")
    seen = page.evaluate(
        """() => new Promise((done) => {
          const { dataset } = document.querySelector('[data-serial]'), seen = new Set();
          const eye = setInterval(() => {
            seen.add(document.querySelector('#sk-first').value);
            if (dataset.resting !== 'yes') return;
            clearInterval(eye);
            done([...seen]);
          }, 5);
        })"""
    )
    assert seen == ["4"] and slow_line.query()["edit"].startswith("v4-")


def test_a_hand_that_does_not_rest_is_waited_for_by_what_comes_after(ann):
    move = (
        "([where, value]) => { const it = document.querySelector(where); it.value = value; "
        "it.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    ann.settle(lambda: (
        ann.page.evaluate(move, ["#sk-at", 9.5]), ann.page.click("text=Use the slider’s")
    ))  # fmt: skip
    assert ann.query()["edit"] == "s9_1" and ann.query()["at"] == "9.5"
    ann.settle(lambda: (
        ann.page.evaluate(move, ["#sk-strength", 2]), ann.page.click("text=Add this edit")
    ))  # fmt: skip
    assert ann.query()["stack"] == "s9_2"
    ann.settle(lambda: (
        ann.page.evaluate(move, ["#sk-at", 7.5]), ann.page.locator(".sk-thumb").nth(3).click()
    ))  # fmt: skip
    assert ann.query()["at"] == "3" and ann.text("#sk-where") == "3.00 · vertex 3"


WATCH = """() => {
  const here = document.querySelector('#sk-here');
  window.seen = [];
  new MutationObserver(() => window.seen.push(here.querySelector('img').getAttribute('src')))
    .observe(here, { childList: true });
}"""
"""From now on, have the page note which pictures it shows."""


def test_a_picture_that_comes_late_does_not_take_the_place_of_a_newer(ann, generator):
    ann.settle(ann.page.locator(".sk-thumb").nth(3).click)
    expected = ann.picture("#sk-here")
    ann.slide("#sk-at", 5)
    release = threading.Event()
    generator.mood = lambda: release.wait(60)
    ann.page.evaluate(
        "() => { const it = document.querySelector('#sk-at'); for (const value of [8.1, 8.2]) { "
        "it.value = value; it.dispatchEvent(new Event('input', { bubbles: true })); } }"
    )
    ann.page.locator(".sk-thumb").nth(3).click()
    ann.page.wait_for_function("() => document.querySelector('#sk-at').value === '3'")
    before = ann.picture("#sk-here")
    ann.page.evaluate(WATCH)
    ann.settle(release.set)
    ann.page.wait_for_timeout(300)
    assert ann.picture("#sk-here") == expected
    assert set(ann.page.evaluate("window.seen")) <= {before, expected}


def test_no_other_place_is_shown_to_a_hand_that_moves(ann):
    ann.page.evaluate(WATCH)
    ann.page.evaluate(
        """() => new Promise((done) => {
          const at = document.querySelector('#sk-at');
          const { dataset } = document.querySelector('[data-serial]');
          const move = () => {
            at.value = 9;
            at.dispatchEvent(new Event('input', { bubbles: true }));
          };
          move();
          document.querySelector('#sk-verdict [data-do*=next]').click();
          const hand = setInterval(() => {
            move();
            if (dataset.resting === 'yes') { clearInterval(hand); done(); }
          }, 20);
        })"""
    )
    seen = ann.page.evaluate("window.seen")
    ann.page.wait_for_url("**at=9&**")
    ann.slide("#sk-at", 1.5)
    assert seen and ann.picture("#sk-here") not in seen


def test_an_error_stays_while_the_generator_is_slow(ann, generator):
    release = threading.Event()
    generator.mood = lambda: release.wait(60)
    ann.page.fill("#sk-seed", "5")
    ann.page.press("#sk-seed", "Tab")
    ann.page.wait_for_selector("#sk-notice >> text=The generator is slow")
    ann.page.fill("#sk-sample-first", "99")
    ann.page.press("#sk-sample-first", "Tab")
    ann.page.wait_for_selector("#sk-notice >> text=There is no vertex 99")
    for _ in range(2):  # it says again and again that it is slow
        before = ann.page.get_attribute("[data-serial]", "data-serial")
        ann.page.wait_for_selector(f"[data-serial]:not([data-serial='{before}'])")
    assert "There is no vertex 99" in ann.text("#sk-notice")
    ann.settle(release.set)
    assert "There is no vertex 99" in ann.text("#sk-notice")


def test_a_button_that_said_copied_says_again_what_it_does(ann):
    ann.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for _ in range(2):
        ann.page.click("#sk-copy-link")
    ann.page.wait_for_selector("#sk-copy-link >> text=Copied")
    ann.page.wait_for_selector("#sk-copy-link >> text=Copy link")


@pytest.mark.parametrize("width", [360, 1280])
def test_long_names_are_broken_and_not_the_page(meet, tmp_path, width):
    name = "a_rather_long_name_without_a_single_space_in_it_at_all"
    vector = np.random.default_rng(0).normal(size=64)
    DirectionLibrary([Direction(vector, name=name)]).save(tmp_path / "mine.safetensors")
    ann = meet(viewport={"width": width, "height": 740}).open()
    ann.settle(lambda: ann.page.set_input_files("#sk-open", tmp_path / "mine.safetensors"))
    ann.click("Pin it")
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= width
    ann.page.screenshot(path=tmp_path / f"long-{width}.png", full_page=True)


def test_on_a_telephone_nothing_sticks_out(meet, tmp_path):
    ann = meet(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    ann.open("pin=c1_1&stack=s1_1,s2_-0.5_0-3&keep=s1_1+a+rather+long+name+for+a+small+screen")
    width = ann.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    outside = ann.page.evaluate(
        "[...document.querySelectorAll('#sk-page :is(button,input,select,img,section)')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().right > 361)"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    assert outside == []
    ann.page.screenshot(path=tmp_path / "telephone.png", full_page=True)


def test_the_thumbnails_do_not_cover_each_other_at_any_width(ann):
    for width in (320, 360, 390, 560, 740, 820, 992, 1090, 1280):
        ann.page.set_viewport_size({"width": width, "height": 800})
        boxes = ann.page.evaluate(
            "[...document.querySelectorAll('.sk-thumb')].filter(one => one.offsetParent)"
            ".map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
        )
        assert len(boxes) >= 8
        assert all(box[1] <= other[0] + 0.5 for box, other in pairwise(boxes)), width


def test_it_is_dark_for_those_who_like_it_dark(meet, tmp_path):
    ann = meet(color_scheme="dark").open()
    ground = "getComputedStyle(document.querySelector('.sk section')).backgroundColor"
    assert ann.page.evaluate(ground) == "rgb(25, 31, 37)"
    ann.page.screenshot(path=tmp_path / "dark.png", full_page=True)
    ann.page.click("#sk-theme")
    assert ann.page.evaluate(ground) == "rgb(255, 255, 255)"
    ann.page.screenshot(path=tmp_path / "light.png", full_page=True)


def test_the_page_names_no_other_site_and_its_server_calls_none(ann, connections):
    html = ann.page.context.request.get(ann.address).text()
    html = html.replace("http://www.w3.org/2000/svg", "")  # the name of a format: nobody fetches it
    sites = {part.split("/")[0].split(":")[0] for part in html.split("://")[1:]}
    assert sites <= {"127.0.0.1", "localhost"}
    assert ann.page.locator("footer").is_hidden()
    assert connections  # its own start is among them
    assert {"127.0.0.1", "localhost"}.issuperset(connections)


def test_what_the_page_does_not_need_is_not_served(address):
    def status(path, **headers):
        try:
            return urlopen(Request(address + path, headers=headers), timeout=60).status
        except HTTPError as error:
            return error.code

    assert status("config") == 200
    for path in (
        "gradio_api/file=/etc/passwd",
        "gradio_api/file%3D/etc/passwd",
        "gradio_api/upload",
        "gradio_api/info",
        "assets/..%2f..%2froutes.py",
        "static/%2e%2e/%2e%2e/routes.py",
        "monitoring",
    ):
        assert status(path) == 404, path
    assert status("config", Host="evil.org") == 403


def test_with_a_password_nobody_comes_in_without_it(explorer, meet, capfd):
    page = explorer.app(open_browser=False, password=PASSWORD)
    try:
        bob = meet(address=page.address)
        request = bob.page.context.request
        assert request.get(page.address + "config").status == 401
        asked = {"data": [3.0], "fn_name": "look", "session_hash": "x", "component_id": 1}
        reply = request.post(page.address + "gradio_api/component_server", data=asked)
        assert reply.status == 401
        bob.page.goto(page.address)
        bob.page.wait_for_selector("text=The user name is skcurve.")
        bob.page.fill("input >> nth=0", "skcurve")
        bob.page.fill("input[type=password]", PASSWORD + "?")
        bob.page.press("input[type=password]", "Enter")
        bob.page.wait_for_selector("text=Incorrect")
        bob.page.fill("input >> nth=0", "skcurve")
        bob.page.fill("input[type=password]", PASSWORD)
        bob.page.press("input[type=password]", "Enter")
        bob.page.wait_for_selector("[data-resting=yes]")
        assert bob.page.locator("#sk-current-strip img").count() == 20
        bob.errors.clear()  # the browser reports the refusals above as errors
        assert PASSWORD not in "".join([*capfd.readouterr(), bob.page.url, bob.page.content()])
    finally:
        page.close()
