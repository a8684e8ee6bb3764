"""Who is not to be written to, and about what; who consented to what. Kept under the digest of an address, which outlives it.

Whoever adds a suppression holds the reader's row, as a claim does: a mail is claimed before it or not at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, bindparam, case, insert, literal, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from database.tables import ConsentRow, ReaderRow, SuppressionRow, table
from domain import addresses
from domain.correspondence import Scope, Suppression

readers, suppressions, consents = table(ReaderRow), table(SuppressionRow), table(ConsentRow)

Source = Literal["reader", "provider", "person", "program", "import"]


@dataclass(frozen=True, slots=True)
class Added:
    """A suppression that stands. `is_new`: it did not before."""

    id: str
    is_new: bool
    effective_at: datetime


_insert: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def hold(session: Session, keys: Iterable[str], now: datetime) -> None:
    """Holds these readers and domains until the transaction ends; in their order, so that two holders never wait for each other."""
    rows = [{"key": key, "claimed_at": now} for key in sorted(set(keys))]
    statement = _insert[session.get_bind().dialect.name](readers).values(rows)
    latest = case((readers.c.claimed_at > statement.excluded.claimed_at, readers.c.claimed_at), else_=statement.excluded.claimed_at)
    session.execute(statement.on_conflict_do_update(index_elements=[readers.c.key], set_={"claimed_at": latest}))


def add(
    session: Session,
    address: str | None,
    reason: str,
    source: Source,
    now: datetime,
    *,
    scope: Scope = "everything",
    name: str = "",
    reader: str | None = None,
    proof: str | None = None,
    by: str | None = None,
    message_id: str | None = None,
) -> Added:
    """From now on nothing goes to the address that `scope` covers: `everything`, the `channel` email, or the `topic` of this `name`.

    Once: one that stands already is answered as it is. `reader` is the address's digest, for who knows no more than that.
    """
    digest = reader or addresses.digest(address or "")
    hold(session, [digest], now)
    if found := session.execute(_standing, {"reader": digest, "scope": scope, "name": name}).one_or_none():
        return Added(found.id, False, found.effective_at)
    # A clock may be a little behind the one that claimed last.
    claimed_at = session.execute(select(readers.c.claimed_at).where(readers.c.key == digest)).scalar_one()
    added = Added(uuid.uuid4().hex, True, max(now, claimed_at))
    session.execute(
        insert(suppressions).values(
            id=added.id, reader=digest, address=address, scope=scope, name=name, reason=reason, source=source, proof=proof,
            message_id=message_id, placed_by=by, effective_at=added.effective_at,
        )
    )  # fmt: skip
    return added


def lift(session: Session, id: str, by: str, proof: str, now: datetime) -> bool:
    """The address may be written to again, by somebody's word and for a proof. Whether the suppression stood."""
    changed = session.execute(
        update(suppressions)
        .where(suppressions.c.id == id, suppressions.c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=by, lift_proof=proof)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def find(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(suppressions).where(suppressions.c.id == id)).one_or_none()


def of_reader(session: Session, reader: str, standing: bool = True) -> Sequence[Row[Any]]:
    """The suppressions of an address by its digest, oldest first; with those that were lifted when not only what stands is asked for."""
    wanted = select(suppressions).where(suppressions.c.reader == reader).order_by(suppressions.c.effective_at, suppressions.c.id)
    return session.execute(wanted.where(suppressions.c.lifted_at.is_(None)) if standing else wanted).all()


_standing = select(suppressions).where(
    suppressions.c.reader == bindparam("reader"), suppressions.c.scope == bindparam("scope"), suppressions.c.name == bindparam("name"),
    suppressions.c.lifted_at.is_(None),
)  # fmt: skip
_said = union_all(
    select(suppressions.c.scope, suppressions.c.name, suppressions.c.reason).where(
        suppressions.c.reader == bindparam("reader"), suppressions.c.lifted_at.is_(None)
    ),
    select(literal("consent").label("scope"), consents.c.topic.label("name"), literal("").label("reason")).where(
        consents.c.reader == bindparam("reader"), consents.c.withdrawn_at.is_(None)
    ),
)


def said(session: Session, reader: str) -> tuple[tuple[Suppression, ...], frozenset[str]]:
    """What a reader said no to, and the topics they consented to."""
    rows = session.execute(_said, {"reader": reader}).all()
    refused = tuple(Suppression(row.scope, row.name, row.reason) for row in rows if row.scope != "consent")
    return refused, frozenset(row.name for row in rows if row.scope == "consent")


# Consent


def consent(
    session: Session, address: str, topic: str, source: str, text_version: str, proof: str, now: datetime, ip: str | None = None
) -> str:
    """Records that a reader consented to a topic ("" for all), from a source and to a text that can be shown. Returns its id."""
    id = uuid.uuid4().hex
    session.execute(
        insert(consents).values(
            id=id, reader=addresses.digest(address), address=address, topic=topic, source=source, text_version=text_version, proof=proof,
            ip=ip, given_at=now,
        )
    )  # fmt: skip
    return id


def withdraw_consent(session: Session, id: str, now: datetime) -> bool:
    """Whether it was given."""
    changed = session.execute(update(consents).where(consents.c.id == id, consents.c.withdrawn_at.is_(None)).values(withdrawn_at=now))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def find_consent(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(consents).where(consents.c.id == id)).one_or_none()


def consents_of(session: Session, reader: str) -> Sequence[Row[Any]]:
    return session.execute(select(consents).where(consents.c.reader == reader).order_by(consents.c.given_at, consents.c.id)).all()
