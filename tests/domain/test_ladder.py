"""Ladders: the clock of a task and of an escalation, in the working hours of whoever has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from domain import ladder
from domain.account import facts
from domain.facts import Facts, Person
from domain.health import Sla
from domain.house import House
from domain.intents import ClimbEscalation, CreateTask, Intent, RaiseEscalation, SendMessage
from domain.ladder import Climb
from domain.news import Acknowledged, Closed, Happened, News, Raised, Reassigned, Snoozed
from tests.domain.kit import MONDAY, a_house, a_person, an_account, at, people

HOUSE = a_house()
NEW_YORKER = a_person("nina", "csm", zone="America/New_York", country="US", manager_id="director")


def known(*team: Person) -> Facts:
    return facts(an_account(people=people(NEW_YORKER, *team)), HOUSE, at("0 10:00"))


def a_task(sla: Sla, created: str = "0 10:00", due: str = "3 12:00", assignee: str | None = "csm") -> Climb:
    made = CreateTask("task-call", 1, "call", "csm", assignee, sla, at(due))
    return ladder.task(HOUSE, known(), made, "t1", "Call them", at(created))


def an_escalation(sla: Sla = "P2", role: str = "director", person: str | None = "director", when: str = "0 10:00") -> Climb:
    raised = RaiseEscalation("escalate-stuck", 1, "stuck", role, person, sla, "They are stuck.")
    return ladder.escalation(HOUSE, known(), raised, "e1", at(when))


def say(intent: Intent) -> str:
    match intent:
        case SendMessage():
            return f"{intent.template} {intent.recipient}"
        case RaiseEscalation():
            return f"raise {intent.cause} {intent.role} {intent.person_id} {intent.sla}"
        case ClimbEscalation():
            return f"climb {intent.role} {intent.person_id}"
        case _:
            raise AssertionError(intent)


def climb(
    state: Climb, news: Sequence[tuple[str, News]] = (), about: Facts | None = None, house: House = HOUSE, end: str = "90 00:00"
) -> list[str]:
    """What a follow-up does until its end, as `day hour what`; news is told at its moment."""
    about = about or known()
    lines: list[str] = []
    queue = sorted(((at(when), item) for when, item in news), key=lambda pair: pair[0])
    rest = ladder.first_wake(house, about, state)
    while rest is not None or queue:
        now = min(moment for moment in (rest, queue[0][0] if queue else None) if moment)
        if now > at(end):
            break
        told = [item for moment, item in queue if moment <= now]
        queue = [pair for pair in queue if pair[0] > now]
        climbed = ladder.advance(house, ladder.load(ladder.dump(state)), now, about, told)
        state, rest = climbed.state, climbed.rest.until
        lines += [f"{_when(now)} {say(intent)}" for intent in climbed.intents]
        if climbed.rest.over:
            return [*lines, f"{_when(now)} over: {climbed.rest.over}"]
    return lines


def _when(now: datetime) -> str:
    local = now.astimezone(known().zone)
    return f"{(local.date() - MONDAY).days} {local:%H:%M}"


# Tasks


def test_a_p1_task_is_reminded_of_and_escalated_within_the_next_day() -> None:
    assert climb(a_task("P1")) == [
        "0 16:00 task-reminder csm",  # three quarters of the eight hours
        "1 10:00 task-reminder csm",
        "1 10:00 task-reminder director",
        "1 14:00 raise overdue/t1 director director P1",
        "1 14:00 over: its ladder is climbed",
    ]


def test_a_p2_task_has_two_business_days_and_two_more() -> None:
    assert climb(a_task("P2", created="3 10:00")) == [
        "4 14:00 task-reminder csm",
        "7 10:00 task-reminder csm",  # over the weekend
        "7 10:00 task-reminder director",
        "9 10:00 raise overdue/t1 director director P2",
        "9 10:00 over: its ladder is climbed",
    ]


def test_a_p3_task_counts_from_its_due_date_and_escalates_to_nobody() -> None:
    assert climb(a_task("P3", due="3 12:00")) == [
        "3 12:00 task-reminder csm",
        "7 12:00 task-reminder csm",
        "7 12:00 task-reminder director",
        "7 12:00 over: its ladder is climbed",
    ]


def test_a_p4_task_has_no_clock() -> None:
    assert ladder.first_wake(HOUSE, known(), a_task("P4")) is None
    assert climb(a_task("P4")) == []


def test_the_hours_are_the_assignees() -> None:
    """18:00 in Berlin is noon in New York: of six hours five are left of that day, and one comes the next morning."""
    assert climb(a_task("P1", created="0 18:00", assignee="nina")) == [
        "1 16:00 task-reminder nina",
        "1 18:00 task-reminder nina",
        "1 18:00 task-reminder director",
        "1 22:00 raise overdue/t1 director director P1",
        "1 22:00 over: its ladder is climbed",
    ]


def test_a_task_that_appears_at_night_is_counted_from_the_morning() -> None:
    assert climb(a_task("P1", created="0 22:00"))[0] == "1 15:00 task-reminder csm"


def test_a_task_of_nobody_reminds_nobody_but_escalates() -> None:
    assert climb(a_task("P1", assignee=None)) == [
        "1 14:00 raise overdue/t1 director director P1",
        "1 14:00 over: its ladder is climbed",
    ]


def test_a_task_that_is_done_climbs_no_further() -> None:
    assert climb(a_task("P1"), [("0 12:00", Closed(at("0 12:00"), "done"))]) == ["0 12:00 over: done"]
    assert climb(a_task("P1"), [("1 12:00", Closed(at("1 12:00"), "done"))])[-1] == "1 12:00 over: done"


def test_whoever_has_the_task_now_is_reminded() -> None:
    assert climb(a_task("P1"), [("0 12:00", Reassigned(at("0 12:00"), "vp"))]) == [
        "0 16:00 task-reminder vp",
        "1 10:00 task-reminder vp",
        "1 10:00 task-reminder cco",
        "1 14:00 raise overdue/t1 director director P1",
        "1 14:00 over: its ladder is climbed",
    ]


def test_a_snoozed_task_begins_anew_when_its_snooze_ends() -> None:
    assert climb(a_task("P1"), [("0 12:00", Snoozed(at("0 12:00"), at("3 10:00")))]) == [
        "3 16:00 task-reminder csm",
        "4 10:00 task-reminder csm",
        "4 10:00 task-reminder director",
        "4 14:00 raise overdue/t1 director director P1",
        "4 14:00 over: its ladder is climbed",
    ]


def test_reminders_of_one_climb_have_different_keys() -> None:
    made: list[Intent] = []
    state, now = a_task("P1"), at("0 10:00")
    while (wake := ladder.first_wake(HOUSE, known(), state)) is not None:
        climbed = ladder.advance(HOUSE, state, max(now, wake), known(), [Snoozed(now, at("1 10:00"))] if not made else [])
        state, made = climbed.state, [*made, *climbed.intents]
    keys = [(intent.visit, intent.effect, intent.recipient) for intent in made if isinstance(intent, SendMessage)]
    assert len(keys) == len(set(keys)) > 2


# Escalations


def test_an_escalation_climbs_until_nobody_is_above() -> None:
    assert climb(an_escalation("P2")) == [
        "0 10:00 escalation director",
        "0 16:00 escalation-reminder director",
        "3 10:00 climb vp vp",
        "3 10:00 escalation vp",
        "3 16:00 escalation-reminder vp",
        "8 10:00 climb cco cco",
        "8 10:00 escalation cco",
        "8 16:00 escalation-reminder cco",
        "11 10:00 over: nobody is above",
    ]


def test_a_p1_escalation_climbs_every_eight_hours() -> None:
    assert climb(an_escalation("P1"))[:6] == [
        "0 10:00 escalation director",
        "0 13:00 escalation-reminder director",
        "1 10:00 climb vp vp",
        "1 10:00 escalation vp",
        "1 13:00 escalation-reminder vp",
        "2 10:00 climb cco cco",
    ]


def test_acknowledging_stops_the_ladder() -> None:
    assert climb(an_escalation("P1"), [("0 15:00", Acknowledged(at("0 15:00"), "director"))]) == [
        "0 10:00 escalation director",
        "0 13:00 escalation-reminder director",
        "0 15:00 over: acknowledged",
    ]


def test_an_escalation_whose_cause_is_gone_is_over() -> None:
    assert climb(an_escalation("P1"), [("0 11:00", Closed(at("0 11:00")))])[-1] == "0 11:00 over: closed"


def test_a_worse_class_begins_anew_and_is_told_again() -> None:
    raised = Raised(at("0 12:00"), "P1", "vp")
    assert climb(an_escalation("P2"), [("0 12:00", raised)])[:4] == [
        "0 10:00 escalation director",
        "0 12:00 escalation vp",
        "0 15:00 escalation-reminder vp",
        "1 12:00 climb cco cco",
    ]


def test_where_one_person_stands_in_for_two_roles_the_next_one_up_is_told() -> None:
    """No Director: the VP has it from the start, and the role above is not the VP's again."""
    about = known(replace(people()["director"], active=False))
    assert [line.split(" ", 2)[2] for line in climb(an_escalation("P2", "director", "vp"), about=about)] == [
        "escalation vp",
        "escalation-reminder vp",
        "climb cco cco",
        "escalation cco",
        "escalation-reminder cco",
        "over: nobody is above",
    ]


def test_an_escalation_to_a_role_outside_the_chain_climbs_into_it() -> None:
    assert [line for line in climb(an_escalation("P2", "engineer", "engineer")) if "climb" in line][:2] == [
        "3 10:00 climb owner csm",
        "8 10:00 climb director director",
    ]


def test_an_escalation_nobody_holds_climbs_all_the_same() -> None:
    assert climb(an_escalation("P1", "director", None))[:2] == ["1 10:00 climb vp vp", "1 10:00 escalation vp"]


def test_a_ladder_without_a_climb_ends_with_its_reminder() -> None:
    assert climb(an_escalation("P4")) == [
        "0 10:00 escalation director",
        "7 10:00 escalation-reminder director",
        "7 10:00 over: its ladder is climbed",
    ]


def test_the_new_holders_hours_count_from_there() -> None:
    far = replace(people()["vp"], zone="America/New_York", country="US")
    assert climb(an_escalation("P1"), about=known(far))[2:5] == [
        "1 10:00 climb vp vp",
        "1 10:00 escalation vp",
        "1 18:00 escalation-reminder vp",
    ]


def test_what_does_not_concern_it_changes_nothing() -> None:
    assert climb(an_escalation("P1"), [("0 11:00", Happened("seen", at("0 11:00")))]) == climb(an_escalation("P1"))


def test_what_was_missed_is_done_at_once_and_in_order() -> None:
    late = ladder.advance(HOUSE, a_task("P1"), at("20 10:00"), known(), [])
    assert [say(intent) for intent in late.intents] == [
        "task-reminder csm", "task-reminder csm", "task-reminder director", "raise overdue/t1 director director P1",
    ]  # fmt: skip
    assert late.rest.over == "its ladder is climbed"


@pytest.mark.parametrize("state", [a_task("P1"), a_task("P3", assignee=None), an_escalation("P2")])
def test_a_climb_is_written_and_read_back(state: Climb) -> None:
    assert ladder.load(ladder.dump(state)) == state


def test_the_words_say_who_and_until_when() -> None:
    climbed = ladder.advance(HOUSE, an_escalation("P1"), at("0 10:00"), known(), [])
    (message,) = climbed.intents
    assert isinstance(message, SendMessage)
    assert message.context == {"title": "stuck", "sla": "P1", "why": "They are stuck.", "due": "5 January, 14:00"}
    assert (message.audience, message.operational, message.due_at) == ("person", True, at("0 10:00"))
