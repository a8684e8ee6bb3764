"""Small builders for tests of the pure heart: a house, an account, a journey, and stories played in virtual time.

Stories begin on Monday 5 January 2026 at ten in Berlin, the day the contract starts; a touch reads `day hour what to whom`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from domain import house, journey
from domain.account import Account
from domain.composing import Wording
from domain.facts import Contact, Contract, Person
from domain.house import House
from domain.journey import Journey
from domain.news import ExitOrdered, HoldOrdered, ResumeOrdered, SkipOrdered
from domain.people import Behaviour
from domain.simulation import Touch, World
from domain.timing import moment, zone

POLICIES = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "house").glob("*.yaml"))}
MAILS = ("hello", "news", "offer", "thanks", "reminder")
BERLIN = "Europe/Berlin"
MONDAY = date(2026, 1, 5)
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # ten in Berlin

HEAD = {
    "journey": "story", "title": "A story", "for": "account", "starts": "{manual: true, reenter: always}",
    "anchor": "contract.starts_on", "class": "onboarding",
}  # fmt: skip


@cache
def a_house(**policies: str) -> House:
    """The house of tests/domain/house, with other policy texts where given. `receipt` is its one operational mail."""
    made = house.load({**POLICIES, **{name: textwrap.dedent(text) for name, text in policies.items()}})
    return replace(
        made,
        mails={name: Wording(name) for name in MAILS} | {"receipt": Wording("receipt", operational=True)},
        posts={"cheers": Wording("cheers", channel="wins"), "heads-up": Wording("heads-up")},
        tasks={name: Wording(name) for name in ("call", "plan", "review")},
    )


@cache
def a_journey(text: str) -> Journey:
    """A journey of these lines; what its head does not say is filled in."""
    body = textwrap.dedent(text)
    head = [f"{name}: {value}" for name, value in HEAD.items() if not re.search(rf"^{name}:", body, re.MULTILINE)]
    return journey.compile("\n".join([*head, body]), "story.yaml", a_house().segments)


def a_person(id: str, *roles: str, **more: Any) -> Person:
    return Person(id, id.capitalize(), f"{id}@example.com", roles, **{"zone": BERLIN, "country": "DE", **more})


def a_contact(id: str, *roles: str, **more: Any) -> Contact:
    return Contact(id, id.capitalize(), f"{id}@example.org", roles, **more)


TEAM = (
    a_person("csm", "csm", manager_id="director"),
    a_person("director", "director", manager_id="vp"),
    a_person("vp", "vp", manager_id="cco"),
    a_person("cco", "cco"),
    a_person("engineer", "engineer", "pool"),
)
CONTACTS = (a_contact("ann", "champion", "admin"), a_contact("ben", "sponsor", "signer"), a_contact("cleo", "user"))


def people(*changed: Person) -> dict[str, Person]:
    """The team by id, with these people instead of or beside it."""
    return {person.id: person for person in (*TEAM, *changed)}


def an_account(segment: str = "enterprise", facts: Mapping[str, Any] | None = None, **more: Any) -> Account:
    """An enterprise account in Berlin whose contract of a year began on MONDAY. `facts` are account.* by short name."""
    values = {"account.segment": segment, **{f"account.{name}": value for name, value in (facts or {}).items()}}
    contract = Contract("c1", MONDAY, date(2027, 1, 5))
    made = Account("acme", "Acme", BERLIN, "DE", "EUR", "csm", MONDAY, values, contacts=CONTACTS, contracts=(contract,), people=people())
    return replace(made, **more)


def at(when: str, where: str = BERLIN) -> datetime:
    """`3 14:00` is 14:00 in Berlin on the third day after MONDAY."""
    day, clock = when.split()
    return moment(MONDAY + timedelta(days=int(day)), time.fromisoformat(clock), zone(where))


Happening = str | tuple[str, Mapping[str, Any]] | Callable[[World], None]


def play(
    text: str | Sequence[str],
    happenings: Mapping[str, Happening] | None = None,
    *,
    days: int = 30,
    people: Behaviour = "silent",
    account: Account | None = None,
    house: House | None = None,
    start: str = "0 10:00",
    **world: Any,
) -> World:
    """The first of these journeys, played. What happens is an event, one with its payload, or anything done to the world."""
    journeys = [a_journey(each) for each in ((text,) if isinstance(text, str) else text)]
    played = World(house or a_house(), journeys, account or an_account(), at(start), people, **world)
    played.enroll(journeys[0].name)
    for when, what in (happenings or {}).items():
        played.at(at(when), _act(what))
    played.play(at(start) + timedelta(days=days))
    return played


def _act(what: Happening) -> Callable[[World], None]:
    if callable(what):
        return what
    name, payload = (what, {}) if isinstance(what, str) else what
    return lambda world: world.event(name, payload)


def story(text: str | Sequence[str], happenings: Mapping[str, Happening] | None = None, *, where: str = BERLIN, **more: Any) -> list[str]:
    """The touches of a play, as `day hour kind what to whom` by the clock of `where`."""
    return [line(touch, where) for touch in play(text, happenings, **more).touches]


def line(touch: Touch, where: str = BERLIN) -> str:
    local = touch.at.astimezone(zone(where))
    return f"{(local.date() - MONDAY).days} {local:%H:%M} {touch.kind} {touch.what} {touch.recipient}"


def reasons(world: World, *what: str) -> list[str]:
    """Why: each decision of these sorts, as `what step: result`."""
    return [f"{why.decision.what} {why.decision.step}: {why.decision.result}" for why in world.whys if why.decision.what in what]


# Things that happen in stories


def know(**facts: Any) -> Callable[[World], None]:
    """Facts of the account, by short name, are told."""
    return lambda world: world.know({f"account.{name}": value for name, value in facts.items()})


def change(**fields: Any) -> Callable[[World], None]:
    """Fields of the account change."""
    return lambda world: world.change(replace(world.account, **fields))


def move_start(days: int) -> Callable[[World], None]:
    """The contract, day 0 of stories, begins so many days after MONDAY."""
    return lambda world: world.change(
        replace(world.account, contracts=(replace(world.account.contracts[0], starts_on=MONDAY + timedelta(days=days)),))
    )


def begun(days: int) -> Account:
    """An account whose contract, day 0 of stories, began so many days before MONDAY."""
    return an_account(contracts=(Contract("c1", MONDAY - timedelta(days=days), date(2027, 1, 5)),))


def hold(resume: str = "shift", until: str | None = None) -> Callable[[World], None]:
    ends = at(until) if until else None
    return lambda world: world.order("story", HoldOrdered(world.now, ends, resume, why="a dispute"))  # type: ignore[arg-type]


def resume(world: World) -> None:
    world.order("story", ResumeOrdered(world.now))


def skip(step: str) -> Callable[[World], None]:
    return lambda world: world.order("story", SkipOrdered(step, world.now, "csm"))


def leave(world: World) -> None:
    world.order("story", ExitOrdered(world.now, "enough"))


def done(step: str, outcome: str | None = None, visit: int = 1) -> Callable[[World], None]:
    """A task of the story is completed, also when the story is over."""
    return lambda world: world.complete_task("story#1", step, visit, outcome)


def decided(step: str, approved: bool = True, visit: int = 1) -> Callable[[World], None]:
    return lambda world: world.decide_approval("story#1", step, visit, approved)
