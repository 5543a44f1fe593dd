"""A link brings a colleague to the same view; a broken one, to what is left of it."""

from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.app.address import read_address, write_address
from skcurve.app.edits import Choice, Edit, Limits, read_choice
from skcurve.app.view import (
    LONGEST_NAME,
    MOST_KEPT,
    MOST_REJECTED,
    MOST_SAMPLES,
    MOST_SEED,
    MOST_STACKED,
    Kept,
    Sampling,
    View,
)
from skcurve.explorer import Direction

LIMITS = Limits(16, 4, 5)
choices = st.sampled_from(["s0", "s1", "s2", "s3", "s13", "s14", "v2-9", "v9-2", "c0", "c1"]).map(
    read_choice
)
steps = st.integers(-60, 60).map(lambda n: n / 20)
layers = st.none() | st.sampled_from([(0, 0), (0, 3), (2, 3)])
edits = st.builds(Edit, choices, steps, layers)
names = st.text(min_size=1, max_size=30).map(lambda s: " ".join(s.split())).filter(bool)
ends = st.lists(st.integers(0, 15), min_size=2, max_size=2, unique=True).map(sorted)
jitters = st.integers(0, 300).map(lambda n: n / 100)
seeds = st.integers(0, MOST_SEED)
views = st.builds(
    View,
    st.builds(
        lambda ends, *rest: Sampling(*ends, *rest),
        ends,
        st.integers(1, MOST_SAMPLES),
        seeds,
        jitters,
        st.booleans(),
    ),
    at=st.integers(0, 1500).map(lambda n: n / 100),
    current=edits,
    pinned=st.none() | edits,
    stack=st.lists(edits, max_size=4).map(tuple),
    kept=st.dictionaries(names, edits, max_size=4).map(
        lambda named: tuple(Kept(*one) for one in named.items())
    ),
    rejected=st.lists(choices, max_size=8, unique=True).map(tuple),
    seed=seeds,
)


@given(views)
def test_a_view_is_read_as_it_was_written(view):
    query = dict(parse_qsl(write_address(view)))
    assert read_address(query, LIMITS) == (view, [])


@given(
    st.dictionaries(
        st.sampled_from(
            ["at", "edit", "pin", "seed", "stack", "keep", "reject", "sample", "other"]
        ),
        st.text(max_size=30),
    )
)
def test_whatever_is_in_an_address_the_page_opens(query):
    view, complaints = read_address(query, LIMITS)
    assert read_address(dict(parse_qsl(write_address(view))), LIMITS)[0] == view
    assert len(complaints) <= len(query)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("edit", "s99_1", "no segment 99"),
        ("at", "here", "'here' is no number"),
        ("at", "nan", "no place on the curve"),
        ("seed", "-1", "a seed is a whole number"),
        ("sample", "3-3_5_0", "two different vertices"),
        ("sample", f"0-1_{MOST_SAMPLES + 1}_0", "samples can be drawn"),
        ("keep", "s1_1", "has no name"),
        ("stack", ",".join(["s1_1"] * 17), "at most 16 edits"),
        ("stack", ",".join(["s1_1"] * 5000), "too long"),
        ("edit", "x" * 10_000, "x …"),
        ("sample", "0-1_5_0_9", "from 0 to 3"),
        ("sample", "0-1_5_0_nan", "from 0 to 3"),
        ("sample", "0-1_5_0_1_outside", "no stretch to draw from"),
        ("sample", "0-1_5_0_1_inside_", "no stretch to draw from"),
        ("reject", "s0-15", "no segment 15"),
        ("reject", "s0-9999999", "no segment 9999999"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_stays(name, text, said):
    view, (complaint,) = read_address({name: text, "pin": "c1_2"}, LIMITS)
    assert said in complaint and name in complaint
    assert view.pinned == Edit(Choice("component", 1), 2.0)
    assert view.stack == ()


def test_rejected_segments_are_written_as_runs_in_their_order():
    rejected = [read_choice(one) for one in ("s3", "s4", "s5", "c1", "s9", "s8", "s10", "s11")]
    view = View(Sampling(0, 15), rejected=tuple(rejected))
    assert dict(parse_qsl(write_address(view)))["reject"] == "s3-5,c1,s9,s8,s10-11"


def test_the_fullest_view_has_an_address_that_servers_take():
    limits = Limits(2**17, 18, 16)
    segments = [Choice("segment", 2 * n + 90_000) for n in range(MOST_REJECTED)]
    edit = Edit(Choice("vertices", 90_000, 90_001), -1.25, (10, 17))
    kept = [Kept(f"{n:02d}" + "好" * (LONGEST_NAME - 2), edit) for n in range(MOST_KEPT)]
    view = View(
        Sampling(0, 1),
        current=edit,
        pinned=edit,
        stack=(edit,) * MOST_STACKED,
        kept=tuple(kept),
        rejected=tuple(segments),
    )
    address = write_address(view)
    assert len(address) < 2**16 - 4096  # what uvicorn reads, headers included
    assert read_address(dict(parse_qsl(address)), limits) == (view, [])
    with pytest.raises(ValueError, match="at most 1000 directions can be rejected"):
        view.reject()


def test_beyond_an_end_of_the_curve_is_the_end():
    assert read_address({"at": "99"}, LIMITS)[0].at == 15.0


def test_what_was_opened_from_a_file_is_left_out():
    view = View.first(LIMITS)
    edit = Edit(Choice("opened", name="mine"))
    view = View(view.sampling, current=edit, stack=(edit,), opened={"mine": Direction([1.0])})
    assert set(parse_qs(write_address(view))) == {"at", "seed", "sample"}
