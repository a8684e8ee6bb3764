"""What the grammar refuses, and names that do not exist."""

from __future__ import annotations

import textwrap

import pytest

from domain import expecting, expecting_names
from domain.faults import FaultyText
from tests.domain.expecting.kit import HOUSE, STORY, TESTS
from tests.domain.kit import a_journey


def faults(text: str) -> list[str]:
    """Everything that is wrong with the tests of a story, without the file's name."""
    try:
        file = expecting.compile(f"journey: story\n{textwrap.dedent(text)}", TESTS)
    except FaultyText as error:
        found = error.faults
    else:
        found = expecting_names.check(file, HOUSE, {"story": a_journey(STORY)})
    return [str(fault).removeprefix(f"{TESTS}:") for fault in found]


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("test: a", "3:5: it expects nothing: add 'expect:' or 'never:'"),
        ("{test: a, expect: [{mail: hello}]}", "no day is named in it; add 'until: 30'"),
        ("{test: a, until: 3, expect: [{mail: hello, day: 4}]}", "it is played until day 3 and names day 4"),
        ("{test: a, until: 3, expects: [{mail: hello}]}", "'expects' is not a field here; did you mean 'expect'?"),
        ("{test: a, until: soon, expect: [{mail: hello}]}", "until: 'soon' is not a whole number"),
        ("{test: a, expect: [{mail: hello, day: monday}]}", "day: 'monday' is not a day of the journey; write 5, -90 or '5 to 7'"),
        ("{test: a, expect: [{mail: hello, day: 7 to 5}]}", "day: '7 to 5' ends before it begins"),
        ("{test: a, expect: [{mail: hello, task: call, day: 1}]}", "one thing is expected at a time: write one of mail"),
        ("{test: a, expect: [{to: champion, day: 1}]}", "one thing is expected at a time: write one of mail"),
        ("{test: a, expect: [{over: any, to: champion, day: 1}]}", "'to' and 'time' belong to what reaches somebody"),
        ("{test: a, expect: [{mail: hello, because: late, day: 1}]}", "'because' belongs to 'skipped'"),
        ("{test: a, expect: [{mail: hello, sla: P2, day: 1}]}", "'sla' belongs to task or escalation"),
        ("{test: a, expect: [{escalation: nobody-called, due: 2, day: 1}]}", "'due' belongs to task"),
        ("{test: a, happens: [{day: 1}], expect: [{mail: hello}]}", "one thing happens at a time: write one of event, know"),
        ("{test: a, happens: [{day: 1, event: gone, exit: now}], expect: [{mail: hello}]}", "not event and exit"),
        ("{test: a, happens: [{day: 1, event: gone, until: 3}], expect: [{mail: hello}]}", "'until' belongs to hold or away, not to event"),
        ("{test: a, happens: [{day: 1, away: csm}], expect: [{mail: hello}]}", "an absence ends: add 'until: 20'"),
        ("{test: a, happens: [{day: 4, hold: account, until: 4}], expect: [{mail: hello}]}", "it begins on day 4 and ends on day 4"),
        ("{test: a, given: {people: lazy}, until: 1, expect: [{mail: hello}]}", "'lazy' is not one of prompt, late, silent"),
        ("{test: a, given: {day 0: tomorrow}, until: 1, expect: [{mail: hello}]}", "'tomorrow' is not a date like 2026-12-24"),
        ("{test: a, given: {facts: soon}, until: 1, expect: [{mail: hello}]}", "facts: a mapping was expected here"),
        ("{test: a, nothing else: mails, until: 1}", "'mails' is not one of mail, post"),
    ],
)
def test_what_the_grammar_refuses_is_a_sentence_at_its_place(test: str, says: str) -> None:
    (sentence,) = faults(f"tests:\n  - {test}")
    assert says in sentence


def test_two_tests_of_a_file_have_two_names() -> None:
    (sentence,) = faults("tests:\n  - {test: a, until: 1, expect: [{mail: hello}]}\n  - {test: a, until: 2, expect: [{mail: hello}]}")
    assert "two tests are called 'a'" in sentence
    assert "there are none; write one at least" in faults("tests: []")[0]


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("expect: [{mail: helo, day: 1}]", "4:21: no mail of story is called 'helo'; did you mean 'hello'?"),
        ("never: [{mail: reminder, day: 1}]", "no mail of story is called 'reminder'"),
        ("expect: [{post: heads-up, day: 1}]", "no post of story is called 'heads-up'"),
        ("expect: [{task: cal, day: 1}]", "no task of story is called 'cal'; did you mean 'call'?"),
        ("expect: [{approval: hello, day: 1}]", "no approval of story is called 'hello'"),
        ("expect: [{webhook: crm, day: 1}]", "no webhook of story is called 'crm'"),
        ("expect: [{escalation: nobody-caled, day: 1}]", "no escalation of story is called 'nobody-caled'; did you mean 'nobody-called'?"),
        ("expect: [{reminder: plan, day: 1}]", "no task or escalation of story is called 'plan'"),
        (
            "expect: [{mail: hello, to: chmpion, day: 1}]",
            "no role, contact, person or channel is called 'chmpion'; did you mean 'champion'?",
        ),
        ("expect: [{chosen: {mod: else}, day: 1}]", "no branch, check or split is called 'mod'; did you mean 'mood'?"),
        ("expect: [{chosen: {mood: case 2}, day: 1}]", "no way on from 'mood' is called 'case 2'"),
        ("expect: [{known: {account.stge: won}, day: 1}]", "no fact is called 'account.stge'; did you mean 'account.stage'?"),
        ("expect: [{known: {account.stage: wn}, day: 1}]", "account.stage: 'wn' is not one of new, won, lost; did you mean 'won'?"),
        ("expect: [{skipped: helo, day: 1}]", "no step is called 'helo'; did you mean 'hello'?"),
        ("expect: [{enrolled: other, day: 1}]", "no journey of this test is called 'other'"),
        ("expect: [{mail: hello, journey: other, day: 1}]", "no journey of this test is called 'other'"),
        ("happens: [{day: 1, event: goen}]", "no event is called 'goen'; did you mean 'gone'?"),
        ("happens: [{day: 1, event: gone, tells: {reson: price}}]", "gone does not tell 'reson'; did you mean 'reason'?"),
        ("happens: [{day: 1, event: gone, contact: an}]", "no contact is called 'an'; did you mean 'ann'?"),
        ("happens: [{day: 1, know: {account.redy: true}}]", "no fact is called 'account.redy'; did you mean 'account.ready'?"),
        ("happens: [{day: 1, know: {account.ready: maybe}}]", "account.ready: 'maybe' is neither true nor false"),
        ("happens: [{day: 1, know: {account.quiet: true}}]", "'account.quiet' follows from other facts and cannot be set"),
        ("happens: [{day: 1, know: {account.tags: [vip]}}]", "tags are set by steps, and given"),
        ("happens: [{day: 1, know: {health.score: 80}}]", "'health.score' is reckoned from scores; say 'health: 82', or the scores"),
        ("happens: [{day: 1, know: {contract.decision_on: day 9}}]", "follows from the contract's end; move contract.ends_on"),
        ("happens: [{day: 1, health: 101}]", "101 is not a score (0 to 100)"),
        ("happens: [{day: 1, done: hello}]", "no task is called 'hello'"),
        ("happens: [{day: 1, done: call, outcome: god}]", "'god' is no answer to 'call'; did you mean 'good'?; it is one of good, bad"),
        ("happens: [{day: 1, approve: call}]", "no step that asks for approval is called 'call'"),
        ("happens: [{day: 1, acknowledge: trouble}]", "no escalation is called 'trouble'"),
        ("happens: [{day: 1, hold: {classes: [grwth]}}]", "no class of mail is called 'grwth'; did you mean 'growth'?"),
        ("happens: [{day: 1, hold: {journey: other}}]", "no journey of this test is called 'other'"),
        ("happens: [{day: 1, skip: helo}]", "no step is called 'helo'; did you mean 'hello'?"),
        ("happens: [{day: 1, enroll: other}]", "no journey of this test is called 'other'"),
        ("happens: [{day: 1, leaves: bob}]", "no contact or person is called 'bob'"),
        ("happens: [{day: 1, away: ann, until: 3}]", "no person is called 'ann'"),
        ("given: {segment: enterprice}", "no segment is called 'enterprice'; did you mean 'enterprise'?"),
        ("given: {beside: other}", "no journey is called 'other'"),
        ("given: {facts: {contract.starts_on: 2026-01-01}}", "'contract.starts_on' follows from where day 0 lies"),
        ("given: {contacts: [{contact: dora, roles: boss}]}", "no role of theirs is called 'boss'"),
        ("given: {contacts: [{contact: dora, roles: user, zone: Berlin}]}", "'Berlin' is not an IANA time zone"),
        ("given: {answers: {call: fine}}", "'fine' is no answer to 'call'; it is one of good, bad"),
        ("given: {answers: {hallo: good}}", "no step that asks for an answer is called 'hallo'"),
    ],
)
def test_a_name_that_does_not_exist_is_said_at_its_place(test: str, says: str) -> None:
    claim = "" if "expect" in test or "never" in test else "\n    expect: [{mail: hello, day: 1}]"
    (sentence,) = faults(f"tests:\n  - test: a\n    {test}{claim}")
    assert says in sentence


def test_a_test_of_a_journey_that_is_not_there_says_so() -> None:
    file = expecting.compile("journey: stroy\ntests: [{test: a, until: 1, expect: [{mail: helo}]}]", TESTS)
    (fault,) = expecting_names.check(file, HOUSE, {"story": a_journey(STORY)})
    assert str(fault) == f"{TESTS}:1:10: no journey is called 'stroy'; did you mean 'story'?"


def test_a_journey_anchored_at_its_start_cannot_begin_on_another_day() -> None:
    file = expecting.compile("journey: story\ntests: [{test: a, given: {begins: 3}, until: 9, expect: [{mail: hello}]}]", TESTS)
    (fault,) = expecting_names.check(file, HOUSE, {"story": a_journey("anchor: start\nsteps: [{send: hello, to: champion}]")})
    assert "it begins on day 0" in str(fault)
