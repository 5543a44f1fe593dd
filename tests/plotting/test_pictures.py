"""Every display looks as it did when a person last looked at it.

`make test` compares; without `--mpl`, or without pytest-mpl, these tests skip themselves. After a
change that is meant, draw the pictures anew and look at each before it is committed:

    pytest tests/plotting/test_pictures.py --mpl-generate-path tests/plotting/baseline

The pictures have no texts, which every version of matplotlib sets a little differently; where they
are and what they say is tested in the other modules.
"""

import pytest

pytest.importorskip("matplotlib", minversion="3.11")  # earlier ones resample images otherwise
pytest.importorskip("pytest_mpl")

TOLERANCE = 2.0
"""Of 255, root mean square. Without images in it, a picture is the same to the last bit from
matplotlib 3.9 to 3.11. A curve without its white edge is off by 2.4, a usage without its reference
line by 5.4, other colours by 16 and more."""


@pytest.fixture(autouse=True)
def compared(request):
    option = request.config.getoption
    if not (option("--mpl") or option("--mpl-generate-path")):
        pytest.skip("pictures are compared with --mpl")


@pytest.mark.mpl_image_compare(
    style="default",
    tolerance=TOLERANCE,
    savefig_kwargs={"dpi": 60, "pil_kwargs": {"optimize": True}},
)
@pytest.mark.parametrize("width", ["column", "full"])
def test_picture(draw, width):
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    figure = draw(6, width, layout=None).figure_
    for artist in figure.findobj(lambda artist: isinstance(artist, Legend | Text)):
        artist.set_visible(False)
    return figure
