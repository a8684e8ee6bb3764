"""Runs that begin on a day: when, and what becomes of the plan when the day moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.account import Account
from domain.facts import Contract
from domain.situation import PastRun
from domain.telling import tell
from tests.domain.kit import MONDAY, a_person, an_account, change, know, move_start, people, story
from tests.domain.telling.kit import ENDED, FIRST, NEAR, a_run, a_story, an_event, enrolled, planned, situation


def with_end(day: date, **more: Any) -> Account:
    return an_account(contracts=(Contract("c1", MONDAY, day, **more),))


@pytest.mark.parametrize(
    ("at_day", "anchor", "account", "expected"),
    [
        ("day -90", "contract.ends_on", with_end(NEAR), ["story c1 10 09:00"]),
        ("day -95", "contract.ends_on", with_end(NEAR), ["story c1 7 09:00"]),  # a Saturday: the Monday after
        ("day 0", "contract.ends_on", with_end(NEAR), ["story c1 100 09:00"]),
        ("day 30", "contract.ends_on", with_end(NEAR), ["story c1 130 09:00"]),
        ("day -30", "contract.decision_on", with_end(NEAR, auto_renews=True, notice_days=60), ["story c1 10 09:00"]),
        ("day -30", "contract.decision_on", with_end(NEAR, notice_days=60), ["story c1 70 09:00"]),
        ("contract.starts_on + 3 business days", "contract.ends_on", with_end(NEAR), ["story c1 3 09:00"]),
        ("contract.ends_on - 2 weeks", "contract.starts_on", with_end(NEAR), ["story c1 86 09:00"]),
        ("day -90", "contract.ends_on", an_account(contracts=()), []),
        ("day -30", "account.left_on", an_account(), []),  # nobody has told the date
        ("day 2", "account.left_on", an_account(facts={"left_on": MONDAY}), ["story c1 2 09:00"]),
        ("{by segment: {smb: day -10, enterprise: day -30, else: day -20}}", "contract.ends_on", with_end(NEAR), ["story c1 70 09:00"]),
        ("day -90", "contract.ends_on", replace(with_end(NEAR), zone="Pacific/Auckland"), ["story c1 10 09:00"]),
        ("day -90", "contract.ends_on", replace(with_end(NEAR), zone="Pacific/Honolulu"), ["story c1 10 11:00"]),  # where the day begins then
        ("day -90", "contract.ends_on", replace(with_end(NEAR), people=people(a_person("csm", "csm", zone="America/New_York"))), ["story c1 10 15:00"]),
    ],
)  # fmt: skip
def test_a_run_begins_when_its_owner_begins_to_work_on_its_day(at_day: str, anchor: str, account: Account, expected: list[str]) -> None:
    told = tell(situation(a_story(f"{{at: {at_day}}}", for_="contract", anchor=anchor), account=account))
    assert planned(told) == expected


@pytest.mark.parametrize(
    ("segment", "expected"), [("enterprise", []), ("mid_market", ["story c1 70 09:00"]), ("smb", ["story c1 100 09:00"])]
)
def test_a_segment_may_have_no_day_where_another_has_one(segment: str, expected: list[str]) -> None:
    starts = "{by segment: {enterprise: {manual: true}, mid_market: {at: day -30}, else: {at: day 0, on: seen}}}"
    text, account = (
        a_story(starts, for_="contract", anchor="contract.ends_on"),
        replace(with_end(NEAR), values={"account.segment": segment}),
    )
    assert planned(tell(situation(text, account=account))) == expected


def test_each_contract_that_lasts_has_its_own_day() -> None:
    text = a_story("{at: day -30}", for_="contract", anchor="contract.ends_on")
    others = (Contract("c2", MONDAY, NEAR + timedelta(days=7)), Contract("c3", MONDAY, NEAR, status="superseded"))
    told = tell(situation(text, account=an_account(contracts=(*with_end(NEAR).contracts, *others))))
    assert planned(told) == ["story c1 70 09:00", "story c2 77 09:00"]
    assert [(start.contract_id, start.anchor_on) for start in told.starts] == [("c1", NEAR), ("c2", NEAR + timedelta(days=7))]


def test_a_journey_for_the_account_goes_by_its_present_contract() -> None:
    text = a_story("{at: day -30}", anchor="contract.ends_on")
    account = an_account(contracts=(*with_end(NEAR).contracts, Contract("c2", MONDAY + timedelta(days=5), NEAR + timedelta(days=7))))
    assert planned(tell(situation(text, account=account))) == ["story acme 70 09:00"]
    assert planned(tell(situation(text, account=account, when="5 10:00"))) == ["story acme 77 09:00"]


def test_no_run_of_a_contact_begins_on_a_day() -> None:
    assert planned(tell(situation(a_story("{at: day 3, on: seen}", for_="contact", anchor="contract.starts_on")))) == []


BEFORE_END = a_story("{at: day -30, reenter: always}", for_="contract", anchor="contract.ends_on")
AFTER_START = a_story("{at: day 30, reenter: always}", for_="contract", anchor="contract.starts_on")


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        (BEFORE_END, "69 23:59", ["story c1 70 09:00"]),
        (BEFORE_END, "70 08:59", ["story c1 70 09:00"]),
        (BEFORE_END, "70 12:00", ["story c1 70 12:00"]),
        (BEFORE_END, "85 12:00", ["story c1 85 12:00"]),  # late, and still of use
        (BEFORE_END, "100 12:00", ["story c1 100 12:00"]),  # the last day
        (BEFORE_END, "101 12:00", []),  # what leads up to a day does not begin after it
        (AFTER_START, "30 12:00", ["story c1 30 12:00"]),
        (AFTER_START, "99 12:00", ["story c1 99 12:00"]),  # what follows a day can begin long after it
    ],
)
def test_a_run_whose_day_has_passed_begins_at_once_or_not_at_all(text: str, now: str, expected: list[str]) -> None:
    assert planned(tell(situation(text, account=with_end(NEAR), when=now))) == expected


@pytest.mark.parametrize(
    ("reenter", "ended_with", "expected"),
    [
        ("always", None, ["story c1 70 09:00"]),
        ("always", NEAR, []),  # it has been for this very day
        ("always", NEAR - timedelta(days=365), ["story c1 70 09:00"]),
        ("after 20 days", NEAR - timedelta(days=365), ["story c1 70 09:00"]),
        ("never", NEAR - timedelta(days=365), []),
    ],
)
def test_a_day_begins_one_run(reenter: str, ended_with: date | None, expected: list[str]) -> None:
    text, past = BEFORE_END.replace("always", reenter), PastRun("story", "c1", ENDED, ended_with)
    assert planned(tell(situation(text, account=with_end(NEAR), past=[past]))) == expected
    assert planned(tell(situation(text, account=with_end(NEAR), past=[replace(past, key="c2")]))) == ["story c1 70 09:00"]


def test_a_run_that_is_live_is_not_planned_again() -> None:
    account = with_end(NEAR)
    assert planned(tell(situation(BEFORE_END, account=account, runs=[a_run(BEFORE_END, account=account, contract="c1")]))) == []
    both = a_story("{at: day -30, on: seen}", for_="contract", anchor="contract.ends_on")
    told = tell(situation(both, account=account), [an_event("seen")])
    assert (enrolled(told), planned(told)) == (["story c1"], [])


def test_whom_the_rules_do_not_let_in_is_not_planned_for_today_but_may_be_for_later() -> None:
    text = a_story("{at: day -30, when: account.ready}", for_="contract", anchor="contract.ends_on")
    assert planned(tell(situation(text, account=with_end(NEAR), when="75 12:00"))) == []
    assert planned(tell(situation(text, account=with_end(NEAR), when="60 12:00"))) == ["story c1 70 09:00"]
    assert planned(tell(situation(text, account=with_end(NEAR), when="75 12:00"), values={"account.ready": True})) == ["story c1 75 12:00"]


def test_who_a_planned_start_is_for_is_looked_at_on_its_day() -> None:
    text = a_story("{at: day 5, when: account.ready}", anchor="contract.starts_on", steps="[{post: cheers}]")
    assert story([FIRST, text]) == []
    assert story([FIRST, text], {"3 12:00": "set_up"}) == ["7 09:00 post cheers wins"]
    assert story([FIRST, text], {"3 12:00": "set_up", "4 12:00": know(ready=False)}) == []
    assert story([FIRST, text], {"9 12:00": "set_up"}) == ["9 12:00 post cheers wins"]  # late, and still wanted


@pytest.mark.parametrize(
    ("happenings", "expected"),
    [
        ({}, ["7 09:00 post cheers wins"]),
        ({"1 12:00": move_start(4)}, ["9 09:00 post cheers wins"]),
        ({"1 12:00": move_start(-4)}, ["1 12:00 post cheers wins"]),
        ({"1 12:00": move_start(40)}, []),
        ({"1 12:00": change(contracts=())}, []),
        ({"1 12:00": change(owner_id="kiwi")}, ["6 21:00 post cheers wins"]),  # whose Monday begins on our Sunday
        ({"8 12:00": move_start(10)}, ["7 09:00 post cheers wins", "15 09:00 post cheers wins"]),  # another day, another run
    ],
)
def test_a_planned_start_moves_with_its_day(happenings: dict[str, Any], expected: list[str]) -> None:
    text = a_story("{at: day 5, reenter: always}", anchor="contract.starts_on", steps="[{post: cheers}]")
    team = people(a_person("kiwi", "csm", zone="Pacific/Auckland", country="NZ"))
    assert story([FIRST, text], happenings, account=an_account(people=team)) == expected


def test_a_planned_start_moves_with_the_segment() -> None:
    text = a_story("{at: {by segment: {enterprise: day 5, else: day 15}}}", anchor="contract.starts_on", steps="[{post: cheers}]")
    assert story([FIRST, text], {"1 12:00": know(segment="smb")}) == ["15 09:00 post cheers wins"]
    assert story([FIRST, text]) == ["7 09:00 post cheers wins"]


def test_a_renewal_comes_round_with_every_term() -> None:
    """Signing makes the next term known, and with it the next day."""
    text = a_story(
        "{at: day -30, reenter: always}",
        for_="contract",
        anchor="contract.ends_on",
        steps="[{post: cheers}, {wait_for: signed, within: 60 days}]",
    )
    account = with_end(NEAR)
    touches = story([FIRST, text], {"80 12:00": "signed", "175 12:00": "signed"}, account=account, days=400)
    assert touches == ["70 09:00 post cheers wins", "170 09:00 post cheers wins", "270 09:00 post cheers wins"]
    assert story([FIRST, text], account=account, days=400) == touches[:1]
