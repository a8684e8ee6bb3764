"""What is told of us: each function is part of one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from activities.intake import Unfit, must_be_person, must_be_roles
from activities.ledger import Ledger, Office
from database import people, revisions
from database.definitions import NotPublished
from database.tables import ApprovalRow, EscalationRow, PersonRow, TaskRow, table
from domain import handing_over, news

tasks, approvals, escalations = table(TaskRow), table(ApprovalRow), table(EscalationRow)


def person(session: Session, office: Office, id: str, values: Mapping[str, Any], now: datetime) -> list[Ledger]:
    """Creates or changes one of us. Whoever leaves, or goes on leave, orphans nothing: open work goes to who acts for its role now.

    Raises Unfit. Returns the ledgers of the accounts whose work moved.
    """
    if session.get(PersonRow, id) is None and (missing := [name for name in ("name", "email") if not values.get(name)]):
        raise Unfit([(f"/{name}", "missing", f"a new person needs '{name}'") for name in missing])
    for name in ("manager_id", "backup_id"):
        if other := values.get(name):
            if other == id:
                raise Unfit([(f"/{name.removesuffix('_id')}", "self", "nobody is their own manager or backup")])
            must_be_person(session, str(other), f"/{name.removesuffix('_id')}")
    _must_be_ours(session, office, values.get("roles") or ())
    row = people.save(session, id, values)
    session.flush()
    return _hand_over(session, office, id, now) if handing_over.hands_over(people.person(row)) else []


def _must_be_ours(session: Session, office: Office, roles: Sequence[str]) -> None:
    try:
        published = office.definitions.at(session, revisions.current(session).get(revisions.DEFINITIONS, 0))
    except NotPublished:
        return  # people may be told before there are journeys
    must_be_roles(roles, published.house.roles.ours, "/roles")


def _hand_over(session: Session, office: Office, id: str, now: datetime) -> list[Ledger]:
    theirs = (
        select(tasks.c.account_id).where(tasks.c.assignee_id == id, tasks.c.state == "open"),
        select(approvals.c.account_id).where(approvals.c.approver_id == id, approvals.c.state == "open"),
        select(escalations.c.account_id).where(escalations.c.person_id == id, escalations.c.ended_at.is_(None)),
    )
    concerned = sorted({account_id for query in theirs for account_id in session.execute(query).scalars()})
    ledgers = []
    for account_id in concerned:
        ledger = Ledger(session, office, account_id, now)
        _pass_on(ledger, id)
        ledgers.append(ledger)
    return ledgers


def _pass_on(ledger: Ledger, id: str) -> None:
    for each, column in ((tasks, tasks.c.assignee_id), (approvals, approvals.c.approver_id), (escalations, escalations.c.person_id)):
        is_open = each.c.ended_at.is_(None) if each is escalations else each.c.state == "open"
        for row in ledger.session.execute(select(each).where(each.c.account_id == ledger.account.id, column == id, is_open)).all():
            held = handing_over.successor(row.role, id, ledger.house, ledger.facts(), ledger.now)
            if held is None:
                continue
            changed: dict[str, Any] = {column.name: held.person.id}
            if each is not escalations:
                changed["covering_for"] = held.covering_for.id if held.covering_for else None
            ledger.session.execute(update(each).where(each.c.id == row.id).values(changed))
            ledger.tell_follow_up(getattr(row, "follow_up_id", None), news.Reassigned(ledger.now, held.person.id))
