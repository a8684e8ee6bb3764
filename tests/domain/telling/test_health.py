"""What is read of health, what a band brings about, and when to look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import telling
from domain.account import Account
from domain.health import Reading
from domain.intents import EndEscalation, RaiseEscalation
from domain.telling import KeepReading, Told, tell
from tests.domain.kit import MONDAY, a_journey, an_account, at, story
from tests.domain.telling.kit import FINE, POOR, RESTS, a_reading, a_story, an_event, an_old_account, situation


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
