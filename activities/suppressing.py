"""Saying no, and taking it back: each a row for itself, and a decision told of every account that writes to the reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from database import accounts, messages, suppressions, work
from database.messages import Message
from database.suppressions import Added, Source
from database.tables import ContactRow, MessageRow, table
from domain import addresses
from domain.correspondence import Scope
from domain.governor import EMAIL
from domain.intents import Decision

sent, contacts = table(MessageRow), table(ContactRow)


class NotThere(LookupError):
    """There is no such suppression, or it was lifted before."""


def suppress(
    session: Session,
    address: str,
    scope: Scope,
    name: str,
    reason: str,
    source: Source,
    now: datetime,
    proof: str | None = None,
    by: str | None = None,
) -> Added:
    """Somebody says that an address is not to be written to."""
    added = suppressions.add(session, address, reason, source, now, scope=scope, name=name, proof=proof, by=by)
    if added.is_new:
        _note(session, addresses.digest(address), address, "suppressed", f"{_what(scope, name)}: {reason}", now)
    return added


def give_up(session: Session, message: Message | Row[Any], why: str, now: datetime, proof: str) -> None:
    """The address that a message went to does not work: nothing more goes there, whoever has it, and its contact needs another."""
    suppressions.add(
        session, message.address, f"the address does not work: {why}", "provider", now, reader=message.reader, proof=proof,
        message_id=message.id,
    )  # fmt: skip
    same = (contacts.c.id == message.recipient, contacts.c.email == message.address)
    session.execute(update(contacts).where(*same).values(refused=True))
    accounts.touch(session, message.account_id)


def lift(session: Session, id: str, by: str, proof: str, now: datetime) -> Row[Any]:
    """Somebody says, for a proof, that the address may be written to again. Raises NotThere."""
    row = suppressions.find(session, id)
    if row is None:
        raise NotThere(f"there is no suppression '{id}'")
    suppressions.hold(session, [row.reader], now)
    if not suppressions.lift(session, id, by, proof, now):
        raise NotThere("this suppression was lifted before")
    _note(session, row.reader, row.address, "unsuppressed", f"{_what(row.scope, row.name)}, by {by}: {proof}", now)
    found = suppressions.find(session, id)
    assert found
    return found


# What a reader says on their own page


def unsubscribe(session: Session, message: Message, now: datetime, proof: str) -> None:
    """The reader of a message wants no more mail that is not necessary."""
    _refuse(session, message, "channel", EMAIL, now, proof)


def choose(session: Session, message: Message, wanted: frozenset[str], offered: frozenset[str], now: datetime, proof: str) -> None:
    """The reader of a message wants these topics of those on their page, and no others."""
    reader = reader_of(message)
    if not wanted:
        unsubscribe(session, message, now, proof)
        return
    for topic in sorted(offered - wanted):
        _refuse(session, message, "topic", topic, now, proof)
    for row in suppressions.of_reader(session, reader):
        if (row.scope, row.name) == ("channel", EMAIL) or (row.scope == "topic" and row.name in wanted):
            suppressions.hold(session, [reader], now)
            suppressions.lift(session, row.id, "reader", proof, now)
            _note(session, reader, None, "unsuppressed", f"{_what(row.scope, row.name)}, by the reader", now)


def _refuse(session: Session, message: Message, scope: Scope, name: str, now: datetime, proof: str) -> None:
    added = suppressions.add(
        session, message.address, "the reader said so", "reader", now, scope=scope, name=name, reader=reader_of(message), proof=proof,
        message_id=message.id,
    )  # fmt: skip
    if added.is_new:
        _note(session, reader_of(message), None, "suppressed", f"{_what(scope, name)}: the reader said so", now, message.account_id)


def message_of(session: Session, id: str) -> Message | None:
    """A mail to a contact that was claimed once, whose reader is therefore known."""
    found = messages.find(session, id)
    return found if found and found.audience == "contact" and (found.reader or found.address) else None


def reader_of(message: Message) -> str:
    return message.reader or addresses.digest(message.address or "")


def _what(scope: str, name: str) -> str:
    match scope:
        case "everything":
            return "nothing at all"
        case "topic":
            return f"nothing about {name}"
        case _:
            return f"no {name} that is not necessary"


def _note(session: Session, reader: str, address: str | None, what: str, result: str, now: datetime, account_id: str | None = None) -> None:
    """Tells it of every account that wrote to the reader, or has a contact of this very address."""
    written = select(sent.c.account_id).where(sent.c.reader == reader)
    known = select(contacts.c.account_id).where(contacts.c.email == address) if address else None
    found = set(session.execute(written.union(known) if known is not None else written.distinct()).scalars())
    for account in sorted(found | ({account_id} if account_id else set())):
        work.note(session, [Decision(what, result, rule=f"reader {reader[:12]}")], now, account)
