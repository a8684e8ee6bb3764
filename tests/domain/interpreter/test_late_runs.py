"""Runs that begin late: what they take, what they skip, and how fast they catch up."""

from __future__ import annotations

import pytest

from tests.domain.kit import begun, play, reasons, story


@pytest.mark.parametrize(
    ("late", "steps", "expected"),
    [
        (
            "run",
            "{send: hello, at: day 1, to: champion}, {post: cheers, at: day 12}",
            ["0 10:00 mail hello ann", "2 09:00 post cheers wins"],
        ),
        ("skip", "{send: hello, at: day 9, to: champion}, {post: cheers, at: day 10}", ["0 10:00 post cheers wins"]),
        ("skip", "{send: hello, at: day 9, to: champion, late: run}", ["0 10:00 mail hello ann"]),
        ("run", "{send: hello, at: day 9, to: champion, late: skip}", []),
        (
            "skip",
            "{set: {account.ready: true}, at: day 2}, {post: cheers, when: account.ready}",
            ["0 10:00 post cheers wins"],
        ),  # it only steers
        (
            "{skip_after: 5 days}",
            "{send: hello, at: day 4, to: champion}, {send: news, at: day 5, to: champion}",
            ["0 10:00 mail news ann"],
        ),
        (
            "run",
            "{send: hello, at: [day 1, day 5, day 9, day 14], to: champion}",
            ["0 10:00 mail hello ann", "4 09:00 mail hello ann"],
        ),  # overtaken
        ("skip", "{send: hello, at: [day 1, day 14], to: champion}", ["4 09:00 mail hello ann"]),
        ("skip", "{check: c, at: day 1, verdicts: [{else: [{post: cheers}]}]}", ["0 10:00 post cheers wins"]),
    ],
)
def test_a_run_begun_late_takes_or_skips_what_it_missed(late: str, steps: str, expected: list[str]) -> None:
    assert story(f"late: {late}\nsteps: [{steps}]", account=begun(10)) == expected


def test_what_is_skipped_as_late_says_why() -> None:
    text = "late: {skip_after: 5 days}\nsteps: [{send: hello, at: day 4, to: champion}, {send: news, at: [day 1, day 5], to: champion}, {post: cheers, at: day 9, late: skip}]"
    assert reasons(play(text, account=begun(10)), "skipped") == [
        "skipped send-hello: late by 6 days, more than 5 days",
        "skipped send-news: overtaken by its next date, 2025-12-31",
        "skipped post-cheers: late by 1 days; late steps are skipped",
    ]


def test_mails_that_catch_up_keep_their_distance() -> None:
    text = """
        apart: 2 business days
        steps:
          - {send: hello, at: day 1, to: champion}
          - {send: news, at: day 2, to: champion}
          - {send: receipt, at: day 3, to: champion}
          - {send: offer, at: day 4, to: champion}
    """
    assert story(text, account=begun(10)) == [
        "0 10:00 mail hello ann",
        "2 10:00 mail news ann",
        "2 10:00 mail receipt ann",
        "4 10:00 mail offer ann",
    ]
    assert story(text) == ["1 09:00 mail hello ann", "2 09:00 mail news ann", "3 09:00 mail receipt ann", "4 09:00 mail offer ann"]


@pytest.mark.parametrize(("start", "appears"), [("2 11:30", "2 11:30"), ("2 20:00", "3 09:00"), ("5 12:00", "7 09:00")])
def test_a_late_task_appears_at_once_or_when_its_owner_is_there_again(start: str, appears: str) -> None:
    text = "steps: [{task: call, at: day 1, owner: csm, sla: P4}]"
    assert story(text, account=begun(3), start=start) == [f"{appears} task call csm"]


def test_what_nobody_reads_and_operational_mail_catch_up_at_any_hour() -> None:
    text = "steps: [{send: receipt, at: day 1, to: champion}, {set: {account.ready: true}, at: day 1}, {send: receipt, id: two, to: champion, when: account.ready}]"
    assert story(text, account=begun(3), start="2 23:00") == ["2 23:00 mail receipt ann", "2 23:00 mail receipt ann"]
