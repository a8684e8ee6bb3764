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
    erased_at: datetime | None = _moment()


class ErasureRow(SQLModel, table=True):
    """That a contact was erased, under their id, which is all that is left of them. `reader` is their address's digest, by which whoever
    knows the address can tell whose erasure it was; `wiped` counts rows by table; `archived` are their mails that the law keeps, until
    `archived_until`; `sent_through` counts their mails by the provider that may have kept its own copies."""

    __tablename__ = "erasures"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    reader: str
    by: str
    why: str = _words(nullable=False)
    erased_at: datetime = _moment(nullable=False, index=True)
    wiped: Any = _json()
    archived: int = 0
    archived_until: datetime | None = _moment()
    sent_through: Any = _json()


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
    revision: int | None = None  # the act of publishing that made it; None where it was made before these were kept


class PublishingRow(SQLModel, table=True):
    """One act of publishing, by the revision of the definitions that it made: what it changed, what was chosen for the runs in
    flight, which runs its changed templates reach (`reach`), and the token of what was foreseen."""

    __tablename__ = "publishings"
    revision: int = Field(sa_column=Column(Integer(), primary_key=True, autoincrement=False))
    published_at: datetime = _moment(nullable=False)
    changes: Any = _json()
    choices: Any = _json()
    reach: Any = _json()
    token: str
    published_by: str | None = None  # who published it or, with four eyes, approved it
    proposal_id: str | None = None
    rolls_back_to: int | None = None  # the earlier act whose texts these are


class ProposalRow(SQLModel, table=True):
    """Texts that somebody proposes to publish, by hash, and that somebody else approves. `base` is the hash of what was published then,
    `hash` that of all that is proposed; `differences` and `preview` are what the author saw. It is over with `ended_at`: published as
    `revision`, or void for the reason `ended_why`."""

    __tablename__ = "proposals"
    id: str = Field(primary_key=True)
    author_id: str
    proposed_at: datetime = _moment(nullable=False)
    hash: str
    base: str
    texts: Any = _json()  # [kind, name, hash of the text] each
    choices: Any = _json()
    differences: Any = _json()
    preview: Any = _json()
    rolls_back_to: int | None = None
    ended_at: datetime | None = _moment()
    ended_by: str | None = None
    ended_why: str | None = None
    revision: int | None = None


class ForesightRow(SQLModel, table=True):
    """What an act of publishing foresaw for one run if nothing was heard: what becomes of it, and its touches in order up to its end
    or `until`. `stood`, `run_revision` and `last_notice` say where it stood and what it had heard; `anyway` counts the touches that
    would have come without it."""

    __tablename__ = "foresights"
    revision: int = Field(primary_key=True, foreign_key="publishings.revision")
    run_id: str = Field(primary_key=True, index=True)
    account_id: str
    journey: str
    version: int
    choice: str
    becomes: str
    why: str = _words(nullable=False)
    stood: Any = _json()
    run_revision: int
    last_notice: int = Field(sa_column=Column(BigInteger(), nullable=False))
    until: datetime = _moment(nullable=False)
    moves_at: datetime | None = _moment()
    ends_at: datetime | None = _moment()
    ended_why: str | None = None
    tasks_lost: int = 0
    anyway: Any = _json()
    touches: Any = _json()


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
    step_map: Any = _json(nullable=True)  # for that: steps of its version that somebody named by hand, and what they became
    goal_at: datetime | None = _moment()
    anchor_on: date | None = None
    shadow: bool = False  # its journey has been in shadow since it began
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
        Index(
            "ix_messages_unheard", "settled_at",
            sqlite_where=text("state = 'accepted' AND channel = 'sendgrid' AND heard_at IS NULL"),
            postgresql_where=text("state = 'accepted' AND channel = 'sendgrid' AND heard_at IS NULL"),
        ),
        Index(
            "ix_messages_waiting", "waits_for", "slot_at",
            sqlite_where=text("waits_for IS NOT NULL"), postgresql_where=text("waits_for IS NOT NULL"),
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
    shadow: bool = False  # it will not leave: when it would, that is recorded
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
    filled_hash: str | None = None  # its body_hash as the template made it: another where somebody changed the words since
    provider_id: str | None = Field(default=None, index=True)
    via: str | None = None  # how it is known to be accepted: answer, report (of its provider), person
    repeats: int = 0  # how often it was sent once more because nobody knew whether it had left
    resend_at: datetime | None = _moment()  # in doubt, and to be sent once more from then on
    settled_by: str | None = None  # who settled what was in doubt
    late_at: datetime | None = _moment()  # from then on it is too late to send it
    slot_at: datetime | None = _moment()  # its place in the queue of a provider that is full or away
    waits_for: str | None = None  # the provider whose trouble it waits to be over
    delivery: str | None = None  # what its provider last said: processed, deferred, delivered, blocked, dropped, bounced
    heard_at: datetime | None = _moment()
    delivered_at: datetime | None = _moment()
    opened_at: datetime | None = _moment()
    clicked_at: datetime | None = _moment()
    replied_at: datetime | None = _moment()
    queued_at: datetime | None = _moment()  # since when it has waited for a slot that others took
    reader: str | None = Field(default=None, index=True)  # a digest of the address it was claimed for, and …
    domain: str | None = Field(default=None, index=True)  # … its mail domain, where that is one customer's
    survey: bool = False
    asks: str | None = None  # the survey of ours that it asks


class AnswerRow(SQLModel, table=True):
    """What a reader answered to the survey of a mail, as it stands; `id` is the mail's. `times` counts how often a number was told."""

    __tablename__ = "answers"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contact_id: str
    run_id: str
    journey: str
    step: str
    survey: str
    score: int
    comment: str = _words(nullable=False)
    times: int = 1
    first_at: datetime = _moment(nullable=False)
    answered_at: datetime = _moment(nullable=False)


class ReaderRow(SQLModel, table=True):
    """A reader (by the digest of an address) or a mail domain. Who claims a mail to it, or says that it wants none, holds the row
    until the transaction ends: so that both come one after the other, and limits hold across accounts."""

    __tablename__ = "readers"
    key: str = Field(primary_key=True)
    claimed_at: datetime = _moment(nullable=False)


class SuppressionRow(SQLModel, table=True):
    """An address that is not to be written to: at all (scope `everything`), over a channel or about a topic (`name`) with what is not
    operational. Kept under the address's digest, so that it outlives the address. Rows are lifted, never deleted or changed."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_standing", "reader", "scope", "name", unique=True,
            sqlite_where=text("lifted_at IS NULL"), postgresql_where=text("lifted_at IS NULL"),
        ),
    )  # fmt: skip
    id: str = Field(primary_key=True)
    reader: str = Field(index=True)
    address: str | None = None
    scope: str
    name: str = ""
    reason: str = _words(nullable=False)
    source: str
    proof: str | None = _words()
    message_id: str | None = None
    placed_by: str | None = None
    effective_at: datetime = _moment(nullable=False)
    lifted_at: datetime | None = _moment()
    lifted_by: str | None = None
    lift_proof: str | None = _words()


class ConsentRow(SQLModel, table=True):
    """A reader's consent to a topic ("" for all), and how it can be proved."""

    __tablename__ = "consents"
    id: str = Field(primary_key=True)
    reader: str = Field(index=True)
    address: str | None = None
    topic: str = ""
    source: str
    text_version: str
    proof: str = _words(nullable=False)
    ip: str | None = None
    given_at: datetime = _moment(nullable=False)
    withdrawn_at: datetime | None = _moment()


class ExternalSendRow(SQLModel, table=True):
    """A mail that somebody else (sales, marketing) says they sent to a customer; it counts as ours do."""

    __tablename__ = "external_sends"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contact_id: str | None = None
    reader: str = Field(index=True)
    domain: str | None = Field(default=None, index=True)
    source: str
    what: str
    operational: bool = False
    survey: bool = False
    sent_at: datetime = _moment(nullable=False)
    told_at: datetime = _moment(nullable=False)


class ReportRow(SQLModel, table=True):
    """What a provider told of a message, once however often it tells it. `fault` says why it could not be used; `tells` that
    somebody must hear of it, which has happened at `told_at`."""

    __tablename__ = "reports"
    __table_args__ = (
        Index(
            "ix_reports_untold",
            "received_at",
            sqlite_where=text("tells AND told_at IS NULL"),
            postgresql_where=text("tells AND told_at IS NULL"),
        ),
        Index("ix_reports_faulty", "received_at", sqlite_where=text("fault IS NOT NULL"), postgresql_where=text("fault IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    provider: str
    name: str
    message_id: str | None = Field(default=None, index=True)
    account_id: str | None = None
    address: str | None = None
    at: datetime | None = _moment()
    received_at: datetime = _moment(nullable=False, index=True)
    detail: Any = _json()
    fault: str | None = _words()
    tells: bool = False
    told_at: datetime | None = _moment()


class ReplyRow(SQLModel, table=True):
    """What came in by mail: an answer of a person (`reply`), of a machine (`automatic`), or a mail that came back (`bounce`).
    `why` says by what it was matched or recognised."""

    __tablename__ = "replies"
    id: str = Field(primary_key=True)
    kind: str
    message_id: str | None = None
    account_id: str | None = Field(default=None, index=True)
    contact_id: str | None = None
    address: str
    subject: str = _words(nullable=False)
    text: str = _words(nullable=False)
    why: str = _words(nullable=False)
    task_id: str | None = None
    received_at: datetime = _moment(nullable=False, index=True)


class InstallationRow(SQLModel, table=True):
    """Whose database this is, as far as the database can tell: where it lies (`place`) and the last `mark` left beside it. A copy
    of it lies elsewhere, and an older state of it has an older mark; neither may send."""

    __tablename__ = "installations"
    id: str = Field(primary_key=True)
    place: str
    mark: str
    armed: bool
    why: str = _words(nullable=False)
    by: str | None = None
    since: datetime = _moment(nullable=False)


class ProviderRow(SQLModel, table=True):
    """How fast a provider may be used (`free_at`, `queue_at`: see domain/pacing.py), and the trouble it is in."""

    __tablename__ = "providers"
    name: str = Field(primary_key=True)
    free_at: datetime | None = _moment()
    queue_at: datetime | None = _moment()
    failures: int = 0
    why: str | None = _words()
    since: datetime | None = _moment()
    key: str | None = None  # a digest of the key it did not accept
    tried: bool = False


class ShadowRow(SQLModel, table=True):
    """What a step in shadow would have done at a moment, in words where there are any, and what somebody says of it. `recipient` is
    a contact, one of us, a role, a channel or a webhook, "" where nobody is reached; `fault` says why it could not have left."""

    __tablename__ = "shadows"
    __table_args__ = (Index("ix_shadows_journey", "journey", "at"),)
    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    journey: str
    version: int
    segment: str
    step: str
    visit: int
    kind: str  # mail, post, webhook, task, approval, escalation, set, start, stop, hold
    recipient: str
    what: str = _words(nullable=False)
    at: datetime = _moment(nullable=False)
    why: str = _words(nullable=False)
    subject: str | None = _words()
    text: str | None = _words()
    fault: str | None = _words()
    verdict: str | None = None  # agree, disagree
    judged_by: str | None = None
    judged_at: datetime | None = _moment()
    note: str | None = _words()


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
    asked_role: str | None = None  # the one that the journey names; None of what was asked before that was kept
    approver_id: str | None = Field(default=None, index=True)
    covering_for: str | None = None
    otherwise: str
    state: str = Field(default="open", index=True)  # open, approved, refused, sent, skipped, withdrawn
    asked_at: datetime = _moment(nullable=False)
    expires_at: datetime | None = _moment()
    decided_at: datetime | None = _moment()
    decided_by: str | None = None
    note: str | None = _words()


class VerdictRow(SQLModel, table=True):
    """What somebody decided about one mail of a gate: `approved` or `skipped`. The hashes are of the mail as it was read, and of the
    template it was made from; what was approved is what leaves."""

    __tablename__ = "verdicts"
    message_id: str = Field(primary_key=True)
    approval_id: str = Field(foreign_key="approvals.id", index=True)
    verdict: str
    by: str
    at: datetime = _moment(nullable=False)
    body_hash: str | None = None
    template_hash: str | None = None


class EditRow(SQLModel, table=True):
    """Somebody changed a mail that waits for approval: what they wrote (`text` is Markdown, None where it stayed), and the mail as it
    was before; the words before are None where it could not be filled in."""

    __tablename__ = "edits"
    id: str = Field(primary_key=True)
    message_id: str = Field(index=True)
    approval_id: str = Field(foreign_key="approvals.id", index=True)
    by: str
    at: datetime = _moment(nullable=False)
    subject: str | None = _words()
    text: str | None = _words()
    was_subject: str | None = _words()
    was_text: str | None = _words()
    was_html: str | None = _words()
    was_hash: str | None = None
    body_hash: str


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
    """A hold placed by a run or a person; one without an account holds its journey, its class of mail or everything of all of them.
    `told_at` is when the runs it kept back were told that it is over."""

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_untold", "until", sqlite_where=text("told_at IS NULL"), postgresql_where=text("told_at IS NULL")),)
    id: str = Field(primary_key=True)
    account_id: str | None = Field(default=None, foreign_key="accounts.id", index=True)
    run_id: str | None = Field(default=None, index=True)
    journey: str | None = None
    mail_class: str | None = None
    until: datetime | None = _moment()
    reason: str = ""
    resume: str = "shift"  # what becomes of what fell due meanwhile: shift, skip, send
    placed_by: str | None = None
    placed_at: datetime = _moment(nullable=False)
    lifted_at: datetime | None = _moment()
    lifted_by: str | None = None
    told_at: datetime | None = _moment()


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


class ApprovedWordsRow(SQLModel, table=True):
    """A template as somebody approved it before customers get it; `hash` is of its words and its layout, `role` why they may."""

    __tablename__ = "approved_words"
    hash: str = Field(primary_key=True)
    name: str
    approved_by: str
    role: str
    approved_at: datetime = _moment(nullable=False)


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
