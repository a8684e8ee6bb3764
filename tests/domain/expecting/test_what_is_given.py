"""What is given."""

from __future__ import annotations

import pytest

from tests.domain.expecting.kit import STORY, failures


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("people: silent", "escalation: nobody-called, to: director, day: 4, sla: P2"),
        ("people: silent", "reminder: call, to: [csm, director], day: 3"),
        ("people: silent", "escalation: overdue/call, to: director, day: 8"),
        ("answers: {call: bad}", "approval: offer, to: owner, day: 2"),
        ("answers: {call: bad}", "mail: offer, to: sponsor, day: 2"),
        ("answers: {task-call: bad, offer: refuse}", "over: completed, day: 2"),
        ("facts: {account.ready: true}", "mail: thanks, to: champion, day: 2"),
        ("begins: -3", "enrolled: story, day: -3"),
        ("begins: 5", "mail: hello, day: 7"),
        ("contacts: [{contact: dora, roles: champion, zone: America/New_York}]", "mail: hello, to: dora, time: '09:00', day: 1"),
        ("day 0: 2026-01-09", "mail: hello, day: 3"),
        ("facts: {account.tags: [vip]}", "known: {account.tags: [vip]}, day: 0"),
        ("facts: {account.seen_on: day -20}", "known: {account.quiet: true}, day: 0"),
        ("health: 60", "known: {health.band: high_risk, health.score: 60}, day: 30"),
        ("facts: {contract.auto_renews: true}", "known: {contract.auto_renews: true, contract.starts_on: 2026-01-05}, day: 0"),
        ("segment: smb", "known: {account.segment: smb}, day: 0"),
    ],
)
def test_what_is_given_is_so(given: str, expected: str) -> None:
    segment = "smb" if "smb" in given else "enterprise"
    assert failures(STORY, f"given: {{{given}}}\nuntil: 30\nexpect: [{{{expected}}}]", segment) == []


def test_an_account_that_is_not_enrolled_is_begun_by_what_happens() -> None:
    story = "starts: {on: set_up, reenter: never}\nsteps: [{send: hello, to: champion}]"
    test = "given: {enrolled: false}\nhappens: [{day: 3, event: set_up}]\nexpect: [{enrolled: story, day: 3}]\nnever: [{enrolled: story, day: 0 to 2}]"
    assert failures(story, test) == []


def test_an_account_that_may_not_enter_is_a_failure_of_its_own() -> None:
    story = "starts: {manual: true, when: account.ready}\nsteps: [{send: hello, to: champion}]"
    (sentence,) = failures(story, "until: 3\nnever: [{mail: hello}]")
    assert "the account may not enter: story: 'account.ready' does not hold" in sentence


def test_day_0_is_the_anchor_and_the_test_begins_before_the_first_step() -> None:
    story = "anchor: contract.decision_on\nsteps: [{send: hello, at: day -10, to: champion}]"
    test = "given: {day 0: 2026-02-19}\nexpect: [{mail: hello, day: -10}, {known: {contract.ends_on: 2026-02-19}, day: -10}]"
    assert failures(story, test) == []


def test_a_journey_anchored_at_its_start_begins_on_day_0() -> None:
    story = "anchor: start\nsteps: [{send: hello, at: day 2, to: champion}]"
    assert failures(story, "expect: [{enrolled: story, day: 0}, {mail: hello, day: 2}]") == []


def test_journeys_beside_it_are_there_when_they_are_named() -> None:
    other = "journey: other\nsteps: [{send: news, to: champion}]"
    story = "steps: [{start: other}, {send: hello, at: day 2, to: champion, when: not account.busy}]"
    alone = "until: 3\nexpect: [{mail: hello, day: 2}]"
    assert failures(story, alone) == []
    test = "given: {beside: other}\nuntil: 3\nexpect: [{enrolled: other, day: 1}, {mail: news, journey: other, day: 1}]"
    assert failures(story, test, beside=[other]) == []
    assert len(failures(story, f"{test}\nnothing else: mail", beside=[other])) == 1  # hello; other's mails are other's
