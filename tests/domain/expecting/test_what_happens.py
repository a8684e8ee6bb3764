"""What happens in a test, and its effect."""

from __future__ import annotations

import pytest

from tests.domain.expecting.kit import STORY, failures


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        ("{day: 1, event: gone}", "over: gone, day: 1"),
        ("{day: 1, know: {account.ready: true}}", "mail: thanks, day: 2"),
        ("{day: 1, know: {account.left_on: today}}", "known: {account.left_on: day 1}"),
        ("{day: 0, know: {contract.starts_on: day 7}}", "mail: hello, day: 8"),
        ("{day: 0, time: '10:30', health: 60}", "known: {health.band: high_risk}, day: 20"),
        ("{day: 0, time: '12:00', hold: account, until: 4}", "mail: hello, to: [champion, user], day: 4"),
        ("{day: 0, time: '12:00', hold: {classes: onboarding}, until: 4}", "mail: hello, day: 4"),
        ("{day: 0, time: '12:00', hold: {journey: story}, until: 4}", "mail: hello, day: 4"),
        ("{day: 0, time: '12:00', skip: hello}", "task: call, day: 2"),
        ("{day: 1, exit: not ours}", "over: not ours, day: 1"),
        ("{day: 0, leaves: ann}", "mail: hello, to: ben, day: 1"),
        ("{day: 0, leaves: csm}", "task: call, to: engineer, day: 2"),
        ("{day: 1, away: csm, until: 9}", "task: call, to: engineer, day: 2"),
        ("{day: 1, event: answered, tells: {survey: nps, score: 3}}", "known: {account.nps: 3}, day: 1"),
    ],
)
def test_what_happens_has_its_effect(happens: str, expected: str) -> None:
    assert failures(STORY, f"happens: [{happens}]\nuntil: 20\nexpect: [{{{expected}}}]") == []


@pytest.mark.parametrize("held", ["account", "{classes: [onboarding]}", "{journey: story}"])
def test_a_hold_ends_when_it_is_resumed(held: str) -> None:
    test = f"happens: [{{day: 0, time: '12:00', hold: {held}}}, {{day: 3, resume: true}}]\nuntil: 9\n"
    assert failures(STORY, f"{test}expect: [{{mail: hello, to: [ann, cleo], day: 3}}]\nnever: [{{mail: hello, day: 0 to 2}}]") == []


def test_people_do_what_the_test_says() -> None:
    given = "given: {people: silent}\nuntil: 20\n"
    done = "happens: [{day: 3, done: call, outcome: good}]"
    assert failures(STORY, f"{given}{done}\nexpect: [{{chosen: {{mood: case 1}}, day: 3}}]") == []
    bad = "{day: 3, done: call, outcome: bad}, "
    asked = "{approval: offer, day: 3}, "
    assert (
        failures(STORY, f"{given}happens: [{bad}{{day: 3, time: '15:00', approve: offer}}]\nexpect: [{asked}{{mail: offer, day: 3}}]") == []
    )
    refused = f"{given}happens: [{bad}{{day: 3, time: '11:00', refuse: offer}}]\nexpect: [{asked}{{over: completed, day: 3}}]\nnever: [{{mail: offer}}]"
    assert failures(STORY, refused) == []


def test_an_escalation_that_is_taken_climbs_no_further() -> None:
    silent = "given: {people: silent}\nuntil: 12\n"
    story = "steps: [{escalate: trouble, at: day 1, to: director}, {wait: 20 days}]"
    assert failures(story, f"{silent}expect: [{{escalation: trouble, to: [director, vp]}}]") == []
    for deed in ("acknowledge", "resolve"):
        test = f"{silent}happens: [{{day: 1, time: '11:00', {deed}: trouble}}]\nexpect: [{{escalation: trouble, to: director, day: 1}}]"
        assert failures(story, f"{test}\nnever: [{{escalation: trouble, to: vp}}]") == []


def test_health_is_told_each_week_until_it_is_told_otherwise() -> None:
    story = "steps: [{wait: 60 days}]\nwhenever: [{band: at_risk, steps: [{task: review, owner: csm}]}]"
    test = "given: {health: 95, begins: 40}\nhappens: [{day: 50, health: 80}]\nuntil: 70\n"
    assert failures(story, f"{test}expect: [{{task: review, day: 50}}, {{known: {{health.score: 80}}, day: 70}}]") == []
    assert failures(story, "given: {health: 95, begins: 40}\nuntil: 70\nnever: [{task: review}]") == []


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        ("{day: 1, done: call}", "on day 1, no task 'call' is open"),
        ("{day: 1, approve: offer}", "on day 1, no approval of 'offer' is asked"),
        ("{day: 1, acknowledge: nobody-called}", "on day 1, no escalation 'nobody-called' is open"),
        ("{day: 9, exit: enough}", "on day 9, no run of story is live"),
        ("{day: 1, resume: true}", "on day 1, nothing is held"),
        ("{day: -2, event: gone}", "on day -2, event gone comes too early: the test begins on day 0"),
    ],
)
def test_a_happening_that_makes_no_sense_fails_the_test(happens: str, says: str) -> None:
    sentences = failures(STORY, f"happens: [{happens}]\nuntil: 12\nexpect: [{{enrolled: story}}]")
    assert len(sentences) == 1
    assert says in sentences[0]
