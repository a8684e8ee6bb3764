"""Providers' places and troubles, shared by all workers. The row is held from asking until the claim is committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from database.tables import ProviderRow, table
from domain.pacing import Provider

providers = table(ProviderRow)
_columns = [providers.c[name] for name in Provider.__slots__]
_one = select(*_columns).where(providers.c.name == bindparam("name"))
_held = _one.with_for_update()
_new_of = {
    "sqlite": sqlite.insert(providers).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(providers).on_conflict_do_nothing(),
}


def find(session: Session, name: str) -> Provider:
    """As it is, for whoever only looks."""
    row = session.execute(_one, {"name": name}).one_or_none()
    return Provider(*row) if row else Provider(name)


def hold(session: Session, name: str) -> Provider:
    """As it is, and nobody else changes it before this transaction ends."""
    if row := session.execute(_held, {"name": name}).one_or_none():
        return Provider(*row)
    session.execute(_new_of[session.get_bind().dialect.name], {"name": name, "failures": 0, "tried": False})
    return Provider(*session.execute(_held, {"name": name}).one())


def save(session: Session, provider: Provider) -> None:
    values = asdict(provider)
    session.execute(update(providers).where(providers.c.name == values.pop("name")).values(values))


def troubled(session: Session) -> Sequence[Row[Any]]:
    """Those in trouble, by name."""
    return session.execute(select(*_columns).where(providers.c.since.is_not(None)).order_by(providers.c.name)).all()
