"""Several journeys in one world."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.facts import Contract
from tests.domain.kit import MONDAY, an_account, line, play, reasons, story
from tests.domain.simulation.kit import enroll, lines, other


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
