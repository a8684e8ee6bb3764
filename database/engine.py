"""Opening the database and its transactions. SQLite has one writer at a time and says so early; PostgreSQL has row locks."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, create_engine

Result = TypeVar("Result")

MOST_TRIES = 5


class Database:
    """One database. Its sessions are synchronous; callers on an event loop use a thread."""

    def __init__(self, url: str, pool_size: int = 20) -> None:
        self.url = normal_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url, pool_size)
        self._reader = self.engine.execution_options(reads=True)
        # SQLite lets one connection write; waiting here is fair and cheap, waiting in SQLite is a poll.
        self._turnstile: Any = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end; on an exception nothing of it remains."""
        with self._turnstile, Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view that writes nothing."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def transact(self, work: Callable[[Session], Result]) -> Result:
        """`work` in one transaction, done again when the database broke off a deadlock or was busy."""
        for attempt in range(MOST_TRIES):
            try:
                with self.write() as session:
                    return work(session)
            except OperationalError as error:
                if attempt == MOST_TRIES - 1 or not _is_passing(error):
                    raise
                time.sleep(0.05 * 2**attempt)
        raise AssertionError

    def flush(self) -> None:
        """Empties SQLite's log into its file, so that what was wiped does not stand there any more; PostgreSQL vacuums by itself.
        Where somebody is reading, as much as can be."""
        if self.is_sqlite:
            with self._turnstile, self._reader.connect() as connection:
                connection.exec_driver_sql("COMMIT")  # it cannot be done within a transaction
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.engine.dispose()


def _is_passing(error: OperationalError) -> bool:
    """Whether trying again helps: a deadlock or a lost race on PostgreSQL, a busy SQLite."""
    state = getattr(error.orig, "sqlstate", None)
    return state in ("40P01", "40001") or "database is locked" in str(error.orig)


def normal_url(url: str) -> str:
    """The address with the driver this project uses; `postgres://` is what hosting companies hand out."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _postgres(url: str, pool_size: int) -> Engine:
    return create_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=10, pool_pre_ping=False)


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 15}, pool_size=20, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        # What is wiped is wiped in the file too, whatever SQLite was built with: https://www.sqlite.org/pragma.html#pragma_secure_delete
        # The driver's own transaction handling is off: it begins late, and a read that turns into a write then fails.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
