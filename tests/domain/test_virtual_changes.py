"""What made-up stories found in virtual time that was otherwise in reality, each as a small story of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import queueing
from domain.facts import Hold
from domain.simulation import World
from tests.domain.kit import START, at, play


@dataclass(frozen=True)
class Waiting:
    """A mail that is due."""

    step: str
    recipient: str
    due_at: datetime = START
    queued_at: datetime | None = None
    visit: int = 1
    audience: str = "contact"
    template: str = "hello"
    mail_class: str = "onboarding"
    operational: bool = False


def test_mails_of_one_run_leave_in_the_order_in_which_they_would_be_given_a_slot() -> None:
    """So that none makes way for another of its own run for a minute."""
    earlier = START - timedelta(hours=1)
    waiting = [
        Waiting("s2", "ann"),
        Waiting("s1", "cleo"),
        Waiting("s1", "ben"),
        Waiting("s9", "ann", earlier),
        Waiting("s8", "ann", queued_at=earlier),
    ]
    order = []
    while (first := queueing.first(waiting)) is not None:
        waiting.remove(first)
        order.append((first.step, first.recipient))
    assert order == [("s8", "ann"), ("s9", "ann"), ("s1", "ben"), ("s1", "cleo"), ("s2", "ann")]


def test_a_hold_with_a_date_ends_by_itself_and_mail_that_waited_for_it_leaves() -> None:
    def hold(world: World) -> None:
        world.place(Hold("h", mail_class="onboarding", until=at("3 12:00")))

    world = play("steps: [{send: hello, to: champion, at: day 2}]", {"0 11:00": hold}, days=4)
    assert [(touch.at, touch.what) for touch in world.touches] == [(at("3 12:00"), "hello")]
    assert (world.holds, world.account.holds) == ({}, ())


def test_each_visit_of_a_hold_is_a_hold_of_its_own() -> None:
    weekly = "steps: [{repeat: r, every: 1 week, until: day > 20, steps: [{hold: {classes: [growth]}}]}]"
    assert len(play(weekly, days=12).holds) == 2


def test_a_run_says_which_journey_holds_it() -> None:
    world = play(
        ["steps: [{hold: {journey: other}, at: day 1}, {wait: 3 days}]", "journey: other\nsteps: [{wait: 9 days}]"],
        {"0 11:00": lambda world: world.enroll("other")},
        days=3,
    )
    assert [why.decision.rule for why in world.whys if why.decision.what == "held"] == ["held by story"]


def test_a_ladder_is_of_its_journey_also_when_the_run_is_over() -> None:
    world = play("steps: [{task: call, owner: csm, sla: P1}]", days=6)
    assert not world.runs
    assert any(touch.step.startswith("overdue/") for touch in world.touches)
    assert {touch.journey for touch in world.touches} == {"story"}


def test_an_escalation_that_is_raised_again_after_its_ladder_begins_at_its_own_level() -> None:
    text = """
    steps:
      - {id: first, escalate: stuck, to: director, sla: P4}
      - {id: second, escalate: stuck, to: director, sla: P2, at: day 9}
      - {id: third, escalate: stuck, to: director, sla: P1, at: day 40}
      - {wait: 2 days}
    """
    world = play(text, days=46)
    told = [(touch.visit, touch.recipient) for touch in world.touches if touch.effect == "told"]
    assert len(set(told)) == len(told), "nobody is told twice of the same level"
