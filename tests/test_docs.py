"""The documentation builds without a warning, is complete, and needs no network to be read."""

import pkgutil
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import skcurve

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


INTERNAL = {"arrays", "cli"}  # subpackages whose names are for the package alone


def public_names():
    """Every name in `__all__` of the package and of its public subpackages, in full."""
    rooms = {module.name for module in pkgutil.iter_modules(skcurve.__path__) if module.ispkg}
    for name in ["skcurve", *(f"skcurve.{room}" for room in sorted(rooms - INTERNAL))]:
        yield from (f"{name}.{public}" for public in import_module(name).__all__)


def listed_names():
    """Every name in the tables of the reference, in full."""
    for module, table in re.findall(
        r"currentmodule:: (\S+)\n\.\. autosummary::\n(?:   :.*\n)*\n((?:   \S+\n)+)", REFERENCE
    ):
        yield from (f"{module}.{name}" for name in table.split())


def test_the_reference_lists_every_public_name_once():
    listed = sorted(listed_names())
    assert listed == sorted(set(listed))
    assert set(public_names()) - set(listed) == set()


def test_the_reference_lists_nothing_that_is_not_there():
    for name in listed_names():
        module, _, public = name.rpartition(".")
        assert getattr(import_module(module), public).__doc__, name


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages, built from a copy; the examples are shown and not run: test_examples runs them."""
    pytest.importorskip("sphinx_gallery")
    folder = tmp_path_factory.mktemp("docs")
    ours = shutil.ignore_patterns("_build", "auto_examples", "generated")
    for part in ("docs", "examples"):
        shutil.copytree(ROOT / part, folder / part, ignore=ours)
    for page in ("CHANGELOG.md", "CONTRIBUTING.md"):  # which pages of the site include
        shutil.copy(ROOT / page, folder)
    options = ["-q", "-W", "--keep-going", "-D", "plot_gallery=0"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "docs", "site"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.mark.slow
def test_every_public_name_and_every_example_has_a_page(site):
    for name in public_names():
        assert (site / "generated" / f"{name}.html").exists(), name
    for script in (ROOT / "examples").glob("*.py"):
        assert (site / "auto_examples" / f"{script.stem}.html").exists(), script


class Page(HTMLParser):
    """What a page of the site links to and loads, and the places that can be linked to."""

    LOADING = ("stylesheet", "icon", "preload", "preconnect", "prefetch", "manifest")

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.places = [], [], {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        said = {name: value or "" for name, value in attributes}
        self.places.add(said.get("id") or said.get("name") or "")
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif tag == "link" and any(kind in said.get("rel", "") for kind in self.LOADING):
            self.loaded.append(said["href"])
        elif "src" in said:
            self.loaded.append(said["src"])
        self.loaded += re.findall(r"url\([\"']?([^)\"']+)", said.get("style", ""))


@pytest.fixture(scope="module")
def pages(site):
    found = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    assert len(found) > 30
    return {path: Page(path) for path in found}


@pytest.mark.slow
def test_every_link_within_the_site_leads_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links + page.loaded:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            places = pages[target].places if target in pages else {""}
            if not target.is_file() or unquote(address.fragment) not in places:
                broken.append((path.name, link))
    assert broken == []


@pytest.mark.slow
def test_every_link_to_elsewhere_is_an_address(pages):
    for path, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                assert address.scheme == "https", (path, link)
                assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", address.netloc), (path, link)


@pytest.mark.slow
def test_no_page_fetches_anything_from_elsewhere(site, pages):
    for path, page in pages.items():
        assert [source for source in page.loaded if re.match("(https?:)?//", source)] == [], path
    for style in site.rglob("*.css"):
        sources = re.findall(r"(?:url\(|@import)\s*[\"']?([^)\"';]+)", style.read_text("utf-8"))
        assert [source for source in sources if re.match("(https?:)?//", source)] == [], style


@pytest.mark.slow
def test_the_picture_of_the_house_has_every_room(site):
    modules = {module.name for module in pkgutil.iter_modules(skcurve.__path__)} - {"__main__"}
    for page in ("architecture.html", "contributing.html"):
        drawn = re.findall(r'<g class="room room-(\w+)">', (site / page).read_text("utf-8"))
        assert sorted(drawn) == sorted(modules), page


@pytest.mark.slow
def test_a_picture_with_a_dark_twin_is_there_in_both(site):
    for page in ("index.html", "what_is_it.html"):
        shown = re.findall(
            r'<img [^>]*class="[^"]*only-(\w+)[^>]* src="_images/([\w-]+)\.png"',
            (site / page).read_text("utf-8"),
        )
        light = [name for theme, name in shown if theme == "light"]
        assert len(light) >= 7
        assert [name for theme, name in shown if theme == "dark"] == [f"{x}-dark" for x in light]
