"""Directions and edits as tokens: what is written is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.app.edits import MOST_STEPS, Choice, Edit, Limits, read_choice, read_edit

LIMITS = Limits(16, 4, 5)
numbers = st.integers(0, 15)
choices = st.one_of(
    st.builds(Choice, st.just("segment"), st.integers(0, 14)),
    st.lists(numbers, min_size=2, max_size=2, unique=True).map(lambda n: Choice("vertices", *n)),
    st.builds(Choice, st.just("component"), st.integers(0, 4)),
)
layers = st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda n: tuple(sorted(n)))
steps = st.integers(-60, 60).map(lambda n: n / 20)
edits = st.builds(Edit, choices, steps, layers)


@given(choices)
def test_a_choice_is_read_as_it_was_written(choice):
    assert read_choice(choice.token) == choice == choice.check(LIMITS)


@given(edits)
def test_an_edit_is_read_as_it_was_written(edit):
    assert read_edit(edit.token) == edit == edit.check(LIMITS)


@given(st.text(max_size=20))
def test_what_is_no_token_is_refused_in_words(text):
    try:
        edit = read_edit(text)
    except ValueError as error:
        assert str(error)
    else:  # a lucky guess
        assert read_edit(edit.token) == edit or edit.strength != edit.strength


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Edit(Choice("segment", 15)), "there is no segment 15; there are 15, from 0 to 14"),
        (Edit(Choice("vertices", 3, 16)), "there is no vertex 16"),
        (Edit(Choice("vertices", 3, 3)), "two different vertices"),
        (Edit(Choice("component", 5)), "there is no component 5"),
        (Edit(Choice("spell")), "no kind of direction 'spell'"),
        (Edit(Choice(), MOST_STEPS + 0.1), "the strength is from -3 to 3 steps"),
        (Edit(Choice(), float("nan")), "the strength is from"),
        (Edit(Choice(), 1.0, (0, 4)), "there is no layer 4"),
        (Edit(Choice(), 1.0, (2, 1)), "end before they begin"),
    ],
)
def test_what_is_not_there_is_named(edit, said):
    with pytest.raises(ValueError, match=said):
        edit.check(LIMITS)


def test_layers_need_a_generator_that_has_some():
    with pytest.raises(ValueError, match="no layers to choose from"):
        Edit(Choice(), 1.0, (0, 1)).check(Limits(16))


def test_what_was_opened_from_a_file_has_no_token():
    edit = Edit(Choice("opened", name="smile"))
    assert edit.token is None and edit.label == "smile × 1"
