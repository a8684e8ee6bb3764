"""A database that was copied or restored is known as such, and does not send."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from database import installations
from database.engine import Database
from database.installations import COPIED, OLDER, recognise
from tests.conftest import NewDatabase
from tests.installation import START
from tests.postgres import PostgresServer

LATER = START + timedelta(hours=1)


def test_a_new_installation_is_armed_and_stays_so(database: Database) -> None:
    first = recognise(database, START)
    assert (first.armed, first.why) == (True, "a new installation")
    for hours in range(3):
        assert recognise(database, START + timedelta(hours=hours)) == first
    reopened = Database(database.engine.url.render_as_string(hide_password=False))
    assert recognise(reopened, LATER) == first
    reopened.close()


def test_what_was_disarmed_stays_so_until_somebody_arms_it(database: Database) -> None:
    recognise(database, START)
    with database.write() as session:
        assert installations.arm(session, False, "cara", "a storm", START)
        assert not installations.arm(session, False, "cara", "a storm", START)
    found = recognise(database, LATER)
    assert (found.armed, found.by, found.why) == (False, "cara", "a storm")
    with database.write() as session:
        assert installations.arm(session, True, "vera", "it is over", LATER)
    assert recognise(database, LATER).armed


def backed_up(file: Path, to: Path) -> None:
    with sqlite3.connect(file) as source, sqlite3.connect(to) as target:
        source.backup(target)
    source.close()
    target.close()


def copied_into(file: Path, backup: Path) -> None:
    shutil.copy(backup, file)


def moved_into(file: Path, backup: Path) -> None:
    shutil.move(backup, file)


def restored_into(file: Path, backup: Path) -> None:
    backed_up(backup, file)


@pytest.mark.parametrize(("restore", "why"), [(copied_into, OLDER), (restored_into, OLDER), (moved_into, COPIED)])
def test_a_restored_sqlite_database_is_disarmed(
    new_database: NewDatabase, tmp_path: Path, restore: Callable[[Path, Path], None], why: str
) -> None:
    database = new_database("sqlite")
    file, backup = Path(database.engine.url.database or ""), tmp_path / "backup.db"
    recognise(database, START)
    backed_up(file, backup)
    assert recognise(database, START).armed
    database.engine.dispose()
    for leftover in (f"{file}-wal", f"{file}-shm"):
        Path(leftover).unlink(missing_ok=True)
    restore(file, backup)
    found = recognise(database, LATER)
    assert (found.armed, found.why, found.by) == (False, why, None)
    assert not recognise(database, LATER).armed, "looking again arms nothing"


def test_a_copied_home_is_another_installation(new_database: NewDatabase, tmp_path: Path) -> None:
    database = new_database("sqlite")
    recognise(database, START)
    file = Path(database.engine.url.database or "")
    home = tmp_path / "elsewhere"
    home.mkdir()
    for each in file.parent.glob(f"{file.name}*"):
        shutil.copy(each, home)
    copy = Database(f"sqlite:///{home / file.name}")
    assert recognise(copy, LATER).why == COPIED
    copy.close()
    assert recognise(database, LATER).armed


def test_a_process_that_dies_between_its_two_marks_disarms_nothing(new_database: NewDatabase) -> None:
    database = new_database("sqlite")
    recognise(database, START)
    marks = Path(f"{database.engine.url.database}.mark")
    before = marks.read_text()
    with database.write() as session:
        mark = session.execute(text("SELECT mark FROM installations")).scalar_one()
    marks.write_text(f"{mark}\nnever-committed\n")
    assert recognise(database, LATER).armed
    assert marks.read_text() != before


def test_a_copied_postgres_database_is_disarmed(new_database: NewDatabase, postgres: PostgresServer) -> None:
    database = new_database("postgres")
    recognise(database, START)
    database.engine.dispose()
    name = f"clone_of_{database.engine.url.database}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {database.engine.url.database}")
    clone = Database(postgres.url(name))
    assert (recognise(clone, LATER).armed, recognise(clone, LATER).why) == (False, COPIED)
    clone.close()
    assert recognise(database, LATER).armed


def test_a_postgres_table_that_was_made_again_from_a_dump_is_disarmed(new_database: NewDatabase) -> None:
    """As pg_restore --clean does into the same database."""
    database = new_database("postgres")
    recognise(database, START)
    with database.engine.begin() as connection:
        for statement in (
            "CREATE TABLE dumped AS SELECT * FROM installations",
            "DROP TABLE installations",
            "ALTER TABLE dumped RENAME TO installations",
        ):
            connection.execute(text(statement))
    assert recognise(database, LATER).why == COPIED
