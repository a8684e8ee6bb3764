"""Erasing a contact: their runs end, nothing is sent to them any more, and what tells of them is wiped wherever it stands.

The rows stay, and so does the digest of the address: what they said no to holds when the same address is told again. What Temporal
keeps are ids. Backups and providers' own records are out of our reach; what was erased is listed, so that it can be erased there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from activities import approving
from activities.intake import Conflict
from activities.ledger import Ledger, Nudge, Office
from activities.orders import NotThere
from database import erasing, suppressions, work
from database.erasing import Wiping
from database.tables import ContactRow
from domain import addresses, ladder, news
from domain.erasing import ARCHIVED_FOR, Traces
from domain.intents import Decision

WHY = "the contact was erased"
LogErasure = Callable[[Mapping[str, Any]], None]  # of account, contact, by and at


@dataclass(frozen=True)
class Erasure:
    """`row` is what is kept of it; `also` are contacts with the same address, who were not erased."""

    row: Row[Any]
    also: tuple[tuple[str, str], ...] = ()  # account id, contact id
    ledgers: tuple[Ledger, ...] = field(default=(), repr=False)

    @property
    def nudges(self) -> list[Nudge]:
        """Whom Temporal must hear of."""
        return [nudge for ledger in self.ledgers for nudge in ledger.nudges.values()]


def erase(
    session: Session,
    office: Office,
    account_id: str,
    contact_id: str,
    by: str,
    why: str,
    now: datetime,
    log: LogErasure | None = None,
) -> Erasure:
    """Erases a contact. Once more, it erases what had to be archived until then, and nothing else.

    `log` is told of it before it is committed: a database that is restored from a backup knows nothing of it. Raises UnknownAccount,
    NotThere, and Conflict where the account's legal hold forbids it.
    """
    ledger = Ledger(session, office, account_id, now)
    contact = session.get(ContactRow, contact_id)
    if contact is None or contact.account_id != account_id:
        raise NotThere("contact", contact_id)
    before = erasing.find(session, contact_id)
    if before is not None and not before.archived:
        return Erasure(before)
    if ledger.account.values.get("account.legal_hold"):
        raise Conflict("legal_hold", f"account '{account_id}' is under legal hold: nothing of it may be erased until that is lifted")
    reader = before.reader if before else addresses.digest(contact.email)
    wiping = Wiping(session, contact, reader, now, now - ARCHIVED_FOR if ledger.house.packs.financial else None)
    if before is not None:
        return _what_was_archived(session, before, wiping)
    suppressions.hold(session, {reader, *wiping.readers}, now)
    also = tuple((row.account_id, row.id) for row in erasing.others_with(session, contact))
    ended = _end(ledger, wiping, contact_id, by)
    said = Traces(contact.name, contact.email).out_of(why)
    kept = {
        "id": contact_id, "account_id": account_id, "reader": reader, "by": by, "why": said, "erased_at": now,
        "sent_through": wiping.sent_through(), **_archived(wiping), "wiped": wiping.wipe(),
    }  # fmt: skip
    erasing.bury(session, contact_id, now)
    erasing.keep(session, kept)
    after = Ledger(session, office, account_id, now)
    after.tell()
    after.note([Decision("erased", f"contact {contact_id} by {by}", rule=said)])
    if log:
        log({"account": account_id, "contact": contact_id, "by": by, "at": now.isoformat()})
    return Erasure(_found(session, contact_id), also, (*ended, after))


def _what_was_archived(session: Session, before: Row[Any], wiping: Wiping) -> Erasure:
    left, count = _archived(wiping), wiping.wipe_mails()
    wiped = {name: before.wiped.get(name, 0) + count.get(name, 0) for name in sorted({*before.wiped, *count})}
    erasing.keep(session, {"id": before.id, "wiped": wiped, **left})
    return Erasure(_found(session, before.id))


def _archived(wiping: Wiping) -> dict[str, Any]:
    count, last_at = wiping.archived()
    return {"archived": count, "archived_until": last_at + ARCHIVED_FOR if last_at else None}


def _found(session: Session, contact_id: str) -> Row[Any]:
    found = erasing.find(session, contact_id)
    assert found, "it was kept just now"
    return found


def _end(ledger: Ledger, wiping: Wiping, contact_id: str, by: str) -> list[Ledger]:
    """What is under way about the contact ends: runs, mails that wait to be approved, tasks to answer them. Of all accounts that had
    such a task, the ledgers."""
    for run in ledger.live.values():
        if run.contact_id == contact_id:
            ledger.notify(run.id, news.ExitOrdered(ledger.now, WHY, by, "close"), True)
    approving.skip_mails_to(ledger, contact_id, by, WHY)
    ledgers = {ledger.account.id: ledger}
    for task in wiping.tasks():  # they may have answered a mail to somebody of another account
        if task.account_id not in ledgers:
            ledgers[task.account_id] = Ledger(ledger.session, ledger.office, task.account_id, ledger.now)
        of = ledgers[task.account_id]
        if work.change_task(of.session, task.id, {"state": "closed", "done_at": of.now, "done_by": by}):
            of.tell_follow_up(task.follow_up_id, news.Closed(of.now, WHY))
            of.end_escalation(ladder.overdue(task.id), WHY)
    return list(ledgers.values())
