"""Who stands in for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.facts import Absence, Person
from tests.domain.kit import MONDAY, a_person, an_account, change, people, story
from tests.domain.simulation.kit import REMINDED


def away(id: str, first: int, last: int, **more: Any) -> Person:
    """Somebody of the team who is on leave from the first of these days to the last."""
    return replace(people()[id], absences=(Absence(MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)),), **more)


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
