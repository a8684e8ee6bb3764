"""`tenure erase` and `tenure erasures`, and a database that is restored from before somebody was erased."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from database.engine import Database
from database.tables import ContactRow, table
from runtime.erasure_log import Log
from tests.api.refusals import stored
from tests.api.staging import onboard
from tests.conftest import NewDatabase
from tests.installation import Installation
from tests.runtime.kit import tenure

ANN = ("erase", "acme", "acme-ann")
WHO = ("--as", "cara@example.com", "--why", "asked for it")
contacts = table(ContactRow)


@pytest.fixture
def installed(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Installation]:
    """An installation with an account, and the command line on its database."""
    database = new_database("sqlite")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_DATABASE_URL", database.url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    made = Installation(database)
    onboard(made)
    with made.client:
        yield made


def file_of(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def name(database: Database) -> str:
    with database.read() as session:
        return str(session.execute(select(contacts.c.name).where(contacts.c.id == "acme-ann")).scalar_one())


def test_it_shows_first_what_would_be_wiped(installed: Installation) -> None:
    before = stored(installed.database)
    said = tenure(*ANN).output
    assert "contact acme-ann of acme would be erased" in said
    assert "mails that left: 1 through outbox" in said
    assert "Nothing was changed." in said
    assert stored(installed.database) == before
    assert not Path(".tenure/erasures.jsonl").exists()


def test_it_is_done_when_somebody_says_yes_and_why(installed: Installation) -> None:
    tenure(*ANN, "--yes", code=2, says="say who you are and why")
    tenure(*ANN, "--yes", "--as", "nobody@example.com", "--why", "x", code=2, says="nobody active")
    tenure("erase", "acme", "nobody", "--yes", *WHO, code=2, says="there is no contact 'nobody'")
    tenure("erase", "nowhere", "acme-ann", "--yes", *WHO, code=2, says="there is no account 'nowhere'")
    tenure("erasures", says="nobody was erased")
    tenure(*ANN, "--yes", *WHO, says="contact acme-ann of acme is erased")
    assert name(installed.database) == "(erased)"
    tenure(*ANN, "--yes", *WHO, says="contact acme-ann of acme was erased (20")
    tenure("erasures", says="asked for it")
    (listed,) = json.loads(tenure("erasures", "--json").output)
    assert (listed["id"], listed["account_id"], listed["by"]) == ("acme-ann", "acme", "csm")
    (line,) = Path(".tenure/erasures.jsonl").read_text().splitlines()
    assert {key: json.loads(line)[key] for key in ("account", "contact", "by")} == {"account": "acme", "contact": "acme-ann", "by": "csm"}


def test_nothing_of_them_is_left_in_the_file_of_the_database(installed: Installation) -> None:
    def bytes_there() -> bytes:
        file = file_of(installed.database)
        return b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))

    assert b"ann@acme.example.com" in bytes_there()
    tenure(*ANN, "--yes", *WHO)
    assert b"ann@acme.example.com" not in bytes_there()
    assert b"Ann Lee" not in bytes_there()


def test_whom_a_restored_database_has_again_is_erased_again(
    installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    backup = tmp_path / "backup.db"
    with installed.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
    tenure(*ANN, "--yes", *WHO)
    found = {each["what"]: each for each in json.loads(tenure("doctor", "--json", code=1).output)}
    assert found["Erasures"] == {"what": "Erasures", "well": True, "words": "everybody who was erased still is"}
    restored = Database(f"sqlite:///{backup}")
    monkeypatch.setenv("TENURE_DATABASE_URL", restored.url)
    assert name(restored) == "Ann Lee"
    tenure("doctor", code=1, says="who were erased are here again (acme-ann): `tenure doctor --apply-erasures` erases them")
    tenure("doctor", "--apply-erasures", code=1, says="erased again: acme-ann")
    assert name(restored) == "(erased)"
    tenure("doctor", code=1, says="everybody who was erased still is")
    tenure("erasures", says="the database was restored")
    restored.close()


def test_whom_a_legal_hold_keeps_does_not_keep_the_others_from_being_erased_again(installed: Installation) -> None:
    installed.sign_up("other")
    assert installed.client.put("/v1/accounts/acme", json={"facts": {"legal_hold": True}}).status_code == 200
    log = Log(Path(".tenure/erasures.jsonl"))
    for account in ("acme", "other"):
        log.add({"account": account, "contact": f"{account}-ann", "by": "csm", "at": "2026-01-05T09:00:00+00:00"})
    said = tenure("doctor", "--apply-erasures", code=1).output
    assert "erased again: other-ann; account 'acme' is under legal hold" in said
    tenure("doctor", code=1, says="(acme-ann)")


def test_a_line_that_was_not_ended_keeps_nothing_from_being_read_or_written(installed: Installation) -> None:
    log = Log(Path(".tenure/erasures.jsonl"))
    log.add({"account": "acme", "contact": "acme-ann", "by": "csm", "at": "2026-01-05T09:00:00+00:00"})
    with log.file.open("a") as torn:
        torn.write('{"account": "ac')
    log.add({"account": "acme", "contact": "acme-ben", "by": "csm", "at": "2026-01-05T09:00:00+00:00"})
    with installed.database.read() as session:
        assert [entry["contact"] for entry in log.undone(session)] == ["acme-ann", "acme-ben"]
