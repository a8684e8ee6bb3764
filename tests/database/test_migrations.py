"""What migrating makes is what the code says the tables are."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

from database import migrating, tables
from database.engine import Database
from database.migrating import WrongShape
from database.tables import AccountRow, DecisionRow, EnrollmentRow, TaskRow
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


ROWS = """
INSERT INTO accounts (id, name, zone, country, currency, facts, told_at, tags, created_at)
VALUES ('acme', 'Acme', 'Europe/Berlin', 'DE', 'EUR', '{}', '{}', '[]', '2026-01-05 09:00:00+00:00');
INSERT INTO enrollments (id, journey, version, hash, key, account_id, why, state, revision, verb, step, held, begun_at, running)
VALUES ('run', 'onboarding', 1, 'abc', 'acme', 'acme', 'signed_up', '{}', 3, 'task', 'task-call', false, '2026-01-05 09:00:00+00:00', true);
INSERT INTO tasks (id, enrollment_id, account_id, journey, step, visit, title, body, role, sla, outcomes, state, created_at, due_at)
VALUES ('t', 'run', 'acme', 'onboarding', 'task-call', 1, 'Call', '', 'csm', 'P2', '[]', 'open', '2026-01-05 09:00:00+00:00', '2026-01-06 09:00:00+00:00');
INSERT INTO decisions (run_id, account_id, journey, version, what, result, rule, inputs, at)
VALUES ('run', 'acme', 'onboarding', 1, 'due', 'its condition holds', 'account.ready', '{}', '2026-01-05 09:00:00+00:00');
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_an_older_database_holds_is_kept_when_it_is_upgraded(kind: str, postgres: PostgresServer, tmp_path: Path) -> None:
    if kind == "postgres":
        postgres.execute("CREATE DATABASE an_older_one")
    database = Database(postgres.url("an_older_one") if kind == "postgres" else f"sqlite:///{tmp_path / 'older.db'}")
    with database.engine.connect() as connection:
        command.upgrade(migrating.config(connection), "0001")
        connection.commit()
    with database.engine.begin() as connection:
        for statement in ROWS.strip().split(";")[:-1]:
            connection.exec_driver_sql(statement)
    assert migrating.upgrade(database)[0] == "0001"
    migrating.check(database)
    with database.engine.connect() as connection:
        run = connection.execute(select(tables.table(EnrollmentRow))).one()
        assert (run.id, run.revision, run.pinned, run.move_to, run.move_at_once) == ("run", 3, False, None, False)
        assert connection.execute(select(tables.table(TaskRow).c.enrollment_id)).scalar_one() == "run"
        assert connection.execute(select(tables.table(DecisionRow).c.told_at)).scalar_one() == {}
        assert connection.execute(select(tables.table(AccountRow).c.revision)).scalar_one() == 0
    database.close()
