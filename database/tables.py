"""The tables. Rows are written and read through the modules beside this one; nothing validates on the way in but the types here.

All moments are UTC. Values that can be anything a vocabulary declares are JSON, dates in them ISO texts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Dialect, Index, Integer, MetaData, Table, Text, text
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite forgets zones and PostgreSQL answers in the session's; both give UTC back through this."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Not JSONB: the order of a run's tracks is the order in which they act, and JSONB forgets the order of keys.
_Json = JSON()
_Serial = BigInteger().with_variant(Integer(), "sqlite")


def _json(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(_Json, nullable=nullable))


def _moment(nullable: bool = True, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime(), nullable=nullable, index=index))


def _serial() -> Any:
    return Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))


def _words(nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Text(), nullable=nullable))


class Revision(SQLModel, table=True):
    """Counts the changes of what processes keep in memory: `definitions`, `people`."""

    __tablename__ = "revisions"
    name: str = Field(primary_key=True)
    count: int = 0


class PersonRow(SQLModel, table=True):
    """One of us."""

    __tablename__ = "people"
    id: str = Field(primary_key=True)
    name: str
    email: str
    roles: Any = _json()
    manager_id: str | None = None
    backup_id: str | None = None
    zone: str = "UTC"
    country: str = ""
    slack_id: str | None = None
    active: bool = True
    absences: Any = _json()


class AccountRow(SQLModel, table=True):
    """A customer company. `watch_at`: when the passing of time alone will change one of its facts."""

    __tablename__ = "accounts"
    id: str = Field(primary_key=True)
    name: str
    zone: str
    country: str = ""
    currency: str = "EUR"
    owner_id: str | None = Field(default=None, index=True)
    since: date | None = None
    facts: Any = _json()
    told_at: Any = _json()
    tags: Any = _json()
    watch_at: datetime | None = _moment(index=True)
    revision: int = 0  # counts the changes of the account and of everything that belongs to it
    created_at: datetime = _moment(nullable=False)


class ContactRow(SQLModel, table=True):
    """A person at a customer."""

    __tablename__ = "contacts"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    name: str
    email: str
    roles: Any = _json()
    zone: str = ""
    country: str = ""
    active: bool = True
    refused: bool = False
    facts: Any = _json()


class ContractRow(SQLModel, table=True):
    """One term of a contract."""

    __tablename__ = "contracts"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    starts_on: date
    ends_on: date
    auto_renews: bool = False
    notice_days: int = 0
    value: float | None = None
    status: str = "active"
    facts: Any = _json()


class EventRow(SQLModel, table=True):
    """Something told to us, once and for ever under its id."""

    __tablename__ = "events"
    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contact_id: str | None = None
    contract_id: str | None = None
    payload: Any = _json()
    occurred_at: datetime = _moment(nullable=False)
    told_at: datetime = _moment(nullable=False)
    body_hash: str


class DefinitionRow(SQLModel, table=True):
    """A text somebody published, under the hash of its content."""

    __tablename__ = "definitions"
    hash: str = Field(primary_key=True)
    text: str = _words(nullable=False)


class PublicationRow(SQLModel, table=True):
    """A published version of a journey, policy or template; the highest is current. `withdrawn` ends the name."""

    __tablename__ = "publications"
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    hash: str
    segments: Any = _json(nullable=True)  # of a journey: those it was compiled for
    withdrawn: bool = False
    published_at: datetime = _moment(nullable=False)


class EnrollmentRow(SQLModel, table=True):
    """One run of a journey: where it stands (`state`), what it waits for, and how it ended."""

    __tablename__ = "enrollments"
    __table_args__ = (
        Index(
            "uq_enrollments_live",
            "journey",
            "key",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_enrollments_wake", "wake_at", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    )
    id: str = Field(primary_key=True)
    journey: str
    version: int
    key: str
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contract_id: str | None = None
    contact_id: str | None = None
    why: str = ""
    state: Any = _json()
    revision: int = 0
    wake_at: datetime | None = _moment()
    verb: str = ""
    step: str = ""
    held: bool = False
    pinned: bool = False  # publishing leaves it on its version for good
    move_to: int | None = None  # the version it is to go on under …
    move_at_once: bool = False  # … now, or when it has gone on from what it waits for
    goal_at: datetime | None = _moment()
    anchor_on: date | None = None
    begun_at: datetime = _moment(nullable=False)
    ended_at: datetime | None = _moment()
    ended_why: str | None = None
    running: bool = False  # its workflow is known to have been started


class PlannedStartRow(SQLModel, table=True):
    """A journey that will begin on a later day unless its date moves."""

    __tablename__ = "planned_starts"
    journey: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contract_id: str | None = None
    anchor_on: date
    due_at: datetime = _moment(nullable=False, index=True)


class NoticeRow(SQLModel, table=True):
    """Something told that a run (or follow-up) has not taken yet; `wakes` when it should take a turn for it."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_taken", "run_id", "taken_at"),
        Index("ix_notices_untaken", "run_id", sqlite_where=text("taken_at IS NULL"), postgresql_where=text("taken_at IS NULL")),
        Index(
            "ix_notices_waking",
            "told_at",
            sqlite_where=text("taken_at IS NULL AND wakes"),
            postgresql_where=text("taken_at IS NULL AND wakes"),
        ),
    )
    id: int | None = _serial()
    run_id: str
    news: Any = _json()
    wakes: bool
    told_at: datetime = _moment(nullable=False)
    taken_at: datetime | None = _moment()


class FollowUpRow(SQLModel, table=True):
    """The clock of a task or the ladder of an escalation."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index("ix_follow_ups_wake", "wake_at", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    )
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    enrollment_id: str | None = None
    opened_at: datetime = _moment(nullable=False)
    state: Any = _json()
    revision: int = 0
    wake_at: datetime | None = _moment()
    verb: str = ""
    ended_at: datetime | None = _moment()
    ended_why: str | None = None
    running: bool = False


class MessageRow(SQLModel, table=True):
    """One message to one recipient: planned, claimed before it leaves, then settled. Its id is made of run, step, visit, effect
    and recipient, so the same deed is the same row."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_unsettled", "run_id", "due_at",
            sqlite_where=text("state IN ('planned', 'claimed', 'gated')"),
            postgresql_where=text("state IN ('planned', 'claimed', 'gated')"),
        ),
    )  # fmt: skip
    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    journey: str
    step: str
    visit: int
    effect: str
    audience: str
    recipient: str
    template: str
    mail_class: str
    operational: bool
    context: Any = _json(nullable=True)
    state: str = Field(index=True)  # gated, planned, claimed, accepted, failed, skipped, in_doubt, withdrawn
    due_at: datetime = _moment(nullable=False)
    planned_at: datetime = _moment(nullable=False)
    claimed_at: datetime | None = _moment()
    settled_at: datetime | None = _moment()
    attempts: int = 0
    reason: str | None = None
    channel: str | None = None
    address: str | None = None
    subject: str | None = None
    html: str | None = _words()
    text: str | None = _words()
    body_hash: str | None = None
    template_hash: str | None = None
    provider_id: str | None = None


class TaskRow(SQLModel, table=True):
    """Work for one of us."""

    __tablename__ = "tasks"
    id: str = Field(primary_key=True)
    enrollment_id: str = Field(foreign_key="enrollments.id", index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    journey: str
    step: str
    visit: int
    title: str
    body: str = _words(nullable=False)
    role: str
    assignee_id: str | None = Field(default=None, index=True)
    covering_for: str | None = None
    sla: str
    outcomes: Any = _json()
    state: str = Field(default="open", index=True)  # open, done, closed
    created_at: datetime = _moment(nullable=False)
    due_at: datetime = _moment(nullable=False)
    snoozed_until: datetime | None = _moment()
    snooze_reason: str | None = None
    outcome: str | None = None
    note: str | None = _words()
    done_at: datetime | None = _moment()
    done_by: str | None = None
    follow_up_id: str | None = None


class ApprovalRow(SQLModel, table=True):
    """A decision asked of one of us."""

    __tablename__ = "approvals"
    id: str = Field(primary_key=True)
    enrollment_id: str = Field(foreign_key="enrollments.id", index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    journey: str
    step: str
    visit: int
    title: str
    role: str
    approver_id: str | None = Field(default=None, index=True)
    covering_for: str | None = None
    otherwise: str
    state: str = Field(default="open", index=True)  # open, approved, refused, sent, skipped, withdrawn
    asked_at: datetime = _moment(nullable=False)
    expires_at: datetime | None = _moment()
    decided_at: datetime | None = _moment()
    decided_by: str | None = None
    note: str | None = _words()


class EscalationRow(SQLModel, table=True):
    """Something that somebody higher up must hear of; one open escalation an account and cause."""

    __tablename__ = "escalations"
    __table_args__ = (
        Index(
            "uq_escalations_open",
            "account_id",
            "cause",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    enrollment_id: str | None = None
    journey: str | None = None
    step: str | None = None
    visit: int = 1
    cause: str
    why: str = _words(nullable=False)
    sla: str
    role: str
    person_id: str | None = Field(default=None, index=True)
    state: str = Field(default="open", index=True)  # open, acknowledged, resolved
    raised: int = 1
    opened_at: datetime = _moment(nullable=False)
    acknowledged_at: datetime | None = _moment()
    acknowledged_by: str | None = None
    ended_at: datetime | None = _moment()
    ended_by: str | None = None
    outcome: str | None = None
    follow_up_id: str | None = None


class HoldRow(SQLModel, table=True):
    """A hold placed by a run or a person."""

    __tablename__ = "holds"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    run_id: str | None = Field(default=None, index=True)
    journey: str | None = None
    mail_class: str | None = None
    until: datetime | None = _moment()
    reason: str = ""
    placed_by: str | None = None
    placed_at: datetime = _moment(nullable=False)
    lifted_at: datetime | None = _moment()


class ReadingRow(SQLModel, table=True):
    """The health of an account on one day."""

    __tablename__ = "health_readings"
    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    day: date = Field(primary_key=True)
    read_at: datetime = _moment(nullable=False)
    score: float | None = None
    raw: str | None = None
    band: str | None = None
    components: Any = _json()
    known_weight: float = 0
    reasons: Any = _json()
    overridden: bool = False


class DecisionRow(SQLModel, table=True):
    """Why something happened or did not. `inputs` are the values the rule saw, `told_at` when each of them was told."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_account_id", "account_id", "id"),)
    id: int | None = _serial()
    at: datetime = _moment(nullable=False)
    account_id: str = Field(foreign_key="accounts.id")
    run_id: str | None = Field(default=None, index=True)
    journey: str | None = None
    version: int | None = None
    what: str
    result: str = _words(nullable=False)
    step: str | None = None
    visit: int | None = None
    rule: str = _words(nullable=False)
    inputs: Any = _json()
    told_at: Any = _json()
    day: date | None = None


class ApiKeyRow(SQLModel, table=True):
    """A key for programs; only its hash is kept."""

    __tablename__ = "api_keys"
    id: str = Field(primary_key=True)
    name: str
    hash: str = Field(unique=True)
    scopes: Any = _json()
    created_at: datetime = _moment(nullable=False)
    revoked_at: datetime | None = _moment()


class IdempotencyKeyRow(SQLModel, table=True):
    """The first answer to a request that carried an Idempotency-Key; `status` is 0 until its transaction is about to end."""

    __tablename__ = "idempotency_keys"
    api_key_id: str = Field(primary_key=True)
    route: str = Field(primary_key=True)  # method and path
    key: str = Field(primary_key=True)
    body_hash: str
    status: int = 0
    answer: str = _words(nullable=False)
    kept_at: datetime = _moment(nullable=False, index=True)


def table(model: type[SQLModel]) -> Table:
    """The SQL table of a model, for statements that need no objects."""
    return metadata.tables[str(model.__tablename__)]
