"""Servers and databases that tests share. Each is started by the first test that needs it and stopped at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from database.engine import Database
from tests.installation import Installation, prepare
from tests.postgres import PostgresServer

# A traceback in a test is pytest's to show.
structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer(key_order=["event"])])


LONGEST = ("e2e", "runtime", "activities", "api")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest stories begin first: run on two cores, none of them is left for the end."""
    items.sort(key=lambda item: next((rank for rank, folder in enumerate(LONGEST) if folder in item.path.parts), len(LONGEST)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def prepared_postgres(postgres: PostgresServer) -> str:
    """A database with everything published and a team, to be copied."""
    postgres.execute("CREATE DATABASE prepared")
    database = Database(postgres.url("prepared"))
    prepare(database)
    database.close()
    return "prepared"


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with everything published and a team, to be copied."""
    file = tmp_path_factory.mktemp("prepared") / "tenure.db"
    database = Database(f"sqlite:///{file}")
    prepare(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


NewDatabase = Callable[[str], Database]


@pytest.fixture(scope="session")
def opened() -> dict[str, Database]:
    """Databases by their address. Each test makes its own anew, at the same addresses: SQLAlchemy compiles every statement once for
    each that is opened, which takes longer than most tests.
    """
    return {}


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite")


@pytest.fixture
def new_database(request: pytest.FixtureRequest, opened: dict[str, Database], sqlite_folder: Path) -> Iterator[NewDatabase]:
    """Makes databases of a kind (sqlite, postgres) with everything published and a team."""
    made: list[Database] = []

    def make(kind: str) -> Database:
        name = f"copy{len(made)}"
        if kind == "sqlite":
            folder = sqlite_folder / name
            shutil.rmtree(folder, ignore_errors=True)  # with what is kept beside a database
            folder.mkdir()
            shutil.copy(request.getfixturevalue("prepared_sqlite"), folder / "tenure.db")
            url = f"sqlite:///{folder / 'tenure.db'}"
        else:
            template = request.getfixturevalue("prepared_postgres")
            server: PostgresServer = request.getfixturevalue("postgres")
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            url = server.url(name)
        if url not in opened:
            opened[url] = Database(url)
        made.append(opened[url])
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, new_database: NewDatabase) -> Database:
    """A database with everything published and a team: the test runs on each kind."""
    return new_database(request.param)


@pytest.fixture
def installation(database: Database) -> Iterator[Installation]:
    """An installation with a team, on each kind of database."""
    made = Installation(database)
    with made.client:
        yield made


@pytest.fixture
def quick_installation(new_database: NewDatabase) -> Iterator[Installation]:
    """An installation with a team, on SQLite: for what does not depend on the database."""
    made = Installation(new_database("sqlite"))
    with made.client:
        yield made
