"""What a visitor does, and what nobody can make the page do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.app.actions import ACTIONS, act
from skcurve.app.edits import Choice, Edit, Limits
from skcurve.app.view import MOST_KEPT, MOST_STACKED, View

LIMITS = Limits(9, 4, 5)


def after(*messages, view=None):
    view = View.first(LIMITS) if view is None else view
    for do, parts in messages:
        view = act(view, {"do": do, **parts}, LIMITS)
    return view


nasty = [None, True, -1, 0, 3, 10**30, 1.5, 1e308, float("nan"), float("inf"), "", "2", "x", [], {}]
json_values = st.sampled_from(nasty) | st.lists(st.sampled_from(nasty), max_size=3)
keys = st.sampled_from(
    ["at", "kind", "first", "last", "name", "strength", "layers", "seed", "n", "number"]
)


@given(st.sampled_from([*ACTIONS, "nothing"]), st.dictionaries(keys, json_values))
def test_whatever_a_message_holds_it_works_or_says_why_not(do, parts):
    try:
        view = act(View.first(LIMITS), {"do": do, **parts}, LIMITS)
    except ValueError as error:
        assert str(error)
    else:
        view.current.check(LIMITS)
        assert 0 <= view.at <= 8
        json.dumps(view.seed)


def test_a_direction_is_picked_and_tuned():
    view = after(
        ("pick", {"kind": "vertices", "first": "2", "last": "7"}),
        ("tune", {"strength": "-1.5", "layers": ["1", "2"]}),
    )
    assert view.current == Edit(Choice("vertices", 2, 7), -1.5, (1, 2))
    assert after(("tune", {"strength": 1, "layers": None}), view=view).current.layers is None


def test_the_segment_under_the_slider_is_picked():
    assert after(("scrub", {"at": 3.7}), ("here", {})).current.choice == Choice("segment", 3)
    assert after(("scrub", {"at": 8}), ("here", {})).current.choice == Choice("segment", 7)


def test_a_stretch_becomes_the_direction_and_what_samples_are_drawn_from():
    view = after(("stretch", {"first": 2, "last": 5}))
    assert view.at == 3.5 and view.current.choice == Choice("vertices", 2, 5)
    assert (view.sampling.first, view.sampling.last) == (2, 5)
    assert after(("stretch", {"first": 2, "last": 3})).current.choice == Choice("segment", 2)


def test_two_are_pinned_side_by_side_and_swapped():
    view = after(("pin", {}), ("pick", {"kind": "component", "first": 1}))
    assert view.pinned.choice == Choice() and view.current.choice.kind == "component"
    swapped = after(("swap", {}), view=view)
    assert (swapped.pinned, swapped.current) == (view.current, view.pinned)
    undone = after(("undo", {}), view=swapped)
    assert (undone.pinned, undone.current) == (view.pinned, view.current)
    assert after(("unpin", {}), view=view).pinned is None
    with pytest.raises(ValueError, match="nothing is pinned"):
        after(("swap", {}))


def test_edits_are_stacked_and_every_change_is_undone_in_turn():
    views = [View.first(LIMITS)]
    for message in [
        ("push", {}),
        ("pin", {}),
        ("keep", {"name": "hat"}),
        ("push", {}),
        ("drop", {"number": 0, "label": "segment 0 × 1"}),
        ("reject", {}),
        ("clear", {}),
        ("forget", {"name": "hat"}),
    ]:
        views.append(after(message, view=views[-1]))
    what = [(one.stack, one.pinned, one.kept, one.rejected) for one in views]
    view, undone = views[-1], [what[-1]]
    for _ in views[1:]:
        view = after(("undo", {}), view=view)
        undone.append((view.stack, view.pinned, view.kept, view.rejected))
    assert undone == what[::-1]
    assert after(("undo", {}), view=view) == view


def test_the_stack_and_what_is_kept_have_an_end():
    with pytest.raises(ValueError, match="at most 16"):
        after(*[("push", {})] * (MOST_STACKED + 1))
    with pytest.raises(ValueError, match="at most 64"):
        after(*[("keep", {"name": f"{n}"}) for n in range(MOST_KEPT + 1)])


def test_a_name_is_kept_once_and_recalled():
    view = after(
        ("keep", {"name": "  big   hat "}),
        ("pick", {"kind": "segment", "first": 4}),
        ("keep", {"name": "other"}),
        ("tune", {"strength": 2}),
        ("keep", {"name": "big hat"}),
        ("pick", {"kind": "segment", "first": 5}),
        ("recall", {"name": "big hat"}),
    )
    assert [one.name for one in view.kept] == ["other", "big hat"]
    assert view.current == Edit(Choice("segment", 4), 2.0)
    for message in (("keep", {"name": " "}), ("recall", {"name": "none"})):
        with pytest.raises(ValueError, match=r"name|kept"):
            after(message)


def test_what_is_rejected_is_not_come_back_to():
    view = after(("keep", {"name": "a"}), ("next", {}), ("reject", {}))
    assert view.rejected == (Choice("segment", 1),)
    assert view.current.choice == Choice("segment", 2) and view.at == 2.5
    seen = []
    for _ in range(9):
        view = after(("next", {}), view=view)
        seen.append(view.current.choice.first)
    assert not {0, 1} & set(seen) and set(seen) == {2, 3, 4, 5, 6, 7}


def test_with_nothing_left_next_says_so():
    view = View.first(LIMITS)
    for number in range(8):
        view = after(
            ("pick", {"kind": "segment", "first": number}),
            ("keep", {"name": f"{number}"}),
            view=view,
        )
    with pytest.raises(ValueError, match="every segment was kept or rejected"):
        after(("next", {}), view=view)
    last = after(("reject", {}), view=view)
    assert last.current == view.current and last.rejected == (Choice("segment", 7),)


def test_rejecting_forgets_what_was_kept_of_it_and_keeping_takes_it_back():
    view = after(("keep", {"name": "a"}), ("reject", {}))
    assert view.kept == () and view.rejected == (Choice(),)
    view = after(("pick", {"kind": "segment", "first": 0}), ("keep", {"name": "b"}), view=view)
    assert view.rejected == ()


def test_seeds_are_set_and_fresh_ones_can_be_returned_to():
    view = after(("seed", {"seed": "41"}), ("fresh", {}))
    assert view.seed == 42
    with pytest.raises(ValueError, match="whole number"):
        after(("seed", {"seed": "1.5"}))
