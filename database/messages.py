"""Messages from planned to settled. The row is the claim: whoever moves it from planned to claimed may send it, nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from database.tables import MessageRow, table
from domain import queueing
from domain.governor import UNTIL_LIFTED

messages = table(MessageRow)
# Never change it: a message's id is made from it, and the id is what keeps a deed from being done twice.
_NAMESPACE = uuid.UUID("5b0f1f0e-3a57-4c5f-9d1c-6a8a7c1d2e90")

UNSETTLED = ("planned", "claimed", "gated")


def message_id(run_id: str, step: str, visit: int, effect: str, recipient: str) -> str:
    """The same deed has the same id, whatever run id, attempt or replay of Temporal does it."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((run_id, step, str(visit), effect, recipient))))


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its row has it. States: gated, planned, claimed; then accepted, failed, skipped, in_doubt, withdrawn, shadowed."""

    id: str
    run_id: str
    account_id: str
    journey: str
    step: str
    visit: int
    effect: str
    audience: str
    recipient: str
    template: str
    mail_class: str
    operational: bool
    state: str
    due_at: datetime
    planned_at: datetime
    context: Mapping[str, Any] | None = None
    shadow: bool = False
    claimed_at: datetime | None = None
    settled_at: datetime | None = None
    attempts: int = 0
    reason: str | None = None
    channel: str | None = None
    address: str | None = None
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    body_hash: str | None = None
    template_hash: str | None = None
    provider_id: str | None = None
    via: str | None = None
    repeats: int = 0
    heard_at: datetime | None = None
    late_at: datetime | None = None
    slot_at: datetime | None = None
    resend_at: datetime | None = None
    queued_at: datetime | None = None
    reader: str | None = None
    domain: str | None = None
    survey: bool = False
    asks: str | None = None
    waits_for: str | None = None
    filled_hash: str | None = None


_columns = [messages.c[name] for name in Message.__slots__]
_unsettled_of = (
    select(*_columns)
    .where(messages.c.run_id == bindparam("run_id"), messages.c.state.in_(UNSETTLED))
    .order_by(messages.c.due_at, messages.c.planned_at, messages.c.recipient)
)
_one = select(*_columns).where(messages.c.id == bindparam("id"))


def find(session: Session, id: str) -> Message | None:
    """A message of any state."""
    row = session.execute(_one, {"id": id}).one_or_none()
    return Message(*row) if row else None


_last_of = (
    select(messages.c.id)
    .where(messages.c.run_id == bindparam("run_id"), messages.c.recipient == bindparam("recipient"), messages.c.state == "accepted")
    .where(messages.c.audience == "contact", messages.c.id != bindparam("id"))
    .order_by(messages.c.settled_at.desc(), messages.c.id)
    .limit(1)
)


def last_sent_of(session: Session, message: Message) -> str | None:
    """The id of the last mail of the same run to the same reader."""
    asked = {"run_id": message.run_id, "recipient": message.recipient, "id": message.id}
    return session.execute(_last_of, asked).scalar()


# Made once, with the rows as parameters: a statement with the rows in it would be compiled anew each time.
_new_of = {
    "sqlite": sqlite.insert(messages).on_conflict_do_nothing().returning(messages.c.id),
    "postgresql": postgresql.insert(messages).on_conflict_do_nothing().returning(messages.c.id),
}


def _insert_new(session: Session, rows: list[dict[str, Any]]) -> set[str]:
    """Inserts what is not there yet, and returns the ids of that."""
    return set(session.execute(_new_of[session.get_bind().dialect.name], rows).scalars())


@dataclass
class Outgoing:
    """The unsettled messages of one run during one transaction that holds the account's row: read once, changed here, written once."""

    session: Session
    run_id: str
    known: dict[str, Message] = field(init=False)
    _new: set[str] = field(default_factory=set)
    _changed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {row.id: Message(*row) for row in self.session.execute(_unsettled_of, {"run_id": self.run_id})}

    def find(self, id: str) -> Message | None:
        """Any message of any state; settled ones are looked up."""
        if id not in self.known and (found := find(self.session, id)):
            self.known[id] = found
        return self.known.get(id)

    def forget(self, id: str) -> Message:
        """A message that was not new after all, as its row has it."""
        del self.known[id]
        found = self.find(id)
        assert found, "write() found it"
        return found

    def plan(self, message: Message) -> None:
        """A new message; one of the same id stays as it is."""
        if message.id not in self.known:
            self.known[message.id] = message
            self._new.add(message.id)

    def change(self, id: str, **values: Any) -> Message:
        self.known[id] = replace(self.known[id], **values)
        if id not in self._new:
            self._changed.setdefault(id, {}).update(values)
        return self.known[id]

    def in_state(self, *states: str) -> Iterator[Message]:
        yield from [message for message in self.known.values() if message.state in states]

    def of_step(self, step: str, visit: int, *states: str) -> Iterator[Message]:
        yield from (message for message in self.in_state(*states) if (message.step, message.visit) == (step, visit))

    def next_due(self, now: datetime) -> Message | None:
        """The planned message whose turn it is."""
        return queueing.first(message for message in self.in_state("planned") if message.due_at <= now)

    def next_due_at(self) -> datetime | None:
        """When the next planned message is due; what only a person can free is not counted."""
        return min((message.due_at for message in self.in_state("planned") if message.due_at < UNTIL_LIFTED), default=None)

    def release(self, step: str, visit: int, due: Mapping[str, datetime]) -> None:
        """Messages that were gated or held may leave from their due moments on."""
        for message in self.of_step(step, visit, "gated", "planned"):
            if message.recipient in due:
                self.change(message.id, state="planned", due_at=due[message.recipient])

    def keep_back(self, step: str, visit: int) -> None:
        """What has not left of a step waits for a person."""
        for message in self.of_step(step, visit, "planned"):
            self.change(message.id, state="gated", reason=None)

    def withdraw(self, step: str | None, visit: int | None, why: str, now: datetime, recipient: str | None = None) -> None:
        """What has not left is not sent: of one visit of a step (to one recipient, where one is named), or of the whole run."""
        for message in self.in_state("planned", "gated"):
            if recipient in (None, message.recipient) and (step is None or (message.step, message.visit) == (step, visit)):
                self.change(message.id, state="withdrawn", reason=why, settled_at=now)

    def write(self) -> set[str]:
        """Stores what changed. Returns the new messages that were there before all the same: they are not to be sent."""
        there: set[str] = set()
        if self._new:
            rows = [asdict(self.known[id]) for id in self._new]
            there = self._new - _insert_new(self.session, rows)
        for id, values in self._changed.items():
            self.session.execute(update(messages).where(messages.c.id == id).values(values))
        self._new, self._changed = set(), {}
        return there
