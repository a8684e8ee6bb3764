"""The `tenure` command, as CS ops and operators type it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from database.engine import Database
from database.tables import EnrollmentRow, table
from domain.protocol import enrollment_workflow_id
from runtime.commands import app
from tests.channels.kit import closed_port
from tests.conftest import NewDatabase
from tests.installation import TEAM, Installation
from tests.runtime.kit import own_folder, tenure
from tests.temporal import real


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Journeys and templates of one's own."""
    return own_folder(tmp_path / "definitions")


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A database of one's own, and a Temporal that is away."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{tmp_path / 'cli.db'}")
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{closed_port()}")
    monkeypatch.setenv("COLUMNS", "160")


def change(folder: Path, name: str, before: str, after: str) -> None:
    file = folder / "journeys" / name
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_check_has_nothing_to_say_of_good_journeys(folder: Path) -> None:
    policies = len(list((folder / "journeys" / "policies").glob("*.yaml")))
    tenure("check", "--definitions", str(folder), says=f"6 journeys, {policies} policies")


def test_check_names_the_place_the_fault_and_what_was_perhaps_meant(folder: Path) -> None:
    change(folder, "onboarding.yaml", "send: setup-guide,", "send: setup-giude,")
    result = tenure("check", "--definitions", str(folder), code=2, says="did you mean 'setup-guide'?")
    lines = (folder / "journeys" / "onboarding.yaml").read_text().splitlines()
    line = next(number for number, line in enumerate(lines, 1) if "setup-giude" in line)
    assert f"journeys/onboarding.yaml:{line}:" in result.stdout
    found = json.loads(tenure("check", "--definitions", str(folder), "--json", code=2).stdout)
    assert ("journeys/onboarding.yaml", line, False) in [(fault["file"], fault["line"], fault["warning"]) for fault in found]


def test_check_of_a_folder_without_journeys_says_where_to_stand(tmp_path: Path) -> None:
    tenure("check", "--definitions", str(tmp_path), code=2, says="holds no journeys/ and templates/")


def test_publishing_says_what_changed_and_stores_nothing_of_a_folder_with_a_fault(folder: Path) -> None:
    tenure("db", "upgrade", says="was at none")
    tenure("publish", "--definitions", str(folder), says="new journey onboarding, version 1")
    tenure("publish", "--definitions", str(folder), says="nothing changed")
    change(folder, "onboarding.yaml", "at: day 2, to: admin", "at: day 3, to: admin")
    change(folder, "growth.yaml", "journey: growth", "jorney: growth")
    tenure("publish", "--definitions", str(folder), code=2, says="jorney")
    change(folder, "growth.yaml", "jorney: growth", "journey: growth")
    told = json.loads(tenure("publish", "--definitions", str(folder), "--json").stdout)
    assert told["changes"] == [{"kind": "journey", "name": "onboarding", "version": 2, "what": "changed"}]
    tenure("publish", "--definitions", str(folder), says="nothing changed")


def test_publishing_to_a_database_that_was_never_migrated_says_what_to_run(folder: Path) -> None:
    tenure("publish", "--definitions", str(folder), code=3, says="run `tenure db upgrade`")


def test_a_simulation_shows_what_would_happen_when_and_why(folder: Path) -> None:
    said = tenure("simulate", "onboarding", "--segment", "smb", "--days", "20", "--definitions", str(folder)).stdout
    assert "welcome" in said
    assert "product-tour" in said
    assert 'because account.segment == "smb"' in said


def test_a_simulation_hears_events_and_knows_facts(folder: Path) -> None:
    def steps(*more: str) -> set[str]:
        words = ("simulate", "onboarding", "--segment", "smb", "--days", "20", "--json", "--definitions", str(folder), *more)
        played: dict[str, Any] = json.loads(tenure(*words).stdout)
        assert (played["journey"], played["segment"], played["from"]) == ("onboarding", "smb", "2026-01-05")
        return {touch["step"] for touch in played["touches"]}

    assert "send-setup-help" in steps()
    assert "send-setup-help" not in steps("--event", "day 5: setup_completed")
    assert "send-training" in steps()
    assert "send-training" not in steps("--fact", "training=1")


def test_a_simulation_knows_facts_of_the_contract(folder: Path) -> None:
    words = ("simulate", "renewal", "--segment", "smb", "--days", "200", "--people", "silent", "--json", "--definitions", str(folder))
    steps = [
        {touch["step"] for touch in json.loads(tenure(*words, *more).stdout)["touches"]}
        for more in ((), ("--fact", "contract.auto_renews=true"))
    ]
    assert ["send-sign-reminder" in each for each in steps] == [True, False]
    assert ["renewed-thank-you" in each for each in steps] == [False, True]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("onbording",), "did you mean 'onboarding'?"),
        (("onboarding", "--segment", "smal"), "no segment is called 'smal'"),
        (("onboarding", "--people", "lazy"), "people behave prompt, late or silent, not 'lazy'"),
        (("onboarding", "--event", "setup_completed"), "write 'day 3: setup_completed'"),
        (("onboarding", "--event", "day 3: setup_complete"), "did you mean 'setup_completed'?"),
        (("onboarding", "--event", "day 3: survey_answered score=good"), "'score': 'good' is not a number"),
        (("onboarding", "--event", "day 3: survey_answered skore=2"), "did you mean 'score'?"),
        (("onboarding", "--event", "day 3: account_churned reason=nps"), "'nps' is not one of price"),
        (("onboarding", "--fact", "traning=1"), "did you mean 'account.training'?"),
        (("onboarding", "--fact", "training=much"), "training"),
        (("onboarding", "--fact", "cohort=100"), "a cohort is a whole number from 0 to 99, not 100"),
        (("onboarding", "--start", "tomorrow"), "'tomorrow' is not a day like 2026-01-05"),
    ],
)
def test_a_simulation_of_something_that_is_not_there_says_so(folder: Path, words: tuple[str, ...], says: str) -> None:
    tenure("simulate", *words, "--definitions", str(folder), code=2, says=says)


def test_keys_are_shown_once_listed_without_secret_and_revoked() -> None:
    tenure("db", "upgrade")
    secret = tenure("key", "make", "product", "--scope", "events:write").stdout.strip()
    (key,) = json.loads(tenure("key", "list", "--json").stdout)
    assert (key["name"], key["scopes"], key["revoked_at"]) == ("product", ["events:write"], None)
    assert secret not in json.dumps(key)
    tenure("key", "revoke", key["id"], says="revoked")
    tenure("key", "list", says="revoked")
    tenure("key", "revoke", key["id"], code=2, says="no valid key has the id")
    tenure("key", "make", "product", "--scope", "event:write", code=2, says="did you mean 'events:write'?")


@pytest.fixture
def published(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation that the command line works on too."""
    database = new_database("sqlite")
    monkeypatch.setenv("TENURE_DATABASE_URL", database.url)
    return Installation(database)


def runs(database: Database) -> list[tuple[str, str]]:
    enrollments = table(EnrollmentRow)
    with database.read() as session:
        return [(row.journey, row.id) for row in session.execute(select(enrollments))]


def test_an_event_is_taken_once_also_while_temporal_is_away(published: Installation, tmp_path: Path) -> None:
    event = {
        "id": "signup-acme", "name": "signed_up",
        "account": {"id": "acme", "name": "Acme Ltd", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm", "facts": {"arr": 9000}},
    }  # fmt: skip
    tenure("event", "-", stdin=json.dumps(event), says="taken: signed_up for acme")
    tenure("event", "-", stdin=json.dumps(event), says="it was told before; nothing changed")
    assert [journey for journey, _ in runs(published.database)] == ["onboarding"]
    tenure("event", "-", stdin=json.dumps({**event, "id": "x", "name": "signed_upp"}), says="no event is declared by that name")
    tenure("event", "-", stdin="{", code=2, says="JSON")
    assert len(runs(published.database)) == 1


def test_an_account_is_enrolled_by_somebody_who_exists_or_the_command_says_why_not(published: Installation) -> None:
    published.sign_up()
    tenure("enroll", "growth", "acme", "--by", "csm", says="enrolled: ")
    assert {journey for journey, _ in runs(published.database)} == {"onboarding", "growth"}
    tenure("enroll", "growth", "acme", "--by", "csm", code=2, says="not enrolled: ")
    tenure("enroll", "growht", "acme", "--by", "csm", code=2, says="did you mean 'growth'?")
    tenure("enroll", "growth", "acne", "--by", "csm", code=2, says="there is no account 'acne'")
    tenure("enroll", "growth", "acme", "--by", "nobody", code=2, says="nobody active has the id or mail address 'nobody'")
    assert len(TEAM) == 6


def test_doctor_says_what_is_wrong_and_what_to_do(published: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = tenure("doctor", code=1).output
    assert "onboarding 1" in said
    assert "is TEMPORAL_ADDRESS right?" in said
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    tenure("doctor", code=1, says="run `tenure db upgrade`")


async def test_doctor_starts_the_runs_that_temporal_has_lost(published: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    await asyncio.to_thread(published.sign_up)
    ((journey, id),) = runs(published.database)
    async with real() as client:
        monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
        await asyncio.to_thread(tenure, "doctor", code=1, says="1 unknown to Temporal: `tenure doctor --rebuild` starts them")
        await asyncio.to_thread(tenure, "doctor", "--rebuild", code=1, says="1 started again")
        description = await client.get_workflow_handle(enrollment_workflow_id(journey, id)).describe()
        assert description.workflow_type == "onboarding"
        for _ in range(100):  # what Temporal lists lags a little behind what it runs
            said = (await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])).output
            if "all known to Temporal" in said:
                break
        assert "all known to Temporal" in said
        assert "not  Worker: no answer within 5 s" in said  # there is none here, and that is said too


def test_settings_that_are_wrong_are_named_and_their_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_SENDGRID_API_KEY", "'SG.secret'")
    monkeypatch.setenv("TENURE_API_PORT", "99999")
    said = tenure("up", code=3).output
    assert "TENURE_SENDGRID_API_KEY: it holds quotes" in said
    assert "TENURE_API_PORT" in said
    assert "SG.secret" not in said


def test_the_schema_for_editors_is_one() -> None:
    schema = json.loads(tenure("schema").stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "journey" in schema["properties"]
