"""What columns are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Dialect, Index, Integer, MetaData, Table, Text
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy import text as sql
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

# Set before a table is made: names of constraints are made with the tables.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite forgets zones and PostgreSQL answers in the session's; both give UTC back through this."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def json(nullable: bool = False) -> Any:
    """A column of JSON that keeps the order of keys."""
    # Not JSONB: the order of a run's tracks is the order in which they act, and JSONB forgets the order of keys.
    return Field(default=None, sa_column=Column(JSON(), nullable=nullable))


def moment(nullable: bool = True, index: bool = False) -> Any:
    """A column of UTC datetimes."""
    return Field(default=None, sa_column=Column(UtcDateTime(), nullable=nullable, index=index))


def serial() -> Any:
    """A primary key that the database counts up."""
    # SQLite counts up only a key of the type INTEGER.
    return Field(default=None, sa_column=Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True))


def words(nullable: bool = True) -> Any:
    """A column of text of any length."""
    return Field(default=None, sa_column=Column(Text(), nullable=nullable))


def index_where(name: str, *columns: str, where: str, sqlite: str = "", unique: bool = False) -> Index:
    """An index of the rows for which `where`, a condition in SQL, holds; `unique` among those. `sqlite` is how SQLite must be told it,
    where that is otherwise: it looks at an index only for a query that says the very same."""
    return Index(name, *columns, unique=unique, sqlite_where=sql(sqlite or where), postgresql_where=sql(where))


def table(model: type[SQLModel]) -> Table:
    """The SQL table of a model, for statements that need no objects."""
    return metadata.tables[str(model.__tablename__)]
