"""What migrating makes is what the code says the tables are."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from database import migrating, tables
from database.engine import Database
from database.migrating import WrongShape
from tests.postgres import PostgresServer


def test_a_migrated_database_has_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_a_database_that_was_not_migrated_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(WrongShape, match="revision none .* run `tenure db upgrade`"):
        migrating.check(database)
    migrating.upgrade(database)
    migrating.check(database)
    database.close()


def test_processes_that_migrate_at_once_take_turns(postgres: PostgresServer) -> None:
    postgres.execute("CREATE DATABASE migrated_at_once")
    found: list[str | None] = []

    def upgrade() -> None:
        database = Database(postgres.url("migrated_at_once"))
        found.append(migrating.upgrade(database)[1])
        database.close()

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
