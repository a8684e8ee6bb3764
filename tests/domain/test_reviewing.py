"""What was foreseen beside what came, and what made the difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain import reviewing
from domain.reviewing import Came, Difference, Heard, Saw
from domain.touches import Touch

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


def on(day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


MAIL = Touch(on(7), "story", "send-hello", 1, "send", "ann", "hello")
TASK = Touch(on(9), "story", "task-call", 1, "task", "csm", "call")
NOTICE = Touch(on(9), "story", "overdue/task#3", 1, "told", "director", "escalation")
LATER = Touch(on(25), "story", "send-news", 1, "send", "ann", "news")


def sentences(foreseen: Came, came: Came, now: datetime = NOW) -> list[str]:
    return [difference.sentence for difference in reviewing.differences(foreseen, came, now)]


@pytest.mark.parametrize(
    "came",
    [
        (MAIL, TASK, NOTICE),
        (MAIL, replace(TASK, at=on(9, 9, 4)), NOTICE),  # a worker was busy
        (MAIL, TASK, replace(NOTICE, step="overdue/4711")),  # nobody can foresee what id a task will have
        (MAIL, replace(TASK, step="call-them"), NOTICE),  # its step has another id since
    ],
)
def test_what_came_as_foreseen_is_no_difference(came: tuple[Touch, ...]) -> None:
    assert sentences(Came((MAIL, TASK, NOTICE, LATER)), Came(came)) == []


@pytest.mark.parametrize(
    ("came", "said"),
    [
        ((TASK,), "the mail of send-hello to ann did not come on 2026-01-07 09:00 UTC"),
        ((replace(MAIL, at=on(8)), TASK), "the mail of send-hello to ann came on 2026-01-08 09:00 UTC, and was foreseen for 2026-01-07"),
        ((replace(MAIL, recipient="ben"), TASK), "the mail of send-hello to ann went to ben"),
        (
            (MAIL, TASK, replace(MAIL, visit=2)),
            "the mail of send-hello (visit 2) to ann came on 2026-01-07 09:00 UTC, and was not foreseen",
        ),
    ],
)
def test_each_way_to_differ_has_its_sentence(came: tuple[Touch, ...], said: str) -> None:
    (sentence,) = sentences(Came((MAIL, TASK)), Came(came))
    assert sentence.startswith(said)


def test_what_was_foreseen_for_the_last_minutes_may_still_come() -> None:
    assert sentences(Came((MAIL,), ended_at=on(7)), Came(), on(7, 9, 3)) == []
    assert len(sentences(Came((MAIL,), ended_at=on(7)), Came(), on(7, 9, 6))) == 2


def test_a_run_that_moved_or_ended_at_another_time_differs() -> None:
    foreseen = Came(moved_at=on(7), ended_at=on(9))
    assert sentences(foreseen, Came(moved_at=on(7), ended_at=on(9))) == []
    assert sentences(foreseen, Came(ended_at=on(8))) == [
        "it did not move on 2026-01-07 09:00 UTC, as was foreseen",
        "it ended on 2026-01-08 09:00 UTC, and that was foreseen for 2026-01-09 09:00 UTC",
    ]
    assert sentences(Came(), Came(moved_at=on(7))) == ["it moved on 2026-01-07 09:00 UTC, and that was not foreseen"]


EARLY, LAST = Heard(on(6), "the event training_completed"), Heard(on(7, 8), "the event setup_completed")
ELSEWHERE = Heard(on(5), "the event nps_answered", own=False)
FACT = Heard(on(5), "the fact account.training", own=False, facts=frozenset({"account.training"}))
MORE, LESS = Difference(on(7), "…", is_more=True), Difference(on(7), "…", step="send-hello", visit=1)


@pytest.mark.parametrize(
    ("difference", "heard", "saw", "ended_at", "expected"),
    [
        (MORE, [EARLY, LAST], [], None, LAST),  # what comes unforeseen follows what was heard last
        (LESS, [EARLY, LAST], [], None, EARLY),  # what does not come went another way from the first thing on
        (LESS, [EARLY, LAST], [], on(7, 8), LAST),  # or ended with it
        (LESS, [ELSEWHERE, EARLY], [], None, EARLY),  # what the run was told itself goes first
        (LESS, [ELSEWHERE], [], None, ELSEWHERE),
        (LESS, [EARLY, FACT], [Saw("send-hello", 1, frozenset({("account.training", on(5))}))], None, FACT),  # its rule saw it
        (LESS, [EARLY, FACT], [Saw("task-call", 1, frozenset({("account.training", on(5))}))], None, EARLY),  # another's did
        (LESS, [Heard(on(8), "the event left")], [], None, None),  # what is heard afterwards explains nothing
        (LESS, [], [], None, None),
    ],
)
def test_what_made_the_difference_is_what_can_have(
    difference: Difference, heard: list[Heard], saw: list[Saw], ended_at: datetime | None, expected: Heard | None
) -> None:
    assert reviewing.cause(difference, heard, saw, ended_at) == expected


def test_touches_are_counted_by_kind_up_to_a_moment() -> None:
    assert reviewing.counts((MAIL, TASK, LATER), on(9)) == {"mail": 1, "task": 1}
    assert reviewing.counts((MAIL, TASK, LATER), on(9) - timedelta(seconds=1)) == {"mail": 1}
