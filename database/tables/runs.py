"""Runs: where they stand, what they have yet to take, what keeps them back, and why they did what they did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from database.tables.columns import index_where, json, moment, serial, words


class EnrollmentRow(SQLModel, table=True):
    """One run of a journey: where it stands (`state`), what it waits for, and how it ended."""

    __tablename__ = "enrollments"
    __table_args__ = (
        index_where("uq_enrollments_live", "journey", "key", unique=True, where="ended_at IS NULL"),
        index_where("ix_enrollments_wake", "wake_at", where="ended_at IS NULL"),
    )
    id: str = Field(primary_key=True)
    journey: str
    version: int
    key: str
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contract_id: str | None = None
    contact_id: str | None = None
    why: str = ""
    state: Any = json()
    revision: int = 0
    wake_at: datetime | None = moment()
    verb: str = ""
    step: str = ""
    held: bool = False
    pinned: bool = False  # publishing leaves it on its version for good
    move_to: int | None = None  # the version it is to go on under …
    move_at_once: bool = False  # … now, or when it has gone on from what it waits for
    step_map: Any = json(nullable=True)  # for that: steps of its version that somebody named by hand, and what they became
    goal_at: datetime | None = moment()
    anchor_on: date | None = None
    shadow: bool = False  # its journey has been in shadow since it began
    begun_at: datetime = moment(nullable=False)
    ended_at: datetime | None = moment()
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
    due_at: datetime = moment(nullable=False, index=True)


class NoticeRow(SQLModel, table=True):
    """Something told that a run (or follow-up) has not taken yet; `wakes` when it should take a turn for it."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_taken", "run_id", "taken_at"),
        index_where("ix_notices_untaken", "run_id", where="taken_at IS NULL"),
        index_where("ix_notices_waking", "told_at", where="taken_at IS NULL AND wakes"),
    )
    id: int | None = serial()
    run_id: str
    news: Any = json()
    wakes: bool
    told_at: datetime = moment(nullable=False)
    taken_at: datetime | None = moment()


class FollowUpRow(SQLModel, table=True):
    """The clock of a task or the ladder of an escalation."""

    __tablename__ = "follow_ups"
    __table_args__ = (index_where("ix_follow_ups_wake", "wake_at", where="ended_at IS NULL"),)
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    enrollment_id: str | None = None
    opened_at: datetime = moment(nullable=False)
    state: Any = json()
    revision: int = 0
    wake_at: datetime | None = moment()
    verb: str = ""
    ended_at: datetime | None = moment()
    ended_why: str | None = None
    running: bool = False


class HoldRow(SQLModel, table=True):
    """A hold placed by a run or a person; one without an account holds its journey, its class of mail or everything of all of them.
    `told_at` is when the runs it kept back were told that it is over."""

    __tablename__ = "holds"
    __table_args__ = (index_where("ix_holds_untold", "until", where="told_at IS NULL"),)
    id: str = Field(primary_key=True)
    account_id: str | None = Field(default=None, foreign_key="accounts.id", index=True)
    run_id: str | None = Field(default=None, index=True)
    journey: str | None = None
    mail_class: str | None = None
    until: datetime | None = moment()
    reason: str = ""
    resume: str = "shift"  # what becomes of what fell due meanwhile: shift, skip, send
    placed_by: str | None = None
    placed_at: datetime = moment(nullable=False)
    lifted_at: datetime | None = moment()
    lifted_by: str | None = None
    told_at: datetime | None = moment()


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
    what: str = words(nullable=False)
    at: datetime = moment(nullable=False)
    why: str = words(nullable=False)
    subject: str | None = words()
    text: str | None = words()
    fault: str | None = words()
    verdict: str | None = None  # agree, disagree
    judged_by: str | None = None
    judged_at: datetime | None = moment()
    note: str | None = words()


class DecisionRow(SQLModel, table=True):
    """Why something happened or did not. `inputs` are the values the rule saw, `told_at` when each of them was told."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_account_id", "account_id", "id"),)
    id: int | None = serial()
    at: datetime = moment(nullable=False)
    account_id: str = Field(foreign_key="accounts.id")
    run_id: str | None = Field(default=None, index=True)
    journey: str | None = None
    version: int | None = None
    what: str
    result: str = words(nullable=False)
    step: str | None = None
    visit: int | None = None
    rule: str = words(nullable=False)
    inputs: Any = json()
    told_at: Any = json()
    day: date | None = None
