"""Whole stories in virtual time: how our people behave, who stands in for whom, several journeys beside each other, and what comes next.

Day 0 is a Monday, ten in Berlin; a touch reads `day hour kind what to whom`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import simulation, state
from domain.account import facts
from domain.facts import Absence, Contract, Hold, Person
from domain.interpreter import enter
from domain.people import Behaviour, acknowledges, decides, does_task, resolves
from domain.simulation import Touch, World, next_touches
from tests.domain.kit import (
    BERLIN,
    MONDAY,
    a_house,
    a_journey,
    a_person,
    an_account,
    at,
    change,
    decided,
    done,
    hold,
    know,
    leave,
    line,
    move_start,
    people,
    play,
    reasons,
    resume,
    skip,
    story,
)

HOUSE = a_house()
BERLIN_HOURS = HOUSE.calendars.working(BERLIN, "DE")


def away(id: str, first: int, last: int, **more: Any) -> Person:
    """Somebody of the team who is on leave from the first of these days to the last."""
    return replace(people()[id], absences=(Absence(MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)),), **more)


def lines(world: World, *journeys: str) -> list[str]:
    """What a story's touches were, in all journeys or these."""
    return [line(touch) for touch in world.touches if not journeys or touch.journey in journeys]


# How people behave


@pytest.mark.parametrize(
    ("behaviour", "task", "decision", "acknowledgement"),
    [("prompt", "0 12:00", "0 12:00", "0 11:00"), ("late", "7 12:00", "3 10:00", "3 10:00"), ("silent", None, None, None)],
)
def test_people_are_prompt_late_or_silent(
    behaviour: Behaviour, task: str | None, decision: str | None, acknowledgement: str | None
) -> None:
    """The task is due on Wednesday at noon; late is three business days, over a weekend."""
    asked = at("0 10:00")
    assert does_task(behaviour, BERLIN_HOURS, asked, at("2 12:00")) == (at(task) if task else None)
    assert decides(behaviour, BERLIN_HOURS, asked) == (at(decision) if decision else None)
    assert acknowledges(behaviour, BERLIN_HOURS, asked) == (at(acknowledgement) if acknowledgement else None)


def test_people_act_in_their_working_hours() -> None:
    evening = at("4 20:00")
    assert does_task("prompt", BERLIN_HOURS, evening, evening) == at("7 11:00")
    assert decides("prompt", BERLIN_HOURS, evening) == at("7 11:00")
    assert acknowledges("prompt", BERLIN_HOURS, evening) == at("7 10:00")
    assert resolves(BERLIN_HOURS, at("3 10:00")) == at("7 10:00")
    new_york = HOUSE.calendars.working("America/New_York", "US")
    assert does_task("prompt", new_york, at("0 10:00"), at("0 10:00")) == at("0 17:00")


def test_a_task_made_after_it_was_due_is_late_from_then() -> None:
    assert does_task("late", BERLIN_HOURS, at("2 10:00"), at("0 10:00")) == at("7 10:00")


TASK = "steps: [{task: call, owner: csm, sla: P2, wait: 20 days, otherwise: [{post: heads-up, to: cco}]}, {post: cheers}]"
REMINDED = [
    "0 10:00 task call csm",
    "1 14:00 notice task-reminder csm",
    "2 10:00 notice task-reminder csm",
    "2 10:00 notice task-reminder director",
]
OVERDUE = [*REMINDED, "4 10:00 notice escalation director", "4 16:00 notice escalation-reminder director"]


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("prompt", ["0 10:00 task call csm", "0 12:00 post cheers wins"]),
        ("late", [*OVERDUE, "7 10:00 post cheers wins"]),  # and what it was escalated for is over
        (
            "silent",
            [
                *OVERDUE,
                "9 10:00 notice escalation vp", "9 16:00 notice escalation-reminder vp",
                "14 10:00 notice escalation cco", "14 16:00 notice escalation-reminder cco",
                "20 10:00 post heads-up cco", "20 10:00 post cheers wins",
            ],
        ),
    ],
)  # fmt: skip
def test_a_task_is_done_or_climbs(behaviour: Behaviour, expected: list[str]) -> None:
    assert story(TASK, people=behaviour, days=40) == expected


GATE = "steps: [{send: hello, to: champion, approval: {by: owner%s}}, {post: cheers}]"


@pytest.mark.parametrize(
    ("behaviour", "otherwise", "expected"),
    [
        ("prompt", "", ["0 12:00 mail hello ann", "0 12:00 post cheers wins"]),
        ("late", "", ["2 10:00 notice escalation director", "2 16:00 notice escalation-reminder director", "3 10:00 mail hello ann", "3 10:00 post cheers wins"]),
        ("late", ", otherwise: send", ["2 10:00 mail hello ann", "2 10:00 post cheers wins"]),  # too late to matter
        ("late", ", otherwise: skip", ["2 10:00 post cheers wins"]),
        ("silent", ", otherwise: skip", ["2 10:00 post cheers wins"]),
    ],
)  # fmt: skip
def test_a_gate_is_decided_or_runs_out(behaviour: Behaviour, otherwise: str, expected: list[str]) -> None:
    assert story(GATE % otherwise, people=behaviour, days=10) == ["0 10:00 approval hello csm", *expected]


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("prompt", ["2 11:00 post cheers wins"]),  # acknowledged after an hour, dealt with after two days
        (
            "late",
            [
                "0 16:00 notice escalation-reminder director",
                "3 10:00 notice escalation vp",  # the director's word comes in the same minute
                "7 10:00 post cheers wins",
            ],
        ),
    ],
)
def test_an_escalation_is_acknowledged_and_dealt_with(behaviour: Behaviour, expected: list[str]) -> None:
    text = "steps: [{escalate: stuck, to: director}, {wait_for: steps.stuck.done_on, within: 60 days}, {post: cheers}]"
    assert story(text, people=behaviour, days=60) == ["0 10:00 notice escalation director", *expected]


def test_whoever_says_they_have_it_is_left_in_peace() -> None:
    text = "steps: [{escalate: stuck, to: director}, {wait: 30 days}]"
    assert story(text, {"0 15:00": lambda world: world.acknowledge("stuck")}) == ["0 10:00 notice escalation director"]
    assert story(text, {"0 15:00": lambda world: world.acknowledge("something-else")}, days=1) == [
        "0 10:00 notice escalation director", "0 16:00 notice escalation-reminder director",
    ]  # fmt: skip


def test_an_acknowledged_escalation_that_gets_worse_is_told_again() -> None:
    text = "steps: [{escalate: stuck, to: director, sla: P3}, {wait: 2 days}, {id: worse, escalate: stuck, to: director, sla: P1}, {wait: 30 days, id: w}]"
    assert story(text, {"0 15:00": lambda world: world.acknowledge("stuck")}, days=2) == [
        "0 10:00 notice escalation director", "2 10:00 notice escalation director",
    ]  # fmt: skip


OUTCOMES = """
    steps:
      - {task: call, owner: csm, sla: P4, outcomes: [good, bad], wait: 9 days}
      - {post: cheers, when: steps.call.outcome == "good"}
      - {post: heads-up, to: vp, when: steps.call.outcome == "bad"}
      - {approval: price, by: director}
      - {webhook: crm, when: steps.price.approved}
"""


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({}, ["0 12:00 post cheers wins", "0 14:00 webhook crm crm"]),  # the first of the outcomes, and yes
        ({"task-call": "bad"}, ["0 12:00 post heads-up vp", "0 14:00 webhook crm crm"]),
        ({"call": "bad"}, ["0 12:00 post heads-up vp", "0 14:00 webhook crm crm"]),
        ({"approval-price": "refuse"}, ["0 12:00 post cheers wins"]),
    ],
)
def test_what_people_answer_is_the_first_outcome_unless_told(outcomes: dict[str, str], expected: list[str]) -> None:
    touches = story(OUTCOMES, people="prompt", outcomes=outcomes)
    assert [touch for touch in touches if "task" not in touch and "approval" not in touch] == expected


@pytest.mark.parametrize("again", [done("task-call", "bad"), done("task-call", "bad", visit=2), done("task-plan", "bad")])
def test_a_task_is_done_once_and_only_if_it_is_there(again: Any) -> None:
    text = "steps: [{task: call, owner: csm, sla: P4}, {wait: 1 day}, {post: cheers, when: steps.call.outcome == 'good'}]"
    assert story(text, {"0 11:00": done("task-call", "good"), "0 12:00": again})[1:] == ["1 10:00 post cheers wins"]


@pytest.mark.parametrize("again", [decided("approval-price"), decided("approval-price", visit=2), decided("approval-other")])
def test_a_decision_is_made_once_and_only_if_it_was_asked_for(again: Any) -> None:
    text = "steps: [{approval: price, by: vp}, {wait: 1 day}, {post: cheers, when: steps.price.outcome == 'refused' and not steps.price.approved}]"
    assert story(text, {"0 11:00": decided("approval-price", False), "0 12:00": again})[1:] == ["1 11:00 post cheers wins"]


def test_people_work_by_their_own_clock() -> None:
    account = an_account(people=people(a_person("csm", "csm", zone="America/New_York", country="US")))
    text = "steps: [{task: call, owner: csm, sla: P4, wait: 9 days}, {approval: price, by: owner}, {post: cheers}]"
    assert story(text, account=account, people="prompt")[2:] == ["0 19:00 post cheers wins"]  # two hours and two, from their nine


# Who stands in


COVERED = """
    steps: [{task: call, at: day 1, owner: csm, sla: P4}]
    tracks:
      gate: [{approval: price, at: day 2, by: owner, within: 9 business days}]
      stuck: [{escalate: stuck, at: day 3, to: director, sla: P4}]
      told: [{post: heads-up, at: day 4, to: [director, vp]}]
"""


@pytest.mark.parametrize(
    ("team", "owner", "expected"),
    [
        ([], "csm", ["csm", "csm", "director", "director", "vp"]),
        ([away("csm", 0, 9, backup_id="engineer")], "csm", ["engineer", "engineer", "director", "director", "vp"]),
        ([away("csm", 0, 9)], "csm", ["engineer", "engineer", "director", "director", "vp"]),  # nobody covers: the pool
        ([away("csm", 0, 1, backup_id="engineer")], "csm", ["engineer", "csm", "director", "director", "vp"]),  # back on Wednesday
        ([away("csm", 1, 1, backup_id="engineer")], "csm", ["csm", "csm", "director", "director", "vp"]),  # a day is waited for
        ([away("csm", 5, 9, backup_id="engineer")], "csm", ["csm", "csm", "director", "director", "vp"]),
        ([away("csm", 0, 9, backup_id="vp"), away("vp", 0, 9, backup_id="cco")], "csm", ["cco", "cco", "director", "cco", "director"]),
        ([away("csm", 0, 9, backup_id="vp"), away("vp", 0, 9, backup_id="csm")], "csm", ["engineer", "engineer", "director", "cco", "director"]),
        ([away("director", 0, 9)], "csm", ["csm", "csm", "vp", "vp"]),  # who is told once, for both roles
        ([replace(people()["director"], active=False)], "csm", ["csm", "csm", "vp", "vp"]),
        ([], None, ["engineer", "engineer", "director", "director", "vp"]),
    ],
)  # fmt: skip
def test_whoever_is_away_is_stood_in_for(team: list[Person], owner: str | None, expected: list[str]) -> None:
    """The task, the approval, the escalation and the posts: each goes to whoever acts for the role at that moment."""
    account = an_account(owner_id=owner, people=people(*team))
    assert [touch.rsplit(" ", 1)[1] for touch in story(COVERED, account=account, days=4)] == expected


def test_whoever_stands_in_is_reminded_and_their_manager_told() -> None:
    team = people(away("csm", 0, 9, backup_id="kim"), a_person("kim", "csm", manager_id="vp"))
    touches = story("steps: [{task: call, owner: csm, sla: P2}, {wait: 9 days}]", account=an_account(people=team), days=3)
    assert touches == [touch.replace("csm", "kim").replace("director", "vp") for touch in REMINDED]


def test_leave_that_begins_later_changes_who_is_asked_next() -> None:
    text = "steps: [{task: call, owner: csm, sla: P4}, {task: plan, at: day 3, owner: csm, sla: P4}]"
    happenings = {"1 12:00": change(people=people(away("csm", 2, 9, backup_id="engineer")))}
    assert story(text, happenings, days=4) == ["0 10:00 task call csm", "3 09:00 task plan engineer"]


def test_work_comes_when_the_one_who_stands_in_begins() -> None:
    team = people(away("csm", 0, 9, backup_id="nina"), a_person("nina", "csm", zone="America/New_York", country="US"))
    assert story("steps: [{task: call, at: day 1, owner: csm, sla: P4}]", account=an_account(people=team)) == ["1 15:00 task call nina"]


# Several journeys in one world


def other(steps: str, name: str = "other", **head: str) -> str:
    return "\n".join([f"journey: {name}", *(f"{field}: {text}" for field, text in head.items()), f"steps: [{steps}]"])


def enroll(*names: str) -> Any:
    def act(world: World) -> None:
        for name in names:
            world.enroll(name)

    return act


def test_journeys_beside_each_other_do_not_mind_each_other() -> None:
    one, two = (
        "steps: [{wait: 1 day}, {post: cheers}, {send: hello, to: champion}]",
        other("{wait: 1 day}, {webhook: crm}, {send: news, to: champion}"),
    )
    together = play([one, two], {"0 11:00": enroll("other")}, days=9)
    assert lines(together, "story") == story(one, days=9)
    assert lines(together, "other") == ["1 11:00 webhook crm crm", "1 11:00 mail news ann"]


def test_each_run_of_a_journey_is_a_story_of_its_own() -> None:
    """Two contracts, each with its own days and its own task."""
    contracts = (
        Contract("c1", MONDAY, MONDAY + timedelta(days=400)),
        Contract("c2", MONDAY + timedelta(days=2), MONDAY + timedelta(days=400)),
    )
    world = play(
        "for: contract\nsteps: [{task: call, at: day 3, owner: csm, sla: P4, wait: 9 days}, {post: cheers}]",
        {"0 11:00": lambda world: world.enroll("story", contract_id="c2")},
        account=an_account(contracts=contracts),
        days=8,
    )
    run_of = {run.key: run.id for run in world.runs.values()}
    assert [(touch.run, line(touch)) for touch in world.touches] == [
        (run_of["c1"], "3 09:00 task call csm"), (run_of["c2"], "7 09:00 task call csm"),
    ]  # fmt: skip
    world.complete_task(run_of["c2"], "task-call", 1)
    world.settle()
    assert [(touch.run, line(touch)) for touch in world.touches[2:]] == [(run_of["c2"], "8 10:00 post cheers wins")]


def test_two_journeys_share_the_escalation_of_one_cause() -> None:
    one = "steps: [{escalate: stuck, to: director}, {wait: 20 days}]"
    two = other("{escalate: stuck, to: director}, {wait: 20 days}")
    assert story([one, two], {"0 11:00": enroll("other")}, days=1) == [
        "0 10:00 notice escalation director",
        "0 16:00 notice escalation-reminder director",
    ]


def test_a_journey_started_by_another_begins_at_once_and_reads_what_it_set() -> None:
    first = "steps: [{set: {account.ready: true}}, {start: other}, {set: {account.ready: false}, id: b}]"
    assert story([first, other("{post: cheers, when: account.ready}, {wait: 1 day}, {webhook: crm, when: not account.ready}")]) == [
        "1 10:00 webhook crm crm"
    ]


def test_a_journey_that_nobody_published_is_not_started() -> None:
    played = play("steps: [{start: other}, {post: cheers}]")
    assert (lines(played), reasons(played, "not enrolled")) == (
        ["0 10:00 post cheers wins"],
        ["not enrolled None: other: it is not published"],
    )


@pytest.mark.parametrize(
    ("tasks", "reminded"),
    [("close", False), ("keep", True), ("hand_on", True)],
)
def test_a_stopped_journey_leaves_its_tasks_as_it_was_told(tasks: str, reminded: bool) -> None:
    first = f"steps: [{{start: other}}, {{wait: 1 day}}, {{stop: other, tasks: {tasks}}}, {{wait: 9 days, id: w}}]"
    played = play([first, other("{task: call, owner: csm, sla: P2}, {wait: 2 days}, {post: cheers}")], days=3)
    assert lines(played, "other")[:1] == ["0 10:00 task call csm"]
    assert any("reminder" in touch for touch in lines(played)) is reminded
    assert not any("cheers" in touch for touch in lines(played))


def test_stopping_a_journey_that_is_not_live_stops_nothing() -> None:
    assert story(["steps: [{stop: other}, {post: cheers}]", other("{webhook: crm}")]) == ["0 10:00 post cheers wins"]


# Holds


HELD = "steps: [{wait: 2 days}, {send: hello, to: champion}, {send: receipt, to: champion}, {post: cheers}]"
HOLDER = "{hold: WHAT}, {id: w, wait: FOR}"


def holder(what: str, days: int, name: str = "other", until: str = "") -> str:
    """A journey that holds this until it is over, so many days later."""
    return other(HOLDER.replace("WHAT", f"{what}{until}").replace("FOR", f"{days} days"), name)


@pytest.mark.parametrize(
    ("what", "until", "expected"),
    [
        # A class of mail: what the customer waits for and what we tell ourselves go all the same, one after the other.
        ("{classes: [onboarding]}", "", ["4 10:00 mail hello ann", "4 10:00 mail receipt ann", "4 10:00 post cheers wins"]),
        ("{classes: [growth]}", "", ["2 10:00 mail hello ann", "2 10:00 mail receipt ann", "2 10:00 post cheers wins"]),
        ("{classes: [growth, onboarding]}", "", ["4 10:00 mail hello ann", "4 10:00 mail receipt ann", "4 10:00 post cheers wins"]),
        ("{classes: [onboarding]}", ", for: 3 days", ["3 10:00 mail hello ann", "3 10:00 mail receipt ann", "3 10:00 post cheers wins"]),
        # A journey stands still, and goes on by as much later.
        ("{journey: story}", "", ["7 09:00 mail hello ann", "7 09:00 mail receipt ann", "7 09:00 post cheers wins"]),
        ("{journey: story}", ", for: 1 day", ["3 10:00 mail hello ann", "3 10:00 mail receipt ann", "3 10:00 post cheers wins"]),
        ("{journey: third}", "", ["2 10:00 mail hello ann", "2 10:00 mail receipt ann", "2 10:00 post cheers wins"]),
    ],
)
def test_a_journey_holds_mail_or_another_journey_while_it_lasts(what: str, until: str, expected: list[str]) -> None:
    texts = [HELD, holder(what, 4, until=until), other("{wait: 1 day}", "third")]
    assert story(texts, {"0 10:00": enroll("other")}) == expected


def test_operational_mail_leaves_while_its_class_is_held_and_not_while_the_account_is() -> None:
    text = "steps: [{send: receipt, at: day 1, to: champion}]"
    assert story([text, holder("{classes: [onboarding]}", 9)], {"0 11:00": enroll("other")}) == ["1 09:00 mail receipt ann"]
    assert story(text, {"0 11:00": change(holds=(Hold("h", until=at("3 12:00")),))}) == ["3 12:00 mail receipt ann"]


def test_mail_waits_until_its_last_hold_is_over() -> None:
    texts = [
        "steps: [{send: hello, at: day 1, to: champion}]",
        holder("{classes: [onboarding]}", 2),
        holder("{classes: [onboarding]}", 3, "third"),
    ]
    assert story(texts, {"0 11:00": enroll("other", "third")}) == ["3 11:00 mail hello ann"]


def test_a_hold_ends_with_the_run_that_placed_it_however_that_ends() -> None:
    holding = holder("{classes: [onboarding]}", 9) + "\nends: [{on: missed}]"
    text = "steps: [{send: hello, at: day 1, to: champion}]"
    assert story([text, holding], {"0 11:00": enroll("other"), "2 12:00": "missed"}) == ["2 12:00 mail hello ann"]
    stopping = other("{stop: other}", "third")
    assert story([text, holding, stopping], {"0 11:00": enroll("other"), "3 12:00": enroll("third")}) == ["3 12:00 mail hello ann"]


def test_what_was_put_off_by_a_hold_leaves_in_its_readers_hours() -> None:
    holding = holder("{classes: [onboarding]}", 9) + "\nends: [{on: missed}]"
    text = "steps: [{send: hello, at: day 1, to: champion}]"
    assert story([text, holding], {"0 11:00": enroll("other"), "4 22:00": "missed"}) == ["7 09:00 mail hello ann"]


def test_a_person_holds_one_run_and_not_the_others() -> None:
    second = other("{wait: 2 days}, {webhook: crm}")
    happenings = {"0 11:00": enroll("other"), "0 12:00": hold(), "4 12:00": resume}
    assert story(["steps: [{wait: 2 days}, {post: cheers}]", second], happenings) == ["2 11:00 webhook crm crm", "6 10:00 post cheers wins"]


def test_a_hold_of_a_run_keeps_what_was_asked_open() -> None:
    """The task can be done meanwhile; the story goes on with its outcome."""
    happenings = {"0 12:00": hold("send"), "1 10:00": done("task-call", "bad"), "2 12:00": resume}
    assert story(OUTCOMES, happenings, days=3)[1:] == ["2 12:00 post heads-up vp", "2 12:00 approval price director"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [(leave, []), (skip("wait-9-days"), ["1 12:00 post cheers wins"]), (hold(until="2 12:00"), ["10 10:00 post cheers wins"])],
)
def test_orders_are_for_the_run_of_the_journey_named(act: Any, expected: list[str]) -> None:
    texts = ["steps: [{wait: 9 days}, {post: cheers}]", other("{wait: 9 days}, {webhook: crm}")]
    touches = story(texts, {"0 11:00": enroll("other"), "1 12:00": act}, days=20)
    assert sorted(touches) == sorted([*expected, "9 11:00 webhook crm crm"])


# Time


MUCH = """
    steps: [{task: call, owner: csm, sla: P1}, {send: hello, at: [day 1, day 8], to: [champion, user]}, {approval: price, by: owner}, {post: cheers}]
    tracks: {a: [{repeat: r, every: 2 days, until: day > 12, steps: [{webhook: crm}]}], b: [{escalate: stuck, at: day 2, to: director}]}
    whenever: [{on: seen, steps: [{start: other}]}]
"""
HAPPENINGS: dict[str, Any] = {"2 12:00": "seen", "3 12:00": move_start(1), "5 12:00": know(ready=True)}


@pytest.mark.parametrize("behaviour", ["prompt", "late", "silent"])
def test_a_story_is_the_same_each_time_and_however_often_it_is_looked_at(behaviour: Behaviour) -> None:
    texts = [MUCH, other("{wait: 4 days}, {send: news, to: champion}")]
    at_once = play(texts, HAPPENINGS, people=behaviour, days=30)
    again = play(texts, HAPPENINGS, people=behaviour, days=30)
    assert (again.touches, again.whys) == (at_once.touches, at_once.whys)
    in_steps = World(HOUSE, [a_journey(text) for text in texts], an_account(), at("0 10:00"), behaviour)
    in_steps.enroll("story")
    for when, what in HAPPENINGS.items():
        in_steps.at(at(when), _happening(what))
    for hours in range(0, 30 * 24 + 1, 7):
        in_steps.play(at("0 10:00") + timedelta(hours=hours))
    in_steps.play(at("0 10:00") + timedelta(days=30))
    assert in_steps.touches == at_once.touches
    assert len(at_once.touches) > 10


def _happening(what: Any) -> Callable[[World], None]:
    return what if callable(what) else lambda world: world.event(what)


def test_nothing_happens_after_the_end_and_what_is_due_at_the_end_does() -> None:
    text = "steps: [{wait: 1 day}, {post: cheers}, {id: w, wait: 1 minute}, {webhook: crm}]"
    world = play(text, days=1)
    assert (lines(world), world.now, world.next_moment()) == (["1 10:00 post cheers wins"], at("1 10:00"), at("1 10:01"))


def test_a_world_in_which_nothing_is_due_has_no_next_moment() -> None:
    world = play("steps: [{post: cheers}]", days=3)
    assert (world.next_moment(), world.now) == (None, at("3 10:00"))
    world.play(at("1 10:00"))
    assert world.now == at("3 10:00")  # time does not run backwards


def test_what_happens_at_one_moment_happens_in_the_order_it_was_said() -> None:
    world = World(
        HOUSE,
        [a_journey("steps: [{wait_for: account.wishes > 0, within: 9 days}, {post: cheers, when: account.wishes == 2}]")],
        an_account(),
        at("0 10:00"),
        "silent",
    )
    world.enroll("story")
    for wishes in (1, 2):
        world.at(at("1 10:00"), know(wishes=wishes))
    world.play(at("2 10:00"))
    assert lines(world) == []  # the first was acted upon before the second was said
    assert world.account.values["account.wishes"] == 2


def test_what_was_said_of_the_past_happens_now() -> None:
    assert story("steps: [{wait_for: seen, within: 9 days, otherwise: [{webhook: crm}]}, {post: cheers}]", {"-3 10:00": "seen"}) == [
        "0 10:00 post cheers wins"
    ]


def test_journeys_that_chase_each_other_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_TURNS", 50)
    circle = [
        f"journey: {one}\nstarts: {{manual: true, reenter: always}}\nsteps: [{{start: {two}}}]"
        for one, two in (("story", "other"), ("other", "story"))
    ]
    with pytest.raises(RuntimeError, match="more than 50 turns: a journey does not rest"):
        play(circle)


# What a touch and a reason say


def test_a_touch_says_who_got_what_of_which_run_and_why_it_counts() -> None:
    text = (
        "steps: [{send: hello, to: champion}, {post: cheers}, {webhook: crm}, {task: call, owner: csm, sla: P4}, {approval: price, by: vp}]"
    )
    touches = play(text, days=1).touches
    assert [(touch.kind, touch.effect) for touch in touches] == [
        ("mail", "send"), ("post", "post"), ("webhook", "webhook"), ("task", "task"), ("approval", "approval"),
    ]  # fmt: skip
    assert touches[0] == Touch(at("0 10:00"), "story", "send-hello", 1, "send", "ann", "hello", "story#1")


def test_a_follow_up_belongs_to_the_journey_that_asked() -> None:
    played = play("steps: [{task: call, owner: csm, sla: P2}, {wait: 9 days}]", days=2)
    assert {(touch.kind, touch.journey) for touch in played.touches} == {("task", "story"), ("notice", "story")}


def test_reasons_say_when_and_in_which_journey() -> None:
    played = play("steps: [{wait: 1 day}, {send: hello, to: champion}]", {"0 12:00": change(contacts=())})
    assert [(why.at, why.journey, why.decision.step) for why in played.whys if why.decision.what == "skipped"] == [
        (at("1 10:00"), "story", "send-hello")
    ]


# Health over time


def test_a_fall_is_escalated_and_ends_with_recovery() -> None:
    poor = know(usage=40, engagement=40, performance=40, satisfaction=40)
    fine = know(usage=95, engagement=95, performance=95, satisfaction=95)
    account = an_account(since=MONDAY - timedelta(days=90))
    fallen = story("steps: [{wait: 60 days}]", {"0 11:00": fine, "1 10:00": poor}, account=account, days=3)
    assert fallen == [
        "1 10:00 notice escalation vp",
        "1 13:00 notice escalation-reminder vp",
        "2 10:00 notice escalation cco",
        "2 13:00 notice escalation-reminder cco",
    ]
    recovered = story("steps: [{wait: 60 days}]", {"0 11:00": fine, "1 10:00": poor, "1 11:00": fine}, account=account, days=3)
    assert recovered == fallen[:1]


def test_an_escalation_of_health_is_acknowledged_but_only_recovery_ends_it() -> None:
    poor = know(usage=40, engagement=40, performance=40, satisfaction=40)
    played = play(
        "steps: [{wait: 60 days}]", {"1 10:00": poor}, account=an_account(since=MONDAY - timedelta(days=90)), people="prompt", days=30
    )
    assert lines(played) == ["1 10:00 notice escalation vp"]
    assert all(escalation.acknowledged_at for escalation in played.escalations.values())
    assert list(played.escalations) == ["health"]


def test_the_weekly_reading_takes_notice_of_what_grew_old() -> None:
    """Growth counts as engagement for a fortnight."""
    world = play("steps: [{wait: 60 days}]", {"0 11:00": know(usage=95, performance=95, growth=0)}, days=1)
    assert world.account.readings[-1].components["engagement"] == 100
    world.play(at("14 12:00"))
    assert world.account.readings[-1].components["engagement"] is None
    assert (world.account.readings[-1].day, len(world.account.readings)) == (MONDAY + timedelta(days=14), 2)
    world.play(at("20 12:00"))
    world.read_health()
    assert [reading.day for reading in world.account.readings][-1] == MONDAY + timedelta(days=20)


# What one run does next


def ahead(
    text: str, happenings: dict[str, Any] | None = None, days: int = 1, count: int = 5, within: timedelta = timedelta(days=400)
) -> list[str]:
    """What is foretold of the story's run after so many days in which nobody did anything."""
    world = play(text, happenings, days=days)
    run = world.runs["story#1"]
    stored = state.load(json.loads(json.dumps(state.dump(run.state))))
    touches = next_touches(HOUSE, run.journey, world.account, stored, world.now, count=count, within=within)
    return [line(touch) for touch in touches]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps: [{send: hello, at: [day 0, day 3, day 7], to: champion}, {post: cheers}]", ["3 09:00 mail hello ann", "7 09:00 mail hello ann", "7 09:00 post cheers wins"]),
        ("steps: [{wait: 3 days}, {post: cheers}]", ["3 10:00 post cheers wins"]),
        ("steps: [{wait_for: seen, within: 9 days, otherwise: [{webhook: crm}]}, {post: cheers}]", ["9 10:00 webhook crm crm", "9 10:00 post cheers wins"]),
        # A task that is open is done within two hours, an approval that was asked is given.
        ("steps: [{task: call, owner: csm, sla: P4, wait: 9 days, outcomes: [good, bad]}, {post: cheers, when: steps.call.outcome == 'good'}]", ["1 12:00 post cheers wins"]),
        ("steps: [{approval: price, by: vp}, {post: cheers, when: steps.price.approved}]", ["1 12:00 post cheers wins"]),
        ("steps: [{send: hello, to: champion, approval: {by: owner}}, {post: cheers}]", ["1 12:00 mail hello ann", "1 12:00 post cheers wins"]),
        ("steps: [{repeat: r, every: 7 days, until: day > 15, steps: [{post: cheers}]}]", ["7 09:00 post cheers wins", "14 09:00 post cheers wins"]),
        ("steps: [{start: other}, {wait: 9 days}, {post: cheers}]", ["9 10:00 post cheers wins"]),
        ("steps: [{wait: 500 days}, {post: cheers}]", []),
    ],
)  # fmt: skip
def test_what_a_run_does_next_is_foretold(text: str, expected: list[str]) -> None:
    assert ahead(text) == expected


def test_mail_on_its_way_is_foretold_once() -> None:
    """It was planned on Friday evening and leaves on Monday."""
    text = "steps: [{wait: until 20:00}, {send: hello, to: [champion, user]}, {post: cheers}]"
    world = play(text, start="4 10:00", days=1)
    run = world.runs["story#1"]
    touches = next_touches(HOUSE, run.journey, world.account, run.state, world.now)
    assert [line(touch) for touch in touches] == ["7 09:00 mail hello ann", "7 09:00 mail hello cleo", "7 09:00 post cheers wins"]


@pytest.mark.parametrize(("count", "within", "expected"), [(2, 400, 2), (1, 400, 1), (9, 400, 3), (9, 7, 2), (9, 2, 0)])
def test_as_much_is_foretold_as_was_asked_for(count: int, within: int, expected: int) -> None:
    text = "steps: [{post: cheers, at: [day 4, day 7, day 30]}]"
    assert len(ahead(text, count=count, within=timedelta(days=within))) == expected


def test_no_more_is_foretold_where_more_happens_at_once() -> None:
    text = "steps: [{wait: 3 days}, {post: cheers}, {webhook: crm}, {post: heads-up, to: [csm, vp]}]"
    assert ahead(text, count=2) == ["3 10:00 post cheers wins", "3 10:00 webhook crm crm"]


def test_a_held_run_is_foretold_nothing_until_its_hold_ends() -> None:
    text = "steps: [{wait: 3 days}, {post: cheers}]"
    assert ahead(text, {"0 12:00": hold()}) == []
    assert ahead(text, {"0 12:00": hold("send", until="9 10:00")}) == ["9 10:00 post cheers wins"]


def test_foretelling_changes_nothing() -> None:
    world = play("steps: [{wait: 3 days}, {post: cheers}]", days=1)
    run, account = world.runs["story#1"], world.account
    next_touches(HOUSE, run.journey, account, run.state, world.now)
    assert lines(world) == []
    world.play(at("9 10:00"))
    assert lines(world) == ["3 10:00 post cheers wins"]


def test_the_run_of_a_contract_is_foretold_by_its_contract() -> None:
    contracts = (
        Contract("c1", MONDAY, MONDAY + timedelta(days=400)),
        Contract("c2", MONDAY + timedelta(days=4), MONDAY + timedelta(days=400)),
    )
    account = an_account(contracts=contracts)
    journey = a_journey("for: contract\nsteps: [{post: cheers, at: day 10}]")
    begins = enter(journey, facts(account, HOUSE, at("0 10:00"), "c2"), at("0 10:00"))
    assert [line(touch) for touch in next_touches(HOUSE, journey, account, begins, at("0 10:00"), contract_id="c2")] == [
        "14 09:00 post cheers wins"
    ]
    assert [line(touch) for touch in next_touches(HOUSE, journey, account, begins, at("0 10:00"), contract_id="c1")] == [
        "10 09:00 post cheers wins"
    ]
