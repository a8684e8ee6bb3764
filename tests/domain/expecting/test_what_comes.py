"""What comes, what does not, and how a difference is told."""

from __future__ import annotations

import pytest

from tests.domain.expecting.kit import STORY, failures, judge


@pytest.mark.parametrize(("cohort", "expected"), [(9, "expect: [{day: 1, mail: hello}]"), (10, "until: 2\nnever: [{mail: hello}]")])
def test_a_test_may_say_which_cohort_its_account_is_in(cohort: int, expected: str) -> None:
    story = "steps: [{send: hello, at: day 1, to: champion, when: account.cohort < 10}]"
    assert failures(story, f"given: {{facts: {{account.cohort: {cohort}}}}}\n{expected}") == []


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
