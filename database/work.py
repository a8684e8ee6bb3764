"""What people are asked: tasks, approvals, escalations. And what was decided by rules."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, tuple_, update
from sqlmodel import Session

from database.tables import ApprovalRow, DecisionRow, EditRow, EscalationRow, MessageRow, TaskRow, VerdictRow, table
from domain import ladder
from domain.intents import Decision
from domain.vocabulary import write_value

tasks, approvals, escalations, decisions = table(TaskRow), table(ApprovalRow), table(EscalationRow), table(DecisionRow)
messages, verdicts, edits = table(MessageRow), table(VerdictRow), table(EditRow)
_NAMESPACE = uuid.UUID("0d1c4c0a-7a58-4b0e-8a41-2f1b0f4e9a77")


def work_id(kind: str, run_id: str, step: str, visit: int) -> str:
    """The same deed has the same id."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((kind, run_id, step, str(visit)))))


def open_task(session: Session, values: Mapping[str, Any]) -> bool:
    """Whether the task is new."""
    if session.execute(select(tasks.c.id).where(tasks.c.id == values["id"])).one_or_none():
        return False
    session.execute(insert(tasks).values(values))
    return True


def open_tasks_of(session: Session, enrollment_id: str) -> Sequence[Row[Any]]:
    return session.execute(select(tasks).where(tasks.c.enrollment_id == enrollment_id, tasks.c.state == "open")).all()


def change_task(session: Session, id: str, values: Mapping[str, Any]) -> bool:
    """Changes an open task; whether it was open."""
    changed = session.execute(update(tasks).where(tasks.c.id == id, tasks.c.state == "open").values(values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def task(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(tasks).where(tasks.c.id == id)).one_or_none()


def ask(session: Session, values: Mapping[str, Any]) -> None:
    if not session.execute(select(approvals.c.id).where(approvals.c.id == values["id"])).one_or_none():
        session.execute(insert(approvals).values(values))


def change_approval(session: Session, id: str, values: Mapping[str, Any]) -> bool:
    """Changes an open approval; whether it was open."""
    changed = session.execute(update(approvals).where(approvals.c.id == id, approvals.c.state == "open").values(values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def approval_of(session: Session, enrollment_id: str, step: str, visit: int) -> str | None:
    """The id of the open approval of a step; one that was renamed since it asked is meant by its present name."""
    mine = (approvals.c.enrollment_id == enrollment_id, approvals.c.step == step, approvals.c.visit == visit)
    return session.execute(select(approvals.c.id).where(*mine, approvals.c.state == "open")).scalars().first()


def rename_steps(session: Session, enrollment_id: str, becomes: Mapping[str, str]) -> None:
    """What a run has open with people goes with its steps, which have other ids now. What is settled keeps the name it had."""
    is_open = {tasks: tasks.c.state == "open", approvals: approvals.c.state == "open", escalations: escalations.c.ended_at.is_(None)}
    for each, condition in is_open.items():
        mine = select(each).where(each.c.enrollment_id == enrollment_id, each.c.step.in_(becomes), condition)
        for row in session.execute(mine).all():
            renamed = {"step": becomes[row.step]}
            if each is escalations:
                renamed["cause"] = ladder.renamed(row.cause, row.step, becomes[row.step])
            session.execute(update(each).where(each.c.id == row.id).values(renamed))


def withdraw_approvals(session: Session, enrollment_id: str, step: str | None, visit: int | None, now: datetime) -> None:
    conditions = [approvals.c.enrollment_id == enrollment_id, approvals.c.state == "open"]
    if step is not None:
        conditions += [approvals.c.step == step, approvals.c.visit == visit]
    session.execute(update(approvals).where(*conditions).values(state="withdrawn", decided_at=now))


def approval(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(approvals).where(approvals.c.id == id)).one_or_none()


def open_approvals(session: Session, account_id: str | None, approver_id: str | None, limit: int | None) -> Sequence[Row[Any]]:
    """Of all accounts and people where none is named; the soonest to end first."""
    wanted = [approvals.c.state == "open"]
    wanted += [approvals.c.account_id == account_id] if account_id else []
    wanted += [approvals.c.approver_id == approver_id] if approver_id else []
    soonest = (approvals.c.expires_at.is_(None), approvals.c.expires_at, approvals.c.id)
    return session.execute(select(approvals).where(*wanted).order_by(*soonest).limit(limit)).all()


def approvals_beginning_with(session: Session, id: str) -> Sequence[str]:
    """The ids that begin so: two at most, and the whole one first where there is one."""
    found = select(approvals.c.id).where(approvals.c.id.startswith(id, autoescape=True))
    return session.execute(found.order_by(func.length(approvals.c.id), approvals.c.id).limit(2)).scalars().all()


def letters(session: Session, approval: Row[Any]) -> Sequence[Row[Any]]:
    """The mails that a gate decides about, whatever became of them; none of an approval that no mail waits for."""
    place = (messages.c.run_id == approval.enrollment_id, messages.c.step == approval.step, messages.c.visit == approval.visit)
    return session.execute(select(messages).where(*place, messages.c.effect == "send").order_by(messages.c.recipient)).all()


def letters_at(session: Session, asked: Sequence[Row[Any]]) -> dict[tuple[str, str, int], list[Row[Any]]]:
    """The same of several approvals, by run, step and visit; without the pages."""
    gates = [(row.enrollment_id, row.step, row.visit) for row in asked]
    columns = [column for column in messages.c if column.name not in ("html", "context")]
    at = tuple_(messages.c.run_id, messages.c.step, messages.c.visit)
    found: dict[tuple[str, str, int], list[Row[Any]]] = {}
    for row in session.execute(select(*columns).where(at.in_(gates), messages.c.effect == "send").order_by(messages.c.recipient)):
        found.setdefault((row.run_id, row.step, row.visit), []).append(row)
    return found


def verdicts_of(session: Session, message_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """By the mail that was decided about."""
    found = select(verdicts).where(verdicts.c.message_id.in_(list(message_ids)))
    return {row.message_id: row for row in session.execute(found)}


def keep_verdict(session: Session, values: Mapping[str, Any]) -> None:
    session.execute(insert(verdicts).values(values))


def edits_of(session: Session, message_ids: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """By the mail that was changed, oldest first."""
    found: dict[str, list[Row[Any]]] = {}
    for row in session.execute(select(edits).where(edits.c.message_id.in_(list(message_ids))).order_by(edits.c.id)):
        found.setdefault(row.message_id, []).append(row)
    return found


def edit_letter(session: Session, edit: Mapping[str, Any], becomes: Mapping[str, Any]) -> None:
    """Keeps an edit, and makes the mail what it `becomes`."""
    session.execute(insert(edits).values(edit))
    session.execute(update(messages).where(messages.c.id == edit["message_id"]).values(becomes))


def open_escalation(session: Session, account_id: str, cause: str) -> Row[Any] | None:
    """The escalation of this cause that is not over."""
    found = select(escalations).where(
        escalations.c.account_id == account_id, escalations.c.cause == cause, escalations.c.ended_at.is_(None)
    )
    return session.execute(found).one_or_none()


def escalation(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(escalations).where(escalations.c.id == id)).one_or_none()


def escalate(session: Session, values: Mapping[str, Any]) -> None:
    session.execute(insert(escalations).values(values))


def change_escalation(session: Session, id: str, values: Mapping[str, Any]) -> bool:
    """Changes an escalation that is not over; whether it was."""
    changed = session.execute(update(escalations).where(escalations.c.id == id, escalations.c.ended_at.is_(None)).values(values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def note(
    session: Session,
    made: Iterable[Decision],
    at: datetime,
    account_id: str,
    run_id: str | None = None,
    journey: str | None = None,
    version: int | None = None,
) -> None:
    """Keeps decisions, with the rule and the values it saw."""
    rows = [
        {
            "at": at, "account_id": account_id, "run_id": run_id, "journey": journey, "version": version, "what": decision.what,
            "result": decision.result, "step": decision.step, "visit": decision.visit, "rule": decision.rule,
            "inputs": {name: write_value(value) for name, value in decision.inputs.items()}, "day": decision.day,
            "told_at": {name: told.isoformat() for name, told in decision.told_at.items()},
        }
        for decision in made
    ]  # fmt: skip
    if rows:
        session.execute(insert(decisions), rows)
