"""What waits for approval, and one approval: its mails as they will leave, why they are due, and how to decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import select

from activities import approving
from activities.view import View
from console import work
from database.tables import AccountRow, ContactRow, table
from domain.timing import zone

accounts, contacts = table(AccountRow), table(ContactRow)


def waiting(view: View) -> Mapping[str, Any]:
    return {"zone": UTC, "people": view.people, "approvals": work.open_work(view).approvals}


def look(view: View, id: str) -> Mapping[str, Any] | None:
    """None where there is no such approval."""
    found = approving.look(view, id)
    if found is None:
        return None
    account = view.session.execute(select(accounts).where(accounts.c.id == found.row.account_id)).one()
    readers = select(contacts.c.id, contacts.c.name).where(contacts.c.id.in_([letter.row.recipient for letter in found.letters]))
    return {
        "zone": zone(account.zone), "people": view.people, "account": account, "approval": found.row, "letters": found.letters,
        "readers": {row.id: row.name for row in view.session.execute(readers)},
        "reasons": {entry.id: entry for entry in found.because}, "is_published": found.row.journey in view.published.journeys,
    }  # fmt: skip
