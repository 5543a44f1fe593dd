"""The report: one page, complete, that needs nothing beside it."""

import base64
import re
import struct
import zlib
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skcurve.explorer import Direction
from skcurve.explorer.pictures import as_pixels, grid, guess_range
from skcurve.explorer.png import data_uri, png_bytes
from skcurve.explorer.report import shown_strengths


class Page(HTMLParser):
    """What is on a page: its text, its elements, and whether all that was opened was closed."""

    EMPTY = frozenset({"meta", "img", "br", "link"})

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.text, self.sources, self.wrong = [], [], [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def unpacked(png):
    """Read a PNG of `png_bytes` as the standard describes it, with nothing of ours."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + length
    width, height, depth, color, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    n_channels = {0: 1, 2: 3, 6: 4}[color]
    assert depth == 8 and list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert (lines[:, 0] == 0).all()
    return lines[:, 1:].reshape(height, width, n_channels)


@given(st.data(), st.sampled_from([(), (1,), (3,), (4,)]))
def test_a_png_holds_the_pixels(data, channels):
    shape = data.draw(array_shapes(min_dims=2, max_dims=2, max_side=9))
    pixels = data.draw(arrays(np.uint8, shape + channels))
    assert (unpacked(png_bytes(pixels)) == pixels.reshape(*shape, -1)).all()


def test_other_readers_agree():
    image = pytest.importorskip("PIL.Image")
    import io

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    assert (np.asarray(image.open(io.BytesIO(png_bytes(pixels)))) == pixels).all()


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (2, 5, 4, 3), (2, 1, 5, 4), (2, 5, 4), (2, 25)])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-7.0, 90.0)])
def test_pixels_of_any_layout_and_range(shape, low, high):
    rng = np.random.default_rng(0)
    share = rng.random(shape)
    share.flat[:2] = 0, 1
    pixels = as_pixels(low + share * (high - low))
    assert pixels.dtype == np.uint8
    assert pixels.shape[1:3] == ((5, 5) if shape == (2, 25) else (5, 4))
    expected = np.rint(share * 255)
    expected = np.moveaxis(expected, 1, -1) if shape == (2, 3, 5, 4) else expected
    np.testing.assert_allclose(pixels, expected.reshape(pixels.shape), atol=1)


def test_strips_have_the_range_of_the_whole_walk(make, exact, tmp_path):
    """A strip whose numbers happen to be above zero is not taken for one from 0 to 1."""

    def pixels_of(explorer, place):
        path = explorer.report(tmp_path / "report.html", n_top=1, n_rows=1, latents=place)
        pixels = unpacked(base64.b64decode(Page(path.read_text()).sources[-1].partition(",")[2]))
        side = 4
        return pixels[::2, 3 * (side + 1) : 3 * (side + 1) + side, 0]  # the latent itself

    bright = 6 * exact.turn.sum(0)[None]  # all factors are near 1
    outputs = exact(bright)
    assert guess_range(outputs) == (0.0, 1.0)
    explorer = make(attributes=None, attribute_names=None)
    assert guess_range(explorer.vertices()) == (-1.0, 1.0)
    np.testing.assert_array_equal(pixels_of(explorer, bright), as_pixels(outputs, (-1, 1))[0])
    exact.output_range = (-3.0, 1.0)
    declared = make(attributes=None, attribute_names=None)
    np.testing.assert_array_equal(pixels_of(declared, bright), as_pixels(outputs, (-3, 1))[0])


def test_what_is_no_picture_is_named(make):
    explorer = make(generator=lambda latents: np.zeros((len(latents), 2, 2, 2, 2)) + latents[0, 0])
    with pytest.raises(ValueError, match="Give `image`, a function that makes pictures"):
        as_pixels(explorer.vertices())


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))
def test_a_grid_has_every_picture_in_its_place(rows, columns, side):
    pixels = np.random.default_rng(0).integers(0, 255, (rows, columns, side, side + 1), np.uint8)
    whole = grid(pixels)
    assert whole.shape == (rows * (side + 1) - 1, columns * (side + 2) - 1)
    for i in range(rows):
        for j in range(columns):
            top, left = i * (side + 1), j * (side + 2)
            assert (whole[top : top + side, left : left + side + 1] == pixels[i, j]).all()


@given(st.floats(0.01, 10), st.none() | st.tuples(st.floats(-50, 0), st.floats(0, 50)))
def test_strips_have_the_latent_itself_in_the_middle(strength, span):
    steps = shown_strengths(Direction([1.0], strength=strength, strength_range=span))
    assert len(steps) == 7 and steps[3] == 0
    assert all(one < other for one, other in pairwise(steps))
    assert max(map(abs, steps)) <= 2 * strength + 1e-9


@pytest.fixture
def page(explorer, exact, tmp_path):
    path = explorer.report(
        tmp_path / "report.html",
        layer_ranges=[None, (0, 1)],
        finders={"a <method>": exact.turn, "other": exact.turn[:2] + exact.turn[2:4]},
        n_top=3,
        title="Mine & <yours>",
    )
    assert path == tmp_path / "report.html"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    return path.read_text(encoding="utf-8")


def test_the_page_is_whole_and_stands_alone(page):
    read = Page(page)
    assert read.open == [] and read.wrong == []
    assert all(source.startswith("data:image/png;base64,") for source in read.sources)
    assert "script" not in read.tags and "link" not in read.tags
    assert not re.search(r"url\(|@import|https?://", page)
    assert "Mine & <yours>" in "".join(read.text)  # escaped on the page
    assert '<meta name="viewport"' in page


def test_the_page_has_all_its_parts(page, explorer, curve):
    read = Page(page)
    text = "".join(read.text)
    assert read.tags.count("figure") == curve.n_vertices
    assert read.tags.count("h3") == 3  # directions
    assert len(read.sources) == curve.n_vertices + 3
    for heading in ("Along the curve", "Which stretch", "Directions", "Ways to find directions"):
        assert heading in text
    assert "a <method>" in text and "any of them" in text
    assert len(re.findall("<tr", page)) == 1 + curve.n_segments + 1 + 6


def test_the_pictures_are_those_of_the_vertices(page, explorer):
    pixels = as_pixels(explorer.vertices())
    first = next(source for source in Page(page).sources)
    shown = unpacked(base64.b64decode(first.partition(",")[2]))[..., 0]
    np.testing.assert_array_equal(shown[::2], pixels[0])  # each row is shown twice: it is low
    assert data_uri(shown) == first


def test_the_same_seed_gives_the_same_page(make, tmp_path):
    pages = [make().report(tmp_path / f"{number}.html").read_bytes() for number in range(2)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("state", "said"), [(7, "; random_state=7."), (np.random.default_rng(7), " layers.")]
)
def test_the_page_says_how_to_make_it_again_if_a_number_does(state, said, make, tmp_path):
    page = make(random_state=state).report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.search(r"A curve of .*\.", page)[0].split("<")[0].endswith(said)


def test_without_attributes_there_is_what_can_be_seen(make, tmp_path):
    explorer = make(attributes=None, attribute_names=None)
    read = Page(explorer.report(tmp_path / "report.html", n_top=2).read_text(encoding="utf-8"))
    assert "Which stretch" not in "".join(read.text)
    assert read.tags.count("h3") == 2
    with pytest.raises(ValueError, match="give the explorer `attributes`"):
        explorer.report(tmp_path / "report.html", finders={"a": np.eye(6)})


def test_measured_directions_are_shown_as_they_are(explorer, exact, tmp_path):
    effects = explorer.effects(exact.turn).take([4, 1])
    page = explorer.report(tmp_path / "report.html", effects).read_text(encoding="utf-8")
    assert re.findall(r"<h3>(\w+)", page) == ["light", "size"]


def test_cards_are_named_and_turned_as_in_the_library(explorer, exact, tmp_path):
    effects = explorer.effects([-exact.turn[4], exact.turn[4], exact.turn[1]])
    page = explorer.report(tmp_path / "report.html", effects).read_text(encoding="utf-8")
    assert re.findall(r"<h3>([\w ]+?) <", page) == list(effects.to_library())
    assert len(re.findall(r"effect <b>\+", page)) == 3


def test_a_large_picture_is_made_smaller(make, exact, tmp_path):
    def large(outputs):
        return np.repeat(np.repeat(outputs, 100, 2), 100, 3)

    page = make().report(tmp_path / "report.html", image=large, n_top=1, n_rows=1)
    first = Page(page.read_text(encoding="utf-8")).sources[0]
    assert max(unpacked(base64.b64decode(first.partition(",")[2])).shape) <= 96


def test_a_page_that_cannot_be_made_leaves_the_old_one(explorer, make, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ValueError, match="n_top and n_rows must be at least 1"):
        explorer.report(path, n_top=0)
    for one in (explorer, make(attributes=None, attribute_names=None)):
        with pytest.raises(ValueError, match="layer_ranges must hold at least one; got none"):
            one.report(path, layer_ranges=[])
    with pytest.raises(ValueError, match="outputs must be pictures"):
        explorer.report(path, image=lambda outputs: np.zeros((len(outputs), 2, 2, 2, 2)))
    assert path.read_text() == "old"


def test_a_folder_that_is_not_there_is_named_before_any_work(explorer, exact, tmp_path):
    with pytest.raises(FileNotFoundError, match="path must be in a folder that is there"):
        explorer.report(tmp_path / "none" / "report.html")
    assert exact.n_calls == 0
