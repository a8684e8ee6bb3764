"""Journeys, accounts and happenings that nobody would write: strategies for Hypothesis. Everything generated passes `tenure check`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from domain import journey
from domain.account import Account
from domain.facts import Hold
from domain.journey import Journey
from domain.language import verb_of
from domain.news import Changed, Engaged
from domain.people import Behaviour
from domain.simulation import World
from tests.domain.kit import (
    HEAD,
    MAILS,
    MONDAY,
    a_contact,
    a_house,
    a_person,
    an_account,
    change,
    hold,
    know,
    leave,
    move_start,
    people,
    resume,
    skip,
)

Step = dict[str, Any]

ZONES = ("Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata", "Pacific/Kiritimati")
WATCHED = (
    "account.ready", "not account.ready", "account.wishes > 5", 'account.stage == "won"', '"vip" in account.tags', "account.left_on",
    "steps.s1.visits > 0", "steps.s1.done_on", 'health.band == "high_risk"', "account.quiet",
)  # fmt: skip
CONDITIONS = (
    *WATCHED,
    "day > 9",
    "day < 4",
    "days_since(account.left_on) > 3",
    'account.segment == "smb"',
    "true",
    "account.wishes / day > 1",
)
EVENTS = ("set_up", "answered", "seen", "missed", "signed", "gone")
OFFSETS = (
    "contract.starts_on + 2 business days", "contract.starts_on - 2 business days", "contract.ends_on - 355 days", "account.left_on + 4 business days",
    "account.left_on - 3 business days", "start",
)  # fmt: skip
DURATIONS = ("90 minutes", "5 hours", "4 working hours", "1 day", "3 days", "2 business days", "1 week")

conditions, watched, durations = st.sampled_from(CONDITIONS), st.sampled_from(WATCHED), st.sampled_from(DURATIONS)
theirs = st.lists(st.sampled_from(("champion", "sponsor", "user", "admin", "signer")), min_size=1, max_size=2)
ours = st.sampled_from(("owner", "csm", "director", "vp", "cco", "pool", "engineer"))
days = st.integers(-3, 20)


def varied(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Now and then another value for another segment."""
    variants = st.builds(lambda one, other: {"by segment": {"smb": one, "else": other}}, values, values)
    return st.integers(0, 5).flatmap(lambda number: variants if number == 0 else values)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """Any of these fields."""
    return st.fixed_dictionaries({}, optional=dict(fields))


@cache
def a_step(depth: int, in_repeat: bool) -> st.SearchStrategy[Step]:
    """One step without its name and days."""

    def inner(least: int = 0, repeats: bool = in_repeat) -> st.SearchStrategy[Any]:
        return a_list(depth - 1, repeats, least) if depth else st.just([{"wait": "1 day"}] if least else [])

    gate = st.builds(
        lambda by, more: {"by": by, **more},
        ours,
        some(within=durations, otherwise=st.sampled_from(("send", "skip", "escalate")), when=conditions),
    )
    verbs: list[st.SearchStrategy[Step]] = [
        st.builds(lambda mail, to, more: {"send": mail, "to": to, **more}, st.sampled_from((*MAILS, "receipt")), varied(theirs), some(approval=gate)),
        st.just({"post": "cheers"}),
        st.builds(lambda to: {"post": "heads-up", "to": to}, ours),
        st.builds(
            lambda owner, sla, more: {"task": "call", "owner": owner, "sla": sla, **more},
            varied(ours), st.sampled_from(("P1", "P2", "P3", "P4")), some(due=durations, outcomes=st.just(["good", "bad"])),
        ),
        st.builds(lambda wait, then: {"task": "plan", "owner": "csm", "wait": wait, "otherwise": then}, durations, inner()),
        st.builds(lambda by, more: {"approval": "price", "by": by, **more}, ours, some(within=durations, otherwise=st.sampled_from(("send", "skip", "escalate")))),
        st.builds(lambda wait: {"wait": wait}, st.one_of(durations, st.sampled_from(("until 09:00", "until 23:30", "until day 6", "until account.left_on", "until account.left_on + 2 business days")))),
        st.builds(
            lambda event, end, more: {"wait_for": event, **end, **more},
            st.sampled_from(EVENTS), a_deadline(), some(since=st.sampled_from(("start", "now")), otherwise=inner()),
        ),
        st.builds(lambda condition, end, then: {"wait_for": condition, **end, "otherwise": then}, watched.filter(lambda text: "." in text), a_deadline(), inner()),
        st.builds(lambda when, one, other: {"branch": "b", "cases": [{"when": when, "steps": one}, {"else": other}]}, conditions, inner(), varied(inner())),
        st.builds(lambda when, one, other: {"check": "c", "verdicts": [{"verdict": "good", "when": when, "steps": one}, {"else": other}]}, conditions, inner(), inner()),
        st.builds(lambda one, other: {"split": "d", "arms": [{"arm": "a", "percent": 30, "steps": one}, {"arm": "b", "percent": 70, "steps": other}]}, inner(), inner()),
        st.builds(lambda cause, to, sla: {"escalate": cause, "to": to, "sla": sla}, st.sampled_from(("stuck", "late")), ours, st.sampled_from(("P1", "P2", "P4"))),
        st.sampled_from([{"set": facts} for facts in ({"account.ready": True}, {"account.wishes": 9}, {"tag": "vip"}, {"account.left_on": "today"}, {"account.stage": "won"})]),
        st.sampled_from([{"start": "other"}, {"stop": "other"}, {"webhook": "crm"}, {"hold": {"classes": ["growth"]}}, {"hold": {"journey": "other"}, "for": "3 days"}]),
        st.builds(
            lambda every, until, steps: {"repeat": "r", "every": every, "until": until, "steps": steps},
            st.sampled_from(("1 day", "2 business days", "1 week")), conditions, inner(1, True),
        ),
    ]  # fmt: skip
    common = some(when=conditions, late=st.sampled_from(("run", "skip", {"skip_after": "2 days"})))
    shadows = st.sampled_from((*[None] * 12, "yes", "account.ready"))
    return st.builds(lambda step, more, shadow: {**step, **more, **_shadow(step, shadow)}, st.one_of(verbs), common, shadows)


def _shadow(step: Step, said: str | None) -> Step:
    """What only steers has no shadow."""
    return {"shadow": said} if said and verb_of(step) not in ("wait", "wait_for", "branch", "check", "split", "repeat") else {}


def a_deadline() -> st.SearchStrategy[Step]:
    within = durations.map(lambda text: {"within": text})
    return st.one_of(within, st.sampled_from(("day 9", "day -2", "account.left_on")).map(lambda text: {"until": text}))


@st.composite
def a_list(draw: st.DrawFn, depth: int, in_repeat: bool, least: int = 0) -> list[Step]:
    """Steps in one list, whose days only go forward."""
    steps = draw(st.lists(a_step(depth, in_repeat), min_size=least, max_size=3))
    day = draw(days)
    for step in steps:
        match draw(st.integers(0, 5)):
            case 0:
                step["at"] = f"day {day}"
            case 1 if not in_repeat:
                step["at"] = [f"day {day}", f"day {day + 1}", f"day {day + 6}"]
                day += 6
            case 2:
                step["at"] = draw(st.sampled_from(OFFSETS))
        day += draw(st.integers(0, 4))
    return steps


@cache
def a_reaction() -> st.SearchStrategy[Step]:
    return st.builds(
        lambda cause, again, steps: {**cause, "again": again, "steps": steps},
        st.one_of(st.sampled_from(EVENTS).map(lambda event: {"on": event}), watched.map(lambda when: {"when": when}), st.just({"band": "high_risk"})),
        st.sampled_from(("never", "each", "after 3 days")), a_list(1, False, 1),
    )  # fmt: skip


@cache
def an_end() -> st.SearchStrategy[Step]:
    return st.builds(
        lambda cause, then, tasks: {**cause, "then": then, "tasks": tasks},
        st.one_of(st.just({"on": "gone"}), st.just({"when": 'account.stage == "lost"'})), a_list(1, False), st.sampled_from(("close", "keep", "hand_on")),
    )  # fmt: skip


@cache
def a_journey_of_anything() -> st.SearchStrategy[Step]:
    lists = a_list(2, False)
    return st.fixed_dictionaries(
        {
            "anchor": st.sampled_from(("contract.starts_on", "start", "account.left_on")),
            "steps": lists.map(lambda steps: [{"set": {"account.share": 0.5}}, *steps]),
            "tracks": st.fixed_dictionaries({"beside": varied(a_list(1, False)), "more": lists}),
            "whenever": st.lists(a_reaction(), max_size=2),
            "ends": st.lists(an_end(), max_size=1),
        },
        optional={"goal": watched, "late": st.sampled_from(("run", "skip", {"skip_after": "2 days"})), "apart": st.just("2 business days")},
    )


@st.composite
def a_text(draw: st.DrawFn) -> str:
    """A journey as text (JSON is YAML)."""
    journey = json.loads(
        json.dumps({**HEAD, "steps": [], "starts": {"manual": True, "reenter": "always"}, **draw(a_journey_of_anything())})
    )
    for number, reaction in enumerate(journey["whenever"]):
        reaction["name"] = f"reaction-{number}"
    _name(journey, itertools.count(1))
    return json.dumps(journey)


def _name(value: Any, numbers: Iterator[int]) -> None:
    """Every step gets a name of its own, in reading order; s1 is the first of the main track."""
    if isinstance(value, list):
        for item in value:
            _name(item, numbers)
    elif isinstance(value, dict):
        if verb_of(value):
            value["id"] = f"s{next(numbers)}"
        for name in (name for name in value if name in HOLD_STEPS):
            _name(value[name], numbers)


HOLD_STEPS = (
    "steps", "otherwise", "cases", "verdicts", "arms", "then", "tracks", "whenever", "ends", "beside", "more", "by segment", "smb", "else",
)  # fmt: skip


# Accounts, and what happens


@st.composite
def an_odd_account(draw: st.DrawFn) -> Account:
    zones = st.sampled_from(("", *ZONES))
    roles = st.lists(st.sampled_from(("champion", "sponsor", "user", "admin")), min_size=1, max_size=2, unique=True)
    contacts = tuple(
        a_contact(f"reader-{number}", *draw(roles), zone=draw(zones), country=draw(st.sampled_from(("", "DE", "US"))))
        for number in range(draw(st.integers(0, 3)))
    )
    csm = a_person("csm", "csm", zone=draw(st.sampled_from(ZONES)), manager_id="director", active=draw(st.integers(0, 5)) > 0)
    account = an_account(
        draw(st.sampled_from(("enterprise", "smb"))), contacts=contacts, people=people(csm), zone=draw(st.sampled_from(ZONES)),
        owner_id=draw(st.sampled_from(("csm", None))), since=MONDAY - timedelta(days=draw(st.sampled_from((0, 90)))),
    )  # fmt: skip
    starts_on = MONDAY + timedelta(days=draw(st.integers(-9, 4)))
    return replace(account, contracts=(replace(account.contracts[0], starts_on=starts_on),))


@dataclass(frozen=True)
class Happening:
    """Something that happens so many hours into a play; `what` shows in a failing example."""

    hours: int
    what: str
    act: Callable[[World], None]

    def __repr__(self) -> str:
        return f"{self.hours}h {self.what}"


def _event(name: str, **payload: Any) -> Callable[[World], None]:
    return lambda world: world.event(name, payload)


def _lift(world: World) -> None:
    world.change(replace(world.account, holds=()))
    world.order("story", Changed(world.now, ("holds",)))


def _reply(world: World) -> None:
    for touch in [touch for touch in world.touches if touch.kind == "mail"][-1:]:
        world._notify_run(touch.run, Engaged(touch.step, touch.visit, world.now, "replied"))


def _finish(world: World) -> None:
    """Everything anybody was asked for is done."""
    for run, step, visit in list(world.tasks):
        world.complete_task(run, step, visit, "good")
    for run, step, visit in list(world.approvals):
        world.decide_approval(run, step, visit, visit % 2 == 1)
    for cause in list(world.escalations):
        world.resolve(cause)


ACTS: Mapping[str, Callable[[World], None]] = {
    **{f"event {name}": _event(name, survey="nps", score=9) for name in EVENTS if name != "gone"}, "gone": _event("gone", reason="price"),
    "ready": know(ready=True), "not ready": know(ready=False), "wishes": know(wishes=9), "no wishes": know(wishes=0), "won": know(stage="won"),
    "left": know(left_on=MONDAY + timedelta(days=4)), "left later": know(left_on=MONDAY + timedelta(days=8)), "not left": know(left_on=None),
    "smb": know(segment="smb"), "enterprise": know(segment="enterprise"),
    "healthy": know(usage=95, engagement=95, performance=95, satisfaction=95), "ill": know(usage=35, engagement=50),
    "hold": hold(), "hold and skip": hold("skip"), "hold and send": hold("send"), "hold until": hold("shift", until="6 10:00"), "resume": resume,
    "start later": move_start(5), "start earlier": move_start(-5), "skip": skip("s2"), "exit": leave,
    "nobody": change(contacts=()), "owner": change(owner_id="director"), "account held": change(holds=(Hold("h"),)),
    "class held": change(holds=(Hold("h", mail_class="onboarding", until=None),)), "lift": _lift, "no contact": know(do_not_contact=True),
    "other": lambda world: world.enroll("other"), "reply": _reply, "finish": _finish,
}  # fmt: skip

happenings = st.lists(
    st.builds(lambda hours, what: Happening(hours, what, ACTS[what]), st.integers(0, 24 * 20), st.sampled_from(sorted(ACTS))), max_size=6
)
behaviours: st.SearchStrategy[Behaviour] = st.sampled_from(("prompt", "late", "silent"))


def compiled(text: str) -> Journey:
    """A generated text as a journey."""
    return journey.compile(text, "story.yaml", a_house().segments)
