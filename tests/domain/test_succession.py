"""Which step of a newer version is which of the older: the map that runs are moved by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import succession
from domain.succession import Fate, Succession
from tests.domain.changes import a_change, compiled
from tests.domain.generated import a_text
from tests.domain.kit import a_house, a_journey


def fates(old: str, new: str, segment: str = "enterprise") -> dict[str, Fate]:
    return dict(succession.between(a_journey(old), a_journey(new), segment))


def becomes(old: str, new: str, segment: str = "enterprise") -> dict[str, str | None]:
    """The newer ids of steps that are called otherwise or are gone."""
    return {id: fate.becomes for id, fate in fates(old, new, segment).items() if fate.how != "same"}


THREE = "steps: [{send: hello, to: champion}, {task: call, owner: csm}, {post: cheers}]"


def test_a_step_with_its_id_and_its_verb_is_the_same_wherever_it_stands_and_whatever_it_says() -> None:
    new = """
    steps: [{post: cheers, at: day 9}]
    tracks: {beside: [{branch: b, cases: [{when: account.ready, steps: [{task: call, owner: vp, sla: P1}]}, {else: []}]}, {send: hello, to: user}]}
    """
    assert {fate.how for fate in fates(THREE, new).values()} == {"same"}


def test_an_id_that_another_verb_has_now_is_another_step() -> None:
    fate = fates("steps: [{id: x, send: hello, to: champion}]", "steps: [{id: x, post: cheers}]")["x"]
    assert (fate.how, fate.becomes, fate.candidates) == ("ambiguous", None, ("x",))


def test_a_step_about_the_same_thing_in_its_place_may_be_it_and_somebody_has_to_say() -> None:
    new = THREE.replace("{task: call, owner: csm}", "{post: call}")
    assert fates(THREE, new)["task-call"].candidates == ("post-call",)
    assert fates(THREE, THREE.replace("{task: call, owner: csm}", "{post: cheers, id: other}"))["task-call"].how == "removed"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"task-call": "task-plan"}, {"task-call": "task-plan"}),  # which of several
        ({"task-call": "task-review"}, {"task-call": "task-review"}),
        ({"task-call": None}, {"task-call": None}),  # none of them
        ({"task-call": "post-cheers"}, {"task-call": "post-cheers", "post-cheers": None}),  # two steps do not become one
        ({"send-hello": None}, {"send-hello": None, "task-call": None}),  # although its id is there
        ({"nowhere": "task-plan", "task-call": "elsewhere"}, {"task-call": None}),  # of another version, or another segment
    ],
)
def test_what_somebody_told_comes_before_every_rule(told: dict[str, str | None], expected: dict[str, str | None]) -> None:
    new = "steps: [{send: hello, to: champion}, {task: plan, owner: vp}, {task: review, owner: vp}, {post: cheers}]"
    found = succession.between(a_journey(THREE), a_journey(new), "enterprise", told)
    assert {id: fate.becomes for id, fate in found.items() if fate.how != "same"} == expected


def test_a_step_that_is_like_it_in_its_place_is_the_step_renamed() -> None:
    assert becomes(THREE, THREE.replace("{task: call,", "{id: ring, task: call,")) == {"task-call": "ring"}


def test_one_that_is_like_it_in_another_place_is_not() -> None:
    new = "steps: [{send: hello, to: champion}, {post: cheers}, {id: ring, task: call, owner: csm}]"
    assert becomes(THREE, new) == {"task-call": None}
    assert fates(THREE, new)["task-call"].how == "removed"


def test_a_step_that_says_something_else_in_its_place_is_asked_about() -> None:
    fate = fates(THREE, THREE.replace("{task: call, owner: csm}", "{task: plan, owner: csm}"))["task-call"]
    assert (fate.how, fate.becomes, fate.candidates) == ("ambiguous", None, ("task-plan",))
    assert fate.next == "post-cheers"
    assert fate.missed == ("task-plan",)


def test_of_two_that_are_alike_none_is_guessed() -> None:
    old = "steps: [{id: a, post: cheers}, {id: b, post: cheers}]"
    found = fates(old, "steps: [{id: c, post: cheers}]")
    assert {id: (fate.how, fate.candidates) for id, fate in found.items()} == {"a": ("ambiguous", ("c",)), "b": ("ambiguous", ("c",))}


def test_a_wait_without_a_name_is_the_same_when_only_its_length_changed() -> None:
    old = "steps: [{send: hello, to: champion}, {wait: 5 days}, {post: cheers}]"
    assert becomes(old, old.replace("5 days", "7 days")) == {"wait-5-days": "wait-7-days"}
    two = old.replace("{wait: 5 days}", "{wait: 7 days}, {id: w, wait: until 09:00}, {wait: 9 days}")
    assert fates(old, two)["wait-5-days"].candidates == ("wait-7-days", "w", "wait-9-days")


def test_a_step_that_was_renamed_takes_those_inside_it_along() -> None:
    old = "steps: [{branch: b, cases: [{when: account.ready, steps: [{id: x, post: cheers}]}, {else: []}]}]"
    new = old.replace("{branch:", "{id: fork, branch:").replace("id: x", "id: y")
    assert becomes(old, new) == {"branch-b": "fork", "x": "y"}


def test_a_track_that_was_renamed_takes_its_steps_along() -> None:
    old = "tracks: {one: [{post: cheers}, {wait: 1 day}], other: [{wait: 2 days}]}"
    new = "tracks: {first: [{post: cheers}, {wait: 3 days}], other: [{wait: 2 days}]}"
    found = Succession(a_journey(old).plan("smb"), a_journey(new).plan("smb"))
    assert (found.tracks["one"], found.tracks["other"]) == ("first", "other")
    assert becomes(old, new) == {"wait-1-day": "wait-3-days"}


# Where a run goes on whose step is gone


def test_the_next_step_of_its_list_that_is_still_there_is_told() -> None:
    old = "steps: [{send: hello, to: champion}, {task: call, owner: csm}, {set: {account.ready: true}}, {post: cheers}]"
    found = fates(old, "steps: [{send: hello, to: champion}, {post: cheers}]")
    assert (found["task-call"].how, found["task-call"].next) == ("removed", "post-cheers")
    assert found["task-call"].inside is None


def test_the_next_step_is_none_that_went_to_another_list() -> None:
    new = "steps: [{send: hello, to: champion}]\ntracks: {beside: [{post: cheers}]}"
    fate = fates(THREE, new)["task-call"]
    assert (fate.how, fate.next, fate.inside) == ("removed", None, None)


def test_of_a_step_that_went_to_another_list_the_place_it_left_is_told_too() -> None:
    new = "steps: [{send: hello, to: champion}, {post: cheers}]\ntracks: {beside: [{task: call, owner: csm}]}"
    fate = fates(THREE, new)["task-call"]
    assert (fate.how, fate.becomes, fate.next) == ("same", "task-call", "post-cheers")


def test_at_the_end_of_its_list_the_step_around_it_is_told() -> None:
    old = "steps: [{repeat: r, every: 1 day, until: account.ready, steps: [{branch: b, cases: [{when: account.quiet, steps: [{post: cheers}]}, {else: []}]}]}]"
    new = "steps: [{repeat: r, every: 1 day, until: account.ready, steps: [{send: hello, to: user}]}]"
    fate = fates(old, new)["post-cheers"]
    assert (fate.how, fate.next, fate.inside) == ("removed", None, "repeat-r")


def test_the_next_step_is_one_that_the_segment_comes_to() -> None:
    old = 'steps: [{task: call, owner: csm}, {send: news, to: user, when: account.segment == "smb"}, {post: cheers}]'
    new = old.replace("{task: call, owner: csm}, ", "")
    assert fates(old, new, "enterprise")["task-call"].next == "post-cheers"
    assert fates(old, new, "smb")["task-call"].next == "send-news"


def test_what_a_run_would_miss_and_what_would_come_again_is_told() -> None:
    new = "steps: [{task: call, owner: csm}, {wait: 1 day}, {send: hello, to: champion}, {post: cheers}]"
    found = fates(THREE, new)
    assert (found["send-hello"].missed, found["send-hello"].again) == (("task-call", "wait-1-day"), ())
    assert (found["task-call"].missed, found["task-call"].again) == ((), ("send-hello",))
    assert (found["post-cheers"].missed, found["post-cheers"].again) == (("wait-1-day",), ())


def test_a_step_that_only_another_segment_has_keeps_the_fate_it_has_there() -> None:
    old = "steps: [{by segment: {smb: {send: hello, to: user}, else: {task: call, owner: csm}}}, {post: cheers}]"
    found = fates(old, old.replace("{send: hello, to: user}", "{wait: 1 day}"), "enterprise")
    assert found["task-call"].how == "same"
    assert (found["send-hello"].how, found["send-hello"].next) == ("removed", "post-cheers")


# Whatever changes


@given(a_text(), st.data())
def test_a_map_of_anything_is_whole_and_one_to_one_and_names_what_is_there(text: str, data: st.DataObject) -> None:
    old = compiled(json.loads(text))
    change = data.draw(a_change(text) | a_text().map(lambda other: ("another journey", compiled(json.loads(other)))))
    new = change[1] if change else old
    for segment in a_house().segments:
        told = data.draw(st.dictionaries(st.sampled_from(sorted(old.plan(segment).nodes)), st.none(), max_size=2))
        names = data.draw(st.permutations(sorted(new.plan(segment).nodes)))
        told |= dict(zip(told, data.draw(st.sampled_from([[], names])), strict=False))
        found = succession.between(old, new, segment, told)
        assert {id for plan in old.plans.values() for id in plan.nodes} == found.keys()
        here, there = old.plan(segment), new.plan(segment)
        own = [fate for id, fate in found.items() if id in here.nodes]
        taken = [fate.becomes for fate in own if fate.becomes]
        assert len(taken) == len(set(taken))
        for fate in own:
            assert (fate.becomes is None) == (fate.how in ("removed", "ambiguous"))
            assert bool(fate.candidates) == (fate.how == "ambiguous")
            assert not set(fate.candidates) & set(taken)
            named = {fate.becomes, fate.next, fate.inside, *fate.candidates, *fate.missed, *fate.again} - {None}
            assert named <= there.nodes.keys()
            assert fate.becomes is None or fate.step in told or there.nodes[fate.becomes].step.verb == fate.verb


@given(a_text())
def test_nothing_becomes_of_the_steps_of_the_same_text(text: str) -> None:
    one, other = compiled(json.loads(text)), compiled(json.loads(text))
    for fate in succession.between(one, other, "smb").values():
        assert fate == Fate(fate.step, fate.verb, "same", fate.step)


@given(a_text(), st.data())
def test_a_step_that_is_given_another_name_is_the_one_that_is_renamed(text: str, data: st.DataObject) -> None:
    names = sorted(compiled(json.loads(text)).any_plan.nodes)
    name = data.draw(st.sampled_from(names))
    found = becomes_of(json.loads(text), json.loads(text.replace(f'"id": "{name}"', '"id": "another"')))
    assert found == {name: "another"}


def becomes_of(old: Any, new: Any) -> dict[str, str | None]:
    found = succession.between(compiled(old), compiled(new), "enterprise")
    return {id: fate.becomes for id, fate in found.items() if fate.how != "same"}
