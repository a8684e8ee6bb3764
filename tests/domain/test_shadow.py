"""Steps in shadow: what they decide is recorded, and nothing of it is done."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import checking, differing, journey, shadow
from domain.account import cohort
from domain.account import facts as facts_of
from domain.checking import shadows
from domain.house import House
from domain.journey import Journey
from domain.moving import InFlight
from domain.simulation import World
from tests.domain.generated import a_text
from tests.domain.kit import (
    HEAD,
    POLICIES,
    START,
    a_house,
    a_journey,
    an_account,
    at,
    decided,
    done,
    hold,
    know,
    leave,
    line,
    play,
    reasons,
    resume,
)

COHORT = cohort("acme")

EVERY_VERB = """
steps:
- {send: hello, at: day 1, to: [champion, user]}
- {send: receipt, to: champion}
- {post: cheers}
- {task: call, owner: csm, sla: P1, outcomes: [good, bad], wait: 3 days, otherwise: [{escalate: uncalled, to: vp}]}
- {approval: price, by: director}
- {escalate: stuck, to: director}
- {set: {account.stage: won, tag: vip}}
- {start: other}
- {stop: other}
- {hold: {classes: [growth]}}
- {webhook: crm}
"""
OTHER = "journey: other\nsteps: [{wait: 20 days}, {send: news, to: champion}]"


def recorded(world: World) -> list[str]:
    return [line(touch) for touch in world.shadows]


def test_a_journey_in_shadow_reaches_nobody_changes_nothing_and_records_it_all() -> None:
    before = an_account()
    world = play([f"shadow: yes{EVERY_VERB}", OTHER], account=before)
    assert world.touches == []
    assert [world.follow_ups, world.tasks, world.approvals, world.escalations, world.holds, world.runs] == [{}] * 6
    assert (world.account.values, world.account.tags) == (before.values, ())
    assert recorded(world) == [
        "1 09:00 mail hello ann",
        "1 09:00 mail hello cleo",
        "1 09:00 mail receipt ann",
        "1 09:00 post cheers wins",
        "1 09:00 task call csm",
        "1 09:00 approval price director",
        "1 09:00 escalation stuck director",
        "1 09:00 set account.stage = won, tag vip ",
        "1 09:00 start other ",
        "1 09:00 stop other ",
        "1 09:00 hold class growth ",
        "1 09:00 webhook crm crm",
    ]


@pytest.mark.parametrize(
    ("said", "in_shadow"),
    [
        ("yes", True),
        ("true", True),
        ("no", False),
        ("false", False),
        ('account.segment == "enterprise"', True),
        ('account.segment == "smb"', False),
        ("{by segment: {enterprise: yes, else: no}}", True),
        ("{by segment: {enterprise: no, else: yes}}", False),
        (f"account.cohort == {COHORT}", True),
        (f"account.cohort > {COHORT}", False),
        ("account.wishes > 5", False),
    ],
)
@pytest.mark.parametrize(
    "where", ["shadow: {}\nsteps: [{{send: hello, to: champion}}]", "steps: [{{send: hello, to: champion, shadow: {}}}]"]
)
def test_shadow_is_said_of_a_journey_or_a_step_by_a_word_or_a_condition(where: str, said: str, in_shadow: bool) -> None:
    world = play(where.format(f'"{said}"' if said[0] == "a" and '"' not in said else said if said[0] != "a" else f"'{said}'"))
    assert (len(world.touches), len(world.shadows)) == ((0, 1) if in_shadow else (1, 0))


def test_what_lies_in_a_step_in_shadow_is_in_shadow_too() -> None:
    world = play(
        """
        steps:
        - branch: size
          shadow: yes
          cases:
          - {when: account.wishes > 5, steps: []}
          - else: [{send: hello, to: champion}, {wait_for: answered, within: 2 days, otherwise: [{task: call, owner: csm}]}]
        - {send: thanks, to: champion}
        """
    )
    assert recorded(world) == ["0 10:00 mail hello ann", "2 10:00 task call csm"]
    assert [line(touch) for touch in world.touches] == ["2 10:00 mail thanks ann"]


def test_the_condition_is_asked_when_the_step_comes() -> None:
    text = "shadow: not account.ready\nsteps: [{send: hello, to: champion}, {wait: 3 days}, {send: thanks, to: champion}]"
    world = play(text, {"1 12:00": know(ready=True)})
    assert recorded(world) == ["0 10:00 mail hello ann"]
    assert [line(touch) for touch in world.touches] == ["3 10:00 mail thanks ann"]


def test_a_mail_that_waits_for_its_hours_stays_in_shadow_when_its_journey_goes_live() -> None:
    text = "shadow: not account.ready\nsteps: [{send: hello, to: champion}, {send: thanks, to: champion}]"
    world = play(text, {"0 21:00": know(ready=True)}, start="0 20:00")
    assert recorded(world) == ["1 09:00 mail hello ann"]
    assert [line(touch) for touch in world.touches] == ["1 09:00 mail thanks ann"]


# How the run goes on


@pytest.mark.parametrize(
    ("step", "asks"),
    [
        ("send: hello, to: champion", "steps.s.done_on"),
        ("post: cheers", "steps.s.done_on"),
        ("webhook: crm", "steps.s.done_on"),
        ("task: call, owner: csm, outcomes: [good, bad]", 'steps.s.done_on and steps.s.outcome == "good"'),
        ("task: call, owner: csm", "steps.s.done_on and not steps.s.outcome"),
        ("task: call, owner: csm, wait: 5 days", "steps.s.done_on"),
        ("approval: price, by: director", 'steps.s.approved and steps.s.outcome == "approved" and steps.s.done_on'),
        ("approval: price, by: director, otherwise: skip", "steps.s.approved"),
        ("escalate: stuck, to: director", "steps.s.done_on"),
        ("send: hello, to: champion, approval: {by: director, otherwise: skip}", "steps.s.approved and steps.s.done_on"),
        ("set: {account.ready: true}", "steps.s.done_on and not account.ready"),
        ("start: other", "steps.s.done_on"),
        ("send: hello, to: champion", "not (steps.s.clicked or steps.s.replied)"),
    ],
)
def test_a_step_in_shadow_counts_as_done_well_at_once(step: str, asks: str) -> None:
    text = f"steps:\n- {{id: s, {step}, shadow: yes}}\n- {{send: thanks, to: champion, when: {asks!r}}}"
    assert [line(touch) for touch in play([text, OTHER]).touches][:1] == ["0 10:00 mail thanks ann"]


def test_a_gate_in_shadow_asks_nobody_and_lets_the_mail_through() -> None:
    world = play("shadow: yes\nsteps: [{send: offer, to: champion, approval: {by: director, otherwise: skip}}]")
    assert recorded(world) == ["0 10:00 approval offer director", "0 10:00 mail offer ann"]
    assert world.approvals == {}


def test_a_mail_in_shadow_keeps_the_hours_of_its_reader() -> None:
    world = play("shadow: yes\nsteps: [{send: hello, to: champion}, {wait: 1 hour}, {post: cheers}]", start="0 22:00")
    assert recorded(world) == ["1 09:00 mail hello ann", "1 10:00 post cheers wins"]


def test_a_mail_in_shadow_is_not_recorded_where_it_would_not_have_left() -> None:
    text = "shadow: yes\nsteps: [{send: hello, to: champion}, {post: cheers}]"
    world = play(text, account=an_account(facts={"do_not_contact": True}))
    assert recorded(world) == ["0 10:00 post cheers wins"]
    assert reasons(world, "dropped") == ["dropped send-hello: the account is not to be contacted"]


def test_a_mail_in_shadow_is_withdrawn_with_its_condition() -> None:
    text = "shadow: yes\nsteps: [{send: hello, to: champion, when: not account.ready}, {post: cheers}]"
    world = play(text, {"0 23:00": know(ready=True)}, start="0 22:00")
    assert recorded(world) == ["1 09:00 post cheers wins"]
    assert reasons(world, "withdrawn") == ["withdrawn send-hello: its condition no longer holds"]


def test_a_held_run_in_shadow_records_nothing_until_it_is_resumed() -> None:
    text = "shadow: yes\nsteps: [{send: hello, at: day 2, to: champion}]"
    world = play(text, {"1 10:00": hold("send"), "5 11:00": resume})
    assert recorded(world) == ["7 09:00 mail hello ann"]


def test_a_run_in_shadow_that_is_left_records_no_more() -> None:
    text = "shadow: yes\nsteps: [{send: hello, at: day 2, to: champion}, {send: thanks, at: day 4, to: champion}]"
    assert recorded(play(text, {"3 10:00": leave})) == ["2 09:00 mail hello ann"]


# Others, to whom the run does not exist


def test_a_live_step_hears_nothing_of_people_who_were_never_asked() -> None:
    text = """
    steps:
    - {task: call, owner: csm, shadow: yes, wait: 2 days}
    - {escalate: uncalled, to: director, at: day 5, when: not steps.call.done_on}
    """
    world = play(text, {"1 10:00": done("task-call"), "2 10:00": decided("task-call")})
    assert world.touches == []


def test_a_journey_in_shadow_starts_what_is_in_shadow_and_nothing_else() -> None:
    starter = "shadow: yes\nsteps: [{start: other}]"
    other = "journey: other\n{}steps: [{{send: news, to: champion}}]"
    assert recorded(play([starter, other.format("")])) == ["0 10:00 start other "]
    assert recorded(play([starter, other.format("shadow: yes\n")])) == ["0 10:00 start other ", "0 10:00 mail news ann"]


@pytest.mark.parametrize(("said", "seen"), [("yes", []), ("no", ["0 10:00 mail news ann"])])
def test_a_fact_about_a_journey_is_not_true_while_its_runs_are_in_shadow(said: str, seen: list[str]) -> None:
    house = a_house_where("in_story: {type: boolean, while: story}")
    story = f"shadow: {said}\nsteps: [{{wait: 9 days}}]"
    watcher = "journey: watcher\nsteps: [{wait_for: account.in_story, within: 5 days}, {send: news, to: champion, when: account.in_story}]"
    world = World(house, [a_journey(story), a_journey(watcher)], an_account(), START, "silent")
    world.enroll("watcher")
    world.enroll("story")
    world.play(START + timedelta(days=12))
    assert [line(touch) for touch in world.touches] == seen


def test_a_fact_about_a_journey_becomes_true_when_its_run_goes_live() -> None:
    house = a_house_where("in_story: {type: boolean, while: story}")
    story = "shadow: not account.ready\nsteps: [{wait: 4 days}, {wait: 9 days}]"
    watcher = "journey: watcher\nsteps: [{wait_for: account.in_story, within: 20 days}, {send: news, to: champion, when: account.in_story}]"
    world = World(house, [a_journey(story), a_journey(watcher)], an_account(), START, "silent")
    world.enroll("watcher")
    world.enroll("story")
    world.at(at("1 10:00"), know(ready=True))
    world.play(START + timedelta(days=20))
    assert [line(touch) for touch in world.touches] == ["4 10:00 mail news ann"]
    assert reasons(world, "went live") == ["went live None: its journey is not in shadow any more"]


def a_house_where(fact: str) -> House:
    return a_house(vocabulary=POLICIES["vocabulary"].replace("  account:\n", f"  account:\n    {fact}\n", 1))


@pytest.mark.parametrize(("first", "second", "runs"), [("yes", "no", 2), ("yes", "yes", 1), ("no", "no", 1), ("no", "yes", 1)])
def test_who_was_in_a_journey_in_shadow_may_enter_it_once_more_when_it_is_live(first: str, second: str, runs: int) -> None:
    text = "starts: {{manual: true, reenter: never}}\nshadow: {}\nsteps: [{{send: hello, to: champion}}]"
    world = play(text.format(first), days=3)
    world.publish(a_journey(text.format(second)))
    world.enroll("story")
    world.play(world.now + timedelta(days=3))
    assert len(world.touches) + len(world.shadows) == runs


# Going live by publishing


@pytest.mark.parametrize(
    ("in_flight", "in_shadow", "live"),
    [
        ("move_now", ["0 10:00 mail hello ann"], ["3 10:00 mail thanks ann", "4 10:00 post cheers wins"]),
        # It moves once it has gone on, which the mail belongs to.
        ("move", ["0 10:00 mail hello ann", "3 10:00 mail thanks ann"], ["4 10:00 post cheers wins"]),
    ],
)
def test_a_run_that_moves_to_a_live_version_begins_with_its_next_step(in_flight: InFlight, in_shadow: list[str], live: list[str]) -> None:
    text = "{}steps: [{{send: hello, to: champion}}, {{wait: 3 days}}, {{send: thanks, to: champion}}, {{wait: 1 day}}, {{post: cheers}}]"
    goes_live = a_journey(text.format(""))
    world = play(text.format("shadow: yes\n"), {"1 10:00": lambda world: world.publish(goes_live, in_flight)})
    assert recorded(world) == in_shadow
    assert [line(touch) for touch in world.touches] == live


def test_a_run_that_moves_into_shadow_keeps_what_was_asked_before() -> None:
    text = "{}steps: [{{task: call, owner: csm, wait: 5 days}}, {{send: thanks, to: champion, when: steps.call.done_on}}]"
    kept_back = a_journey(text.format("shadow: yes\n"))
    world = play(
        text.format(""), {"1 10:00": lambda world: world.publish(kept_back, "move_now"), "2 12:00": done("task-call")}, people="silent"
    )
    assert [line(touch) for touch in world.touches][:1] == ["0 10:00 task call csm"]
    assert recorded(world) == ["2 12:00 mail thanks ann"]


# Properties


def of_json(text: str) -> Journey:
    return journey.compile(text, "story.yaml", a_house().segments)


@settings(max_examples=60, deadline=None)
@given(a_text(), st.sampled_from(("yes", "account.wishes > 5", "not account.ready")))
def test_whatever_a_journey_says_nothing_of_it_gets_out_of_shadow(text: str, where: str) -> None:
    """And with a condition, what is recorded and what gets out are never the same deed."""
    said = of_json(text[:-1] + f', "shadow": "{where}"}}')
    other = a_journey("journey: other\nsteps: [{wait: 3 days}]")
    before = an_account()
    world = World(a_house(), [said, other], before, START, "prompt")
    world.enroll("story")
    world.play(START + timedelta(days=30))
    if where == "yes":
        assert world.touches == []
        assert [world.follow_ups, world.tasks, world.approvals, world.escalations, world.holds] == [{}] * 5
        assert (world.account.values, world.account.tags) == (before.values, before.tags)
    deeds = {(touch.step, touch.visit, touch.effect, touch.recipient) for touch in world.touches if touch.kind != "notice"}
    assert not deeds & {(touch.step, touch.visit, touch.effect, touch.recipient) for touch in world.shadows}


def _unshadowed(text: str) -> str:
    def drop(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if name != "shadow"}

    return json.dumps(json.loads(text, object_hook=drop))


@settings(max_examples=40, deadline=None)
@given(a_text())
def test_a_journey_played_as_live_is_the_journey_without_shadow(text: str) -> None:
    plain, kept_back = of_json(_unshadowed(text)), shadow.as_live(of_json(text[:-1] + ', "shadow": "yes"}'))

    def played(one: Journey) -> list[str]:
        world = World(a_house(), [one], an_account(), START, "late")
        world.enroll("story")
        world.play(START + timedelta(days=30))
        return [line(touch) for touch in world.touches]

    assert played(plain) == played(kept_back)


def test_cohorts_are_spread_over_the_book_and_never_change() -> None:
    counts = [0] * 100
    for number in range(20_000):
        counts[cohort(f"account-{number}")] += 1
    assert min(counts) > 130
    assert max(counts) < 270
    assert facts_of(an_account(), a_house(), START).values["account.cohort"] == cohort("acme") == COHORT


# What is said of it


def _checked(text: str) -> list[str]:
    whole = "\n".join([*(f"{name}: {value}" for name, value in HEAD.items()), text])
    return [fault.sentence for fault in checking.check_text(whole, "story.yaml", a_house(), ["other"])]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("shadow: yes\nsteps: [{send: hello, to: champion}]", []),
        ("shadow: account.cohort >= 10\nsteps: [{send: hello, to: champion}]", []),
        (
            "shadow: account.cohrt >= 10\nsteps: [{send: hello, to: champion}]",
            ["nothing is called 'account.cohrt'; did you mean 'account.cohort'?"],
        ),
        ("shadow: account.cohort < 0\nsteps: [{post: cheers}]", ["this is never true: account.cohort goes from 0"]),
        ("shadow:\nsteps: [{post: cheers}]", ["shadow: it comes out empty (a # begins a comment): write a condition"]),
        ("steps: [{post: cheers, shadwo: yes}]", ["'shadwo' is not a field here; did you mean 'shadow'?"]),
        ("steps: [{set: {account.cohort: 3}}]", ["'account.cohort' is not a declared fact"]),
        (
            "steps: [{wait: 3 days, shadow: yes}, {post: cheers}]",
            ["a wait reaches nobody and changes nothing, so it has no shadow; say 'shadow:' of a step that does something"],
        ),
        (
            "shadow: yes\nsteps: [{post: cheers, shadow: no}]",
            ["the whole journey is in shadow, and all that is in it, whatever is said here"],
        ),
        (
            "steps: [{repeat: r, every: 1 day, until: account.ready, shadow: yes, steps: [{post: cheers, shadow: yes}]}]",
            ["'repeat-r' is in shadow, and all that is in it, whatever is said here"],
        ),
    ],
)
def test_what_is_said_of_shadow_is_checked(text: str, sentences: list[str]) -> None:
    found = _checked(text)
    assert [sentence.startswith(said) for sentence, said in zip(found, sentences, strict=True)] == [True] * len(sentences), found


def test_a_journey_in_shadow_that_starts_a_live_one_is_warned_of() -> None:
    def said(first: str, second: str) -> list[str]:
        journeys = {
            "story": a_journey(f"shadow: {first}\nsteps: [{{start: other}}]"),
            "other": a_journey(f"journey: other\nshadow: {second}\nsteps: [{{post: cheers}}]"),
        }
        return [str(fault.warning) for fault in set(shadows.check_set(journeys))]

    assert said("yes", "no") == ["True"]
    assert said("yes", "yes") == said("yes", "account.ready") == said("no", "no") == said("account.ready", "no") == []


LINES = "steps: [{{send: hello, to: champion{}}}]"


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        ("no", "yes", ["is in shadow now: it decides and records, and does nothing"]),
        ("yes", "no", ["goes live"]),
        ("yes", "account.cohort >= 10", ["goes live, but where account.cohort >= 10"]),
        ("account.cohort >= 10", "account.cohort >= 50", ["is in shadow where account.cohort >= 50 instead of where account.cohort >= 10"]),
        ("account.cohort >= 10", "no", ["goes live also where account.cohort >= 10"]),
        ("account.cohort >= 10", "yes", ["is in shadow everywhere now, not only where account.cohort >= 10"]),
        ("no", "account.ready", ["is in shadow now where account.ready"]),
        ("yes", "true", []),
        ("yes", 'account.segment != \\"smb\\"', ["for smb only: {} goes live"]),
    ],
)
@pytest.mark.parametrize(("subject", "of_step"), [("it", False), ("send-hello", True)])
def test_what_goes_live_is_said_in_words(before: str, after: str, sentences: list[str], subject: str, of_step: bool) -> None:
    def text(said: str) -> str:
        return LINES.format(f', shadow: "{said}"') if of_step else f'shadow: "{said}"\n{LINES.format("")}'

    found = [each.sentence for each in differing.journeys(a_journey(text(before)), a_journey(text(after)))]
    assert found == [said.format(subject) if "{}" in said else f"{subject} {said}" for said in sentences]
