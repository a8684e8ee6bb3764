"""Accounts as they stand in the database, whole, for virtual time to play on. Nothing is written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from activities import claiming
from activities.view import View
from database import correspondence, standings, suppressions
from database.standings import OpenRows
from domain import addresses, caps, ladder, news, sending, state
from domain.account import Account, facts
from domain.correspondence import Refusals, Sent
from domain.entering import PlannedStart
from domain.intents import AskApproval, CreateTask, SendMessage
from domain.journey import Journey
from domain.language import Approval, Send
from domain.moving import MoveOrder
from domain.roles import holder
from domain.situation import PastRun
from domain.standing import AskedApproval, AskedTask, FollowUp, OpenEscalation, RunStanding, Standing
from domain.state import Rest


def of_account(view: View, id: str) -> Standing | None:
    """None when there is no such account."""
    account = view.account(id)
    return of_rows(view, account, standings.read(view.session, [id])[id]) if account else None


def of_rows(view: View, account: Account, rows: OpenRows) -> Standing:
    """The same, where accounts and what lies open of them were read for many at once."""
    return _Reading(view, account, rows).standing()


class _Reading:
    def __init__(self, view: View, account: Account, rows: OpenRows) -> None:
        self.view = view
        self.account = account
        self.rows = rows

    def standing(self) -> Standing:
        rows, account = self.rows, self.account
        owners = {row.id: row.run_id or "" for row in rows.holds}
        return Standing(
            account,
            runs=[self.run(row) for row in rows.runs],
            follow_ups=[self.follow_up(row) for row in rows.follow_ups],
            tasks=[_task(row) for row in rows.tasks],
            approvals=[self.approval(row) for row in rows.approvals],
            escalations=[self.escalation(row) for row in rows.escalations],
            holds=[(owners.get(hold.id, ""), hold) for hold in account.holds],
            starts=[PlannedStart(row.journey, row.key, row.contract_id, row.anchor_on, row.due_at) for row in rows.starts],
            past=[PastRun(row.journey, row.key, row.ended_at, row.anchor_on, row.shadow) for row in rows.past],
            watch_at=rows.watch_at,
            sent=self.sent(),
            refusals=self.refusals(),
        )

    def run(self, row: Row[Any]) -> RunStanding:
        notices = self.rows.notices.get(row.id, ())
        order = None
        if row.move_to is not None:
            order = MoveOrder(self.version(row.journey, row.move_to), row.move_at_once, row.move_at_once, row.step_map or {})
        return RunStanding(
            row.id, self.view.journey(row), row.key, row.contract_id, row.contact_id, state.load(row.state),
            Rest(row.wake_at, row.verb, row.step), [news.load(notice.news) for notice in notices], any(notice.wakes for notice in notices),
            [_message(message) for message in self.rows.messages.get(row.id, ())], order, row.pinned,
        )  # fmt: skip

    def sent(self) -> list[Sent]:
        """What its people got lately, here or of another account; what counts for its domains too."""
        view, policy = self.view, self.view.published.house.contact
        since = caps.horizon(policy.limits, True, view.now)
        found = {}
        for contact in self.account.contacts:
            reader, domain = addresses.digest(contact.email), policy.domain(contact.email)
            for row in correspondence.sent(view.session, self.account.id, reader, domain, since):
                found[row.id, row.source] = claiming.sent_of(row, self.account.id)
        return sorted(found.values(), key=lambda sent: (sent.at, sent.reader, sent.what))

    def refusals(self) -> Refusals:
        said = {
            reader: suppressions.said(self.view.session, reader)
            for reader in {addresses.digest(each.email) for each in self.account.contacts}
        }
        return Refusals(
            {reader: refused for reader, (refused, _) in said.items()}, {reader: consents for reader, (_, consents) in said.items()}
        )

    def version(self, journey: str, version: int) -> Journey:
        return self.view.office.definitions.journey(self.view.session, self.view.published, journey, version)

    def follow_up(self, row: Row[Any]) -> FollowUp:
        told = [news.load(notice.news) for notice in self.rows.notices.get(row.id, ())]
        run = row.enrollment_id or ""
        unsent = [_message(message) for message in self.rows.messages.get(row.id, ())]
        return FollowUp(row.id, run, self.rows.journeys.get(run, "follow-up"), ladder.load(row.state), row.wake_at, told, unsent)

    def approval(self, row: Row[Any]) -> AskedApproval:
        asked = AskApproval(row.step, row.visit, row.title, row.role, row.approver_id, row.asked_at, row.expires_at, row.otherwise)
        passed_at = max(
            (each.opened_at for each in self.rows.passed if (each.enrollment_id, each.step) == (row.enrollment_id, row.step)), default=None
        )
        first = self.asked_first(row) if passed_at else row.approver_id
        return AskedApproval(row.enrollment_id, asked, first, passed_at=passed_at)

    def asked_first(self, row: Row[Any]) -> str | None:
        """Whom the step asks: the row of an approval that was passed on names only who has it now."""
        run = next((run for run in self.rows.runs if run.id == row.enrollment_id), None)
        if run is None:
            return None
        known = facts(self.account, self.view.published.house, self.view.now, run.contract_id, run.contact_id)
        step = self.view.journey(run).plan(known.segment).node(row.step).step
        house = self.view.published.house
        by = row.role
        if isinstance(step, Approval):
            by = step.by
        elif isinstance(step, Send):
            by = (step.approval or sending.OWNERS).by
        held = holder(by, house.roles, house.calendars, known, row.asked_at)
        return held.person.id if held else None

    def escalation(self, row: Row[Any]) -> OpenEscalation:
        told = [(each.recipient, each.settled_at) for each in self.rows.told if each.run_id.rpartition("-")[0] == row.id]
        return OpenEscalation(
            row.id, row.enrollment_id or "", row.cause, row.step or "", row.visit, row.sla, row.role, row.person_id, row.acknowledged_at,
            row.acknowledged_by, row.follow_up_id, told, row.raised,
        )  # fmt: skip


def _task(row: Row[Any]) -> AskedTask:
    asked = CreateTask(
        row.step, row.visit, row.title, row.role, row.assignee_id, row.sla, row.due_at, tuple(row.outcomes or ()), row.covering_for
    )
    put_off: datetime = max(row.created_at, row.snoozed_until) if row.snoozed_until else row.created_at
    return AskedTask(row.id, row.enrollment_id, asked, put_off, follow_up=row.follow_up_id)


def _message(row: Row[Any]) -> SendMessage:
    """One that is being sent counts as one that is to be sent."""
    return SendMessage(
        row.step, row.visit, row.effect, row.audience, row.recipient, row.template, row.due_at, row.mail_class, row.operational,
        row.state == "gated", row.context or {}, row.shadow, row.queued_at,
    )  # fmt: skip
