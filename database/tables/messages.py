"""Messages, who carries them, and what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from database.tables.columns import index_where, json, moment, words


class MessageRow(SQLModel, table=True):
    """One message to one recipient: planned, claimed before it leaves, then settled. Its id is made of run, step, visit, effect
    and recipient, so the same deed is the same row."""

    __tablename__ = "messages"
    __table_args__ = (
        index_where("ix_messages_unsettled", "run_id", "due_at", where="state IN ('planned', 'claimed', 'gated')"),
        index_where("ix_messages_unheard", "settled_at", where="state = 'accepted' AND channel = 'sendgrid' AND heard_at IS NULL"),
        # By both, or SQLite prefers the index of states alone.
        index_where(
            "ix_messages_commercial",
            "state",
            "settled_at",
            where="audience = 'contact' AND operational IS false",
            sqlite="audience = 'contact' AND operational IS 0",
        ),
        index_where("ix_messages_waiting", "waits_for", "slot_at", where="waits_for IS NOT NULL"),
    )
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
    context: Any = json(nullable=True)
    state: str = Field(index=True)  # gated, planned, claimed, accepted, failed, skipped, in_doubt, withdrawn
    due_at: datetime = moment(nullable=False)
    planned_at: datetime = moment(nullable=False)
    claimed_at: datetime | None = moment()
    settled_at: datetime | None = moment()
    attempts: int = 0
    reason: str | None = None
    channel: str | None = None
    address: str | None = None
    subject: str | None = None
    html: str | None = words()
    text: str | None = words()
    body_hash: str | None = None
    template_hash: str | None = None
    filled_hash: str | None = None  # its body_hash as the template made it: another where somebody changed the words since
    provider_id: str | None = Field(default=None, index=True)
    via: str | None = None  # how it is known to be accepted: answer, report (of its provider), person
    repeats: int = 0  # how often it was sent once more because nobody knew whether it had left
    resend_at: datetime | None = moment()  # in doubt, and to be sent once more from then on
    settled_by: str | None = None  # who settled what was in doubt
    late_at: datetime | None = moment()  # from then on it is too late to send it
    slot_at: datetime | None = moment()  # its place in the queue of a provider that is full or away
    waits_for: str | None = None  # the provider whose trouble it waits to be over
    delivery: str | None = None  # what its provider last said: processed, deferred, delivered, blocked, dropped, bounced
    heard_at: datetime | None = moment()
    delivered_at: datetime | None = moment()
    opened_at: datetime | None = moment()
    clicked_at: datetime | None = moment()
    replied_at: datetime | None = moment()
    queued_at: datetime | None = moment()  # since when it has waited for a slot that others took
    reader: str | None = Field(default=None, index=True)  # a digest of the address it was claimed for, and …
    domain: str | None = Field(default=None, index=True)  # … its mail domain, where that is one customer's
    survey: bool = False
    asks: str | None = None  # the survey of ours that it asks


class ProviderRow(SQLModel, table=True):
    """How fast a provider may be used (`free_at`, `queue_at`: see domain/pacing.py), and the trouble it is in."""

    __tablename__ = "providers"
    name: str = Field(primary_key=True)
    free_at: datetime | None = moment()
    queue_at: datetime | None = moment()
    failures: int = 0
    why: str | None = words()
    since: datetime | None = moment()
    key: str | None = None  # a digest of the key it did not accept
    tried: bool = False


class ReportRow(SQLModel, table=True):
    """What a provider told of a message, once however often it tells it. `fault` says why it could not be used; `tells` that
    somebody must hear of it, which has happened at `told_at`."""

    __tablename__ = "reports"
    __table_args__ = (
        index_where("ix_reports_untold", "received_at", where="tells AND told_at IS NULL"),
        index_where("ix_reports_complaints", "received_at", where="name = 'complained'"),
        index_where("ix_reports_faulty", "received_at", where="fault IS NOT NULL"),
    )
    id: str = Field(primary_key=True)
    provider: str
    name: str
    message_id: str | None = Field(default=None, index=True)
    account_id: str | None = None
    address: str | None = None
    at: datetime | None = moment()
    received_at: datetime = moment(nullable=False, index=True)
    detail: Any = json()
    fault: str | None = words()
    tells: bool = False
    told_at: datetime | None = moment()


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
    subject: str = words(nullable=False)
    text: str = words(nullable=False)
    why: str = words(nullable=False)
    task_id: str | None = None
    received_at: datetime = moment(nullable=False, index=True)


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
    comment: str = words(nullable=False)
    times: int = 1
    first_at: datetime = moment(nullable=False)
    answered_at: datetime = moment(nullable=False)
