"""Stories of one run: what each verb does, when, to whom, and what changes it. Everything goes through `advance` and virtual time.

A touch reads `day hour kind what to whom`; day 0 is a Monday, nobody acts unless the story says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain import interpreter, state
from domain.account import facts
from domain.facts import Contract, Hold
from domain.governor import UNTIL_LIFTED
from domain.intents import CloseTasks, EndEscalation, SendMessage, Withdraw
from domain.interpreter import NONE, QUIET, URGENT, Stuck, advance, enter, interest
from domain.journey import Journey
from domain.news import (
    BandChanged,
    Changed,
    Closed,
    Decided,
    Engaged,
    EscalationEnded,
    ExitOrdered,
    Happened,
    News,
    PutOff,
    Settled,
    TaskDone,
)  # fmt: skip
from domain.state import Phase, State
from tests.domain.kit import (
    CONTACTS,
    MONDAY,
    Happening,
    a_contact,
    a_house,
    a_journey,
    a_person,
    an_account,
    at,
    begun,
    change,
    decided,
    done,
    hold,
    know,
    leave,
    move_start,
    people,
    play,
    reasons,
    resume,
    skip,
    story,
)  # fmt: skip

READY = an_account(facts={"ready": True})


# Mail


def test_a_mail_of_a_day_leaves_when_its_readers_hours_begin() -> None:
    assert story("steps: [{send: hello, at: day 3, to: champion}]") == ["3 09:00 mail hello ann"]


def test_a_mail_of_a_day_without_work_leaves_on_the_next_with() -> None:
    assert story("steps: [{send: hello, at: day 5, to: champion}]") == ["7 09:00 mail hello ann"]


def test_mail_waits_for_the_morning_and_operational_mail_does_not() -> None:
    assert story("steps: [{send: hello, at: start, to: champion}]", start="0 20:00") == ["1 09:00 mail hello ann"]
    assert story("steps: [{send: receipt, at: start, to: champion}]", start="0 20:00") == ["0 20:00 mail receipt ann"]


def test_each_reader_gets_one_mail_at_nine_of_their_own_clock() -> None:
    """And the step is done when all are settled."""
    far = (
        a_contact("ann", "champion", "user"), a_contact("aroha", "user", zone="Pacific/Auckland", country="NZ"),
        a_contact("luis", "user", "admin", zone="America/Los_Angeles", country="US"),
    )  # fmt: skip
    assert story("steps: [{send: hello, at: day 1, to: [user, admin]}, {post: cheers}]", account=an_account(contacts=far)) == [
        "0 21:00 mail hello aroha",
        "1 09:00 mail hello ann",
        "1 18:00 mail hello luis",
        "1 18:00 post cheers wins",
    ]


def test_a_mail_to_nobody_is_skipped_with_its_reason() -> None:
    played = play(
        "steps: [{send: hello, to: [user, signer]}, {post: cheers}]", account=an_account(contacts=(a_contact("ann", "champion"),))
    )
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert reasons(played, "skipped") == ["skipped send-hello: nobody at the account is user or signer"]


def test_a_mail_whose_condition_ceases_while_it_waits_is_withdrawn() -> None:
    played = play("steps: [{send: hello, to: champion, when: not account.ready}, {post: cheers}]", {"0 21:00": "set_up"}, start="0 20:00")
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert reasons(played, "withdrawn") == ["withdrawn send-hello: its condition no longer holds"]


@pytest.mark.parametrize(
    ("happening", "why"),
    [
        (change(contacts=(replace(CONTACTS[0], active=False),)), "the contact has left"),
        (change(contacts=()), "the contact has left"),
        (change(contacts=(replace(CONTACTS[0], refused=True),)), "the address was refused for good"),
        (know(do_not_contact=True), "the account is not to be contacted"),
    ],
)
def test_a_mail_that_may_not_leave_any_more_is_dropped_and_the_track_goes_on(happening: Any, why: str) -> None:
    played = play("steps: [{send: hello, to: champion}, {post: cheers}]", {"0 21:00": happening}, start="0 20:00")
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert reasons(played, "dropped") == [f"dropped send-hello: {why}"]


# Posts, webhooks, tasks


def test_a_post_goes_to_its_channel_or_once_to_each_of_us() -> None:
    assert story("steps: [{post: cheers}, {post: heads-up, to: [owner, csm, director]}]") == [
        "0 10:00 post cheers wins", "0 10:00 post heads-up csm", "0 10:00 post heads-up director",
    ]  # fmt: skip


def test_a_post_to_nobody_is_skipped() -> None:
    played = play("steps: [{post: heads-up, to: cco}]", account=an_account(people={}))
    assert reasons(played, "skipped") == ["skipped post-heads-up: nobody holds cco"]


def test_a_webhook_is_told_and_the_track_goes_on() -> None:
    assert story("steps: [{webhook: crm}, {post: cheers}]") == ["0 10:00 webhook crm crm", "0 10:00 post cheers wins"]


def test_a_task_appears_when_its_owners_day_begins_and_holds_up_nothing() -> None:
    account = an_account(people=people(a_person("csm", "csm", zone="America/New_York", country="US")))
    assert story("steps: [{task: call, at: day 1, owner: csm, sla: P4}, {post: cheers}]", account=account) == [
        "1 15:00 task call csm", "1 15:00 post cheers wins",
    ]  # fmt: skip


def test_a_task_goes_to_whoever_owns_the_account_then() -> None:
    assert story("steps: [{task: call, at: day 3, owner: csm, sla: P4}]", {"1 12:00": change(owner_id="engineer")}) == [
        "3 09:00 task call engineer"
    ]


WAITS = "steps: [{task: call, owner: csm, sla: P4, wait: 3 business days, otherwise: [{post: heads-up, to: vp}]}, {post: cheers}]"


def test_a_track_waits_for_its_task() -> None:
    assert story(WAITS, {"1 12:00": done("task-call")}) == ["0 10:00 task call csm", "1 12:00 post cheers wins"]


def test_a_task_that_is_not_done_in_time_takes_its_otherwise() -> None:
    assert story(WAITS, {"4 12:00": done("task-call")}) == ["0 10:00 task call csm", "3 10:00 post heads-up vp", "3 10:00 post cheers wins"]


def test_conditions_read_what_a_task_came_to() -> None:
    text = """
        steps:
          - {task: call, owner: csm, sla: P4, outcomes: [good, bad], wait: 2 days}
          - {post: cheers, when: steps.call.outcome == "bad" and steps.call.done_on == today and steps.call.visits == 1}
    """
    assert story(text, {"0 12:00": done("task-call", "bad")})[1:] == ["0 12:00 post cheers wins"]
    assert story(text, {"0 12:00": done("task-call", "good")})[1:] == []


def test_a_task_of_an_earlier_round_does_not_end_the_wait_for_the_present_one() -> None:
    text = "steps: [{repeat: r, every: 7 days, until: account.ready, steps: [{task: call, owner: csm, sla: P4, wait: 2 days, otherwise: [{post: heads-up, to: vp}]}]}]"
    touches = story(text, {"7 10:00": done("task-call"), "8 10:00": "set_up"}, days=10)
    assert touches == ["0 10:00 task call csm", "2 10:00 post heads-up vp", "7 09:00 task call csm", "9 09:00 post heads-up vp"]


def test_an_escalation_is_raised_once_a_cause_and_takes_the_worse_class() -> None:
    text = "steps: [{escalate: stuck, to: director, sla: P4}, {wait: 1 day}, {id: b, escalate: stuck, to: cco}, {id: c, wait: 1 day}, {id: d, escalate: stuck, to: vp, sla: P1}]"
    told = [touch for touch in story(text, days=2) if "reminder" not in touch]
    assert told == ["0 10:00 notice escalation director", "1 10:00 notice escalation cco", "2 10:00 notice escalation vp"]
    assert story(text.replace("to: cco", "to: cco, sla: P4"), days=1) == ["0 10:00 notice escalation director"]


def test_conditions_read_how_an_escalation_ended() -> None:
    text = "steps: [{escalate: stuck, to: vp, sla: P4}, {wait: 3 days}, {post: cheers, when: steps.stuck.outcome == 'resolved'}]"
    assert "3 10:00 post cheers wins" in story(text, {"1 10:00": lambda world: world.resolve("stuck")})
    assert "3 10:00 post cheers wins" not in story(text)


# Approvals

GATED = "steps: [{{send: hello, to: champion, approval: {{by: owner{}}}}}, {{post: cheers}}]"


@pytest.mark.parametrize(
    ("text", "happenings", "expected"),
    [
        (GATED.format(""), {"0 15:00": decided("send-hello")}, ["0 15:00 mail hello ann", "0 15:00 post cheers wins"]),
        (GATED.format(""), {"0 20:00": decided("send-hello")}, ["1 09:00 mail hello ann", "1 09:00 post cheers wins"]),
        (GATED.format(""), {"0 15:00": decided("send-hello", False)}, ["0 15:00 post cheers wins"]),
        (GATED.format(", within: 1 business day, otherwise: send"), {}, ["1 10:00 mail hello ann", "1 10:00 post cheers wins"]),
        (GATED.format(", within: 1 business day, otherwise: skip"), {}, ["1 10:00 post cheers wins"]),
        (GATED.format(""), {}, ["2 10:00 notice escalation director"]),  # two business days, then the role above decides
        (GATED.format(", when: account.ready"), {}, None),
    ],
)
def test_a_gate_is_passed_refused_or_runs_out(text: str, happenings: dict[str, Any], expected: list[str] | None) -> None:
    touches = story(text, happenings, days=2)
    assert touches == (["0 10:00 approval hello csm", *expected] if expected else ["0 10:00 mail hello ann", "0 10:00 post cheers wins"])


def test_who_the_gate_was_passed_on_to_decides_without_an_end() -> None:
    touches = story(GATED.format(""), {"28 10:00": decided("send-hello")}, days=40)
    assert touches[-2:] == ["28 10:00 mail hello ann", "28 10:00 post cheers wins"]


def test_a_gate_is_never_passed_on_to_the_one_who_did_not_answer() -> None:
    """`csm` is not in the chain, and the first of it, the owner, is the same person."""
    assert story(GATED.replace("by: owner", "by: csm").format(""), days=2)[-1] == "2 10:00 notice escalation director"


def test_a_gate_is_withdrawn_when_its_condition_ceases() -> None:
    text = "steps: [{send: hello, to: champion, when: not account.ready, approval: {by: owner}}, {post: cheers}]"
    assert story(text, {"0 12:00": "set_up", "0 15:00": decided("send-hello")}) == [
        "0 10:00 approval hello csm",
        "0 12:00 post cheers wins",
    ]


@pytest.mark.parametrize("end", ["set_up", skip("send-hello"), leave])
def test_what_nobody_needs_to_decide_any_more_climbs_no_further(end: Any) -> None:
    text = "steps: [{send: hello, to: champion, when: not account.ready, approval: {by: owner}}]"
    touches = story(text, {"2 12:00": end}, days=40)
    assert touches == ["0 10:00 approval hello csm", "2 10:00 notice escalation director"]


def test_a_gate_before_a_mail_that_nobody_is_left_to_read_is_withdrawn() -> None:
    played = play(GATED.format(""), {"0 12:00": change(contacts=()), "0 15:00": decided("send-hello")})
    assert [touch.what for touch in played.touches] == ["hello", "cheers"]
    assert reasons(played, "withdrawn") == ["withdrawn send-hello: nobody is left to read it"]


@pytest.mark.parametrize(
    ("otherwise", "happenings", "outcome", "day"),
    [
        ("", {"1 12:00": decided("approval-price")}, "approved", "1 12:00"),
        ("", {"1 12:00": decided("approval-price", False)}, "refused", "1 12:00"),
        (", otherwise: send", {}, "approved", "2 10:00"),
        (", otherwise: skip", {}, "refused", "2 10:00"),
    ],
)
def test_a_track_waits_for_an_approval(otherwise: str, happenings: dict[str, Any], outcome: str, day: str) -> None:
    text = f"""
        steps:
          - {{approval: price, by: director{otherwise}}}
          - {{post: cheers, when: steps.price.approved}}
          - {{post: heads-up, to: vp, when: steps.price.outcome == "refused"}}
    """
    expected = "post cheers wins" if outcome == "approved" else "post heads-up vp"
    assert story(text, happenings) == ["0 10:00 approval price director", f"{day} {expected}"]


# Waiting


@pytest.mark.parametrize(
    ("wait", "day"),
    [
        ("wait: 90 minutes", "0 11:30"),
        ("wait: 1 day", "1 10:00"),
        ("wait: 5 business days", "7 10:00"),
        ("wait: 4 working hours", "0 14:00"),
        ("wait: until 08:15", "1 08:15"),
        ("wait: until 10:00", "1 10:00"),  # it is ten now
        ("wait: until 10:01", "0 10:01"),
        ("wait: until 08:15, to: sponsor", "0 14:15"),  # by Ben's clock
        ("wait: until 08:15, to: user", "1 08:15"),  # whose clock nobody knows: the account's
        ("wait: until day 10", "10 09:00"),
        ("wait: until day 5", "7 09:00"),
        ("wait: until contract.ends_on - 350 days", "15 09:00"),
        ("wait: until day -3", "0 10:00"),
    ],
)
def test_a_track_waits(wait: str, day: str) -> None:
    account = an_account(contacts=(a_contact("ben", "sponsor", zone="America/New_York"), a_contact("cleo", "user")))
    assert story(f"steps: [{{{wait}}}, {{post: cheers}}]", account=account) == [f"{day} post cheers wins"]


HEARS = "steps: [{wait: 3 days}, {wait_for: set_up, within: 5 days, otherwise: [{post: heads-up, to: vp}]}, {post: cheers}]"
IN_TIME, TOO_LATE = ["4 12:00 post cheers wins"], ["8 10:00 post heads-up vp", "8 10:00 post cheers wins"]


@pytest.mark.parametrize(
    ("text", "happenings", "expected"),
    [
        (HEARS, {"4 12:00": "set_up"}, IN_TIME),
        (HEARS, {"1 12:00": "set_up"}, ["3 10:00 post cheers wins"]),  # before the track came there
        (HEARS, {}, TOO_LATE),
        (HEARS, {"9 12:00": "set_up"}, TOO_LATE),
        (HEARS, {"4 12:00": "seen"}, TOO_LATE),
        (HEARS.replace("within", "since: now, within"), {"1 12:00": "set_up"}, TOO_LATE),
        (HEARS.replace("within", "since: now, within"), {"1 12:00": "set_up", "4 12:00": "set_up"}, IN_TIME),
        (HEARS.replace("within: 5 days", "until: day 8"), {}, ["8 09:00 post heads-up vp", "8 09:00 post cheers wins"]),
        (HEARS.replace("within: 5 days", "until: day 2"), {}, ["3 10:00 post heads-up vp", "3 10:00 post cheers wins"]),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {"4 12:00": "set_up"}, IN_TIME),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {"4 12:00": know(ready=True)}, IN_TIME),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {"1 12:00": know(ready=True)}, ["3 10:00 post cheers wins"]),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {}, TOO_LATE),
    ],
)
def test_a_track_waits_for_something(text: str, happenings: dict[str, Any], expected: list[str]) -> None:
    assert story(text, happenings) == expected


def test_only_events_that_fit_are_waited_for_and_their_answer_is_kept() -> None:
    text = """
        steps:
          - {wait_for: answered, where: event.survey == "nps", within: 9 days}
          - {post: cheers, when: steps.answered.answer == 9 and steps.answered.outcome == "heard"}
    """
    answers = {"1 12:00": ("answered", {"survey": "csat", "score": 9}), "2 12:00": ("answered", {"survey": "nps", "score": 9})}
    assert story(text, answers) == ["2 12:00 post cheers wins"]
    assert story(text, {"1 12:00": answers["1 12:00"]}) == []


def test_an_event_satisfies_each_wait_for_it_once_a_round() -> None:
    text = "steps: [{repeat: r, every: 2 days, until: day > 5, steps: [{wait_for: seen, within: 1 day, otherwise: [{post: heads-up, to: vp}]}]}]"
    assert story(text, {"0 12:00": "seen"}) == ["3 09:00 post heads-up vp", "5 09:00 post heads-up vp"]


def test_an_event_since_now_is_not_the_one_that_began_the_track() -> None:
    text = "steps: [{wait: 20 days}]\nwhenever: [{on: missed, steps: [{wait_for: missed, since: now, within: 5 days, otherwise: [{post: cheers}]}]}]"
    assert story(text, {"2 10:00": "missed"}) == ["7 10:00 post cheers wins"]
    assert story(text, {"2 10:00": "missed", "3 10:00": "missed"}) == []


# Choosing


def test_a_branch_takes_the_first_case_that_holds_and_stays_with_it() -> None:
    text = """
        steps:
          - branch: b
            at: day 2
            cases:
              - {when: account.ready, steps: [{post: cheers}]}
              - {when: account.wishes > 3, steps: [{wait: 3 days}, {post: heads-up, to: vp}]}
              - {else: [{post: heads-up, to: cco, id: c}]}
          - {webhook: crm}
    """
    assert story(text, {"1 12:00": know(wishes=5), "3 12:00": "set_up"}) == ["5 09:00 post heads-up vp", "5 09:00 webhook crm crm"]
    assert story(text) == ["2 09:00 post heads-up cco", "2 09:00 webhook crm crm"]
    assert story(text, account=READY) == ["2 09:00 post cheers wins", "2 09:00 webhook crm crm"]


def test_a_check_records_its_verdict_at_each_of_its_dates() -> None:
    text = """
        steps:
          - check: c
            at: [day 2, day 4]
            verdicts:
              - {verdict: good, when: account.ready, steps: []}
              - {when: day < 4, steps: [{post: cheers}]}
              - {else: [{post: heads-up, to: vp}]}
          - {webhook: crm, when: steps.c.outcome == "good"}
    """
    assert story(text) == ["2 09:00 post cheers wins", "4 09:00 post heads-up vp"]
    assert story(text, {"3 12:00": "set_up"}) == ["2 09:00 post cheers wins", "4 09:00 webhook crm crm"]


def test_day_n_has_begun_for_the_account_whatever_the_owners_clock_says() -> None:
    """An owner in Auckland begins to work on day 3 while it is still day 2 for an account in Los Angeles."""
    kiwi = a_person("kiwi", "csm", zone="Pacific/Auckland", country="NZ")
    account = an_account(owner_id="kiwi", people=people(kiwi), zone="America/Los_Angeles", country="US")
    text = "steps: [{check: c, at: day 3, verdicts: [{when: day < 3, steps: [{post: cheers}]}, {else: [{webhook: crm}]}]}]"
    assert story(text, account=account, where="America/Los_Angeles") == ["3 12:00 webhook crm crm"]


def test_a_split_divides_accounts_by_hash_and_for_good() -> None:
    text = "steps: [{split: s, arms: [{arm: a, percent: 30, steps: [{post: cheers}]}, {arm: b, percent: 70, steps: [{webhook: crm}]}]}, {post: heads-up, to: vp, when: steps.s.outcome == 'a'}]"
    taken = {id: story(text, account=an_account(id=id)) for id in (f"account-{number}" for number in range(300))}
    few = [id for id, touches in taken.items() if touches == ["0 10:00 post cheers wins", "0 10:00 post heads-up vp"]]
    assert 60 < len(few) < 120
    assert all(touches == ["0 10:00 webhook crm crm"] for id, touches in taken.items() if id not in few)
    assert {id: story(text, account=an_account(id=id)) for id in few} == {id: taken[id] for id in few}


def test_a_step_of_several_dates_is_taken_at_each_and_its_condition_looked_at_each_time() -> None:
    text = "steps: [{send: hello, at: [day 1, day 4, day 7], to: champion, when: not account.ready}, {post: cheers}]"
    assert story(text, {"5 10:00": "set_up"}) == ["1 09:00 mail hello ann", "4 09:00 mail hello ann", "7 09:00 post cheers wins"]


# Repeating


@pytest.mark.parametrize(
    ("text", "happenings", "expected"),
    [
        ("{repeat: r, every: 7 days, until: account.ready, steps: [{send: hello, to: champion}]}", {"16 11:00": "set_up"}, ["0 10:00", "7 09:00", "14 09:00", "16 11:00 !"]),
        ("{repeat: r, every: 7 days, until: day >= 0, steps: [{send: hello, to: champion}]}", {}, ["0 10:00 !"]),
        ("{repeat: r, at: day 3, every: 1 week, until: day >= 20, steps: [{send: hello, to: champion}]}", {}, ["3 09:00", "10 09:00", "17 09:00", "21 09:00 !"]),
        ("{repeat: r, every: 2 business days, until: day > 6, steps: [{send: hello, to: champion}]}", {}, ["0 10:00", "2 09:00", "4 09:00", "7 09:00 !"]),
        ("{repeat: r, every: 2 days, until: day >= 12, steps: [{send: hello, to: champion}, {wait: 5 days}]}", {}, ["0 10:00", "7 09:00", "12 09:00 !"]),
        ("{repeat: r, every: 7 days, until: account.ready and day >= 9, steps: [{send: hello, to: champion}]}", {"2 10:00": "set_up"}, ["0 10:00", "7 09:00", "9 09:00 !"]),
    ],
)  # fmt: skip
def test_a_repeat_comes_round_until_its_condition_holds(text: str, happenings: dict[str, Any], expected: list[str]) -> None:
    touches = story(f"steps: [{text}, {{post: cheers}}]", happenings, days=40)
    assert touches == [line.replace(" !", " post cheers wins") if "!" in line else f"{line} mail hello ann" for line in expected]


def test_a_repeat_in_a_repeat() -> None:
    text = "steps: [{repeat: r, every: 7 days, until: day > 8, steps: [{repeat: s, every: 1 day, until: steps.hello.visits >= 2 and day < 7 or day > 8, steps: [{send: hello, to: champion}]}]}, {post: cheers}]"
    assert story(text, days=40) == [
        "0 10:00 mail hello ann",
        "1 09:00 mail hello ann",
        "7 09:00 mail hello ann",
        "8 09:00 mail hello ann",
        "9 09:00 post cheers wins",
    ]


# Whenever

REST = "steps: [{wait: 25 days}]\n"


@pytest.mark.parametrize(
    ("whenever", "happenings", "expected"),
    [
        ("on: seen", {"1 12:00": "seen", "3 12:00": "seen"}, ["1 12:00", "3 12:00"]),
        ("on: [seen, missed]", {"1 12:00": "seen", "3 12:00": "missed"}, ["1 12:00", "3 12:00"]),
        ("on: seen, again: never", {"1 12:00": "seen", "3 12:00": "seen"}, ["1 12:00"]),
        (
            "on: seen, again: after 5 days",
            {"1 12:00": "seen", "3 12:00": "seen", "6 11:00": "seen", "6 12:00": "seen"},
            ["1 12:00", "6 12:00"],
        ),
        (
            "on: answered, where: event.score < 5",
            {"1 12:00": ("answered", {"score": 7}), "3 12:00": ("answered", {"score": 2})},
            ["3 12:00"],
        ),
        ("when: account.wishes > 5", {"1 12:00": know(wishes=7), "2 12:00": know(wishes=9)}, ["1 12:00"]),
        (
            "when: account.wishes > 5",
            {"1 12:00": know(wishes=7), "2 12:00": know(wishes=2), "3 12:00": know(wishes=7)},
            ["1 12:00", "3 12:00"],
        ),
        (
            "when: account.wishes > 5, again: never",
            {"1 12:00": know(wishes=7), "2 12:00": know(wishes=2), "3 12:00": know(wishes=7)},
            ["1 12:00"],
        ),
        ("when: account.wishes >= 0", {}, ["0 10:00"]),  # true from the start
        ("when: account.quiet", {"1 12:00": "seen"}, ["15 00:00"]),  # by the passing of time
        ("when: account.busy", {"1 12:00": lambda world: world.enroll("other")}, ["1 12:00"]),
        ("when: steps.wait_25_days.visits == 1", {}, ["25 10:00"]),  # before the run is over
    ],
)
def test_a_track_begins_whenever_something_happens(whenever: str, happenings: dict[str, Any], expected: list[str]) -> None:
    other = "journey: other\nsteps: [{wait: 3 days}]"
    touches = story([f"{REST}whenever: [{{{whenever}, steps: [{{post: cheers}}]}}]", other], happenings)
    assert touches == [f"{when} post cheers wins" for when in expected]


def test_a_track_does_not_begin_while_it_runs() -> None:
    text = REST + "whenever: [{on: seen, steps: [{post: cheers}, {wait: 3 days}]}]"
    played = play(text, {"1 12:00": "seen", "3 12:00": "seen", "5 12:00": "seen"})
    assert [touch.at for touch in played.touches] == [at("1 12:00"), at("5 12:00")]


def test_a_track_begins_when_the_account_enters_a_band() -> None:
    healthy, fallen = {"usage": 95, "engagement": 95, "performance": 95, "satisfaction": 95}, {"usage": 35}
    text = REST + "whenever: [{band: [at_risk, high_risk], steps: [{post: cheers}]}]"
    account = an_account(since=MONDAY - timedelta(days=90))
    assert story(text, {"1 12:00": know(**healthy), "2 12:00": know(**fallen)}, account=account, days=5) == ["2 12:00 post cheers wins"]
    assert story(text, {"1 12:00": know(**healthy), "2 12:00": know(**fallen)}, days=5) == []  # too new an account


def test_a_fact_that_is_forgotten_can_become_true_again() -> None:
    """Unknown is not less than zero; so once too old it is false, and the next report counts."""
    text = REST + "whenever: [{when: account.growth < 0, steps: [{post: cheers}]}]"
    assert story(text, {"1 12:00": know(growth=-0.5), "16 12:00": know(growth=-0.5)}) == [
        "1 12:00 post cheers wins",
        "16 12:00 post cheers wins",
    ]


# Tracks


def test_tracks_run_beside_each_other_in_the_order_they_are_written() -> None:
    text = """
        steps: [{wait: 3 days}, {post: cheers}]
        tracks:
          b: [{id: w, wait: 3 days}, {webhook: crm}]
          a: [{post: heads-up, at: day 3, to: vp}]
    """
    assert story(text) == ["3 09:00 post heads-up vp", "3 10:00 post cheers wins", "3 10:00 webhook crm crm"]


@pytest.mark.parametrize(
    "first",
    [
        "{send: hello, to: champion, approval: {by: owner}}",
        "{send: hello, to: champion}",
        "{wait: 9 days}",
        "{approval: price, by: owner}",
        "{wait_for: seen, within: 9 days}",
    ],
)
def test_what_holds_up_one_track_holds_up_no_other(first: str) -> None:
    touches = story(f"steps: [{first}, {{webhook: crm}}]\ntracks: {{a: [{{post: cheers}}]}}", start="0 20:00", days=0)
    assert "0 20:00 post cheers wins" in touches
    assert not any("crm" in touch for touch in touches)


def test_what_one_track_sets_the_others_see_at_once() -> None:
    text = """
        steps: [{wait: 3 days}, {set: {account.ready: true}}, {post: heads-up, to: vp}]
        tracks:
          a: [{wait_for: account.ready, until: day 9}, {webhook: crm}]
          b: [{task: call, owner: csm, sla: P4, at: day 3, when: account.ready}]
        whenever: [{when: account.ready, steps: [{post: cheers}]}]
    """
    assert story(text) == ["3 10:00 post cheers wins", "3 10:00 post heads-up vp", "3 10:00 webhook crm crm"]


def test_what_a_step_came_to_is_seen_by_tracks_before_it() -> None:
    text = """
        steps: [{wait_for: steps.c.outcome == "good", within: 20 days}, {post: cheers}]
        tracks: {b: [{check: c, at: day 3, verdicts: [{verdict: good, when: day > 1, steps: []}, {else: []}]}]}
    """
    assert story(text) == ["3 09:00 post cheers wins"]


@pytest.mark.parametrize(
    ("watch", "happening"),
    [
        ("steps.call.done_on", done("task-call")),
        ("steps.hello.replied", lambda world: world._notify_run("story#1", Engaged("send-hello", 1, world.now, "replied"))),
        ("steps.stuck.done_on", lambda world: world.resolve("stuck")),
    ],
)
def test_what_people_do_later_wakes_whoever_watches_for_it(watch: str, happening: Any) -> None:
    text = f"""
        steps: [{{task: call, owner: csm, sla: P4}}, {{send: hello, to: champion}}, {{escalate: stuck, to: vp, sla: P4}}, {{wait: 20 days}}]
        whenever: [{{when: {watch}, steps: [{{post: cheers}}]}}]
    """
    assert "2 12:00 post cheers wins" in story(text, {"2 12:00": happening})


# Ends and goals

ENDS = "steps: [{{task: call, owner: csm, sla: P2}}, {{wait: 5 days}}, {{post: heads-up, to: vp}}]\nends: [{}]"


@pytest.mark.parametrize(
    ("end", "happenings", "expected"),
    [
        ("{on: missed}", {"1 12:00": "missed"}, []),
        ("{when: account.ready}", {"1 12:00": "set_up"}, []),
        ("{on: missed, then: [{post: cheers}, {id: w, wait: 1 day}, {webhook: crm}]}", {"1 12:00": "missed", "1 13:00": "missed"}, ["1 12:00 post cheers wins", "2 12:00 webhook crm crm"]),
        ("{on: answered, where: event.score > 5}", {"1 12:00": ("answered", {"score": 9})}, []),
        ("{when: account.ready}, {on: missed, then: [{post: cheers}]}", {"1 12:00": "missed"}, ["1 12:00 post cheers wins"]),
    ],
)  # fmt: skip
def test_a_run_ends_before_its_steps_do(end: str, happenings: dict[str, Any], expected: list[str]) -> None:
    assert story(ENDS.format(end), happenings) == ["0 10:00 task call csm", *expected]


def test_a_run_whose_end_holds_at_its_beginning_does_nothing() -> None:
    assert story(ENDS.format("{when: account.ready}"), account=READY) == []


def test_a_run_whose_own_step_makes_its_end_true_closes() -> None:
    text = "steps: [{set: {account.ready: true}}, {webhook: crm}]\nends: [{when: account.ready, then: [{post: cheers}]}]"
    assert story(text) == ["0 10:00 post cheers wins"]


@pytest.mark.parametrize(("tasks", "reminded"), [("close", False), ("keep", True), ("hand_on", True)])
def test_an_end_says_what_becomes_of_open_tasks(tasks: str, reminded: bool) -> None:
    touches = story(ENDS.format(f"{{on: missed, tasks: {tasks}}}"), {"1 12:00": "missed"}, days=4)
    assert ("1 17:00 notice task-reminder csm" in story(ENDS.format("{on: missed}"), days=4)) is False
    assert any("task-reminder" in touch for touch in touches) is reminded


def test_what_was_planned_and_asked_is_withdrawn_at_the_end() -> None:
    text = "steps: [{send: hello, to: champion}]\ntracks: {a: [{send: news, to: champion, approval: {by: owner}}]}\nends: [{on: missed}]"
    played = play(text, {"0 21:00": "missed", "1 10:00": decided("send-news")}, start="0 20:00")
    assert [touch.kind for touch in played.touches] == ["approval"]
    assert not any(approval.open for approval in played.approvals.values())


def test_a_goal_is_recorded_when_first_true_and_ends_nothing() -> None:
    reached: list[Any] = []
    text = "goal: account.ready\nsteps: [{wait: 5 days}, {post: cheers}]"
    look: dict[str, Happening] = {
        "2 12:00": "set_up",
        "3 12:00": know(ready=False),
        "4 12:00": lambda world: reached.append(world.runs["story#1"].state.goal_at),
    }
    assert story(text, look) == ["5 10:00 post cheers wins"]
    assert reached == [at("2 12:00")]


def test_a_goal_that_a_step_reaches_is_recorded_too() -> None:
    assert reasons(play("goal: account.ready\nsteps: [{set: {account.ready: true}}]"), "goal", "over") == [
        "goal None: reached",
        "over None: completed",
    ]


# Late runs


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


# The anchor

MOVES = "steps: [{send: hello, at: day 3, to: champion}, {send: news, at: day 9, to: champion}]"


@pytest.mark.parametrize(
    ("happenings", "expected"),
    [
        ({"1 12:00": move_start(4)}, ["7 09:00 mail hello ann", "14 09:00 mail news ann"]),
        ({"1 12:00": move_start(-1)}, ["2 09:00 mail hello ann", "8 09:00 mail news ann"]),
        ({"4 12:00": move_start(7)}, ["3 09:00 mail hello ann", "16 09:00 mail news ann"]),  # what has passed is not repeated
        ({"4 12:00": move_start(-7)}, ["3 09:00 mail hello ann", "4 12:00 mail news ann"]),
        ({"1 12:00": move_start(7), "2 12:00": move_start(0)}, ["3 09:00 mail hello ann", "9 09:00 mail news ann"]),
    ],
)
def test_what_is_pending_moves_with_the_anchor(happenings: dict[str, Any], expected: list[str]) -> None:
    assert story(MOVES, happenings) == expected


def test_waits_until_a_day_move_and_waits_for_a_while_do_not() -> None:
    text = """
        steps: [{wait: until day 3}, {post: cheers}]
        tracks:
          b: [{wait_for: seen, until: day 3, otherwise: [{webhook: crm}]}]
          c: [{wait: 3 days}, {post: heads-up, to: vp}]
          d: [{id: e, wait: until contract.starts_on + 2 business days}, {post: heads-up, to: cco, id: f}]
    """
    assert story(text, {"1 12:00": move_start(4)}) == [
        "3 10:00 post heads-up vp", "7 09:00 post cheers wins", "7 09:00 webhook crm crm", "8 09:00 post heads-up cco",
    ]  # fmt: skip


def test_a_run_waits_for_an_anchor_that_nobody_has_told() -> None:
    text = "anchor: account.left_on\nsteps: [{webhook: crm}, {post: cheers, at: day 3}]"
    assert story(text) == ["0 10:00 webhook crm crm"]
    assert story(text, {"4 12:00": know(left_on=MONDAY + timedelta(days=5))}) == ["0 10:00 webhook crm crm", "8 09:00 post cheers wins"]
    assert story(text, {"4 12:00": know(left_on=MONDAY)}) == ["0 10:00 webhook crm crm", "4 12:00 post cheers wins"]


def test_a_run_whose_anchor_is_withdrawn_waits_for_the_next() -> None:
    text = "anchor: account.left_on\nsteps: [{post: cheers, at: day 3}]"
    account = an_account(facts={"left_on": MONDAY})
    assert story(text, {"1 12:00": know(left_on=None)}, account=account) == []
    assert story(text, {"1 12:00": know(left_on=None), "5 12:00": know(left_on=MONDAY + timedelta(days=4))}, account=account) == [
        "7 09:00 post cheers wins"
    ]


def test_day_is_reckoned_from_the_anchor_and_from_the_start_where_that_is_it() -> None:
    text = "steps: [{wait: 3 days}, {post: cheers, when: day == 13}]"
    assert story(text, account=begun(10)) == ["3 10:00 post cheers wins"]
    assert story("anchor: start\n" + text.replace("13", "3"), account=begun(10)) == ["3 10:00 post cheers wins"]


# Holds of a run

HELD = """
    steps: [{wait: 4 days}, {post: cheers}]
    tracks:
      b: [{send: hello, at: day 2, to: champion}, {send: news, at: day 3, to: champion}, {send: offer, at: day 8, to: champion}]
      c: [{wait_for: set_up, within: 4 days, otherwise: [{webhook: crm}]}]
      d: [{check: c, at: day 2, verdicts: [{else: [{post: heads-up, at: day 3, to: vp}]}]}]
"""


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("shift", ["3 12:00 mail hello ann", "3 12:00 mail news ann", "3 12:00 post heads-up vp", "6 10:00 post cheers wins", "6 10:00 webhook crm crm", "8 09:00 mail offer ann"]),
        ("skip", ["4 10:00 post cheers wins", "4 10:00 webhook crm crm", "8 09:00 mail offer ann"]),
        ("send", ["3 12:00 mail hello ann", "3 12:00 mail news ann", "3 12:00 post heads-up vp", "4 10:00 post cheers wins", "4 10:00 webhook crm crm", "8 09:00 mail offer ann"]),
    ],
)  # fmt: skip
def test_after_a_hold_what_fell_due_is_shifted_skipped_or_sent(how: str, expected: list[str]) -> None:
    """`shift` moves what was reckoned in durations; days stay where they are."""
    touches = story(HELD, {"1 12:00": hold(how), "3 12:00": resume})
    assert sorted(touches) == sorted(expected)


def test_a_hold_can_end_by_itself() -> None:
    assert story("steps: [{wait: 4 days}, {post: cheers}]", {"1 10:00": hold("shift", until="3 10:00")}) == ["6 10:00 post cheers wins"]
    assert story("steps: [{wait: 1 day}, {post: cheers}]", {"0 12:00": hold("send", until="3 10:00")}) == ["3 10:00 post cheers wins"]


def test_a_second_hold_says_how_and_until_when() -> None:
    happenings = {"0 12:00": hold("shift"), "0 13:00": hold("send", until="3 10:00")}
    assert story("steps: [{wait: 1 day}, {post: cheers}]", happenings) == ["3 10:00 post cheers wins"]


def test_a_reply_during_a_hold_takes_its_branch_on_resuming() -> None:
    text = "steps: [{wait_for: set_up, within: 4 days, otherwise: [{webhook: crm}]}, {post: cheers}]"
    assert story(text, {"1 12:00": hold("send"), "2 12:00": "set_up", "9 12:00": resume}) == ["9 12:00 post cheers wins"]


def test_a_run_can_end_and_react_during_a_hold_but_acts_only_afterwards() -> None:
    text = REST + "ends: [{on: missed, then: [{post: cheers}]}]\nwhenever: [{on: seen, steps: [{webhook: crm}]}]"
    assert story(text, {"1 12:00": hold(), "2 12:00": "seen", "3 12:00": resume}) == ["3 12:00 webhook crm crm"]
    assert story(text, {"1 12:00": hold(), "2 12:00": "missed", "3 12:00": resume}) == ["3 12:00 post cheers wins"]
    assert story(text, {"1 12:00": hold(), "2 12:00": leave, "3 12:00": resume}) == []


@pytest.mark.parametrize("meanwhile", [{}, {"4 21:00": "seen"}, {"5 12:00": "seen"}])
def test_a_mail_on_its_way_leaves_after_the_hold_in_its_readers_hours(meanwhile: dict[str, Any]) -> None:
    """Whether the run took a turn during the hold and put the mail off, or not."""
    text = "steps: [{send: hello, to: champion}]\nwhenever: [{on: seen, steps: [{set: {account.ready: true}}]}]"
    happenings = {"4 20:00": hold(), **meanwhile, "6 12:00": resume}
    assert story(text, happenings, start="4 19:00") == ["7 09:00 mail hello ann"]
    assert story(text, {**happenings, "8 12:00": resume} | {"6 12:00": "missed"}, start="4 19:00") == ["8 12:00 mail hello ann"]


def test_resuming_sends_nobody_their_mail_a_day_early() -> None:
    far = (a_contact("ann", "champion"), a_contact("luis", "champion", zone="America/Los_Angeles", country="US"))
    text = "steps: [{send: hello, at: day 1, to: champion}]"
    assert story(text, {"1 09:30": hold(), "1 09:45": resume}, account=an_account(contacts=far)) == [
        "1 09:00 mail hello ann",
        "1 18:00 mail hello luis",
    ]


# Holds of classes, journeys and accounts

HOLDER = "journey: other\nsteps: [{hold: {WHAT}}, {id: w, wait: 4 days}]"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("classes: [onboarding]", ["7 09:00 mail hello ann", "7 09:00 post cheers wins"]),  # day 5 is a Saturday
        ("classes: [growth]", ["2 09:00 mail hello ann", "2 09:00 post cheers wins"]),
        ("journey: story", ["7 09:00 mail hello ann", "7 09:00 post cheers wins"]),
    ],
)
def test_a_journey_holds_classes_of_mail_or_another_journey_until_it_is_over(what: str, expected: list[str]) -> None:
    text = "steps: [{send: hello, at: day 2, to: champion}, {post: cheers}]"
    start_other = {"1 10:00": lambda world: world.enroll("other")}
    assert story([text, HOLDER.replace("{WHAT}", f"{{{what}}}")], start_other) == expected


def test_a_hold_for_a_while_ends_by_itself() -> None:
    text = "steps: [{send: hello, at: day 2, to: champion}]"
    holder = HOLDER.replace("{WHAT}", "{classes: [onboarding]}, for: 2 days")
    assert story([text, holder], {"1 10:00": lambda world: world.enroll("other")}) == ["3 10:00 mail hello ann"]


@pytest.mark.parametrize("until", [None, at("9 10:00")])
def test_lifting_a_hold_of_the_account_lets_its_mail_go(until: Any) -> None:
    """Also when the hold would have lasted until a day."""
    happenings = {
        "1 12:00": change(holds=(Hold("h", until=until),)),
        "3 12:00": change(holds=()),
        "3 12:01": lambda world: world.order("story", Changed(world.now, ("holds",))),
    }
    assert story("steps: [{send: hello, at: day 2, to: champion}]", happenings) == ["3 12:01 mail hello ann"]


# Orders


@pytest.mark.parametrize(
    ("steps", "step", "expected"),
    [
        ("{wait: 9 days}", "wait-9-days", ["1 12:00 post cheers wins"]),
        ("{send: hello, at: [day 3, day 8], to: champion}", "send-hello", ["8 09:00 mail hello ann", "8 09:00 post cheers wins"]),
        ("{wait_for: seen, within: 9 days, otherwise: [{webhook: crm}]}", "wait-for-seen", ["1 12:00 post cheers wins"]),
        ("{repeat: r, every: 7 days, until: account.ready, steps: [{set: {account.wishes: 1}}]}", "repeat-r", ["1 12:00 post cheers wins"]),
        ("{branch: b, cases: [{else: [{wait: 9 days}]}]}", "wait-9-days", ["1 12:00 post cheers wins"]),
        ("{wait: 3 days}", "somewhere-else", ["3 10:00 post cheers wins"]),
    ],
)
def test_a_track_is_told_to_go_on_to_the_next_step(steps: str, step: str, expected: list[str]) -> None:
    assert story(f"steps: [{steps}, {{post: cheers}}]", {"1 12:00": skip(step)}) == expected


def test_a_mail_that_is_skipped_does_not_leave_later() -> None:
    assert story("steps: [{send: hello, to: champion}, {post: cheers}]", {"0 21:00": skip("send-hello")}, start="0 20:00") == [
        "0 21:00 post cheers wins"
    ]


def test_an_exit_ends_a_run_at_once_and_closes_its_tasks() -> None:
    played = play("steps: [{task: call, owner: csm, sla: P2}, {wait: 9 days}, {post: cheers}]", {"1 12:00": leave})
    assert [touch.kind for touch in played.touches] == ["task"]
    assert reasons(played, "over") == ["over None: enough"]


# Other journeys


def test_a_journey_starts_and_stops_another() -> None:
    text = "steps: [{start: other}, {wait: 2 days}, {stop: other}]"
    other = (
        "journey: other\nsteps: [{task: call, owner: csm, sla: P2}, {wait: 1 day}, {post: cheers}, {id: w, wait: 9 days}, {webhook: crm}]"
    )
    assert story([text, other]) == ["0 10:00 task call csm", "1 10:00 post cheers wins", "1 14:00 notice task-reminder csm"]


def test_a_journey_that_is_live_is_not_started_twice() -> None:
    played = play(["steps: [{start: other}, {id: again, start: other}]", "journey: other\nsteps: [{wait: 3 days}]"])
    assert reasons(played, "not enrolled") == ["not enrolled None: other: a run of it is live"]


def test_what_a_step_sets_is_known_to_the_account() -> None:
    text = """
        steps:
          - {set: {account.left_on: today, account.stage: won, tag: vip}}
          - {post: cheers, when: account.left_on == today and "vip" in account.tags}
          - {id: u, set: {untag: vip}}
          - {webhook: crm, when: count(account.tags) == 0}
    """
    played = play(text, account=an_account(tags=("old", "vip")))
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert (played.account.tags, played.account.values["account.stage"], played.account.values["account.left_on"]) == (
        ("old",),
        "won",
        MONDAY,
    )


def test_a_journey_may_ask_for_the_passing_of_time_before_it_begins() -> None:
    text = "starts: {manual: true, when: days_since(account.left_on) > 3}\nsteps: [{post: cheers}]"
    assert story(text, account=an_account(facts={"left_on": MONDAY - timedelta(days=4)})) == ["0 10:00 post cheers wins"]
    assert story(text, account=an_account(facts={"left_on": MONDAY - timedelta(days=3)})) == []


# A change of segment

VARIED = """
    steps:
      - branch: b
        cases:
          - else:
              by segment:
                smb: [{wait: 2 days}, {webhook: crm}]
                else: [{id: long, wait: 4 days}, {post: heads-up, to: vp}]
      - {post: cheers}
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("enterprise", "enterprise", ["4 10:00 post heads-up vp", "4 10:00 post cheers wins"]),
        ("enterprise", "smb", ["4 10:00 post cheers wins"]),  # it finishes the step it stands at, then goes on in the new variant
        ("smb", "enterprise", ["2 10:00 post cheers wins"]),
    ],
)
def test_a_run_goes_on_in_the_variant_of_its_new_segment(before: str, after: str, expected: list[str]) -> None:
    assert story(VARIED, {"1 12:00": know(segment=after)}, account=an_account(before)) == expected


def test_an_event_reaches_a_run_whose_present_step_its_new_segment_does_not_have() -> None:
    text = "steps: {by segment: {smb: [{wait_for: seen, within: 9 days}, {webhook: crm}], else: [{post: cheers}]}}\nends: [{on: missed}]"
    touches = story(text, {"1 12:00": know(segment="enterprise"), "2 12:00": "seen"}, account=an_account("smb"))
    assert touches == []
    assert reasons(play(text, {"1 12:00": know(segment="enterprise"), "2 12:00": "missed"}, account=an_account("smb")), "over") == [
        "over None: missed"
    ]


def test_a_repeat_left_behind_with_its_segment_comes_round_no_more() -> None:
    text = "steps: {by segment: {smb: [{repeat: r, every: 7 days, until: account.ready, steps: [{wait: 2 days}, {webhook: crm}]}], else: [{post: cheers}]}}"
    assert story(text, {"1 12:00": know(segment="enterprise")}, account=an_account("smb")) == []


# One turn by hand


class Turns:
    """Turns of one run without a world: what `advance` is told, and what it says."""

    def __init__(self, text: str, **account: Any) -> None:
        self.journey: Journey = a_journey(text)
        self.house = a_house()
        self.account = an_account(**account)
        self.state: State = enter(self.journey, facts(self.account, self.house, at("0 10:00")), at("0 10:00"))

    def take(self, when: str, *news: News) -> interpreter.Turned:
        turned = advance(self.journey, self.house, self.state, at(when), facts(self.account, self.house, at(when)), news)
        self.state = turned.state
        return turned

    def cares(self, news: News, when: str = "1 12:00") -> interpreter.Interest:
        return interest(self.journey, self.house, self.state, at(when), facts(self.account, self.house, at(when)), news)


def test_a_turn_says_what_to_do_why_and_what_to_wait_for() -> None:
    turned = Turns("steps: [{wait: 1 day}, {send: hello, to: champion}]").take("0 10:00")
    assert (turned.rest.until, turned.rest.verb, turned.rest.step, turned.rest.over) == (at("1 10:00"), "wait", "wait-1-day", None)
    assert (list(turned.intents), list(turned.decisions)) == ([], [])


def test_a_turn_taken_again_decides_nothing_again() -> None:
    turns = Turns("steps: [{send: hello, to: champion}, {task: call, owner: csm}]\ntracks: {a: [{approval: price, by: vp}]}")
    assert {type(intent).__name__ for intent in turns.take("0 20:00").intents} == {"SendMessage", "AskApproval"}
    again = turns.take("0 20:00")
    assert (list(again.intents), list(again.decisions)) == ([], [])
    assert again.rest.until == at("1 09:00")


def test_a_run_that_is_over_does_nothing_whatever_it_is_told() -> None:
    turns = Turns("steps: [{webhook: crm}]\nends: [{on: missed}]")
    turns.take("0 10:00", Happened("missed", at("0 10:00")))
    turned = turns.take("1 10:00", Happened("missed", at("1 10:00")), ExitOrdered(at("1 10:00"), "again"))
    assert (list(turned.intents), list(turned.decisions), turned.rest.over) == ([], [], "missed")


def test_a_message_that_was_put_off_is_rested_for_and_one_in_doubt_counts_as_sent() -> None:
    turns = Turns("steps: [{send: hello, to: [champion, sponsor]}, {wait: 3 days}]")
    turns.take("0 10:00")
    put_off = turns.take(
        "0 10:00",
        PutOff("send-hello", 1, at("0 10:00"), "ann", at("0 11:00"), "full"),
        Settled("send-hello", 1, at("0 10:00"), "ben", "failed"),
    )
    assert (put_off.rest.until, put_off.rest.verb) == (at("0 11:00"), "send")
    assert turns.take("0 11:00", Settled("send-hello", 1, at("0 11:00"), "ann", "in_doubt")).rest.verb == "wait"
    assert turns.state.records["send-hello"].done_on == MONDAY


def test_what_only_a_person_can_free_is_rested_for_without_an_end() -> None:
    turns = Turns("steps: [{send: hello, to: champion}]")
    turns.take("0 10:00")
    assert turns.take("0 10:00", PutOff("send-hello", 1, at("0 10:00"), "ann", UNTIL_LIFTED, "held")).rest.until is None


def test_news_of_what_is_long_past_changes_nothing_but_the_record() -> None:
    turns = Turns("steps: [{task: call, owner: csm}, {send: hello, to: champion}, {wait: 9 days}]")
    turns.take("0 10:00", Settled("send-hello", 1, at("0 10:00"), "ann", "accepted"))
    turns.take("0 10:00", Settled("send-hello", 1, at("0 10:00"), "ann", "accepted"))
    before = turns.state.tracks
    turned = turns.take(
        "2 10:00",
        Settled("send-hello", 1, at("2 10:00"), "ann", "accepted"), PutOff("send-hello", 1, at("2 10:00"), "ann", at("3 10:00"), "late"),
        TaskDone("task-call", 1, at("2 10:00")), Engaged("send-hello", 1, at("2 10:00"), "clicked"), Closed(at("2 10:00")),
    )  # fmt: skip
    assert turned.state.tracks == before
    assert (turns.state.records["send-hello"].clicked, turns.state.records["task-call"].done_on) == (True, MONDAY + timedelta(days=2))


def test_leaving_withdraws_everything_before_it_lifts_its_holds() -> None:
    turns = Turns("steps: [{send: hello, to: champion, approval: {by: owner}}]")
    turns.take("0 10:00")
    turns.take("2 10:00")
    names = [type(intent).__name__ for intent in turns.take("3 10:00", ExitOrdered(at("3 10:00"), "enough", tasks="hand_on")).intents]
    assert names == ["EndEscalation", "Withdraw", "CloseTasks", "LiftHolds"]


def test_an_exit_may_keep_tasks() -> None:
    turns = Turns("steps: [{wait: 9 days}]")
    turned = turns.take("1 10:00", ExitOrdered(at("1 10:00"), "enough", tasks="keep"))
    assert not any(isinstance(intent, CloseTasks | EndEscalation) for intent in turned.intents)
    assert any(isinstance(intent, Withdraw) for intent in turned.intents)


def test_a_journey_that_goes_round_for_ever_is_stuck() -> None:
    text = """
        steps: [{wait: 9 days}]
        whenever:
          - {name: on, when: not account.ready, steps: [{set: {account.ready: true}}]}
          - {name: off, when: account.ready, steps: [{id: b, set: {account.ready: false}}]}
    """
    with pytest.raises(Stuck, match="story goes round without resting"):
        Turns(text).take("0 10:00")


def test_only_the_latest_fifty_awaited_events_are_remembered() -> None:
    turns = Turns("steps: [{wait: 9 days}, {wait_for: seen, within: 9 days}]")
    turns.take("0 10:00", *(Happened("seen", at("0 10:00"), {"number": number}) for number in range(60)), Happened("missed", at("0 10:00")))
    assert [heard.payload["number"] for heard in turns.state.heard] == list(range(10, 60))


CARES = """
    steps: [{wait_for: seen, within: 30 days}, {wait_for: answered, where: event.score > 5, within: 9 days}]
    tracks:
      a: [{task: call, owner: csm, wait: 9 days}]
      b: [{wait_for: account.ready, within: 30 days}, {post: cheers, at: day 30}]
      c: [{task: plan, owner: csm}, {send: hello, at: day 20, to: champion}]
    ends: [{on: gone}, {when: account.stage == "won"}]
    whenever:
      - {on: signed, again: never, steps: [{webhook: crm}]}
      - {band: critical, steps: [{id: w, webhook: crm}]}
      - {when: steps.plan.done_on, steps: [{id: x, webhook: crm}]}
"""
NOW = at("1 12:00")


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (Happened("seen", NOW), URGENT),  # a track waits for it
        (Happened("answered", NOW, {"score": 9}), QUIET),  # one will
        (Happened("gone", NOW), URGENT),
        (Happened("signed", NOW), URGENT),
        (Happened("missed", NOW), NONE),
        (BandChanged(NOW, "healthy", "critical"), URGENT),
        (BandChanged(NOW, "critical", "healthy"), NONE),
        (TaskDone("task-call", 1, NOW), URGENT),
        (TaskDone("task-plan", 1, NOW), URGENT),  # a reaction watches it
        (TaskDone("task-call", 7, NOW), QUIET),
        (Engaged("send-hello", 1, NOW, "clicked"), QUIET),
        (EscalationEnded("stuck", 1, NOW), QUIET),
        (Decided("send-hello", 1, NOW, True), URGENT),
        (Changed(NOW), NONE),
        (Changed(NOW, ("holds",)), NONE),  # nothing is on its way
        (ExitOrdered(NOW, "enough"), URGENT),
    ],
)
def test_a_run_is_told_and_woken_for_what_concerns_it(news: News, expected: interpreter.Interest) -> None:
    turns = Turns(CARES)
    turns.take("0 10:00")
    assert turns.cares(news) == expected


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({}, NONE),
        ({"facts": {"wishes": 5}}, NONE),
        ({"facts": {"ready": True}}, URGENT),  # a track goes on
        ({"facts": {"stage": "won"}}, URGENT),  # it ends
        ({"contracts": (Contract("c1", MONDAY + timedelta(days=1), date(2027, 1, 5)),)}, URGENT),  # a day moved
    ],
)
def test_a_run_is_woken_by_facts_that_move_it(account: dict[str, Any], expected: interpreter.Interest) -> None:
    turns = Turns(CARES)
    turns.take("0 10:00")
    turns.account = an_account(**account)
    assert turns.cares(Changed(NOW)) == expected


def test_a_lifted_hold_wakes_a_run_with_mail_on_its_way() -> None:
    turns = Turns("steps: [{send: hello, to: champion}]")
    turns.take("0 20:00")
    assert turns.cares(Changed(NOW, ("holds",))) == URGENT


# What is stored


def test_a_state_is_written_and_read_back() -> None:
    turns = Turns(CARES.replace("send: hello, at: day 20, to: champion", "send: hello, to: [champion, user], approval: {by: owner}"))
    turns.take("0 10:00", Happened("answered", at("0 10:00"), {"survey": "nps", "score": 9}))
    turns.take("1 10:00", Happened("seen", at("1 10:00")), *(Settled("webhook-crm", 1, at("1 10:00"), "crm", "accepted"),))
    assert {position.phase for position in turns.state.tracks.values()} >= {Phase.WAIT, Phase.GATE}
    assert state.load(state.dump(turns.state)) == turns.state
    assert list(state.load(state.dump(turns.state)).tracks) == list(turns.state.tracks)


def test_a_message_says_all_that_its_sender_needs() -> None:
    (message,) = Turns("steps: [{send: hello, at: day 1, to: champion}]").take("1 09:00").intents
    assert message == SendMessage("send-hello", 1, "send", "contact", "ann", "hello", at("1 09:00"), "onboarding", False)


FOR_ONE_SEGMENT = """
steps:
  - {send: hello, at: day 2, to: champion, when: account.segment == "enterprise" and not account.ready}
  - {set: {account.wishes: 1}, at: day 4, when: account.segment == "enterprise"}
  - {post: cheers, at: day 6}
"""


def test_a_run_does_not_wake_up_for_a_step_that_its_segment_keeps_from_happening() -> None:
    smb, enterprise = (play(FOR_ONE_SEGMENT, account=an_account(segment)) for segment in ("smb", "enterprise"))
    assert [touch.what for touch in smb.touches] == ["cheers"]
    assert (smb.turns, enterprise.turns) == (2, 4)
    assert reasons(smb, "skipped") == []


@pytest.mark.parametrize(
    ("before", "after", "changed", "expected"),
    [
        ("smb", "enterprise", "1 12:00", ["7 09:00 post cheers wins"]),  # it stood before `cheers`, and goes on from there
        ("enterprise", "smb", "1 12:00", ["7 09:00 post cheers wins"]),
        ("enterprise", "smb", "3 12:00", ["2 09:00 mail hello ann", "7 09:00 post cheers wins"]),
    ],
)
def test_after_a_change_of_segment_a_run_goes_on_from_the_step_it_stood_before(
    before: str, after: str, changed: str, expected: list[str]
) -> None:
    assert story(FOR_ONE_SEGMENT, {changed: know(segment=after)}, account=an_account(before)) == expected


def test_a_repeat_of_what_its_segment_never_gets_is_passed_over_and_left_when_the_segment_changes() -> None:
    text = """
        steps:
          - {repeat: r, every: 2 days, until: account.ready, steps: [{post: cheers, when: account.segment == "enterprise"}]}
          - {post: heads-up, to: csm}
    """
    assert story(text, account=an_account("smb")) == ["0 10:00 post heads-up csm"]
    assert story(text, {"1 12:00": know(segment="smb")}) == ["0 10:00 post cheers wins", "2 09:00 post heads-up csm"]
