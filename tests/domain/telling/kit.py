"""Small builders: something told to a journey or two, and what follows of it as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from domain.account import Account, facts, with_reading
from domain.facts import Contract
from domain.health import Reading
from domain.house import House
from domain.interpreter import advance, enter
from domain.news import BandChanged, Happened, News
from domain.situation import LiveRun, PastRun, Situation
from domain.telling import Enroll, Event, Notify, Told
from domain.timing import zone
from tests.domain.kit import BERLIN, MONDAY, a_house, a_journey, an_account, at

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


ENDED = at("0 10:00")


TWO = (Contract("c1", MONDAY, date(2027, 1, 5)), Contract("c2", MONDAY - timedelta(days=30), date(2026, 12, 6)))


NEAR = MONDAY + timedelta(days=100)  # Wednesday 15 April 2026
