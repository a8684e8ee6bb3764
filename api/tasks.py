"""Tasks: what our people are asked to do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select

from activities import orders
from api.keys import ApiKey
from api.problems import not_found
from api.services import Use, acting, needs
from api.shapes import Cursor, Id, In, Limit, Line, Moment, Out, Page, Prose, page, read_cursor
from database.tables import TaskRow, table

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
rows = table(TaskRow)
Key = Annotated[ApiKey, needs("tasks:write")]


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
    by: Id
    outcome: Annotated[str, Field(max_length=60)] | None = Field(default=None, description="one of the task's outcomes, where it has any")
    note: Prose | None = None


class SnoozeBody(In):
    by: Id
    until: Moment
    reason: Line


class ReassignBody(In):
    by: Id
    to: Id = Field(description="who does it from now on")


@router.get("", summary="Tasks", response_model=Page[TaskOut], dependencies=[needs("accounts:read")])
def list_tasks(
    use: Use,
    limit: Limit = 50,
    cursor: Cursor = None,
    account: Annotated[str | None, Query(max_length=128)] = None,
    assignee: Annotated[str | None, Query(max_length=128)] = None,
    enrollment: Annotated[str | None, Query(max_length=64)] = None,
    state: Literal["open", "done", "closed"] | None = None,
) -> dict[str, Any]:
    found = select(rows).order_by(rows.c.id).limit(limit + 1)
    wanted = {"account_id": account, "assignee_id": assignee, "enrollment_id": enrollment, "state": state}
    for name, value in wanted.items():
        if value is not None:
            found = found.where(rows.c[name] == value)
    if after := read_cursor(cursor):
        found = found.where(rows.c.id > after)
    with use.database.read() as session:
        return page(session.execute(found).all(), limit, TaskOut)


@router.get("/{task_id}", summary="One task", response_model=TaskOut, dependencies=[needs("accounts:read")])
def get_task(task_id: Id, use: Use) -> Any:
    with use.database.read() as session:
        row = session.execute(select(rows).where(rows.c.id == task_id)).one_or_none()
    if row is None:
        raise not_found("task", task_id)
    return row


@router.post("/{task_id}/complete", summary="Complete a task", response_model=TaskOut)
def complete(task_id: Id, body: CompleteBody, use: Use, key: Key) -> Any:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.complete_task(session, use.office, task_id, body.by, body.outcome, body.note, use.clock())

    use.tell(use.database.transact(work))
    return get_task(task_id, use)


@router.post("/{task_id}/snooze", summary="Snooze a task, once", response_model=TaskOut)
def snooze(task_id: Id, body: SnoozeBody, use: Use, key: Key) -> Any:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.snooze_task(session, use.office, task_id, body.until, body.reason, use.clock())

    use.tell(use.database.transact(work))
    return get_task(task_id, use)


@router.post("/{task_id}/reassign", summary="Give a task to somebody else", response_model=TaskOut)
def reassign(task_id: Id, body: ReassignBody, use: Use, key: Key) -> Any:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.reassign_task(session, use.office, task_id, body.to, use.clock())

    use.tell(use.database.transact(work))
    return get_task(task_id, use)
