"""Who may begin a journey: now, and on the day it is to begin on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain import shadow
from domain.account import Account
from domain.conditions import Condition
from domain.facts import Facts, Scope
from domain.journey import Journey, Plan
from domain.language import Reenter
from domain.planning import working_day
from domain.run import Run
from domain.situation import Situation
from domain.state import State


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """A journey will begin for this key on a later day, unless its date moves."""

    journey: str
    key: str
    contract_id: str | None
    anchor_on: date
    due_at: datetime


def may_enter(situation: Situation, journey: Journey, key: str, known: Facts) -> str:
    """Why this key may not begin the journey now; empty when it may."""
    if any(run.journey.name == journey.name and run.key == key for run in situation.runs):
        return "a run of it is live"
    plan = journey.plan(known.segment)
    mine = [past for past in situation.past if past.journey == journey.name and past.key == key]
    if any(past.shadow for past in mine) and not shadow.begins_in(plan, known, situation.now):
        mine = [past for past in mine if not past.shadow]  # it reached nobody, so nobody has been in it
    starts, ended = plan.text.starts, [past.ended_at for past in mine]
    if ended and (why := _too_soon(starts.reenter, max(ended), situation.now)):
        return why
    if not fits(starts.when, known, situation.now):
        return f"'{starts.when}' does not hold"
    return ""


def _too_soon(reenter: Reenter, ended_at: datetime, now: datetime) -> str:
    if reenter.never:
        return "it was in it before, and it may be entered once"
    if reenter.after and ended_at + timedelta(days=reenter.after.days) > now:
        return f"its last run ended less than {reenter.after} ago"
    return ""


def fits(condition: Condition | None, known: Facts, now: datetime, payload: Mapping[str, Any] | None = None) -> bool:
    """Whether what a journey asks for before it begins is so."""
    told = {f"event.{name}": value for name, value in (payload or {}).items()}
    return condition is None or condition.holds(Scope({**known.values, "today": known.today(now), **told}))


def keys(
    account: Account, plan: Plan, contract_id: str | None, contact_id: str | None, today: date
) -> list[tuple[str, str | None, str | None]]:
    """What one run is about: the account, each contract concerned, or the contact. Key, contract and contact of each."""
    match plan.text.for_:
        case "account":
            return [(account.id, None, contact_id)]
        case "contract":
            contract = account.contract(contract_id, today)
            return [(contract.id, contract.id, None)] if contract else []
        case "contact":
            return [(contact_id, None, contact_id)] if contact_id else []


def dated_keys(account: Account, plan: Plan) -> list[tuple[str, str | None]]:
    """Key and contract of each run that may begin on a day."""
    if plan.text.for_ == "contract":
        return [(contract.id, contract.id) for contract in account.contracts if contract.status == "active"]
    return [(account.id, None)] if plan.text.for_ == "account" else []


def planned(
    situation: Situation, journey: Journey, key: str, contract_id: str | None, known: Facts, begun: Collection[tuple[str, str]]
) -> PlannedStart | None:
    """The start that lies ahead of this key, if one does; `begun` are the journeys and keys that begin just now."""
    text = journey.plan(known.segment).text
    run = Run(journey, situation.house, State(situation.now, {}), situation.now, known)
    run.find_anchor()
    anchor, at = run.anchor_on, text.starts.at
    day = run.day_of(at) if at else None
    if anchor is None or day is None or (day < anchor < situation.today):
        return None
    if any(live.journey.name == journey.name and live.key == key for live in situation.runs) or (journey.name, key) in begun:
        return None
    mine = [past for past in situation.past if past.journey == journey.name and past.key == key]
    if any(past.anchor_on == anchor for past in mine) or (mine and text.starts.reenter.never):
        return None
    due_at = max(working_day(run, day), situation.now)
    if due_at <= situation.now and may_enter(situation, journey, key, known):
        return None
    return PlannedStart(journey.name, key, contract_id, anchor, due_at)
