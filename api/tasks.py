"""Tasks: what our people are asked to do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities import orders
from api.idempotency import Done, Post
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Use, acts, must_be_active, needs
from api.shapes import Id, In, Line, Moment, Out, Prose, example
from database.tables import TaskRow, table

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
rows = table(TaskRow)


class TaskOut(Out):
    id: str
    account_id: str
    enrollment_id: str
    journey: str
    step: str
    title: str
    body: str
    role: str
    assignee_id: str | None
    covering_for: str | None
    sla: str
    outcomes: list[str]
    state: str
    created_at: datetime
    due_at: datetime
    snoozed_until: datetime | None
    outcome: str | None
    note: str | None
    done_at: datetime | None
    done_by: str | None


class CompleteBody(In):
    model_config = example(by="cara", outcome="adopt", note="They are ready; the team starts on Monday.")

    by: Id
    outcome: Annotated[str, Field(max_length=60)] | None = Field(default=None, description="one of the task's outcomes, where it has any")
    note: Prose | None = None


class SnoozeBody(In):
    model_config = example(by="cara", until="2026-02-02T08:00:00Z", reason="Their admin is away until then")

    by: Id
    until: Moment
    reason: Line


class ReassignBody(In):
    model_config = example(by="dirk", to="enzo")

    by: Id
    to: Id = Field(description="who does it from now on")


class TaskFilter(Asked):
    account: Id | None = None
    assignee: Id | None = None
    enrollment: Id | None = None
    state: Literal["open", "done", "closed"] | None = None


@router.get("", summary="Tasks", response_model=Page[TaskOut], dependencies=[needs("accounts:read")])
def list_tasks(use: Use, asked: Annotated[TaskFilter, Query()]) -> Page[TaskOut]:
    found = asked.of(rows, account_id=asked.account, assignee_id=asked.assignee, enrollment_id=asked.enrollment, state=asked.state)
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), TaskOut.model_validate)


@router.get("/{task_id}", summary="One task", response_model=TaskOut, dependencies=[needs("accounts:read")])
def get_task(task_id: Id, use: Use) -> TaskOut:
    with use.database.read() as session:
        return _task(session, task_id)


def _task(session: Session, id: str) -> TaskOut:
    row = session.execute(select(rows).where(rows.c.id == id)).one_or_none()
    if row is None:
        raise not_found("task", id)
    return TaskOut.model_validate(row)


@router.post("/{task_id}/complete", summary="Complete a task", response_model=TaskOut, dependencies=[acts("tasks:write")])
def complete(task_id: Id, body: CompleteBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.complete_task(session, use.office, task_id, body.by, body.outcome, body.note, use.clock())
        return Done(_task(session, task_id), [ledger])

    return post.carry_out(work)


@router.post("/{task_id}/snooze", summary="Snooze a task, once", response_model=TaskOut, dependencies=[acts("tasks:write")])
def snooze(task_id: Id, body: SnoozeBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.snooze_task(session, use.office, task_id, body.by, body.until, body.reason, use.clock())
        return Done(_task(session, task_id), [ledger])

    return post.carry_out(work)


@router.post("/{task_id}/reassign", summary="Give a task to somebody else", response_model=TaskOut, dependencies=[acts("tasks:write")])
def reassign(task_id: Id, body: ReassignBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.reassign_task(session, use.office, task_id, body.by, body.to, use.clock())
        return Done(_task(session, task_id), [ledger])

    return post.carry_out(work)
