"""Whose work it is when our people change, and that virtual time plays it as reality does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import handing_over
from domain.account import first_day
from domain.facts import Absence
from domain.simulation import World
from tests.domain.kit import MONDAY, a_person, play

AWAY = Absence(MONDAY, MONDAY + timedelta(days=9))
CALL = "steps: [{task: call, owner: csm, sla: P2}, {wait: 9 days}]"
STUCK = "steps: [{escalate: stuck, to: csm, sla: P2}, {wait: 12 days}]"


def owned_by(person: str | None) -> Callable[[World], None]:
    return lambda world: world.change_owner(person)


def csm_is(**fields: object) -> Callable[[World], None]:
    return lambda world: world.change_person(replace(world.account.people["csm"], **fields))  # type: ignore[arg-type]  # fields of a person


@pytest.mark.parametrize(
    ("role", "person", "follows"), [("csm", "csm", True), ("owner", "csm", True), ("owner", "vp", False), ("director", "csm", False)]
)
def test_work_of_the_owners_roles_follows_the_owner_where_the_old_one_has_it(role: str, person: str, follows: bool) -> None:
    assert handing_over.follows_the_owner(role, person, "csm") is follows


@pytest.mark.parametrize(
    ("fields", "hands_over"), [({}, False), ({"active": False}, True), ({"absences": (AWAY,)}, True)], ids=["there", "left", "away"]
)
def test_whoever_may_not_be_there_hands_over(fields: dict[str, object], hands_over: bool) -> None:
    assert handing_over.hands_over(a_person("csm", "csm", **fields)) is hands_over


@pytest.mark.parametrize(
    ("text", "change", "reminders"),
    [
        (CALL, owned_by("engineer"), ["engineer", "engineer"]),
        (CALL, csm_is(active=False), ["engineer", "engineer"]),
        (CALL, csm_is(absences=(AWAY,)), ["engineer", "engineer"]),
        (STUCK, csm_is(active=False), ["engineer"]),
    ],
    ids=["a new owner", "the CSM leaves", "the CSM is away", "the holder of an escalation leaves"],
)
def test_reminders_go_to_who_has_the_work_now(text: str, change: Callable[[World], None], reminders: list[str]) -> None:
    told = play(text, {"0 15:00": change}, days=3).touches
    assert [touch.recipient for touch in told if touch.what.endswith("-reminder")] == reminders


def test_a_task_handed_on_reminds_the_owner() -> None:
    """What a run that ends leaves to the owner is no longer that of whom it asked."""
    ends = "steps: [{task: call, owner: engineer, sla: P2}, {wait: 9 days}]\nends: [{on: gone, tasks: hand_on}]"
    told = play(ends, {"0 15:00": ("gone", {"reason": "price"})}, days=2).touches
    assert [touch.recipient for touch in told if touch.what == "task-reminder"] == ["csm", "csm", "director"]


def test_an_earlier_contract_makes_a_customer_older() -> None:
    assert first_day(None, MONDAY) == first_day(MONDAY + timedelta(days=3), MONDAY) == MONDAY
    assert first_day(MONDAY, MONDAY + timedelta(days=3)) == MONDAY
