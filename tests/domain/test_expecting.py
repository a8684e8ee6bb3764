"""Journey tests as CS ops write them: what may be said, what is found wrong, and how a difference is told."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given

from domain import expecting, expecting_names, journey, judging, reaching, rehearsing
from domain.expecting import TOUCHES, Expectation, Given, JourneyTest, Rehearsal, Span
from domain.faults import FaultyText
from domain.house import House
from domain.journey import Journey
from domain.judging import Outcome
from domain.people import Behaviour
from domain.simulation import Touch
from tests.domain.generated import a_text, behaviours
from tests.domain.kit import a_house, a_journey

HOUSE = a_house()
TESTS = "journeys/tests/story.yaml"

STORY = """
steps:
  - {send: hello, at: day 1, to: [champion, user]}
  - {task: call, at: day 2, owner: csm, sla: P2, outcomes: [good, bad], wait: 2 business days, otherwise: [{escalate: nobody-called, to: director}]}
  - branch: mood
    cases:
      - {when: steps.call.outcome == "good", steps: [{post: cheers}, {set: {account.stage: won, tag: happy}}]}
      - else: [{send: offer, to: sponsor, approval: {by: owner, within: 1 business day, otherwise: skip}}]
  - {send: thanks, to: champion, when: account.ready}
ends: [{on: gone, tasks: close}]
"""


def judge(
    story: str | Journey, test: str | JourneyTest, segment: str = "enterprise", beside: Sequence[str] = (), house: House = HOUSE
) -> Outcome:
    """One test of a story, written without its name: `expect: …`."""
    journeys = {each.name: each for each in [a_journey(story) if isinstance(story, str) else story, *map(a_journey, beside)]}
    name = next(iter(journeys))
    if isinstance(test, str):
        text = f"journey: {name}\ntests:\n  - test: a test\n{textwrap.indent(textwrap.dedent(test), '    ')}"
        file = expecting.compile(text, TESTS)
        assert [str(fault) for fault in expecting_names.check(file, house, journeys)] == []
        (test,) = file.tests
    return judging.judge(rehearsing.play(Rehearsal(name, test, test.given, segment), house, journeys), house)


def failures(story: str, test: str, segment: str = "enterprise", **more: Any) -> list[str]:
    return [f"{failure.mark.line}: {failure}" for failure in judge(story, test, segment, **more).failures]


@pytest.mark.parametrize(("cohort", "expected"), [(9, "expect: [{day: 1, mail: hello}]"), (10, "until: 2\nnever: [{mail: hello}]")])
def test_a_test_may_say_which_cohort_its_account_is_in(cohort: int, expected: str) -> None:
    story = "steps: [{send: hello, at: day 1, to: champion, when: account.cohort < 10}]"
    assert failures(story, f"given: {{facts: {{account.cohort: {cohort}}}}}\n{expected}") == []


# What comes, and what does not


@pytest.mark.parametrize(
    "expected",
    [
        "mail: hello",
        "mail: hello, to: champion, day: 1",
        "mail: hello, to: ann, day: 1, time: '09:00'",
        "mail: hello, to: [champion, user], day: 0 to 3",
        "task: call, to: csm, day: 2",
        "task: call, sla: P2, due: 4",
        "chosen: {mood: case 1}, day: 2",
        "post: cheers, to: wins, day: 2",
        "known: {account.stage: won, account.tags: [happy]}, day: 2",
        "known: {account.nps: null}, day: 1",
        "skipped: thanks, because: account.ready, day: 2",
        "over: completed, day: 2",
        "over: any",
        "enrolled: story, day: 0",
    ],
)
def test_what_comes_may_be_expected_and_ruling_it_out_fails(expected: str) -> None:
    assert failures(STORY, f"until: 9\nexpect: [{{{expected}}}]") == []
    assert len(failures(STORY, f"until: 9\nnever: [{{{expected}}}]")) >= 1


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ("mail: hello, day: 2", "expected mail hello on day 2; it came on day 1 at 09:00 to ann, on day 1 at 09:00 to cleo"),
        ("mail: hello, to: sponsor", "expected mail hello to sponsor; it came on day 1 at 09:00 to ann"),
        ("mail: hello, time: '10:00'", "expected mail hello at 10:00; it came on day 1 at 09:00 to ann"),
        ("task: call, sla: P1", "expected task call as P1; it came on day 2 at 09:00 to csm as P2 due on day 4"),
        ("task: call, due: 5", "expected task call due on day 5; it came on day 2 at 09:00 to csm as P2 due on day 4"),
        ("mail: offer", "expected mail offer; the run was over on day 2: completed"),
        ("mail: thanks, day: 2", "on day 2 it was skipped: its condition does not hold: account.ready (account.ready is false)"),
        ("escalation: nobody-called", "expected escalation nobody-called; the run was over on day 2"),
        ("chosen: {mood: else}", 'expected mood to choose else; on day 2 it was chosen: case 1: steps.call.outcome == "good"'),
        ("known: {account.stage: lost}, day: 2 to 4", "expected account.stage = lost on days 2 to 4; account.stage was won"),
        ("known: {account.stage: won}, day: -4", "expected account.stage = won on day -4; the test had not begun"),
        ("over: gone", "expected the run to be over because of 'gone'; the run was over on day 2: completed"),
        ("skipped: hello", "expected hello to be skipped; the run was over on day 2"),
        ("skipped: thanks, because: late", "expected thanks to be skipped because of 'late'"),
    ],
)
def test_what_does_not_come_is_said_with_what_came_instead_and_may_be_ruled_out(expected: str, says: str) -> None:
    (sentence,) = failures(STORY, f"until: 9\nexpect: [{{{expected}}}]")
    assert says in sentence
    assert failures(STORY, f"until: 9\nnever: [{{{expected}}}]") == []


def test_ruling_out_days_leaves_the_others() -> None:
    assert failures(STORY, "until: 9\nnever: [{mail: hello, day: 2 to 9}]") == []
    assert failures(STORY, "until: 9\nnever: [{mail: hello, to: sponsor}]") == []
    (sentence, _) = failures(STORY, "until: 9\nnever: [{mail: hello, day: 0 to 1}]")
    assert sentence.endswith("mail hello to ann came on day 1, and must not come on days 0 to 1")


def test_nothing_else_may_come_of_the_kinds_that_are_named() -> None:
    assert failures(STORY, "until: 9\nexpect: [{mail: hello, to: [ann, cleo]}]\nnothing else: [mail]") == []
    (sentence,) = failures(STORY, "until: 9\nexpect: [{mail: hello, to: ann}]\nnothing else: [mail]")
    assert sentence.endswith("mail hello to cleo came on day 1, which is not expected")
    assert len(failures(STORY, "until: 9\nnothing else: [mail, task, post]")) == 4


def test_a_test_is_played_until_the_last_day_it_names() -> None:
    assert failures(STORY, "never: [{mail: hello, day: 0}]") == []
    assert failures(STORY, "expect: [{mail: hello, day: 1}]\nnever: [{task: call}]") == []
    assert len(failures(STORY, "until: 2\nnever: [{task: call}]")) == 1


def test_an_enrollment_that_was_refused_is_said_with_its_reason() -> None:
    test = "happens: [{day: 4, enroll: story}]\nexpect: [{enrolled: story, day: 4}]"
    (sentence,) = failures("starts: {manual: true}\n" + STORY.strip(), test)
    assert "it came on day 0; refused on day 4: it was in it before, and it may be entered once" in sentence


# What is given


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


# What happens


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


# How a difference is told


def test_a_failure_reads_like_a_story_and_a_diff() -> None:
    test = """
        until: 9
        happens: [{day: 1, time: "11:00", know: {account.ready: true}}]
        expect: [{task: call, to: csm, day: 3}]
        never: [{mail: thanks}]
    """
    outcome = judge(STORY, test)
    assert "(know account.ready = true)" in [line.words for line in outcome.lines]
    assert outcome.story == [
        "  …",
        "  day   2  Wed 07 Jan 09:00  task call to csm",
        '  day   2  Wed 07 Jan 11:00  branch-mood chosen: case 1: steps.call.outcome == "good" (steps.call.outcome is good)',
        "  day   2  Wed 07 Jan 11:00  post cheers to wins",
        "+ day   2  Wed 07 Jan 11:00  mail thanks to ann: must not come",
        "  day   2  Wed 07 Jan 11:00  story over: completed",
        "- day   3  Thu 08 Jan 10:00  task call to csm: it came on day 2 at 09:00 to csm as P2 due on day 4",
    ]


def test_only_what_is_near_a_difference_is_told() -> None:
    days = [day for day in range(1, 30) if day % 7 < 5]
    story = f"steps: [{{send: hello, at: [{', '.join(f'day {day}' for day in days)}], to: champion}}]"
    told = judge(story, "until: 30\nnever: [{mail: hello, day: [8, 22]}]").story
    near = [3, 4, 7, "+8", 9, 10, 11, "…", 17, 18, 21, "+22", 23, 24, 25]
    assert ["…" if "…" in line else line.split()[1] if line[0] == " " else f"+{line.split()[2]}" for line in told] == ["…", *map(str, near)]


# What may be said


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


# Several segments


def test_a_test_is_played_for_the_segments_it_names_or_for_all() -> None:
    file = expecting.compile(
        """
        journey: story
        given: {people: late, facts: {account.ready: true}}
        tests:
          - {test: all, until: 1, expect: [{mail: hello}]}
          - {test: some, given: {segment: [smb, enterprise], facts: {account.nps: 3}}, until: 1, expect: [{mail: hello}]}
        """,
        TESTS,
    )
    found = [(each.test.test, each.segment) for each in expecting.rehearsals(file, HOUSE.segments)]
    assert found == [("all", "enterprise"), ("all", "mid_market"), ("all", "smb"), ("some", "smb"), ("some", "enterprise")]
    last = list(expecting.rehearsals(file, HOUSE.segments))[-1]
    assert (last.given.people, last.given.facts) == ("late", {"account.ready": True, "account.nps": 3})


# What tests reach


BRANCHING = """
steps:
  - branch: size
    cases:
      - {when: account.segment == "smb", steps: [{send: hello, to: champion}]}
      - {when: account.ready, steps: []}
      - else: [{task: call, owner: csm, outcomes: [good, bad], wait: 1 day, otherwise: [{post: cheers}]}]
  - {send: offer, to: champion, when: steps.call.outcome == "bad"}
  - {wait_for: seen, within: 2 days}
  - {send: thanks, to: champion, when: account.segment == "enterprise" and account.ready}
whenever: [{on: missed, steps: [{send: news, to: champion}]}]
ends: [{on: gone, tasks: close}]
"""


def places(segment: str) -> list[str]:
    return [str(place) for place in reaching.places(a_journey(BRANCHING)) if place.segment == segment]


def test_what_a_segment_rules_out_need_not_be_reached_nor_what_only_that_leads_to() -> None:
    """A small account is never called, so nothing can come of a call that went badly."""
    common = ["wait-for-seen", "ends: gone", "whenever: missed", "send-news"]
    assert places("smb") == ["branch-size", "branch-size: case 1", "send-hello", *common]
    called = [
        "branch-size",
        "branch-size: case 2",
        "branch-size: else",
        "task-call",
        "task-call: in time",
        "task-call: otherwise",
        "post-cheers",
    ]
    assert places("mid_market") == [*called, "send-offer", *common]
    assert places("enterprise") == [*called, "send-offer", "wait-for-seen", "send-thanks", *common[1:]]


@pytest.mark.parametrize(
    ("test", "reached"),
    [
        ("until: 0", {"branch-size", "branch-size: else", "task-call", "task-call: in time", "wait-for-seen"}),
        ("given: {answers: {call: bad}}\nuntil: 0", {"branch-size", "branch-size: else", "task-call", "task-call: in time", "send-offer", "wait-for-seen"}),
        ("given: {people: silent}\nuntil: 1", {"branch-size", "branch-size: else", "task-call", "task-call: otherwise", "post-cheers", "wait-for-seen"}),
        ("given: {facts: {account.ready: true}}\nuntil: 5", {"branch-size", "branch-size: case 2", "wait-for-seen", "send-thanks"}),
        ("happens: [{day: 0, event: missed}, {day: 0, event: gone}]\nuntil: 0", {"branch-size", "branch-size: else", "task-call", "whenever: missed", "send-news", "ends: gone"}),
    ],
)  # fmt: skip
def test_what_a_test_reaches_is_what_acted(test: str, reached: set[str]) -> None:
    """A step that was passed over, because its condition did not hold, is not reached."""
    trodden = judge(BRANCHING, f"{test}\nnever: [{{over: nonsense}}]").performance.stage.trodden
    assert {str(place) for place in trodden} == reached
    left = reaching.unreached([a_journey(BRANCHING)], trodden)
    assert [str(place) for place in left if place.segment == "enterprise"] == [name for name in places("enterprise") if name not in reached]
    assert all(place.mark.line > 0 for place in left)


# Of every journey


def exact(outcome: Outcome) -> tuple[Expectation, ...]:
    """What came, as somebody would expect it word for word."""
    played = outcome.performance

    def expected(touch: Touch) -> Expectation:
        told = {"told": "escalation"}.get(touch.effect, "reminder") if touch.kind == "notice" else touch.kind
        name = played.stage.title(touch.step) if touch.kind == "notice" else touch.what
        day = played.day(touch.at)
        return Expectation.model_validate({told: name, "to": [touch.recipient], "day": [Span(day, day)]})

    return tuple(expected(touch) for touch in played.stage.touches if touch.journey in ("story", "follow-up"))


@given(a_text(), behaviours)
def test_what_came_may_be_expected_word_for_word_and_what_is_left_out_is_found(text: str, people: Behaviour) -> None:
    story = journey.compile(text, "story.yaml", HOUSE.segments)
    test = JourneyTest(test="a test", given=Given(people=people), until=20, nothing_else=TOUCHES)
    bare = judge(story, test)
    assume(not bare.performance.stage.amiss)
    claims = exact(bare)
    assert judge(story, test.model_copy(update={"expect": claims})).failures == ()
    for left_out in claims[:3]:
        fewer = tuple(claim for claim in claims if claim != left_out)
        found = judge(story, test.model_copy(update={"expect": fewer})).failures
        assert {failure.sentence.split(" came on")[0] for failure in found} == {f"{left_out.claim} {left_out.name} to {left_out.to[0]}"}
