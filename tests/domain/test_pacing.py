"""Providers are given as much as they may be given, in order, and left alone while they are in trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import durations, pacing
from domain.language import SkipAfter
from domain.pacing import AWAY, KEY, NEAR, TRIAL, Leave, Provider, Queue, Trouble, ask, failed, renewed, room, too_late_at, well

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NO_LIMIT = timedelta(0)
IN_TROUBLE = Provider("sendgrid", free_at=NOW, failures=1, why="it cannot be reached", since=NOW - SECOND)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_without_a_limit_and_without_trouble_everything_leaves_at_once() -> None:
    answer, after = ask(Provider("sendgrid"), NOW, NO_LIMIT, has_place=False)
    assert answer == Leave(NOW)
    assert ask(after, NOW, NO_LIMIT, has_place=False)[0] == Leave(NOW)


def test_what_does_not_fit_into_the_next_moments_queues_in_order_of_asking() -> None:
    provider, answers = Provider("sendgrid"), []
    for _ in range(6):
        answer, provider = ask(provider, NOW, SECOND, has_place=False)
        answers.append(answer)
    assert answers == [Leave(at(0)), Leave(at(1)), Leave(at(2)), Queue(at(3)), Queue(at(4)), Queue(at(5))]


def test_who_has_a_place_goes_before_who_comes_new() -> None:
    waiting = Provider("sendgrid", free_at=at(0), queue_at=at(60))
    assert ask(waiting, NOW, SECOND, has_place=False)[0] == Queue(at(60))
    assert ask(waiting, NOW, SECOND, has_place=True)[0] == Leave(at(0))


@given(
    per_second=st.integers(1, 50),
    arrivals=st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=120),
    pauses=st.lists(st.tuples(st.floats(0, 30), st.floats(1, 20)), max_size=3),
)
def test_no_second_is_fuller_than_allowed_and_everybody_gets_their_turn(
    per_second: int, arrivals: list[tuple[float, bool]], pauses: list[tuple[float, float]]
) -> None:
    """Whatever comes when, and however late a turn is for its place; a full provider pauses all."""
    provider, interval = Provider("sendgrid"), timedelta(seconds=1 / per_second)
    agenda = sorted([(second, is_late, False) for second, is_late in arrivals])
    stops = sorted(pauses)
    left: list[datetime] = []
    asked = 0
    while agenda:
        asked += 1
        assert asked < 100 * (len(arrivals) + 1), "somebody asks for ever"
        second, is_late, has_place = agenda.pop(0)
        now = at(second)
        while stops and stops[0][0] <= second:
            stop, length = stops.pop(0)
            provider = failed(provider, Trouble.FULL, "slow down", timedelta(seconds=length), "", at(stop))
            provider = well(replace(provider, tried=True), max(provider.free_at or NOW, at(stop)), interval)
        answer, provider = ask(provider, now, interval, has_place)
        match answer:
            case Leave(moment):
                assert now <= moment <= now + NEAR
                left.append(moment)
            case Queue(moment):
                assert moment > now
                agenda = sorted([*agenda, ((moment - NOW).total_seconds() + (3 if is_late else 0), False, True)])
    left.sort()
    for first, one_more in zip(left, left[per_second:], strict=False):
        assert one_more - first >= SECOND - timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("trouble", "earlier", "pause"),
    [
        (Trouble.FULL, 0, timedelta(seconds=17)),
        (Trouble.FULL, 1, timedelta(seconds=17)),
        (Trouble.KEY, 0, KEY),
        (Trouble.KEY, 7, KEY),
        (Trouble.AWAY, 0, AWAY[0]),
        (Trouble.AWAY, 2, AWAY[2]),
        (Trouble.AWAY, 99, AWAY[-1]),
        (Trouble.UNANSWERED, 0, timedelta(0)),
        (Trouble.UNANSWERED, 1, timedelta(0)),
        (Trouble.UNANSWERED, 2, AWAY[0]),
        (Trouble.UNANSWERED, 99, AWAY[-1]),
    ],
)
def test_trouble_pauses_for_as_long_as_it_is_bad(trouble: Trouble, earlier: int, pause: timedelta) -> None:
    after = failed(
        Provider("sendgrid", failures=earlier), trouble, "because", timedelta(seconds=17) if trouble == "full" else None, "k", NOW
    )
    assert (after.free_at, after.failures, after.why) == (NOW + pause, earlier + 1, "because")
    assert (after.since is None) == (pause == timedelta(0))
    assert after.key == ("k" if trouble is Trouble.KEY else None)


def test_who_asks_us_to_slow_down_and_not_for_how_long_is_left_alone_as_one_that_is_away() -> None:
    full = failed(Provider("sendgrid", failures=1), Trouble.FULL, "slow down", None, "", NOW)
    assert full == Provider("sendgrid", free_at=NOW + AWAY[1], failures=2, why="slow down", since=NOW)


def test_what_was_on_its_way_may_still_make_a_pause_longer() -> None:
    paused = failed(Provider("sendgrid"), Trouble.FULL, "slow down", timedelta(minutes=10), "", NOW)
    longer = failed(paused, Trouble.FULL, "slow down", timedelta(minutes=20), "", at(1))
    assert longer == replace(paused, free_at=at(1) + timedelta(minutes=20))


def test_after_a_trouble_nothing_is_left_of_it() -> None:
    troubled = Provider("sendgrid", at(900), at(960), 7, "no", NOW, "a digest", tried=True)
    assert well(troubled, at(1), SECOND) == Provider("sendgrid", free_at=at(2))
    assert renewed(troubled, "another") == Provider("sendgrid")
    assert failed(troubled, Trouble.AWAY, "still", None, "", at(1000)).tried is False


def test_a_lost_answer_that_is_followed_by_another_answer_moves_nobody_in_the_queue() -> None:
    lost = failed(Provider("sendgrid", queue_at=at(60)), Trouble.UNANSWERED, "503", None, "", NOW)
    assert ask(lost, NOW, SECOND, has_place=False)[0] == Queue(at(60)), "it is in no trouble that one would wait for"
    assert well(lost, NOW, SECOND) == Provider("sendgrid", free_at=at(1), queue_at=at(60))


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    paused = failed(Provider("sendgrid"), Trouble.FULL, "slow down", timedelta(minutes=10), "", NOW)
    assert failed(paused, Trouble.FULL, "slow down", SECOND, "", NOW).free_at == NOW + timedelta(minutes=10)


def test_in_trouble_one_is_tried_and_the_others_wait_for_its_answer() -> None:
    answer, trying = ask(IN_TROUBLE, NOW, NO_LIMIT, has_place=True)
    assert answer == Leave(NOW)
    assert ask(trying, at(1), NO_LIMIT, has_place=True)[0] == Queue(NOW + TRIAL, "it cannot be reached")
    assert ask(well(trying, at(1), NO_LIMIT), at(1), NO_LIMIT, has_place=True)[0] == Leave(at(1))
    assert ask(failed(trying, Trouble.AWAY, "still", None, "", at(1)), at(TRIAL.seconds - 3), NO_LIMIT, has_place=True)[0] == Queue(
        NOW + TRIAL, "still"
    )


def test_what_was_on_its_way_together_makes_one_pause_and_not_many() -> None:
    provider = Provider("sendgrid")
    for _ in range(20):
        provider = failed(provider, Trouble.AWAY, "it cannot be reached", None, "", NOW)
    assert (provider.free_at, provider.failures) == (NOW + AWAY[0], 1)
    _, provider = ask(provider, NOW + AWAY[0], NO_LIMIT, has_place=True)
    again = failed(provider, Trouble.AWAY, "it cannot be reached", None, "", NOW + TRIAL)
    assert (again.free_at, again.failures) == (NOW + TRIAL + AWAY[1], 2)


def test_an_answer_to_what_left_before_the_trouble_ends_no_pause() -> None:
    full = failed(Provider("sendgrid"), Trouble.FULL, "slow down", timedelta(seconds=17), "", NOW)
    assert well(full, at(1), NO_LIMIT) == full
    _, tried = ask(full, at(17), NO_LIMIT, has_place=True)
    assert well(tried, at(18), NO_LIMIT).since is None


def test_who_comes_after_a_trouble_does_not_stand_behind_its_pause() -> None:
    """Seven lost answers make a pause of a quarter of an hour, which somebody queues for; then one comes through after all."""
    provider = Provider("sendgrid")
    for _ in range(7):
        provider = failed(replace(provider, tried=True), Trouble.UNANSWERED, "503", None, "", NOW)
    queued, provider = ask(provider, NOW, NO_LIMIT, has_place=False)
    assert isinstance(queued, Queue)
    assert queued.at == NOW + AWAY[-1]
    provider = well(replace(provider, tried=True), at(1), NO_LIMIT)
    provider = failed(provider, Trouble.FULL, "429", timedelta(seconds=5), "", at(2))
    assert ask(provider, at(2), NO_LIMIT, has_place=False)[0] == Queue(at(7), "429")


def test_another_key_ends_the_trouble_with_the_first() -> None:
    refused = failed(Provider("sendgrid"), Trouble.KEY, "no", None, "old", NOW)
    assert renewed(refused, "old") == refused
    assert ask(renewed(refused, "new"), NOW, NO_LIMIT, has_place=False)[0] == Leave(NOW)
    away = failed(Provider("sendgrid"), Trouble.AWAY, "no", None, "old", NOW)
    assert renewed(away, "new") == away


@pytest.mark.parametrize(
    ("provider", "interval", "count"),
    [
        (Provider("sendgrid"), SECOND, 5),
        (Provider("sendgrid"), 2 * SECOND, 3),
        (Provider("sendgrid"), 60 * SECOND, 1),
        (Provider("sendgrid"), NO_LIMIT, 100),
        (Provider("sendgrid", free_at=at(-60)), SECOND, 5),
        (Provider("sendgrid", free_at=at(3)), SECOND, 2),
        (Provider("sendgrid", free_at=at(5)), SECOND, 0),
        (Provider("sendgrid", free_at=at(9)), NO_LIMIT, 0),
        (IN_TROUBLE, NO_LIMIT, 0),
    ],
)
def test_those_who_waited_for_the_end_of_a_trouble_are_let_go_as_fast_as_there_is_room(
    provider: Provider, interval: timedelta, count: int
) -> None:
    assert room(provider, NOW, interval, within=5 * SECOND) == count


@pytest.mark.parametrize(
    ("late", "from_when"),
    [("run", None), ("skip", NOW + timedelta(days=1)), (SkipAfter(skip_after=durations.parse("10 days")), NOW + timedelta(days=10))],
)
def test_what_queues_is_too_late_when_its_step_says_so(late: object, from_when: datetime | None) -> None:
    assert too_late_at(late, NOW) == from_when  # type: ignore[arg-type]


def test_pauses_grow() -> None:
    assert list(pacing.UNANSWERED) == sorted(pacing.UNANSWERED)
