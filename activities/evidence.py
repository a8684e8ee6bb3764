"""What is known around one thing that an account was sent or asked: its step as written, what was decided on the way, who was meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Row

from activities import records
from activities.reasons import Decided, Entry, Gate, Held, Kind, Reader, Rule, Seen, Woken
from activities.records import Records
from activities.view import View
from database import accounts
from domain import news
from domain.account import Account
from domain.journey import CLOSING, Journey, Node, Plan
from domain.language import Post, Send
from domain.news import News


@dataclass
class Evidence:
    """Everything read of one account. `records` are read once it is known what is asked."""

    view: View
    account: Account
    records: Records = field(default_factory=Records)

    @cached_property
    def runs(self) -> Mapping[str, Row[Any]]:
        """The account's runs by id, the latest first."""
        return records.runs_of(self.view.session, self.account.id)

    def journeys(self) -> Iterator[Journey]:
        """Those that are published, and the versions that the account's runs are on."""
        yield from self.view.published.journeys.values()
        yield from self.versions.values()

    @cached_property
    def versions(self) -> dict[tuple[str, int], Journey]:
        used = {(row.journey, row.version): row for row in self.runs.values()}
        return {of: self.view.journey(row) for of, row in used.items()}

    def version(self, name: str, version: int) -> Journey:
        """A version that a run is on, or was on before it was moved."""
        if (name, version) not in self.versions:
            view = self.view
            self.versions[name, version] = view.office.definitions.journey(view.session, view.published, name, version)
        return self.versions[name, version]

    @cached_property
    def around(self) -> frozenset[str]:
        """The steps that hold others, of every version in use."""
        return frozenset(id for journey in self.versions.values() for plan in journey.plans.values() for id in plan.firsts)

    def plan(self, journey: Journey) -> Plan:
        return journey.plan(str(self.account.values.get("account.segment") or ""))

    def node(self, run: Row[Any] | None, step: str | None, version: int | None = None) -> Node | None:
        """A step of the version that a run was on, in whatever segment's plan it is."""
        if run is None or not step:
            return None
        journey = self.version(run.journey, version or run.version)
        plan = self.plan(journey)
        return next((each.nodes[step] for each in (plan, *journey.plans.values()) if step in each.nodes), None)

    def placed(self, entry: Entry, run: Row[Any] | None, step: str | None, visit: int | None, at: datetime) -> Entry:
        """The entry with where its journey says so, what was decided on the way to it, and what woke the run."""
        if run is None:
            return entry
        own = [row for row in self.decided_at(run.id, step) if step and row.visit == visit]
        # What people did at a step says no version: the run's was decided when it came there.
        version = next((row.version for row in own if row.version), run.version)
        node = self.node(run, step, version)
        rule = rule_of(self.version(run.journey, version), node, visit) if node else None
        day = self.day(run, node, own, at)
        return replace(
            entry, journey=run.journey, version=version, run_id=run.id, step=step, visit=visit, began=run.why,
            rule=rule, day=day, closed=bool(day and self.is_closed(day, entry.kind)),
            woken_by=self.woken(run.id, at), decided=tuple(map(self.show, [*self.before(run, node, at), *own])),
        )  # fmt: skip

    def day(self, run: Row[Any], node: Node | None, own: Sequence[Row[Any]], at: datetime) -> date | None:
        """The local day that a visit of a step was for, as was written down or, where its anchor has not moved since, as it follows."""
        if known := next((row.day for row in reversed(own) if row.day), None):
            return known  # type: ignore[no-any-return]
        days = node.step.at if node else None
        moved = any(row.what == "moved" and row.at > at for row in self.decided_at(run.id, None))
        if not days or moved or run.anchor_on is None:
            return None
        number = days[min(own[0].visit if own else 1, len(days)) - 1].day
        return None if number is None else run.anchor_on + timedelta(days=number)

    def is_closed(self, day: date, kind: Kind) -> bool:
        """Whether nobody at the account is written to on a day, or nobody works there; by the calendars as they are now."""
        calendars, account = self.view.published.house.calendars, self.account
        calendar = calendars.sending if kind == "mail" else calendars.working
        return not calendar(account.zone, account.country).is_open_on(day)

    def decided_at(self, run_id: str, step: str | None) -> Sequence[Row[Any]]:
        """What was decided at a step of a run, or of the run as a whole, oldest first."""
        return self._decided.get((run_id, step), ())

    @cached_property
    def _decided(self) -> Mapping[tuple[str, str | None], Sequence[Row[Any]]]:
        found: dict[tuple[str, str | None], list[Row[Any]]] = {}
        for row in reversed(self.records.decided):
            found.setdefault((row.run_id or "", row.step), []).append(row)
        return found

    def before(self, run: Row[Any], node: Node | None, at: datetime) -> Iterator[Row[Any]]:
        """What let the run come to a step: what began its track, and what was last chosen at the steps it lies in, outermost first."""
        if node is None:
            return
        began = [row for row in self.decided_at(run.id, None) if row.at <= at and _began(row, node.track)]
        yield from began[-1:]
        lies_in: list[str] = []
        place: Node | None = node
        while place and place.parent:
            lies_in.insert(0, place.parent)
            place = self.node(run, place.parent)
        for step in lies_in:
            yield from [row for row in self.decided_at(run.id, step) if row.at <= at and row.what in ("chosen", "timed out")][-1:]

    def show(self, row: Row[Any]) -> Decided:
        saw = tuple(self.seen(name, value, row) for name, value in (row.inputs or {}).items())
        return Decided(row.at, row.what, row.result, row.step, row.rule, saw, row.day)

    def seen(self, name: str, value: Any, row: Row[Any]) -> Seen:
        told = (row.told_at or {}).get(name)
        told_at = datetime.fromisoformat(told) if told else self.read_at(name, row.at)
        vocabulary = self.view.published.house.vocabulary
        kept, fact = vocabulary.perishable.get(name), vocabulary.by_name.get(name)
        stale = bool(kept and fact and told_at and told_at + kept <= row.at and value == fact.default)
        return Seen(name, value, told_at, stale)

    def read_at(self, name: str, at: datetime) -> datetime | None:
        """When the health that a rule saw was read."""
        if not name.startswith("health."):
            return None
        return next((row.read_at for row in self.records.readings if row.read_at <= at), None)

    def by_ladder(self, row: Row[Any]) -> tuple[Decided, ...]:
        """What a ladder decided in the turn that planned a message."""
        return tuple(
            self.show(each) for each in self.decided_at(row.run_id, None) if each.at == row.planned_at and row.recipient in each.result
        )

    def judged(self, id: str) -> str:
        """What somebody says of what a step in shadow would have done."""
        row = next((each for each in self.records.shadows if each.id == id), None)
        if row is None or row.verdict is None:
            return ""
        return f"{self.name(row.judged_by)} {row.verdict}s" + (f": {row.note}" if row.note else "")

    # Who, and what woke it

    def reader(self, row: Row[Any], entry: Entry | None = None) -> Reader:
        name = self.contact(row.recipient) or self.name(row.recipient)
        if row.audience in ("channel", "webhook") or entry is None:
            return Reader(row.recipient, f"#{row.recipient}" if row.audience == "channel" else name)
        if found := self.addressed(entry, row.recipient):
            return Reader(row.recipient, name, *found)
        node = self.node(self.runs.get(row.run_id), row.step, entry.version)
        roles = node.step.to if node and isinstance(node.step, Send | Post) and node.step.to else ()
        return Reader(row.recipient, name, roles[0] if len(roles) == 1 else "")

    def holder(self, id: str | None, role: str, covering_for: str | None, entry: Entry) -> Reader:
        _, because = self.addressed(entry, id or "nobody") or ("", "")
        if not because and covering_for:
            because = f"{self.name(covering_for)} is away"
        return Reader(id, self.name(id) if id else "nobody", role, because)

    def addressed(self, entry: Entry, id: str) -> tuple[str, str] | None:
        """The role it was addressed to, and why that is not the reader's own."""
        for each in entry.decided:
            whom, because = each.result.partition(": ")[::2]
            reader, _, held = whom.partition(" as ")
            if each.what == "addressed" and reader == id:
                absent, away, _ = because.partition(" is away")
                words = f"{self.name(absent)} is away" if away else because
                return each.rule, words + (f", and {held} stands in" if held not in ("", each.rule) else "")
        return None

    def contact(self, id: str) -> str | None:
        return next((contact.name for contact in self.account.contacts if contact.id == id), None)

    def name(self, id: str | None) -> str:
        person = self.view.people.get(id or "")
        return person.name if person else id or ""

    def gate(self, row: Row[Any]) -> Gate | None:
        """The gate that a mail came to; where somebody decided about this mail, with that."""
        at = (row.run_id, row.step, row.visit)
        found = next((each for each in self.records.approvals if (each.enrollment_id, each.step, each.visit) == at), None)
        verdict = self.records.verdicts.get(row.id)
        if found is None or verdict is None:
            return self.gate_of(found, None) if found else None
        by, note = self.name(verdict.by), verdict.note or (found.note if found.decided_at == verdict.at else None)
        return replace(self.gate_of(found, None), state=verdict.verdict, decided_at=verdict.at, decided_by=by, note=note)

    def changed(self, row: Row[Any]) -> tuple[str, ...]:
        """Who changed a mail's words before it left, oldest first."""
        edits = self.records.edits.get(row.id, ())
        return tuple(f"its words were changed by {self.name(each.by)} on {each.at:%Y-%m-%d %H:%M} UTC" for each in edits)

    def gate_of(self, row: Row[Any], entry: Entry | None) -> Gate:
        """An approval. Once it was passed on, the row has whom it was passed to, and no more whom they stand in for."""
        steps = self.decided_at(row.enrollment_id, row.step)
        passed = next((each.at for each in steps if each.visit == row.visit and each.what == "escalated"), None)
        approver = Reader(row.approver_id, self.name(row.approver_id) or "nobody", row.role)
        if passed is None and entry:
            approver = self.holder(row.approver_id, row.role, row.covering_for, entry)
        elif passed is None and row.covering_for:
            approver = replace(approver, because=f"{self.name(row.covering_for)} is away")
        by = self.name(row.decided_by) or None
        return Gate(row.state, row.role, approver, row.asked_at, passed, row.expires_at, row.decided_at, by, row.note)

    def holds_on(self, row: Row[Any]) -> tuple[Held, ...]:
        """The holds that covered a message to a customer at some time between its plan and its end."""
        if row.audience != "contact":
            return ()
        end = row.settled_at or self.view.now
        found = []
        for hold in self.records.holds:
            lifted = min((at for at in (hold.lifted_at, hold.until) if at), default=None)
            held = accounts.hold(hold)
            covers = held.keeps_mail(row.mail_class, row.operational) if held.mail_class else held.journey in (None, row.journey)
            if covers and hold.placed_at <= end and (lifted is None or lifted >= row.planned_at):
                found.append(Held(hold.placed_at, lifted, held.what, hold.reason, self.name(hold.placed_by) or None))
        return tuple(found)

    def woken(self, run_id: str, at: datetime) -> tuple[Woken, ...] | None:
        """What a run was told for its turn of that moment; None where that is not known any more."""
        found = self.records.woke(run_id, at)
        return None if found is None else tuple(self.told(each) for each in found)

    def told(self, told: News) -> Woken:
        by, step = getattr(told, "by", None), getattr(told, "step", "")
        event = next((row for row in self.records.events if row.told_at == told.at and told.kind in ("happened", "changed")), None)
        words = told.kind.replace("_", " ") + (f" {step}" if step else "")
        match told:
            case news.Happened():
                event = next((row for row in self.records.events if (row.told_at, row.name) == (told.at, told.name)), None)
                words = told.name
            case news.Changed():
                words = "a fact that changed" + (f" with {event.name}" if event else "")
                if hold := next((name for name in ("holds", "held") if name in told.names), None):
                    words = "a hold that was lifted" if hold == "holds" else "a hold that was placed"
            case news.BandChanged():
                words = f"health: {told.before or 'unknown'} to {told.after or 'unknown'}"
            case news.TaskDone():
                words = f"'{told.step}' being done" + (f" ({told.outcome})" if told.outcome else "")
            case news.Decided():
                words = f"'{told.step}' being {'approved' if told.approved else 'refused'}"
            case news.EscalationEnded():
                words = f"the end of the escalation '{told.step}'" + (f" ({told.outcome})" if told.outcome else "")
            case news.Engaged():
                words = f"a reader who {told.how} in answer to '{told.step}'"
            case _:
                pass
        return Woken(told.at, told.kind, words + (f" by {self.name(by)}" if by else ""), event.id if event else None)


def _began(row: Row[Any], track: str) -> bool:
    return bool(row.what == "reacted" and row.rule == track) or bool(row.what == "ended" and track == CLOSING)


def template_of(node: Node) -> str | None:
    """The words a step uses."""
    return str(getattr(node.step, node.step.verb)) if node.step.verb in ("send", "post", "task", "approval") else None


def rule_of(journey: Journey, node: Node, visit: int | None = None) -> Rule:
    """A step as its journey has it, of one visit where it has a day for each."""
    step, line = node.step, node.step.mark.line
    gate = step.approval if isinstance(step, Send) else None
    words = f"{gate.by} approves" + (f" where {gate.when}" if gate.when else "") if gate else ""
    days = step.at or ()
    at = days[min(visit, len(days)) - 1 :][:1] if visit else days
    place = f"journeys/{journey.name}.yaml:{line}"
    return Rule(place, written_at(journey.text, line), ", ".join(map(str, at)), str(step.when or ""), words)


def written_at(text: str, line: int) -> str:
    """The step that begins on a line of a journey's text, down to where the next thing begins, without what indents it all."""
    lines = text.splitlines()
    first = lines[line - 1]
    depth = len(first) - len(first.lstrip())
    block = [first]
    for following in lines[line:]:
        if following.strip() and len(following) - len(following.lstrip()) <= depth:
            break
        block.append(following)
    return "\n".join(each[depth:] for each in block).rstrip()
