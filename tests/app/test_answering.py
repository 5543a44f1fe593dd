"""A generator that fails or dawdles, files that are none, and two visitors at once."""

import base64
import json
import threading
from dataclasses import replace
from itertools import pairwise
from time import monotonic

import pytest

from skcurve.app.answering import MOST_BYTES, Server
from skcurve.app.exports import export
from skcurve.app.studio import Studio
from skcurve.app.view import View
from skcurve.explorer import Direction, DirectionLibrary


def saved(tmp_path, *directions):
    DirectionLibrary(directions).save(tmp_path / "a.safetensors")
    return base64.b64encode((tmp_path / "a.safetensors").read_bytes()).decode()


def test_whoever_arrives_gets_the_whole_page(visit):
    ann = visit().arrive()
    for part in ("here", "thumbs", "band", "lines", "current-strip", "current-effects", "recipe"):
        assert ann.parts[part], part
    assert ann.is_resting and ann.said == ""
    json.dumps([ann.parts, ann.facts])


def test_an_address_is_followed_and_what_is_wrong_in_it_is_said(visit):
    ann = visit().arrive(at="2.5", edit="v1-4_2", seed="7", pin="s99_1")
    assert (ann.facts["at"], ann.facts["label"], ann.facts["seed"]) == (2.5, "vertices 1 to 4", 7)
    assert "there is no segment 99" in ann.said and ann.facts["pinned"] is None


def test_the_address_brings_back_what_was_done(visit):
    from urllib.parse import parse_qsl

    ann = visit("ann").arrive().do("stretch", first=2, last=5).do("push").do("keep", name="a & b")
    ann.do("pin").do("tune", strength=-1, layers=[1, 2]).do("seed", seed=9).do("reject")
    bob = visit("bob").arrive(**dict(parse_qsl(ann.facts["address"])))
    assert bob.facts | {"can_undo": True} == ann.facts
    assert {**bob.parts, "here": ""} == {**ann.parts, "here": ""}


def test_scrubbing_draws_the_place_alone(visit, moody):
    ann = visit().arrive()
    strip, here = ann.parts["current-strip"], ann.parts["here"]
    moody.mood = lambda: None
    ann.parts.clear()
    ann.do("scrub", at=3.3)
    assert "current-strip" not in ann.parts and ann.parts["here"] != here
    assert ann.server.look(3.3)["html"] == ann.parts["here"]
    assert strip in ann.arrive().parts["current-strip"]


def test_two_visitors_do_not_see_each_other(visit, tmp_path):
    ann, bob = visit("ann").arrive(), visit("bob").arrive()
    first = dict(bob.facts)
    ann.do("push").do("keep", name="mine").do("pin").do("seed", seed=5)
    ann.bring(saved(tmp_path, Direction([1.0] * 9, name="secret")))
    assert ann.facts["opened"] == ["secret"]
    assert bob.do("scrub", at=0).facts == first
    bob.do("pick", kind="opened", name="secret")
    assert bob.said == "There is no opened direction 'secret'." and bob.facts == first


def test_many_requests_at_once_lose_nothing(visit):
    ann = visit().arrive()
    threads = [threading.Thread(target=ann.do, args=("push",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ann.server.visits.view("ann").stack) == 8


def test_a_generator_that_fails_is_said_in_its_place_and_the_page_lives_on(visit, moody):
    ann = visit().arrive()
    kept = ann.parts["current-strip"]

    def fail():
        raise RuntimeError("no <memory> left")

    moody.mood = fail
    ann.do("pick", kind="segment", first=5)
    assert "no &lt;memory&gt; left" in ann.parts["current-strip"]
    assert ann.is_resting and ann.facts["first"] == 5
    assert "memory" in ann.server.look(4.44)["said"]
    ann.take("gif")
    assert "memory" in ann.said and not ann.files
    moody.mood = lambda: None
    ann.do("pick", kind="segment", first=0)
    assert ann.parts["current-strip"] == kept
    assert "sk-failed" not in "".join(ann.parts.values())


def test_a_page_opens_with_a_generator_that_fails_from_the_start(visit, moody):
    def fail():
        raise ValueError("out of order")

    moody.mood = fail
    ann = visit().arrive()
    assert "out of order" in ann.parts["here"] and ann.is_resting
    moody.mood = lambda: None
    ann.arrive()
    assert "sk-failed" not in "".join(ann.parts.values())


def test_a_slow_generator_is_said_and_what_nobody_waits_for_is_not_made(visit, moody):
    ann = visit().arrive()
    release, calls = threading.Event(), []

    def dawdle():
        calls.append(monotonic())
        release.wait(20)

    moody.mood = dawdle
    first = threading.Thread(target=ann.do, args=("pick",), kwargs={"kind": "segment", "first": 5})
    first.start()
    while "slow" not in ann.slow:
        first.join(0.05)
    second = threading.Thread(target=ann.do, args=("seed",), kwargs={"seed": 3})
    second.start()
    while ann.facts["seed"] != 3:  # answered at once, although the generator is busy
        second.join(0.05)
    release.set()
    first.join(20), second.join(20)
    assert ann.is_resting and ann.facts["first"] == 5 and ann.slow == ""
    assert "sk-strip" in ann.parts["current-strip"]


def test_patience_has_an_end_and_the_page_has_not(explorer, moody):
    server = Server(Studio(explorer), patience=0.2)
    release = threading.Event()
    moody.mood = lambda: release.wait(20)
    updates = list(server.arrive("ann", {}))
    assert "has not answered for 0 s" in updates[-1]["said"] and updates[-1]["resting"]
    assert "has not answered" in server.look(0)["said"]
    release.set()
    server.close()


def test_a_profile_that_takes_long_is_measured_when_it_is_asked_for(visit, monkeypatch):
    monkeypatch.setattr("skcurve.app.painting.QUICK_SECONDS", -1.0)
    ann = visit().arrive()
    assert "Measure it" in ann.parts["lines"] and ann.parts["band"] == ""
    ann.do("measure")
    assert "polyline" in ann.parts["lines"] and "sk-stretch" in ann.parts["band"]


def test_files_are_handed_out_and_the_samples_are_those_on_the_page(visit):
    ann = visit().arrive()
    ann.take("npz", first=3, last=1, n=4, seed=2, jitter="0.5", inside=True)
    assert ann.files[0]["name"] == "samples-1-3-seed-2.npz"
    ann.do("sample", first=3, last=1, n=4, seed=2, jitter="0.5", inside=True)
    view = ann.server.visits.view("ann")
    assert (
        base64.b64decode(ann.files[0]["content"]) == export(ann.server.studio, view, "npz").content
    )
    for what, said in (("library", "Nothing was kept"), ("passwords", "no export")):
        assert said in ann.take(what).said


def test_a_file_takes_nothing_away_from_what_is_being_drawn(visit):
    ann = visit().arrive()
    sampling = {"first": 1, "last": 3, "n": 5, "seed": 2}
    drawing = ann.server.answer("ann", {"do": "sample", **sampling})
    next(drawing)  # the controls have changed, and nothing is drawn yet
    ann.take("npz", **sampling)
    assert ann.files[0]["name"] == "samples-1-3-seed-2.npz"
    ann._see(drawing)
    assert ann.parts["samples"].count("<img") == 5 and ann.is_resting


def test_a_file_that_was_long_in_the_making_does_not_take_the_controls_back(visit, moody):
    ann = visit().arrive()
    release = threading.Event()
    moody.mood = lambda: release.wait(20)
    taking = ann.server.take("ann", {"what": "gif", "sampling": {}})
    assert next(taking)["heard"] == 0 and "making the file" in next(taking)["slow"]
    release.set()
    ann.do("pick", kind="segment", first=5)
    ann._see(taking)
    assert ann.facts["first"] == 5 and ann.files and ann.slow == ""


def test_an_update_says_up_to_which_message_it_is_the_answer(visit):
    ann = visit().arrive()
    assert ann.heard == 0
    picking = ann.server.answer("ann", {"do": "pick", "kind": "segment", "first": 5, "number": 7})
    assert next(picking)["heard"] == 7
    assert ann.do("pick", kind="segment", first=99, number=8).heard == 8  # and refused
    assert "no segment 99" in ann.said and ann.facts["first"] == 5
    # So nothing took the place of the first, and it knows of both.
    rest = list(picking)
    assert rest[-1]["heard"] == 8 and rest[-1]["facts"]["first"] == 5
    # What another has taken the place of knows of no more than before, whatever it still sends.
    visits, seeded = ann.server.visits, replace(ann.server.visits.view("ann"), seed=3)
    old = visits.change("ann", lambda view: view, number=9)
    new = visits.change("ann", lambda view: seeded, number=10)
    assert (old.is_last(), old.heard(), new.is_last(), new.heard()) == (False, 9, True, 10)
    assert ann.take("gif", number=11).heard == ann.do("scrub", at=1, number=10).heard == 11
    assert ann.bring("", number=12).heard == 12
    for nonsense in (None, "13", 13.5, [13]):
        assert ann.do("scrub", at=2, number=nonsense).heard == 12


def test_what_the_generator_is_slow_at_does_not_wipe_out_an_error(visit, moody):
    ann = visit().arrive()
    release = threading.Event()
    moody.mood = lambda: release.wait(20)
    picking = ann.server.answer("ann", {"do": "pick", "kind": "segment", "first": 5})
    next(picking)
    assert "slow" in next(picking)["slow"]
    ann.do("pick", kind="segment", first=99)
    release.set()
    ann._see(picking)
    assert "no segment 99" in ann.said and ann.slow == ""


def test_a_measurement_that_is_cut_short_is_made_by_what_cut_it(visit, monkeypatch):
    monkeypatch.setattr("skcurve.app.painting.QUICK_SECONDS", -1.0)
    ann = visit().arrive()
    measuring = ann.server.answer("ann", {"do": "measure"})
    next(measuring)
    ann.do("scrub", at=1.5)
    assert list(measuring) == [] and "polyline" in ann.parts["lines"]
    drawn = []
    monkeypatch.setattr("skcurve.app.studio.Studio.profile", lambda self: drawn.append(self))
    ann.do("scrub", at=2.5).do("seed", seed=3)
    assert not drawn  # it is there


def test_an_edit_is_taken_off_by_what_it_is_and_not_by_its_place_on_an_old_list(visit):
    ann = visit().arrive(stack="s1_1,s2_1,s3_1")
    ann.do("drop", number=0, label="segment 1 × 1").do("drop", number=1, label="segment 2 × 1")
    assert [edit.token for edit in ann.server.visits.view("ann").stack] == ["s3_1"]
    ann.parts["stack"] = "an old list"
    ann.do("drop", number=0, label="segment 2 × 1")
    assert "There is no edit 'segment 2 × 1' on the stack" in ann.said
    assert "segment 3 × 1" in ann.parts["stack"] and ann.facts["n_stacked"] == 1


def test_directions_are_opened_and_tried(visit, tmp_path):
    ann = visit().arrive()
    ann.bring(saved(tmp_path, Direction([1.0] * 9, name="a <b>"), Direction([2.0] * 9, name="c")))
    assert ann.said.startswith("Opened 2 directions")
    assert ann.facts["label"] == "a <b>" and ann.facts["opened"] == ["a <b>", "c"]
    assert "a &lt;b&gt;" in ann.parts["current-name"]
    assert "sk-strip" in ann.parts["current-strip"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (base64.b64encode(b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.").decode(), "damaged"),
        ("no base64!", "arrived damaged"),
        ("A" * (4 * MOST_BYTES // 3 + 8), "too large; at most 4 MiB"),
        (None, "too large"),
        (["A"], "too large"),
    ],
)
def test_what_is_no_file_of_directions_is_not_opened(visit, content, said):
    ann = visit().arrive().bring(content)
    assert ann.said.startswith("The file was not opened. ") and said in ann.said
    assert "/tmp" not in ann.said and ann.facts["opened"] == []


def test_of_another_space_is_not_opened(visit, tmp_path):
    ann = visit().arrive().bring(saved(tmp_path, Direction([1.0, 2.0], name="a")))
    assert "have 2 features; the curve has 9" in ann.said


@pytest.mark.parametrize("message", [None, [], "push", {"what": 3}, {"do": None}, {"do": "push "}])
def test_messages_of_no_known_kind_change_nothing(visit, message):
    ann = visit().arrive()
    facts = dict(ann.facts)
    for answer in (ann.server.answer, ann.server.take, ann.server.bring):
        updates = list(answer("ann", message))
        assert updates[-1]["said"]
    assert ann.do("scrub", at=0).facts == facts


def test_whoever_left_is_forgotten(visit):
    ann = visit().arrive().do("push")
    ann.server.visits.leave("ann")
    assert ann.server.visits.view("ann") == View.first(ann.server.studio.limits)


def test_whoever_was_forgotten_goes_on_where_the_address_says(visit):
    ann = visit().arrive().do("push").do("keep", name="mine")
    address = ann.facts["address"]
    ann.server.visits.leave("ann")  # the line was broken for a while
    ann.do("pick", kind="segment", first=5, address=address)
    view = ann.server.visits.view("ann")
    assert len(view.stack) == 1 and [one.name for one in view.kept] == ["mine"]
    ann.do("clear", address=address)  # whoever is known is not brought back there
    ann.do("seed", seed=3, address=address)
    assert ann.server.visits.view("ann").stack == ()
    for broken in (None, 3, "stack=nonsense", "x" * 100_000):
        ann.server.visits.leave("ann")
        assert ann.do("push", address=broken).facts["n_stacked"] == 1


def test_what_is_noted_of_somebody_who_left_does_not_bring_them_back(visit):
    ann = visit().arrive()
    ann.server.visits.leave("ann")
    ann.server.visits.sent("ann", ["thumbs"])
    ann.server.visits.worry("ann", True)
    assert ann.server.visits.lacks("ann", ("thumbs",))
    assert not ann.server.visits.worry("ann", False)


def test_samples_are_shown_before_they_are_taken(visit):
    ann = visit().arrive(sample="1-3_20_0")
    assert ann.parts["samples"].count("<img") == 8
    assert "The first 8 of 20; " in ann.parts["samples"]
    ann.do("sample", first=1, last=3, n=5, seed=1)
    assert ann.parts["samples"].count("<img") == 5
    assert "of 5 lie inside the distribution" in ann.parts["samples"]
    ann.do("sample", first=1, last=3, n=5, seed=1, jitter=4)
    assert "from 0 to 3" in ann.said and ann.facts["sampling"][-1] == 0


def test_visitors_that_nobody_counts_are_forgotten_in_the_end(visit, monkeypatch):
    monkeypatch.setattr("skcurve.app.visits.MOST_VISITS", 2)
    ann, bob, cid = (visit(name).arrive().do("push") for name in ("ann", "bob", "cid"))
    assert [len(ann.server.visits.view(one.name).stack) for one in (bob, cid)] == [1, 1]
    assert ann.server.visits.view("ann").stack == ()


def test_texts_of_others_are_no_markup(make_explorer):
    explorer = make_explorer(attribute_names=["<b>", "`${x}", "{{y}}"])
    server = Server(Studio(explorer, title="<script>alert(1)</script>"))
    updates = [server.first_update(), *server.arrive("ann", {"keep": "s1_1 <i>me</i>"})]
    server.close()
    html = "".join("".join(update.get("parts", {}).values()) for update in updates)
    assert "<script>" not in html and "<b>:" not in html and "<i>me" not in html
    assert "&lt;i&gt;me" in html and "&lt;b&gt;" in html


def test_what_a_scrub_cuts_short_it_sends_itself(visit, moody):
    ann = visit().arrive()
    before = ann.parts["current-strip"]
    picking = ann.server.answer("ann", {"do": "pick", "kind": "segment", "first": 5})
    next(picking)  # the controls have changed, and nothing is drawn yet
    ann.do("scrub", at=3.3)
    assert list(picking) == []
    assert ann.facts["first"] == 5 and ann.parts["current-strip"] != before


def test_every_update_holds_what_those_before_it_held(visit, monkeypatch):
    monkeypatch.setattr("skcurve.app.answering.PAUSE", -1.0)
    updates = list(visit().server.arrive("ann", {"pin": "c1_1", "stack": "s1_1"}))
    for one, other in pairwise(updates):
        assert one["parts"].items() <= other["parts"].items()
        assert one["facts"] == other["facts"] and one["serial"] < other["serial"]
    assert len(updates) > 8 and [update.get("resting") for update in updates[-2:]] == [None, True]


def test_what_failed_is_tried_again(visit, moody):
    def fail():
        raise ValueError("out of order")

    moody.mood = fail
    ann = visit().arrive()
    assert "out of order" in ann.parts["thumbs"]
    moody.mood = lambda: None
    ann.do("scrub", at=1)
    assert "sk-failed" not in "".join(ann.parts.values())
