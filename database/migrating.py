"""Bringing a database to the shape this code knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from database.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


class WrongShape(RuntimeError):
    """The database is older or newer than this code."""


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Runs what is missing; the revisions before and after. Several processes may do it at once: they take turns."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_lock(723350)")
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(config(connection), "head")
        connection.commit()
        after = MigrationContext.configure(connection).get_current_revision()
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(723350)")
            connection.commit()
    return before, after


def check(database: Database) -> None:
    """Raises WrongShape unless the database is at the newest revision."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != newest:
        raise WrongShape(f"the database is at revision {current or 'none'} and this version needs {newest}; run `tenure db upgrade`")
