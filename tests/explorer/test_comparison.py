"""Methods side by side: the same latents, the same change, and the numbers of the directions."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skcurve.explorer.comparison import named_finders

from .conftest import NAMES

pd = pytest.importorskip("pandas")


class Finder(BaseEstimator):
    """A finder in miniature: random directions, or the ones that it is told."""

    def __init__(self, rows=None, random_state=None):
        self.rows = rows
        self.random_state = random_state

    def fit(self, generator, latents=None):
        rows = self.rows
        if rows is None:
            rows = np.random.default_rng(self.random_state).normal(size=(4, 6))
        self.directions_ = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        self.strengths_ = np.ones(len(rows))
        return self


def test_true_directions_find_every_attribute_and_mixtures_none(explorer, exact):
    table = explorer.compare(
        {
            "true": Finder(exact.turn),
            "mixed": Finder(sum(np.roll(exact.turn, k, 0) for k in range(3))),
        },
        amount=0.4,
    )
    true, mixed = table.loc["true"].iloc[0], table.loc["mixed"].iloc[0]
    assert (true["attributes found"], true["which"]) == (6, ", ".join(NAMES))
    assert true["best purity"] > 0.9 and true["entangled"] == 0 and true["reached"] == 1
    assert (mixed["attributes found"], mixed["entangled"]) == (0, 1)
    assert (table["directions"] == 6).all()


def test_layers_can_make_a_mixture_good(explorer, exact):
    mixture = np.array([exact.turn[0] + exact.turn[3]])
    table = explorer.compare({"mixture": mixture}, layer_ranges=[None, 0, (1, 2)], amount=0.2)
    assert table.loc["mixture"]["which"].to_dict() == {
        "all": "",
        "0": "hue",
        "1-2": "tilt",
        "any of them": "hue, tilt",
    }


def test_all_are_measured_at_equal_change(explorer, exact):
    short, long = 0.1 * exact.turn, 7 * exact.turn
    table = explorer.compare({"short": short, "long": long})
    np.testing.assert_allclose(
        table.loc["short"]["median effect"], table.loc["long"]["median effect"], rtol=0.1
    )


def test_what_leaves_the_distribution_is_counted_apart(make, exact):
    narrow = np.random.default_rng(0).normal(size=(500, 6)) * 0.05
    table = make(latents=narrow).compare({"true": exact.turn}, amount=20.0)
    row = table.loc["true"].iloc[0]
    assert (row["attributes found"], row["found inside"], row["inside"]) == (6, 0, 0)
    near = make().compare({"true": exact.turn}, amount=0.3).loc["true"].iloc[0]
    assert (near["found inside"], near["inside"]) == (6, 1)


def test_finders_are_copied_and_seeded(make):
    finder = Finder()
    one, other = (make(random_state=4).compare([finder]) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    assert not hasattr(finder, "directions_") and finder.random_state is None
    assert (make(random_state=5).compare([finder]) != one).any(axis=None)


def test_the_finders_of_the_package_can_be_compared(explorer, curve):
    directions = pytest.importorskip("skcurve.directions")
    finders = {
        "segments": directions.SegmentDirections(curve),
        "chords": directions.SegmentDirections(curve, chords=[(0, 1), (10, 11)]),
        "components": directions.PCADirections(6),
        "random": directions.RandomDirections(6),
    }
    table = explorer.compare(finders)
    assert list(table.index.get_level_values("method")) == list(finders)
    assert table.loc["segments"]["attributes found"].item() == 6
    assert table.loc["chords"]["which"].item() == "hue, hat"


def test_names_of_finders():
    rows = np.eye(3)
    assert list(named_finders([Finder(), Finder(), rows])) == ["Finder", "Finder 2", "ndarray"]
    assert list(named_finders(Finder())) == ["Finder"]
    with pytest.raises(ValueError, match="finders must hold at least one"):
        named_finders([])


def test_bad_layers_are_named_before_any_work(explorer, exact):
    explorer.attribute_names  # noqa: B018
    done = exact.n_calls
    with pytest.raises(ValueError, match="names layer 9"):
        explorer.compare({"a": Finder()}, layer_ranges=[0, 9])
    with pytest.raises(ValueError, match="layer_ranges must hold at least one; got none"):
        explorer.compare({"a": Finder()}, layer_ranges=[])
    assert exact.n_calls == done
