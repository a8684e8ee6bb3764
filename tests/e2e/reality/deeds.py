"""What can happen to an account, told in both worlds: to virtual time by a call, to an installation over its API.

Whatever an installation would refuse (to resume what is not held) is not told to virtual time either.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, get_args

from domain import holding
from domain.facts import Absence, Hold
from domain.journey import Journey
from domain.moving import InFlight
from domain.news import Engaged, ExitOrdered, HoldOrdered, News, ResumeOrdered, SkipOrdered
from domain.simulation import World
from domain.standing import RunStanding
from domain.timing import local_day, zone
from domain.vocabulary import write_value
from tests.domain.generated import EVENTS
from tests.e2e.conductor import START, Conductor

MONDAY = START.date()
BY = "cco"  # who orders what is ordered; never away
WHY = "a dispute"
Resume = Literal["shift", "skip", "send"]
NUMBERS = itertools.count(1)
Fate = Literal["close", "keep", "hand_on"]


@dataclass(frozen=True)
class Names:
    """What a story's account, journey and people are called where many stories share one installation."""

    number: int

    @property
    def account(self) -> str:
        return f"a{self.number}"

    @property
    def journey(self) -> str:
        return f"story-{self.number}"

    @property
    def csm(self) -> str:
        return f"csm-{self.number}"

    @property
    def contract(self) -> str:
        return f"c{self.number}"

    def contact(self, number: int) -> str:
        return f"a{self.number}-reader-{number}"


class Played(World):
    """The account of a story in virtual time; `newer` is the version that will be published, until it is."""

    newer: Journey | None = None


class Real(Protocol):
    """What deeds need of the installation."""

    conductor: Conductor

    def live(self, names: Names) -> tuple[str, list[str], bool] | None: ...
    def open_asks(self, names: Names) -> list[Asked]: ...
    def is_kept_back(self, names: Names) -> bool: ...
    def last_mail(self, names: Names) -> str | None: ...
    def placed_holds(self, names: Names) -> list[str]: ...
    async def publish(self, names: Names, in_flight: InFlight) -> None: ...
    async def read_health(self, names: Names) -> None: ...


@dataclass(frozen=True, order=True)
class Asked:
    """Something somebody was asked and has not done. `id` is how it is answered: its own, or that of its run in virtual time."""

    kind: str
    journey: str
    step: str
    visit: int
    outcome: str | None
    id: str


@dataclass(frozen=True)
class Deed:
    """One thing that happens, in each world."""

    virtual: Callable[[Played, Names], None]
    real: Callable[[Real, Names], Awaitable[Any]]


def _put(path: str, **body: Any) -> Callable[[Real, Names], Awaitable[Any]]:
    return lambda real, names: real.conductor.call("PUT", path.format(names=names), body)


# Events and facts


def _event(name: str, **payload: Any) -> Deed:
    return Deed(
        lambda world, names: world.event(name, payload), lambda real, names: real.conductor.tell_now(name, names.account, **payload)
    )


def _know(**values: Any) -> Deed:
    told = {name: write_value(value) for name, value in values.items()}
    known = {f"account.{name}": value for name, value in values.items()}
    return Deed(lambda world, names: world.know(known), _put("/v1/accounts/{names.account}", facts=told))


def _starts(days: int) -> Deed:
    starts_on = MONDAY + timedelta(days=days)

    def virtual(world: Played, names: Names) -> None:
        (told,) = (contract for contract in world.account.contracts if contract.id == names.contract)
        world.change_contract(replace(told, starts_on=starts_on))

    return Deed(virtual, _put("/v1/accounts/{names.account}/contracts/{names.contract}", starts_on=starts_on.isoformat()))


def _read_health() -> Deed:
    return Deed(lambda world, names: world.read_health(), lambda real, names: real.read_health(names))


# People


def _contact(active: bool | None = None, zone: str | None = None) -> Deed:
    """The first contact leaves, comes back or moves."""

    def virtual(world: Played, names: Names) -> None:
        id = names.contact(0)
        if any(contact.id == id for contact in world.account.contacts):
            world.change_contact(id, **({} if active is None else {"active": active}), **({"zone": zone} if zone else {}))

    async def real(real: Real, names: Names) -> None:
        account = await real.conductor.call("GET", f"/v1/accounts/{names.account}")
        if any(contact["id"] == names.contact(0) for contact in account["contacts"]):
            body = {**({} if active is None else {"active": active}), **({"time_zone": zone} if zone else {})}
            await real.conductor.call("PUT", f"/v1/accounts/{names.account}/contacts/{names.contact(0)}", body)

    return Deed(virtual, real)


def _owner(of: Callable[[Names], str | None]) -> Deed:
    return Deed(
        lambda world, names: world.change_owner(of(names)),
        lambda real, names: real.conductor.call("PUT", f"/v1/accounts/{names.account}", {"owner": of(names)}),
    )


def _csm_is(active: bool) -> Deed:
    return Deed(
        lambda world, names: world.change_person(replace(world.account.people[names.csm], active=active)),
        _put("/v1/people/{names.csm}", active=active),
    )


def _csm_is_away(first: int, last: int) -> Deed:
    days = (MONDAY + timedelta(days=first), MONDAY + timedelta(days=last))
    return Deed(
        lambda world, names: world.change_person(replace(world.account.people[names.csm], absences=(Absence(*days),))),
        _put("/v1/people/{names.csm}", absences=[{"starts_on": days[0].isoformat(), "ends_on": days[1].isoformat()}]),
    )


# Orders


def _run(world: Played, names: Names) -> RunStanding | None:
    return next((run for run in world.runs.values() if run.journey.name == names.journey), None)


def _order(news: Callable[[datetime], News], path: str, body: Mapping[str, Any], fits: Callable[[RunStanding], bool], asks: str) -> Deed:
    """An order for the run of the story, where it is live and the order makes sense: `asks` names the step it must stand at, or `held`."""

    def virtual(world: Played, names: Names) -> None:
        run = _run(world, names)
        if run is not None and fits(run):
            world.tell_run(run.id, news(world.now))

    async def real(real: Real, names: Names) -> None:
        if (found := real.live(names)) is None:
            return
        id, steps, held = found
        if asks in ("", *steps, *(["held"] if held else [])):
            await real.conductor.call("POST", f"/v1/enrollments/{id}/{path}", {"by": BY, **body})

    return Deed(virtual, real)


def _hold(resume: Resume, until: datetime | None = None) -> Deed:
    body = {"why": WHY, "resume": resume, **({"until": until.isoformat()} if until else {})}
    deed = _order(lambda now: HoldOrdered(now, until, resume, BY, WHY), "hold", body, lambda run: True, "")
    if until is None:
        return deed

    def virtual(world: Played, names: Names) -> None:
        if world.now < until:
            deed.virtual(world, names)

    async def real(real: Real, names: Names) -> None:
        if real.conductor.clock.now < until:
            await deed.real(real, names)

    return Deed(virtual, real)


def _resume() -> Deed:
    """Goes on, unless a hold of the account or the journey keeps the run back: then that is to be lifted."""
    deed = _order(lambda now: ResumeOrdered(now, BY), "resume", {}, lambda run: run.state.pause is not None, "held")

    def virtual(world: Played, names: Names) -> None:
        if holding.keeping(world.account.holds, names.journey, world.now) is None:
            deed.virtual(world, names)

    async def real(real: Real, names: Names) -> None:
        if not real.is_kept_back(names):
            await deed.real(real, names)

    return Deed(virtual, real)


def _skip(step: str) -> Deed:
    def stands(run: RunStanding) -> bool:
        return any(position.step == step for position in run.state.tracks.values())

    return _order(lambda now: SkipOrdered(step, now, BY), "skip", {"step": step}, stands, step)


def _exit(tasks: Fate) -> Deed:
    return _order(lambda now: ExitOrdered(now, f"{WHY} (by {BY})", BY, tasks), "exit", {"why": WHY, "tasks": tasks}, lambda run: True, "")


def _place(*, journey: bool = False, mail_class: str | None = None, days: int | None = None) -> Deed:
    """The account, the story or a class of its mail is held, for so many days."""

    def until(now: datetime) -> datetime | None:
        return now + timedelta(days=days) if days else None

    def virtual(world: Played, names: Names) -> None:
        world.place(Hold(f"placed-{next(NUMBERS)}", names.journey if journey else None, mail_class, until(world.now), WHY))

    async def real(real: Real, names: Names) -> None:
        ends = until(real.conductor.clock.now)
        body = {
            "by": BY, "reason": WHY, **({"journey": names.journey} if journey else {}),
            **({"mail_class": mail_class} if mail_class else {}), **({"until": ends.isoformat()} if ends else {}),
        }  # fmt: skip
        await real.conductor.call("POST", f"/v1/accounts/{names.account}/holds", body)

    return Deed(virtual, real)


def _lift() -> Deed:
    """The hold that a person placed first ends."""

    def virtual(world: Played, names: Names) -> None:
        placed = [hold for owner, hold in world.holds.values() if not owner and not hold.is_over(world.now)]
        for hold in placed[:1]:
            world.lift(hold.id)

    async def real(real: Real, names: Names) -> None:
        for id in real.placed_holds(names)[:1]:
            await real.conductor.call("POST", f"/v1/holds/{id}/lift", {"by": BY})

    return Deed(virtual, real)


def _enroll(of: Callable[[Names], str]) -> Deed:
    async def real(real: Real, names: Names) -> None:
        body = {"journey": of(names), "account": names.account, "by": BY}
        await real.conductor.call("POST", "/v1/enrollments", body, status=(200, 201, 409))

    def virtual(world: Played, names: Names) -> None:
        is_for_account = world.journeys[of(names)].any_plan.text.for_ == "account"
        contract = world.account.contract(None, local_day(world.now, zone(world.account.zone)))
        key = names.account if is_for_account else contract and contract.id
        if all((run.journey.name, run.key) != (of(names), key) for run in world.runs.values()):
            told = len(world.whys)
            world.enroll(of(names), f"by {BY}")
            if world.whys[told].decision.what == "not enrolled":
                del world.whys[told:]  # whoever asks is told so, and nothing is kept

    return Deed(virtual, real)


def _publish(in_flight: InFlight) -> Deed:
    def virtual(world: Played, names: Names) -> None:
        if world.newer:
            world.publish(world.newer, in_flight)

    return Deed(virtual, lambda real, names: real.publish(names, in_flight))


# Answers


def _reply() -> Deed:
    """The latest mail of the story is answered."""

    def virtual(world: Played, names: Names) -> None:
        mails = [touch for touch in world.touches if touch.kind == "mail" and touch.journey == names.journey]
        if mails:
            last = max(mails, key=lambda touch: (touch.at, touch.step, touch.visit, touch.recipient))
            world.event("mail_replied", {"message_id": "it"})
            world.engage(Engaged(last.step, last.visit, world.now, "replied"), last.run)

    async def real(real: Real, names: Names) -> None:
        if (id := real.last_mail(names)) is not None:
            await real.conductor.tell_now("mail_replied", names.account, message_id=id)

    return Deed(virtual, real)


def _open_asks(world: Played) -> list[Asked]:
    found = [
        Asked("task", id.rpartition("#")[0], step, visit, task.intent.outcomes[0] if task.intent.outcomes else None, id)
        for (id, step, visit), task in world.tasks.items()
        if task.open
    ]
    found += [
        Asked("approval", id.rpartition("#")[0], step, visit, None, id)
        for (id, step, visit), approval in world.approvals.items()
        if approval.open
    ]
    return found


def _finish(kind: str) -> Deed:
    """The first open task is done, or the first approval decided: refused where its visit is even."""

    def virtual(world: Played, names: Names) -> None:
        for asked in sorted((ask for ask in _open_asks(world) if ask.kind == kind), key=_in_order)[:1]:
            if kind == "task":
                world.complete_task(asked.id, asked.step, asked.visit, asked.outcome)
            else:
                world.decide_approval(asked.id, asked.step, asked.visit, asked.visit % 2 == 1)

    async def real(real: Real, names: Names) -> None:
        for asked in sorted((ask for ask in real.open_asks(names) if ask.kind == kind), key=_in_order)[:1]:
            if kind == "task":
                await real.conductor.call("POST", f"/v1/tasks/{asked.id}/complete", {"by": BY, "outcome": asked.outcome})
            else:
                verdict = "approve" if asked.visit % 2 == 1 else "refuse"
                await real.conductor.call("POST", f"/v1/approvals/{asked.id}/{verdict}", {"by": BY})

    return Deed(virtual, real)


def _in_order(asked: Asked) -> tuple[str, str, int]:
    return asked.journey, asked.step, asked.visit


def _day(count: int) -> date:
    return MONDAY + timedelta(days=count)


DEEDS: Mapping[str, Deed] = {
    **{f"event {name}": _event(name) for name in EVENTS if name not in ("answered", "gone")},
    "answered 9": _event("answered", survey="nps", score=9),
    "gone": _event("gone", reason="price"),
    "ready": _know(ready=True), "not ready": _know(ready=False), "wishes": _know(wishes=9), "no wishes": _know(wishes=0),
    "won": _know(stage="won"), "left": _know(left_on=_day(4)), "left later": _know(left_on=_day(8)), "not left": _know(left_on=None),
    "smb": _know(segment="smb"), "enterprise": _know(segment="enterprise"), "no contact": _know(do_not_contact=True),
    "contact again": _know(do_not_contact=False), "growth": _know(growth=3),
    "healthy": _know(usage=95, engagement=95, performance=95, satisfaction=95), "ill": _know(usage=35, engagement=50), "reading": _read_health(),
    "hold": _hold("shift"), "hold and skip": _hold("skip"), "hold and send": _hold("send"),
    "hold until": _hold("shift", START + timedelta(days=6)), "hold until, skip": _hold("skip", START + timedelta(days=9, hours=2)),
    "resume": _resume(), "start later": _starts(5), "start earlier": _starts(-5),
    "skip s1": _skip("s1"), "skip s2": _skip("s2"), "skip s3": _skip("s3"), "skip s5": _skip("s5"),
    "exit, close": _exit("close"), "exit, keep": _exit("keep"), "exit, hand on": _exit("hand_on"),
    "contact leaves": _contact(active=False), "contact is back": _contact(active=True), "contact moves": _contact(zone="America/New_York"),
    "owner director": _owner(lambda names: "director"), "owner csm": _owner(lambda names: names.csm), "owner nobody": _owner(lambda names: None),
    "csm leaves": _csm_is(False), "csm is back": _csm_is(True), "csm is away": _csm_is_away(2, 9), "csm is away later": _csm_is_away(8, 19),
    "account held": _place(), "account held for days": _place(days=3), "story held": _place(journey=True),
    "class held": _place(mail_class="onboarding"), "class held for days": _place(mail_class="onboarding", days=4), "lift": _lift(),
    "other": _enroll(lambda names: "other"), "again": _enroll(lambda names: names.journey), "reply": _reply(),
    "a task is done": _finish("task"), "an approval is decided": _finish("approval"),
    **{f"publish, {in_flight}": _publish(in_flight) for in_flight in get_args(InFlight)},
}  # fmt: skip
