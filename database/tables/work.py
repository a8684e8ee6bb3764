"""People of ours, and what is asked of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from database.tables.columns import index_where, json, moment, words


class PersonRow(SQLModel, table=True):
    """One of us."""

    __tablename__ = "people"
    id: str = Field(primary_key=True)
    name: str
    email: str
    roles: Any = json()
    manager_id: str | None = None
    backup_id: str | None = None
    zone: str = "UTC"
    country: str = ""
    slack_id: str | None = None
    active: bool = True
    absences: Any = json()


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
    body: str = words(nullable=False)
    role: str
    assignee_id: str | None = Field(default=None, index=True)
    covering_for: str | None = None
    sla: str
    outcomes: Any = json()
    state: str = Field(default="open", index=True)  # open, done, closed
    created_at: datetime = moment(nullable=False)
    due_at: datetime = moment(nullable=False)
    snoozed_until: datetime | None = moment()
    snooze_reason: str | None = None
    outcome: str | None = None
    note: str | None = words()
    done_at: datetime | None = moment()
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
    asked_at: datetime = moment(nullable=False)
    expires_at: datetime | None = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None
    note: str | None = words()


class VerdictRow(SQLModel, table=True):
    """What somebody decided about one mail of a gate, `approved` or `skipped`, and their `note` for the record. The hashes are of the
    mail as it was read, and of the template it was made from; what was approved is what leaves."""

    __tablename__ = "verdicts"
    message_id: str = Field(primary_key=True)
    approval_id: str = Field(foreign_key="approvals.id", index=True)
    verdict: str
    by: str
    at: datetime = moment(nullable=False)
    body_hash: str | None = None
    template_hash: str | None = None
    note: str | None = words()


class EditRow(SQLModel, table=True):
    """Somebody changed a mail that waits for approval: what they wrote (`text` is Markdown, None where it stayed), and the mail as it
    was before; the words before are None where it could not be filled in."""

    __tablename__ = "edits"
    id: str = Field(primary_key=True)
    message_id: str = Field(index=True)
    approval_id: str = Field(foreign_key="approvals.id", index=True)
    by: str
    at: datetime = moment(nullable=False)
    subject: str | None = words()
    text: str | None = words()
    was_subject: str | None = words()
    was_text: str | None = words()
    was_html: str | None = words()
    was_hash: str | None = None
    body_hash: str


class EscalationRow(SQLModel, table=True):
    """Something that somebody higher up must hear of; one open escalation an account and cause."""

    __tablename__ = "escalations"
    __table_args__ = (index_where("uq_escalations_open", "account_id", "cause", unique=True, where="ended_at IS NULL"),)
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    enrollment_id: str | None = None
    journey: str | None = None
    step: str | None = None
    visit: int = 1
    cause: str
    why: str = words(nullable=False)
    sla: str
    role: str
    person_id: str | None = Field(default=None, index=True)
    state: str = Field(default="open", index=True)  # open, acknowledged, resolved
    raised: int = 1
    opened_at: datetime = moment(nullable=False)
    acknowledged_at: datetime | None = moment()
    acknowledged_by: str | None = None
    ended_at: datetime | None = moment()
    ended_by: str | None = None
    outcome: str | None = None
    follow_up_id: str | None = None
