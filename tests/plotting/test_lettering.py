"""Texts stay in their room, and are whole where that is possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.plotting.lettering import SMALLEST_FONT, fitting

plt = pytest.importorskip("matplotlib.pyplot")

words = st.text("abcdefghijklmnopqrstuvwxyzABC 0123456789", min_size=1, max_size=60)


@given(st.lists(words, min_size=1, max_size=5), st.floats(20, 200), st.integers(1, 3))
def test_what_is_written_begins_like_the_text_and_says_where_it_was_cut(texts, width, n_lines):
    size, written = fitting(texts, (width, 30.0), n_lines)
    assert size >= SMALLEST_FONT and len(written) == len(texts)
    for text, lines in zip(texts, written, strict=True):
        assert lines.count("\n") < n_lines
        # Lines break at spaces, or in words that are longer than a line.
        shown = "".join(lines.split())
        whole = "".join(text.split())
        assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1]))
        assert not shown.endswith("…") or size == SMALLEST_FONT


@pytest.mark.parametrize(
    "text", ["scipy.optimize: minimise a function", "the quick brown fox " * 3]
)
def test_letters_drawn_in_that_size_fit_the_room(text):
    figure = plt.figure(dpi=72)
    for room, n_lines in (((100, 30), 3), ((60, 30), 2), ((300, 12), 1)):
        size, (written,) = fitting([text], room, n_lines)
        box = figure.text(0, 0, written, fontsize=size, linespacing=1.0).get_window_extent()
        assert box.width <= room[0] and box.height <= room[1]
    plt.close(figure)


def test_larger_rooms_have_larger_letters_up_to_the_usual_size():
    sizes = [fitting(["a label"], (width, 40.0), 1)[0] for width in (20, 30, 40, 300)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1] == plt.rcParams["font.size"]


def test_where_not_even_a_line_has_room_nothing_is_written():
    assert fitting(["a", "b"], (100.0, 1.1 * SMALLEST_FONT), 3)[1] == []
