"""What a run is told of, and what it wakes for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.facts import Contract
from domain.listening import NONE, QUIET, URGENT, Interest
from domain.news import (
    BandChanged,
    Changed,
    Decided,
    Engaged,
    EscalationEnded,
    ExitOrdered,
    Happened,
    News,
    TaskDone,
)
from tests.domain.interpreter.kit import CARES, Turns
from tests.domain.kit import MONDAY, an_account, at

NOW = at("1 12:00")


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (Happened("seen", NOW), URGENT),  # a track waits for it
        (Happened("answered", NOW, {"score": 9}), QUIET),  # one will
        (Happened("gone", NOW), URGENT),
        (Happened("signed", NOW), URGENT),
        (Happened("missed", NOW), NONE),
        (BandChanged(NOW, "healthy", "critical"), URGENT),
        (BandChanged(NOW, "critical", "healthy"), NONE),
        (TaskDone("task-call", 1, NOW), URGENT),
        (TaskDone("task-plan", 1, NOW), URGENT),  # a reaction watches it
        (TaskDone("task-call", 7, NOW), QUIET),
        (Engaged("send-hello", 1, NOW, "clicked"), QUIET),
        (EscalationEnded("stuck", 1, NOW), QUIET),
        (Decided("send-hello", 1, NOW, True), URGENT),
        (Changed(NOW), NONE),
        (Changed(NOW, ("holds",)), NONE),  # nothing is on its way
        (ExitOrdered(NOW, "enough"), URGENT),
    ],
)
def test_a_run_is_told_and_woken_for_what_concerns_it(news: News, expected: Interest) -> None:
    turns = Turns(CARES)
    turns.take("0 10:00")
    assert turns.cares(news) == expected


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({}, NONE),
        ({"facts": {"wishes": 5}}, NONE),
        ({"facts": {"ready": True}}, URGENT),  # a track goes on
        ({"facts": {"stage": "won"}}, URGENT),  # it ends
        ({"contracts": (Contract("c1", MONDAY + timedelta(days=1), date(2027, 1, 5)),)}, URGENT),  # a day moved
    ],
)
def test_a_run_is_woken_by_facts_that_move_it(account: dict[str, Any], expected: Interest) -> None:
    turns = Turns(CARES)
    turns.take("0 10:00")
    turns.account = an_account(**account)
    assert turns.cares(Changed(NOW)) == expected


def test_a_lifted_hold_wakes_a_run_with_mail_on_its_way() -> None:
    turns = Turns("steps: [{send: hello, to: champion}]")
    turns.take("0 20:00")
    assert turns.cares(Changed(NOW, ("holds",))) == URGENT
