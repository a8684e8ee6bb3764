"""One run during one turn: its state opened for change, and what is known and decided meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from domain import filling
from domain.conditions import Condition
from domain.durations import Unit
from domain.facts import Contact, Facts, Resume, Scope
from domain.filling import Today
from domain.house import House
from domain.intents import AskApproval, CreateTask, Decision, Intent, RaiseEscalation, SendMessage, in_shadow
from domain.journey import Journey, Node, Plan
from domain.language import At, Post
from domain.roles import Holder, holder, recipients
from domain.state import RECORDED, Position, Record, State
from domain.timing import Calendar, local_day


class RunScope(Scope):
    """The names a run's conditions may say: facts, policy values, `today`, `day` and `steps.<id>.<field>`."""

    def __init__(self, values: Mapping[str, Any], plan: Plan, records: Mapping[str, Record]) -> None:
        super().__init__(values)
        self.plan = plan
        self.records = records

    def __missing__(self, name: str) -> Any:
        if not name.startswith("steps."):
            return None
        _, step, field = name.split(".", 2)
        record = self.records.get(self.plan.names.get(step, ""))
        if field not in RECORDED:
            return None
        return getattr(record, field) if record else (0 if field == "visits" else None)


class Run:
    """`journey`, `house`, `facts` and `now` are what the turn was told; the rest is the state, opened."""

    def __init__(self, journey: Journey, house: House, state: State, now: datetime, facts: Facts) -> None:
        self.journey = journey
        self.plan = journey.plan(facts.segment)
        self.house = house
        self.now = now
        self.facts = facts
        self.before = state
        self.tracks = dict(state.tracks)
        self.records = dict(state.records)
        self.reactions = dict(state.reactions)
        self.heard = state.heard
        self.anchor_on = state.anchor_on
        self.goal_at = state.goal_at
        self.last_mail_at = state.last_mail_at
        self.pause = state.pause
        self.closing = state.closing
        self.over = state.over
        self.resumed_at = state.resumed_at
        self.shadow = state.shadow
        self.shadowed: Position | None = None  # of the step that acts now, where it is in shadow
        self.holds_over: list[tuple[datetime, datetime, Resume]] = []  # since, until, policy: as this turn was told
        self.noted = 0
        self.intents: list[Intent] = []
        self.decisions: list[Decision] = []
        self._scope: RunScope | None = None

    def state(self) -> State:
        return State(
            self.before.begun_at, self.tracks, self.records, self.heard, self.reactions, self.anchor_on, self.goal_at,
            self.last_mail_at, self.pause, self.closing, self.over, self.resumed_at, self.shadow,
        )  # fmt: skip

    # What is known

    @cached_property
    def today(self) -> date:
        return self.facts.today(self.now)

    @property
    def scope(self) -> RunScope:
        if self._scope is None:
            scope = self._scope = RunScope(self.facts.values, self.plan, self.records)
            scope["today"] = self.today
            scope["day"] = (self.today - self.anchor_on).days if self.anchor_on else None
        return self._scope

    def learn(self, values: Mapping[str, Any]) -> None:
        """Facts this turn itself made known count from here on."""
        told_at = {**self.facts.told_at, **dict.fromkeys(values, self.now)}
        self.facts = replace(self.facts.with_values(values), told_at=told_at)
        self._scope = None
        self.find_anchor()

    def holds(self, condition: Condition | None) -> bool:
        return condition is None or condition.holds(self.scope)

    def holds_on(self, condition: Condition, day: date) -> bool:
        """Whether it will hold on a later day if nothing but the day changes."""
        scope = RunScope(self.scope, self.plan, self.records)
        scope.update(today=day, day=(day - self.anchor_on).days if self.anchor_on else None)
        return condition.holds(scope)

    def fits(self, condition: Condition | None, payload: Mapping[str, Any]) -> bool:
        """Whether a `where` holds of an event's payload."""
        if condition is None:
            return True
        scope = RunScope(self.scope, self.plan, self.records)
        scope.update({f"event.{name}": value for name, value in payload.items()})
        return condition.holds(scope)

    def find_anchor(self) -> None:
        anchor = self.plan.text.anchor
        found = local_day(self.before.begun_at, self.facts.zone) if anchor == "start" else self.facts.values.get(anchor)
        if found != self.anchor_on:
            if self.anchor_on is not None:
                self.decide("moved", f"{anchor} moved from {self.anchor_on} to {found}", rule=anchor)
            self.anchor_on = found
            self._scope = None

    def day_of(self, at: At) -> date | None:
        """The local day an `at` means now; None while its date is not known."""
        if at.day is not None:
            return self.anchor_on + timedelta(days=at.day) if self.anchor_on else None
        if at.fact is None:
            return local_day(self.before.begun_at, self.facts.zone)
        base = self.facts.values.get(at.fact)
        if base is None or at.offset is None:
            return base
        if at.offset.unit is Unit.BUSINESS_DAY:
            return self._business_days(base, at.offset.count, at.before)
        days = at.offset.count * (7 if at.offset.unit is Unit.WEEK else 1)
        moved: date = base + timedelta(days=-days if at.before else days)
        return moved

    def _business_days(self, base: date, count: int, before: bool) -> date:
        calendar = self.account_calendar()
        if not before:
            return calendar.business_days_after(base, count)
        while count:
            base -= timedelta(days=1)
            count -= calendar.is_open_on(base)
        return base

    # People and calendars

    def holder(self, role: str) -> Holder | None:
        return holder(role, self.house.roles, self.house.calendars, self.facts, self.now)

    def working(self, held: Holder | None) -> Calendar:
        """The working hours of whoever holds a role; the account's zone when nobody does."""
        if held is None:
            return self.house.calendars.working(self.facts.zone.key, self.facts.country)
        return self.house.calendars.working(held.person.zone, held.person.country)

    def account_calendar(self) -> Calendar:
        return self.house.calendars.sending(self.facts.zone.key, self.facts.country)

    def sending(self, contact: Contact) -> Calendar:
        """The send window of one reader."""
        return self.house.calendars.reader(contact, self.facts)

    # Words

    def lacks(self, template: str, readers: Iterable[Contact]) -> dict[str, str]:
        """What the mail lacks for whom, by the reader's id (see `filling.lack`)."""
        today = Today(self.today, self.scope["day"])
        told = {reader.id: filling.lack(self.house, self.facts, today, reader, template) for reader in readers}
        return {id: why for id, why in told.items() if why}

    # What is decided

    def decide(
        self, what: str, result: str, node: Node | None = None, rule: object = "", position: Position | None = None,
        weighed: Iterable[Condition] = (),
    ) -> None:  # fmt: skip
        """Records a decision: the rule it followed, with the values that rule saw and those of what else was `weighed`."""
        conditions = [*weighed, *([rule] if isinstance(rule, Condition) else [])]
        inputs = {name: value for condition in conditions for name, value in condition.seen(self.scope).items()}
        step, visit, day = node.id if node else None, position.visit if position else None, position.day if position else None
        self.decisions.append(Decision(what, result, step, visit, str(rule), inputs, day, told_at(inputs, self.house, self.facts)))

    def intend(self, intent: Intent) -> None:
        at = self.shadowed
        self.intents.append(in_shadow(intent, at.step, at.visit) if at else intent)
        match intent:
            case SendMessage(audience="contact" | "person"):
                self._address(intent.step, intent.visit, intent.recipient)
            case CreateTask() | AskApproval() | RaiseEscalation():
                self._address_ours(intent.step, intent.visit, intent.role)
            case _:
                pass

    def _address(self, id: str, visit: int, recipient: str) -> None:
        """Records as which of the roles a message's reader got it, where that does not follow from the step alone."""
        step = self.plan.node(id).step
        asked: tuple[str, ...] = getattr(step, "to", None) or ()
        if isinstance(step, Post):
            for role in asked:
                self._address_ours(id, visit, role, recipient)
            return
        for role in asked:
            reader = next((contact for contact in recipients(role, self.house.roles, self.facts) if contact.id == recipient), None)
            if reader is None:
                continue
            if role == "contact" or role in reader.roles:
                if len(asked) > 1:
                    self._addressed(id, visit, role, f"{recipient} as {role}")
            else:
                held = next(other for other in self.house.roles.theirs[role].otherwise if other in reader.roles)
                self._addressed(id, visit, role, f"{recipient} as {held}: nobody is {role}")
            return

    def _address_ours(self, id: str, visit: int, role: str, recipient: str | None = None) -> None:
        """Records who stands in for a role of ours, and why."""
        held = self.holder(role)
        if held is None:
            self._addressed(id, visit, role, f"nobody: nobody holds {role}")
        elif recipient not in (None, held.person.id):
            return
        elif held.covering_for:
            self._addressed(id, visit, role, f"{held.person.id} as {held.role}: {held.covering_for.id} is away")
        elif held.role != role:
            self._addressed(id, visit, role, f"{held.person.id} as {held.role}: nobody is there for {role}")

    def _addressed(self, step: str, visit: int, role: str, result: str) -> None:
        self.decisions.append(Decision("addressed", result, step, visit, role))

    def record(self, step: str) -> Record:
        return self.records.get(step) or Record()

    def note(self, step: str, **changes: Any) -> None:
        self.records[step] = replace(self.record(step), **changes)
        self.noted += 1

    def standing_at(self, step: str, visit: int | None = None) -> tuple[str, Position] | None:
        """The track that stands at a step (at this visit of it), and its position."""
        for track, position in self.tracks.items():
            if position.step == step and visit in (None, position.visit):
                return track, position
        return None


def told_at(names: Iterable[str], house: House, facts: Facts) -> dict[str, datetime]:
    """When each of these facts was told, as far as that is known; a fact about quiet is as old as the one it follows from."""
    quiets = house.vocabulary.quiets
    sources = ((name, quiets[name].fact if name in quiets else name) for name in names)
    return {name: facts.told_at[source] for name, source in sources if source in facts.told_at}
