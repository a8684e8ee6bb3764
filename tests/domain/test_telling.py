"""What follows from one telling: which runs begin, now or on a later day, which are told of it, and what becomes known.

Day 0 is Monday 5 January 2026, the day the account's contract of a year begins; its owner works in Berlin from nine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain import telling
from domain.account import Account, facts, with_reading
from domain.facts import Contract
from domain.health import Reading
from domain.house import House
from domain.intents import EndEscalation, RaiseEscalation
from domain.interpreter import advance, enter
from domain.news import BandChanged, Happened, News
from domain.telling import Enroll, Event, KeepContract, KeepReading, LiveRun, Notify, PastRun, ReachGoal, Situation, Told, tell
from domain.timing import zone
from tests.domain.kit import (
    BERLIN,
    CONTACTS,
    MONDAY,
    POLICIES,
    a_contact,
    a_house,
    a_journey,
    a_person,
    an_account,
    at,
    change,
    know,
    move_start,
    people,
    story,
)

HOUSE = a_house()
RESTS = "steps: [{wait: 90 days}]"
OLD = MONDAY - timedelta(days=200)  # long enough a customer for a band to mean something
FINE = {"usage": 95, "engagement": 95, "performance": 95, "satisfaction": 95}
POOR = {"usage": 40, "engagement": 40, "performance": 40, "satisfaction": 40}


def a_story(starts: str = "{manual: true}", name: str = "story", **more: str) -> str:
    """A journey that only rests, begun by this."""
    head = {"journey": name, "starts": starts, "for": "account", **{name.rstrip("_"): text for name, text in more.items()}}
    return "\n".join([*(f"{field}: {text}" for field, text in head.items()), *([] if "steps" in more else [RESTS])])


FIRST = a_story(name="first")


def situation(
    *texts: str,
    account: Account | None = None,
    when: str = "0 10:00",
    runs: Sequence[LiveRun] = (),
    past: Sequence[PastRun] = (),
    house: House = HOUSE,
) -> Situation:
    return Situation(house, [a_journey(text) for text in texts], account or an_account(), runs, past, at(when))


def an_event(name: str, when: str = "0 10:00", payload: Mapping[str, Any] | None = None, **about: Any) -> Event:
    return Event(name, at(when), payload or {}, **about)


def a_run(text: str, id: str = "r1", account: Account | None = None, contract: str | None = None, contact: str | None = None) -> LiveRun:
    """A run of this journey, taken to its first rest on day 0."""
    journey, known = a_journey(text), facts(account or an_account(), HOUSE, at("0 10:00"), contract, contact)
    state = advance(journey, HOUSE, enter(journey, known, at("0 10:00")), at("0 10:00"), known, ()).state
    return LiveRun(id, journey, contract or contact or "acme", state, contract, contact)


def enrolled(told: Told) -> list[str]:
    """Which runs begin, as `journey key`."""
    return [f"{effect.journey.name} {effect.key}" for effect in told.effects if isinstance(effect, Enroll)]


def notes(told: Told) -> list[str]:
    """Who is told of what, as `run news`; a ! where it wakes them."""
    return [f"{effect.run_id} {_say(effect.news)}{'!' if effect.wakes else ''}" for effect in told.effects if isinstance(effect, Notify)]


def _say(news: News) -> str:
    match news:
        case Happened():
            return news.name
        case BandChanged():
            return f"band {news.after}"
        case _:
            return news.kind


def planned(told: Told) -> list[str]:
    """Which runs begin later, as `journey key day hour` by the clock of Berlin."""
    local = [(start, start.due_at.astimezone(zone(BERLIN))) for start in told.starts]
    return [f"{start.journey} {start.key} {(moment.date() - MONDAY).days} {moment:%H:%M}" for start, moment in local]


def refusals(told: Told) -> list[str]:
    return [decision.result for decision in told.decisions if decision.what == "not enrolled"]


def an_old_account(*readings: Reading, **known: Any) -> Account:
    account = an_account(since=OLD, facts=known)
    for reading in readings:
        account = with_reading(account, reading)
    return account


def a_reading(band: str | None, score: float | None, day: int = -1, raw: str | None = None) -> Reading:
    return Reading(MONDAY + timedelta(days=day), score, raw or band, band, {}, 100)


# What begins a run


@pytest.mark.parametrize(
    ("starts", "event", "begins"),
    [
        ("{on: seen}", an_event("seen"), True),
        ("{on: seen}", an_event("missed"), False),
        ("{on: [seen, missed]}", an_event("missed"), True),
        ("{on: seen, manual: true}", an_event("seen"), True),
        ("{manual: true}", an_event("seen"), False),
        ("{stage: won}", an_event("seen"), False),
        ("{on: answered, where: event.score < 5}", an_event("answered", payload={"score": 4}), True),
        ("{on: answered, where: event.score < 5}", an_event("answered", payload={"score": 5}), False),
        ("{on: answered, where: event.score < 5}", an_event("answered"), False),
        ("{on: answered, where: event.score < account.wishes}", an_event("answered", payload={"score": 2}), True),
        ("{on: seen, when: account.wishes > 2}", an_event("seen"), True),
        ("{on: seen, when: account.wishes > 3}", an_event("seen"), False),
        ("{on: seen, when: account.arr > 3}", an_event("seen"), False),  # nobody knows
        ("{on: set_up, when: account.ready}", an_event("set_up"), True),  # an event is known before it is looked at
        ("{on: set_up, when: not account.ready}", an_event("set_up"), False),
        ("{on: gone, when: days_since(account.left_on) == 0}", an_event("gone"), True),
        ("{on: {by segment: {smb: seen, else: missed}}}", an_event("seen"), False),
        ("{on: {by segment: {smb: seen, else: missed}}}", an_event("missed"), True),
        ("{by segment: {smb: {manual: true}, else: {on: seen}}}", an_event("seen"), True),
        ("{on: seen, where: {by segment: {smb: account.ready, else: not account.ready}}}", an_event("seen"), True),
    ],
)
@pytest.mark.parametrize("segment", ["enterprise", "mid_market"])
def test_an_event_begins_the_runs_that_wait_for_it(starts: str, event: Event, begins: bool, segment: str) -> None:
    told = tell(situation(a_story(starts), account=an_account(segment, facts={"wishes": 3})), [event])
    assert enrolled(told) == (["story acme"] if begins else [])


def test_what_a_segment_begins_with_is_its_own() -> None:
    """Also for the segment that is declared last."""
    text = a_story("{by segment: {enterprise: {on: seen}, mid_market: {stage: won}, else: {on: missed, when: not account.ready}}}")
    begun_in = {
        segment: [enrolled(tell(situation(text, account=an_account(segment)), [an_event(name)])) for name in ("seen", "missed")]
        for segment in ("enterprise", "mid_market", "smb")
    }
    assert begun_in == {"enterprise": [["story acme"], []], "mid_market": [[], []], "smb": [[], ["story acme"]]}


@pytest.mark.parametrize(
    ("before", "told", "begins"),
    [
        ("new", {"values": {"account.stage": "won"}}, True),
        ("new", {"values": {"account.stage": "lost"}}, False),
        ("won", {"values": {"account.stage": "won"}}, False),
        ("won", {"values": {"account.wishes": 2}}, False),
        ("lost", {"values": {"account.stage": "won"}}, True),
        (None, {"values": {"account.stage": "won"}}, True),
        ("new", {"values": {"account.ready": True}}, False),
    ],
)
def test_reaching_a_stage_begins_a_run(before: str | None, told: dict[str, Any], begins: bool) -> None:
    account = an_account(facts={"stage": before} if before else {})
    assert enrolled(tell(situation(a_story("{stage: won}"), account=account), **told)) == (["story acme"] if begins else [])


def test_an_event_that_moves_the_stage_begins_what_waits_for_the_stage() -> None:
    at_both = a_story("{stage: [lost, won], on: gone}")
    told = tell(situation(at_both, a_story("{stage: lost}", "other")), [an_event("gone", payload={"reason": "price"})])
    assert enrolled(told) == ["story acme", "other acme"]
    assert refusals(told) == ["story: a run of it is live"]


@pytest.mark.parametrize(
    ("bands", "account", "known", "begins"),
    [
        ("[high_risk, critical]", an_old_account(a_reading("healthy", 95)), POOR, True),
        ("high_risk", an_old_account(a_reading("healthy", 95)), POOR, False),  # it fell further
        ("critical", an_old_account(a_reading("critical", 40)), POOR, False),  # it was there
        ("critical", an_old_account(), POOR, True),  # the first reading
        ("critical", replace(an_old_account(a_reading("healthy", 95)), since=MONDAY - timedelta(days=29)), POOR, False),  # too new
        ("critical", replace(an_old_account(a_reading("healthy", 95)), since=MONDAY - timedelta(days=30)), POOR, True),
        ("critical", replace(an_old_account(a_reading("healthy", 95)), since=None), POOR, True),  # nobody knows how new
        ("critical", replace(an_old_account(a_reading("healthy", 95)), since=MONDAY), {"stage": "lost", **FINE}, True),  # whatever its age
        ("healthy", an_old_account(a_reading("at_risk", 94), a_reading("at_risk", 94, day=-1)), FINE, True),
        ("critical", an_old_account(a_reading("healthy", 95)), {"wishes": 4}, False),
        ("[healthy, critical]", an_old_account(), {"usage": 95}, False),  # too little is known
    ],
)
def test_entering_a_band_begins_a_run(bands: str, account: Account, known: dict[str, Any], begins: bool) -> None:
    told = tell(
        situation(a_story(f"{{band: {bands}}}"), account=account), values={f"account.{name}": value for name, value in known.items()}
    )
    assert enrolled(told) == (["story acme"] if begins else [])


def test_a_run_begins_at_its_first_step_and_knows_when() -> None:
    (effect,) = tell(situation(a_story("{on: seen}")), [an_event("seen")]).effects
    assert isinstance(effect, Enroll)
    assert (effect.state.begun_at, {name: position.step for name, position in effect.state.tracks.items()}) == (
        at("0 10:00"),
        {"steps": "wait-90-days"},
    )
    assert (effect.state.records, effect.state.heard, effect.why) == ({}, (), "seen")


def test_the_event_that_begins_a_run_is_not_one_it_waits_for() -> None:
    text = a_story("{on: missed}", steps="[{wait_for: missed, within: 3 days, otherwise: [{post: cheers}]}]")
    assert story([FIRST, text], {"1 10:00": "missed"}, days=20) == ["4 10:00 post cheers wins"]


# Once, and again


ENDED = at("0 10:00")


@pytest.mark.parametrize(
    ("reenter", "now", "begins"),
    [
        ("never", "0 10:00", False), ("never", "900 10:00", False),
        ("always", "0 10:00", True), ("always", "0 10:01", True),
        ("after 30 days", "29 10:00", False), ("after 30 days", "30 09:59", False), ("after 30 days", "30 10:00", True), ("after 30 days", "900 10:00", True),
        ("after 2 weeks", "13 10:00", False), ("after 2 weeks", "14 10:00", True),
    ],
)  # fmt: skip
def test_a_key_is_enrolled_again_as_its_journey_says(reenter: str, now: str, begins: bool) -> None:
    text, past = a_story(f"{{on: seen, reenter: {reenter}}}"), [PastRun("story", "acme", ENDED, None)]
    told = tell(situation(text, when=now, past=past), [an_event("seen", now)])
    assert (enrolled(told), len(refusals(told))) == ((["story acme"], 0) if begins else ([], 1))
    assert enrolled(tell(situation(text, when=now), [an_event("seen", now)])) == ["story acme"]


def test_a_journey_that_says_nothing_of_it_is_entered_once() -> None:
    told = tell(situation(a_story("{on: seen}"), past=[PastRun("story", "acme", ENDED, None)]), [an_event("seen")])
    assert refusals(told) == ["story: it was in it before, and it may be entered once"]


def test_the_last_run_of_the_same_key_and_journey_counts() -> None:
    text = a_story("{on: seen, reenter: after 30 days}")
    long_ago, other_key, other_journey = PastRun("story", "acme", at("-90 10:00"), None), PastRun("story", "c2", ENDED, None), PastRun("other", "acme", ENDED, None)  # fmt: skip
    assert enrolled(tell(situation(text, past=[long_ago, other_key, other_journey]), [an_event("seen")])) == ["story acme"]
    recent = PastRun("story", "acme", at("-20 10:00"), None)
    assert enrolled(tell(situation(text, past=[recent, long_ago]), [an_event("seen")])) == []


@pytest.mark.parametrize("reenter", ["never", "always", "after 1 day"])
def test_there_is_one_live_run_a_key(reenter: str) -> None:
    text = a_story(f"{{on: seen, reenter: {reenter}}}")
    told = tell(situation(text, runs=[a_run(text)]), [an_event("seen")])
    assert (enrolled(told), refusals(told)) == ([], ["story: a run of it is live"])
    assert enrolled(tell(situation(text, runs=[a_run(a_story(name="other"))]), [an_event("seen")])) == ["story acme"]


def test_two_events_at_once_begin_one_run() -> None:
    told = tell(situation(a_story("{on: [seen, missed], reenter: always}")), [an_event("seen"), an_event("missed"), an_event("seen")])
    assert (enrolled(told), refusals(told)) == (["story acme"], ["story: a run of it is live"] * 2)


TWO = (Contract("c1", MONDAY, date(2027, 1, 5)), Contract("c2", MONDAY - timedelta(days=30), date(2026, 12, 6)))
ENDED_ONE = (replace(TWO[0], status="superseded"), TWO[1])


@pytest.mark.parametrize(
    ("about", "contracts", "live", "expected"),
    [
        ({"contract_id": "c2"}, TWO, None, ["story c2"]),
        ({"contract_id": "c1"}, TWO, "c2", ["story c1"]),  # each contract has its own run
        ({"contract_id": "c2"}, TWO, "c2", []),
        ({}, TWO, None, ["story c1"]),  # the present one: the latest that has begun
        ({}, ENDED_ONE, None, ["story c2"]),
        ({}, (replace(TWO[0], starts_on=date(2026, 2, 1)), TWO[1]), None, ["story c2"]),
        ({"contract_id": "c9"}, TWO, None, []),
        ({}, (), None, []),
    ],
)
def test_a_journey_for_contracts_has_a_run_for_each(about: dict[str, Any], contracts: Any, live: str | None, expected: list[str]) -> None:
    text, account = a_story("{on: seen, reenter: always}", for_="contract"), an_account(contracts=contracts)
    runs = [a_run(text, account=account, contract=live)] if live else []
    told = tell(situation(text, account=account, runs=runs), [an_event("seen", **about)])
    assert enrolled(told) == expected
    assert [effect.contract_id for effect in told.effects if isinstance(effect, Enroll)] == [name.split()[1] for name in expected]


@pytest.mark.parametrize(
    ("abouts", "live", "expected"),
    [(["ann"], None, ["story ann"]), (["ann", "ben", "ann"], None, ["story ann", "story ben"]), (["ann"], "ben", ["story ann"]), (["ann"], "ann", []), ([None], None, [])],
)  # fmt: skip
def test_a_journey_for_contacts_has_a_run_for_each(abouts: list[str | None], live: str | None, expected: list[str]) -> None:
    text = a_story("{on: seen, reenter: always}", for_="contact")
    runs = [a_run(text, contact=live)] if live else []
    assert enrolled(tell(situation(text, runs=runs), [an_event("seen", contact_id=contact) for contact in abouts])) == expected


def test_a_run_of_an_account_remembers_which_contact_began_it() -> None:
    (effect,) = tell(situation(a_story("{on: seen}")), [an_event("seen", contact_id="ben", contract_id="c1")]).effects
    assert isinstance(effect, Enroll)
    assert (effect.key, effect.contact_id, effect.contract_id) == ("acme", "ben", None)


# By hand


def test_a_person_enrolls_whom_the_rules_let_in() -> None:
    assert enrolled(telling.enroll(situation(), a_journey(a_story()), None, None, "by hand")) == ["story acme"]
    assert enrolled(telling.enroll(situation(), a_journey(a_story("{on: seen}")), None, None, "by hand")) == ["story acme"]


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        (a_story("{manual: true, when: account.ready}"), {}, "'account.ready' does not hold"),
        (a_story(), {"past": [PastRun("story", "acme", ENDED, None)]}, "it was in it before, and it may be entered once"),
        (a_story("{manual: true, reenter: after 9 days}"), {"past": [PastRun("story", "acme", ENDED, None)]}, "its last run ended less than 9 days ago"),
        (a_story(), {"runs": [a_run(a_story())]}, "a run of it is live"),
        (a_story(for_="contact"), {}, "is for a contact, and none was named"),
        (a_story(for_="contract"), {"account": an_account(contracts=())}, "is for a contract, and none was named"),
    ],
)  # fmt: skip
def test_whoever_is_not_enrolled_by_hand_learns_why(text: str, given: dict[str, Any], why: str) -> None:
    told = telling.enroll(situation(**given), a_journey(text), None, None, "by hand")
    (refusal,) = refusals(told)
    assert enrolled(told) == []
    assert (refusal.startswith("story"), refusal.endswith(why)) == (True, True)


@pytest.mark.parametrize(("for_", "key"), [("account", "acme"), ("contract", "c2"), ("contact", "ben")])
def test_a_run_begun_by_hand_is_about_what_was_named(for_: str, key: str) -> None:
    account = an_account(contracts=TWO)
    assert enrolled(telling.enroll(situation(account=account), a_journey(a_story(for_=for_)), "c2", "ben", "by hand")) == [f"story {key}"]


def test_a_run_that_begins_is_a_fact_that_others_watch() -> None:
    """`busy` is true while a run of `other` is live."""
    watching = a_run(f"{RESTS}\nwhenever: [{{when: account.busy, steps: [{{webhook: crm}}]}}]")
    given = situation(a_story("{on: seen}", "other"), runs=[watching])
    assert notes(telling.enroll(given, a_journey(a_story(name="other")), None, None, "by hand")) == ["r1 changed!"]
    assert notes(tell(given, [an_event("seen")])) == ["r1 changed!"]
    assert notes(telling.enroll(given, a_journey(a_story(name="third")), None, None, "by hand")) == []


# On its day


def with_end(day: date, **more: Any) -> Account:
    return an_account(contracts=(Contract("c1", MONDAY, day, **more),))


NEAR = MONDAY + timedelta(days=100)  # Wednesday 15 April 2026


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


# Who is told


TELLS = """
    steps: [{wait_for: seen, within: 30 days}, {wait_for: answered, where: event.score > 5, within: 30 days}]
    ends: [{on: gone}]
    whenever: [{on: signed, steps: [{webhook: crm}]}, {band: critical, steps: [{id: x, webhook: crm}]}, {when: account.wishes > 5, steps: [{id: y, webhook: crm}]}]
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"events": [an_event("seen")]}, ["r1 seen!"]),
        ({"events": [an_event("answered", payload={"score": 9})]}, ["r1 answered"]),  # noted: it will be waited for
        ({"events": [an_event("gone")]}, ["r1 gone!", "r1 band critical!"]),
        ({"events": [an_event("signed")]}, ["r1 signed!"]),
        ({"events": [an_event("missed")]}, []),
        ({"events": [an_event("missed"), an_event("seen"), an_event("signed")]}, ["r1 seen!", "r1 signed!"]),
        ({"values": {"account.wishes": 9}}, ["r1 changed!"]),
        ({"values": {"account.wishes": 1}}, []),
        ({"events": [an_event("seen")], "values": {"account.wishes": 9}}, ["r1 seen!"]),  # woken once, and it looks for itself
        ({"events": [an_event("answered", payload={"score": 9})], "values": {"account.wishes": 9}}, ["r1 answered", "r1 changed!"]),
        ({"values": {f"account.{name}": value for name, value in POOR.items()}}, ["r1 band critical!"]),
        ({}, []),
    ],
)  # fmt: skip
def test_a_run_is_told_of_what_it_waits_for(told: dict[str, Any], expected: list[str]) -> None:
    account = an_old_account(a_reading("healthy", 95))
    assert notes(tell(situation(account=account, runs=[a_run(TELLS, account=account)]), **told)) == expected


def test_a_band_too_new_to_mean_something_is_told_to_nobody() -> None:
    account = replace(an_old_account(a_reading("healthy", 95)), since=MONDAY - timedelta(days=3))
    told = tell(
        situation(account=account, runs=[a_run(TELLS, account=account)]), values={f"account.{name}": value for name, value in POOR.items()}
    )
    assert notes(told) == []


def test_every_run_that_listens_is_told_whoever_began_it() -> None:
    listening, other = a_run(TELLS, "r1"), a_run(a_story(name="other"), "r2")
    third = a_run("journey: third\nsteps: [{wait: 9 days}]\nends: [{on: seen}]", "r3")
    assert notes(tell(situation(runs=[listening, other, third]), [an_event("seen")])) == ["r1 seen!", "r3 seen!"]


def test_a_run_is_not_told_of_what_it_does_itself() -> None:
    runs = [a_run(TELLS, "r1"), a_run(TELLS.replace("steps:", "journey: other\n    steps:", 1), "r2")]
    assert notes(tell(situation(runs=runs), values={"account.wishes": 9}, teller="r1")) == ["r2 changed!"]


@pytest.mark.parametrize(
    ("for_", "about", "expected"),
    [
        ("contract", {"contract_id": "c1"}, ["r1 seen!"]),
        ("contract", {"contract_id": "c2"}, ["r2 seen!"]),
        ("contract", {"contract_id": "c1", "contact_id": "ben"}, ["r1 seen!"]),
        ("contract", {}, ["r1 seen!", "r2 seen!"]),
        ("contact", {"contact_id": "c1"}, ["r1 seen!"]),
        ("contact", {"contact_id": "c2", "contract_id": "c1"}, ["r2 seen!"]),
        ("contact", {}, ["r1 seen!", "r2 seen!"]),
        ("account", {"contact_id": "c1", "contract_id": "c1"}, ["r1 seen!", "r2 seen!"]),
    ],
)
def test_what_happens_to_one_contract_or_contact_is_no_news_to_the_run_of_another(
    for_: str, about: dict[str, Any], expected: list[str]
) -> None:
    account = an_account(contracts=TWO, contacts=(*CONTACTS, a_contact("c1"), a_contact("c2")))
    text = f"for: {for_}\n{RESTS}\nends: [{{on: seen}}]"
    runs = [a_run(text, f"r{number}", account, **{"contact" if for_ == "contact" else "contract": f"c{number}"}) for number in (1, 2)]
    assert notes(tell(situation(account=account, runs=runs), [an_event("seen", **about)])) == expected


def test_a_signature_ends_the_run_of_its_contract_alone() -> None:
    text = "for: contract\nends: [{on: signed}]\nsteps: [{wait: 9 days}, {post: cheers}]"
    both = {
        "0 11:00": lambda world: world.enroll("story", contract_id="c2"),
        "3 12:00": lambda world: world.event("signed", contract_id="c1"),
    }
    assert story(text, both, account=an_account(contracts=TWO)) == ["9 11:00 post cheers wins"]


def test_a_run_sees_its_own_contract_and_contact() -> None:
    account = an_account(contracts=TWO, contacts=(replace(CONTACTS[0], facts={"language": "de"}), *CONTACTS[1:]))
    watching = [a_run("for: contract\nends: [{when: contract.value > 5}]\n" + RESTS, f"r{id}", account, contract=f"c{id}") for id in (1, 2)]
    assert notes(tell(situation(account=account, runs=watching), values={"contract.value": 9}, contract_id="c2")) == ["r2 changed!"]
    reading = [a_run('for: contact\nends: [{when: contact.language == "fr"}]\n' + RESTS, id, account, contact=id) for id in ("ann", "ben")]
    assert notes(tell(situation(account=account, runs=reading), values={"contact.language": "fr"}, contact_id="ben")) == ["ben changed!"]


def test_a_goal_is_noted_when_it_is_reached_and_wakes_nobody() -> None:
    text = f"goal: account.ready\n{RESTS}"
    told = tell(situation(runs=[a_run(text)]), [an_event("set_up")])
    assert told.effects == [ReachGoal("r1", at("0 10:00"))]


def test_a_goal_is_reached_once() -> None:
    text, ready = f"goal: account.ready\n{RESTS}", an_account(facts={"ready": True})
    run = a_run(text, account=ready)
    assert run.state.goal_at == at("0 10:00")
    assert tell(situation(account=ready, runs=[run], when="3 10:00"), values={"account.wishes": 3}).effects == []


def test_a_run_that_is_woken_notes_its_goal_itself() -> None:
    text = f"goal: account.ready\n{RESTS}\nends: [{{on: set_up, then: [{{wait: 3 days}}]}}]"
    assert [type(effect) for effect in tell(situation(runs=[a_run(text)]), [an_event("set_up")]).effects] == [Notify]


# What becomes known


def known(told: Told) -> dict[str, Any]:
    return dict(facts(told.account, HOUSE, at("0 10:00")).values)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (an_event("set_up"), {"account.ready": True}),
        (an_event("seen"), {"account.seen_on": MONDAY}),
        (an_event("seen", occurred_on=date(2026, 1, 2)), {"account.seen_on": date(2026, 1, 2)}),
        (an_event("seen", "0 23:30"), {"account.seen_on": MONDAY}),
        (an_event("signed"), {"contract.signed_on": MONDAY}),
        (an_event("answered", payload={"survey": "nps", "score": 9}), {"account.nps": 9}),
        (an_event("answered", payload={"survey": "csat", "score": 9}), {"account.nps": None}),
        (an_event("gone", payload={"reason": "price"}), {"account.stage": "lost", "account.left_on": MONDAY, "account.reason": "price"}),
        (an_event("gone"), {"account.stage": "lost", "account.reason": None}),
        (an_event("missed"), {"account.ready": False}),
    ],
)
def test_an_event_makes_known_what_is_declared(event: Event, expected: dict[str, Any]) -> None:
    assert known(tell(situation(), [event])).items() >= expected.items()


def test_the_day_of_an_event_is_the_accounts() -> None:
    """Ten in Berlin on Monday is still Sunday in Honolulu, and half past eleven at night is Tuesday in Auckland."""
    for where, when, day in (("Pacific/Honolulu", "0 10:00", -1), ("Pacific/Auckland", "0 23:30", 1)):
        told = tell(situation(account=an_account(zone=where), when=when), [an_event("seen", when)])
        assert told.account.values["account.seen_on"] == MONDAY + timedelta(days=day)


def test_facts_remember_when_they_were_told() -> None:
    told = tell(situation(account=an_account(facts={"wishes": 1})), [an_event("set_up")], {"account.growth": 0.5})
    assert told.account.told_at == {"account.ready": at("0 10:00"), "account.growth": at("0 10:00")}
    assert told.account.values["account.wishes"] == 1


def test_tags_are_not_told_as_a_fact() -> None:
    told = tell(situation(account=an_account(tags=("vip",))), values={"account.tags": ("other",), "account.wishes": 2})
    assert (told.account.tags, "account.tags" in told.account.values) == (("vip",), False)


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ({"segment": "smb", "arr": 500}, {"arr": 60_000}, "enterprise"),
        ({"segment": "smb", "arr": 500}, {"arr": 20_000}, "mid_market"),
        ({"segment": "enterprise", "arr": 60_000}, {"arr": 500}, "smb"),
        ({"segment": "smb"}, {"arr": 60_000}, "enterprise"),
        ({"segment": "enterprise", "arr": 60_000}, {"arr": None}, "smb"),
        ({"segment": "enterprise", "arr": 60_000}, {"wishes": 3}, "enterprise"),
        ({"segment": "enterprise", "arr": 500}, {"arr": 20_000}, "enterprise"),  # it was told its segment, which stands
        ({"segment": "enterprise", "arr": 500}, {"wishes": 3}, "enterprise"),
        ({"segment": "smb", "arr": 500}, {"arr": 60_000, "segment": "mid_market"}, "mid_market"),
        ({"segment": "smb", "arr": 500}, {"segment": "enterprise"}, "enterprise"),
    ],
)
def test_the_segment_follows_the_facts_unless_it_was_told(before: dict[str, Any], told: dict[str, Any], after: str) -> None:
    account = an_account(facts=before)
    assert (
        tell(situation(account=account), values={f"account.{name}": value for name, value in told.items()}).account.values[
            "account.segment"
        ]
        == after
    )


def test_a_segment_may_hang_on_any_fact() -> None:
    house = a_house(segments=POLICIES["segments"].replace("account.arr >= 50000", "account.seats >= 100 or account.wishes > 5"))
    account = an_account("smb")
    assert tell(situation(account=account, house=house), values={"account.seats": 100}).account.values["account.segment"] == "enterprise"
    assert tell(situation(account=account, house=house), values={"account.wishes": 5}).account.values["account.segment"] == "smb"


@pytest.mark.parametrize(("contact", "expected"), [("ben", {"ann": {}, "ben": {"language": "fr"}, "cleo": {}}), ("nobody", {"ann": {}, "ben": {}, "cleo": {}}), (None, {"ann": {}, "ben": {}, "cleo": {}})])  # fmt: skip
def test_a_fact_of_a_contact_is_that_contacts(contact: str | None, expected: dict[str, Any]) -> None:
    told = tell(situation(), values={"contact.language": "fr"}, contact_id=contact)
    assert {contact.id: contact.facts for contact in told.account.contacts} == expected


@pytest.mark.parametrize(("contract", "changed"), [(None, "c1"), ("c2", "c2"), ("c9", None)])
def test_a_fact_of_a_contract_is_that_contracts_or_the_present_ones(contract: str | None, changed: str | None) -> None:
    told = tell(
        situation(account=an_account(contracts=TWO)), values={"contract.value": 900.0, "contract.colour": "red"}, contract_id=contract
    )
    kept = [effect.contract for effect in told.effects if isinstance(effect, KeepContract)]
    assert [(contract.id, contract.value, contract.facts) for contract in kept] == (
        [(changed, 900.0, {"colour": "red"})] if changed else []
    )
    assert {contract.id: contract.value for contract in told.account.contracts} == {
        "c1": None,
        "c2": None,
        **({changed: 900.0} if changed else {}),
    }


def test_the_terms_of_a_contract_are_told_and_its_decision_follows() -> None:
    terms = {"ends_on": NEAR, "auto_renews": True, "notice_days": 30, "decision_on": MONDAY}
    told = tell(situation(), values={f"contract.{name}": value for name, value in terms.items()})
    (contract,) = told.account.contracts
    assert (contract.ends_on, contract.auto_renews, contract.notice_days, contract.decision_on, contract.facts) == (
        NEAR,
        True,
        30,
        NEAR - timedelta(days=30),
        {},
    )


NEXT_TERM = Contract("c1~2", date(2027, 1, 5), date(2028, 1, 5))


@pytest.mark.parametrize(
    ("contracts", "values", "next_term"),
    [
        ((), {"contract.signed_on": MONDAY}, NEXT_TERM),
        ((), {"contract.renewed": True}, NEXT_TERM),
        ((), {"contract.renewed": False}, None),
        ((), {"contract.value": 5.0}, None),
        ((Contract("c2", date(2027, 1, 1), date(2028, 1, 1)),), {"contract.signed_on": MONDAY}, None),  # it is known already
        ((Contract("c2", date(2026, 12, 5), date(2028, 1, 1)),), {"contract.signed_on": MONDAY}, None),  # begins a month early
        ((Contract("c2", date(2026, 12, 4), date(2028, 1, 1)),), {"contract.signed_on": MONDAY}, NEXT_TERM),
    ],
)
def test_a_renewal_that_says_no_more_is_followed_by_a_term_like_the_last(
    contracts: Any, values: dict[str, Any], next_term: Contract | None
) -> None:
    account = an_account(contracts=(*an_account().contracts, *contracts))
    told = tell(situation(account=account), values=values, contract_id="c1")
    added = [contract for contract in told.account.contracts if contract.id not in {contract.id for contract in account.contracts}]
    assert added == ([next_term] if next_term else [])


def test_a_contract_is_renewed_once() -> None:
    signed = tell(situation(), [an_event("signed")]).account
    again = tell(situation(account=signed), [an_event("signed", contract_id="c1")], {"contract.renewed": True}, "c1")
    assert [contract.id for contract in again.account.contracts] == ["c1~2", "c1"]
    without = replace(signed, contracts=tuple(contract for contract in signed.contracts if contract.id == "c1"))
    assert [contract.id for contract in tell(situation(account=without), values={"contract.renewed": True}).account.contracts] == ["c1"]


def test_a_contract_of_a_month_is_followed_by_another() -> None:
    account = an_account(contracts=(Contract("c1", MONDAY, date(2026, 2, 5)),))
    assert tell(situation(account=account), [an_event("signed")]).account.contracts[-1] == Contract(
        "c1~2", date(2026, 2, 5), date(2026, 3, 5)
    )


# Health


def band_told(account: Account, **values: Any) -> Told:
    return tell(situation(account=account), values={f"account.{name}": value for name, value in values.items()})


def kept_readings(told: Told) -> list[Reading]:
    return [effect.reading for effect in told.effects if isinstance(effect, KeepReading)]


def test_health_is_read_when_what_it_is_made_of_changes() -> None:
    account = an_old_account(**FINE)
    assert [reading.score for reading in kept_readings(band_told(account, usage=94))] == [pytest.approx(94.7)]
    for told in (band_told(account, wishes=3), band_told(account, usage=95), tell(situation(account=account), [an_event("seen")])):
        assert kept_readings(told) == []
    assert len(kept_readings(tell(situation(account=account), read_health=True))) == 1  # the weekly reading


def test_a_reading_of_the_same_day_takes_the_place_of_the_earlier() -> None:
    account = an_old_account(a_reading("healthy", 95, day=-7), a_reading("healthy", 95, day=0), **FINE)
    told = tell(situation(account=account), read_health=True)
    assert [reading.day for reading in told.account.readings] == [MONDAY - timedelta(days=7), MONDAY]


def test_two_inputs_of_one_day_are_not_two_opinions() -> None:
    """A little worse, twice: over two days the band falls, within one it does not."""
    for day, band in ((-1, "at_risk"), (0, "healthy")):
        account = an_old_account(
            a_reading("healthy", 95, day=-7), a_reading("healthy", 88, day=day, raw="at_risk"), **{**FINE, "usage": 71}
        )
        assert [reading.band for reading in kept_readings(band_told(account, usage=70))] == [band]


@pytest.mark.parametrize(
    ("account", "values", "expected"),
    [
        (an_old_account(a_reading("healthy", 95)), {**FINE, "usage": 0}, [("director", "director", "P2")]),  # its override: high risk
        (an_old_account(a_reading("healthy", 95)), POOR, [("vp", "vp", "P1")]),
        (
            an_old_account(a_reading("critical", 62, day=-1, raw="high_risk")),
            dict.fromkeys(FINE, 62),
            [],
        ),  # better, into a band that escalates
        (an_old_account(a_reading("critical", 40)), POOR, []),
        (
            an_old_account(a_reading("healthy", 95), a_reading("at_risk", 80, day=-1)),
            {**FINE, "usage": 40},
            [],
        ),  # 78: at risk is the owner's affair
        (replace(an_old_account(a_reading("healthy", 95)), since=MONDAY), POOR, []),  # too new
        (
            replace(an_old_account(a_reading("healthy", 95)), owner_id=None),
            POOR,
            [("vp", "vp", "P1")],
        ),  # no chain without an owner: any of the team
    ],
)
def test_falling_into_a_band_escalates_as_the_band_says(
    account: Account, values: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    raised = [effect for effect in band_told(account, **values).effects if isinstance(effect, RaiseEscalation)]
    assert [(effect.role, effect.person_id, effect.sla) for effect in raised] == expected
    assert {effect.cause for effect in raised} <= {"health"}


@pytest.mark.parametrize(
    ("account", "values", "ends"),
    [
        (an_old_account(a_reading("critical", 95, day=-1, raw="healthy")), FINE, True),
        (an_old_account(a_reading("critical", 40)), POOR, False),
        (an_old_account(a_reading("healthy", 95)), POOR, False),
        (an_old_account(a_reading("critical", 62, day=-1, raw="high_risk")), dict.fromkeys(FINE, 62), False),  # better, and still the director's
    ],
)  # fmt: skip
def test_recovering_ends_the_escalation(account: Account, values: dict[str, Any], ends: bool) -> None:
    assert [effect for effect in band_told(account, **values).effects if isinstance(effect, EndEscalation)] == (
        [EndEscalation("health", "recovered")] if ends else []
    )


def test_too_little_to_go_by_is_said_once() -> None:
    first = tell(situation(account=an_old_account(usage=50)), read_health=True)
    assert [decision.what for decision in first.decisions] == ["health"]
    again = tell(situation(account=an_old_account(a_reading(None, None), usage=50)), read_health=True)
    assert again.decisions == []


# When to look again


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (an_account(), None),
        (an_account(facts={"seen_on": MONDAY}), "14 00:00"),  # quiet after fourteen days
        (an_account(facts={"seen_on": MONDAY - timedelta(days=14)}), None),  # it is already
        (replace(an_account(facts={"growth": 1.0}), told_at={"account.growth": at("-3 10:00")}), "11 10:00"),  # too old then
        (replace(an_account(facts={"growth": 1.0, "seen_on": MONDAY}), told_at={"account.growth": at("1 10:00")}), "14 00:00"),
    ],
)
def test_it_is_known_when_time_alone_will_change_a_fact(account: Account, expected: str | None) -> None:
    assert tell(situation(account=account)).watch_at == (at(expected) if expected else None)
    assert telling.enroll(situation(account=account), a_journey(a_story()), None, None, "").watch_at == (at(expected) if expected else None)


def test_a_fact_that_time_changes_begins_what_waits_for_it() -> None:
    text = f"{RESTS}\nwhenever: [{{when: account.quiet, steps: [{{post: cheers}}]}}]"
    assert story(text, {"2 12:00": "seen", "10 12:00": "seen"}, days=40) == ["24 00:00 post cheers wins"]
