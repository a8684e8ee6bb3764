"""What one run does next."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from domain import state
from domain.account import facts
from domain.facts import Contract
from domain.interpreter import enter
from domain.simulation import next_touches
from tests.domain.kit import MONDAY, a_journey, an_account, at, hold, line, play
from tests.domain.simulation.kit import HOUSE, lines


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
