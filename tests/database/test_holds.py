"""Holds as rows: those of an older database, and those of all accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from database import accounts, holds, migrating
from database.engine import Database
from domain.facts import Hold
from tests.domain.kit import a_house
from tests.installation import START, Installation
from tests.postgres import PostgresServer

NOW = datetime.now(UTC)
ACCOUNT = """
INSERT INTO accounts (id, name, zone, country, currency, facts, told_at, tags, created_at)
VALUES ('acme', 'Acme', 'Europe/Berlin', 'DE', 'EUR', '{}', '{}', '[]', '2026-01-05 09:00:00+00:00')
"""
HOLD = "INSERT INTO holds (id, account_id, reason, until, placed_at, lifted_at) VALUES (:id, 'acme', 'x', :until, :at, :lifted)"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_holds_of_an_older_database_are_over_or_in_force_as_they_were(kind: str, postgres: PostgresServer, tmp_path: Path) -> None:
    if kind == "postgres":
        postgres.execute("CREATE DATABASE with_holds")
    database = Database(postgres.url("with_holds") if kind == "postgres" else f"sqlite:///{tmp_path / 'older.db'}")
    with database.engine.connect() as connection:
        command.upgrade(migrating.config(connection), "0006")
        connection.commit()
    ago = NOW - timedelta(days=9)
    with database.engine.begin() as connection:
        connection.execute(text(ACCOUNT))
        for id, until, lifted in (
            ("stands", None, None), ("lasts", NOW + timedelta(days=9), None), ("lapsed", ago, None), ("lifted", None, ago),
        ):  # fmt: skip
            connection.execute(text(HOLD), {"id": id, "until": until, "at": ago, "lifted": lifted})
    migrating.upgrade(database)
    with database.read() as session:
        assert {row.id for row in holds.standing(session, NOW)} == {"stands", "lasts"}
        assert [row.resume for row in holds.standing(session, NOW)] == ["shift", "shift"]
        assert holds.over(session, NOW, 10) == []
    with database.write() as session:
        holds.place(session, None, Hold("all", placed_at=NOW), None, "csm")
    with database.engine.connect() as connection:
        command.downgrade(migrating.config(connection), "0006")
        connection.commit()
        assert {row.id for row in connection.execute(text("SELECT id FROM holds"))} == {"stands", "lasts", "lapsed", "lifted"}
    database.close()


def test_what_a_process_remembers_of_an_account_is_read_again_once_everything_is_held(installation: Installation) -> None:
    installation.sign_up()
    remembered = accounts.Remembered()
    with installation.database.write() as session:
        row = accounts.lock(session, "acme")
        assert row is not None
        remembered.keep(row, accounts.load(session, row, {}, a_house().vocabulary))
        assert remembered.find(row) is not None
        holds.place(session, None, Hold("all", placed_at=START), None, "csm")
        again = accounts.lock(session, "acme")
        assert again is not None
        assert remembered.find(again) is None
        assert [hold.id for hold in accounts.load(session, again, {}, a_house().vocabulary).holds] == ["all"]
