"""How people behave: prompt, late or silent."""

from __future__ import annotations

from typing import Any

import pytest

from domain.people import Behaviour, acknowledges, decides, does_task, resolves
from tests.domain.kit import BERLIN, a_person, an_account, at, decided, done, people, story
from tests.domain.simulation.kit import HOUSE, OUTCOMES, REMINDED

BERLIN_HOURS = HOUSE.calendars.working(BERLIN, "DE")


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
