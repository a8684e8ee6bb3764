"""The outbox, and one message as it looks with the reasons it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Row, select

from activities import complaining
from activities.evidence import written_at
from activities.view import View
from console.few import Few, few
from database import holds, runs
from database.tables import AccountRow, ApprovalRow, ContactRow, DecisionRow, MessageRow, table
from domain import account as account_of
from domain import ladder
from domain.journey import Node, Plan
from domain.timing import zone

accounts, approvals, contacts = table(AccountRow), table(ApprovalRow), table(ContactRow)
decisions, messages = table(DecisionRow), table(MessageRow)

# What a mail is shown with: its own styles, and nothing that would call anybody.
STYLES_OF_A_MAIL = "'self' 'unsafe-inline'"


@dataclass(frozen=True)
class Why:
    """Why a run sends a message: the step as its journey has it written, and what was decided on the way to it, oldest first.

    `place` says where it is written, and `href` leads there while that version is the published one; `title` and `cause` are what a
    ladder tells of, for a message that no journey wrote.
    """

    decisions: Few[Row[Any]]
    written: str = ""
    place: str = ""
    href: str = ""
    title: str = ""
    cause: str = ""


def outbox(view: View) -> Mapping[str, Any]:
    found = select(messages, accounts.c.name.label("account"), contacts.c.name.label("contact"))
    found = found.join(accounts, accounts.c.id == messages.c.account_id)
    found = found.outerjoin(contacts, (contacts.c.id == messages.c.recipient) & (messages.c.audience == "contact"))
    lately = (messages.c.settled_at.desc(), messages.c.id)
    waits = messages.c.state.in_(("planned", "claimed", "gated"))
    return {
        "zone": UTC, "people": view.people, "spam": complaining.see(view.session, view.office, view.now),
        "held": holds.standing(view.session, view.now, *holds.of_all_commercial()),
        "troubled": few(view.session, found.where(messages.c.state.in_(("in_doubt", "failed"))).order_by(*lately)),
        "accepted": few(view.session, found.where(messages.c.state == "accepted").order_by(*lately)),
        "waiting": few(view.session, found.where(waits, ~messages.c.shadow).order_by(messages.c.due_at, messages.c.id)),
    }  # fmt: skip


def look(view: View, id: str) -> Mapping[str, Any] | None:
    message = view.session.execute(select(messages).where(messages.c.id == id)).one_or_none()
    if message is None:
        return None
    account = view.session.execute(select(accounts).where(accounts.c.id == message.account_id)).one()
    reader = select(contacts).where(contacts.c.id == message.recipient)
    contact = view.session.execute(reader).one_or_none() if message.audience == "contact" else None
    gate = (approvals.c.enrollment_id == message.run_id, approvals.c.step == message.step, approvals.c.visit == message.visit)
    return {
        "people": view.people, "message": message, "account": account, "contact": contact, "why": _why(view, message),
        "zone": zone((contact and contact.zone) or account.zone), "is_published": message.journey in view.published.journeys,
        "approval": view.session.execute(select(approvals).where(*gate)).one_or_none(),
    }  # fmt: skip


def _why(view: View, message: Row[Any]) -> Why:
    if follow_up := runs.follow_up(view.session, message.run_id):
        climb = ladder.load(follow_up.state)
        return Why(_decided(view, decisions.c.run_id == message.run_id), title=climb.title, cause=climb.why)
    run = runs.enrollment(view.session, message.run_id)
    account = view.account(message.account_id)
    if run is None or account is None:
        return Why(Few([]))
    journey = view.journey(run)
    segment = account_of.facts(account, view.published.house, view.now, run.contract_id, run.contact_id).segment
    plan = journey.plan(segment)
    node = plan.nodes.get(message.step)
    if node is None:
        return Why(_decided(view, decisions.c.run_id == run.id, decisions.c.step == message.step))
    at_it = (decisions.c.step == node.id) & (decisions.c.visit == message.visit)
    before_it = decisions.c.step.in_(_around(plan, node)) | (decisions.c.rule == node.track) | (decisions.c.what == "enrolled")
    line = node.step.mark.line
    current = view.published.journeys.get(journey.name)
    href = f"/journeys/{journey.name}#line-{line}" if current and current.version == run.version else ""
    return Why(
        _decided(view, decisions.c.run_id == run.id, decisions.c.at <= (message.settled_at or view.now), at_it | before_it),
        written_at(journey.text, line), f"journeys/{journey.name}.yaml, version {run.version}, line {line}", href,
    )  # fmt: skip


def _around(plan: Plan, node: Node) -> Sequence[str]:
    """The steps it lies in."""
    ids = []
    while node.parent:
        ids.append(node.parent)
        node = plan.nodes[node.parent]
    return ids


def _decided(view: View, *conditions: Any) -> Few[Row[Any]]:
    found = few(view.session, select(decisions).where(*conditions).order_by(decisions.c.id.desc()), 20)
    return Few(found.items[::-1], found.more)
