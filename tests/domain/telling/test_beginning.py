"""What begins a run: events, stages, bands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.account import Account
from domain.telling import Enroll, Event, tell
from tests.domain.kit import MONDAY, an_account, at, story
from tests.domain.telling.kit import FINE, FIRST, POOR, a_reading, a_story, an_event, an_old_account, enrolled, refusals, situation


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
