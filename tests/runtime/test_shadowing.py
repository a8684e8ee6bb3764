"""`tenure shadow`, as CS ops and CSMs type it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from database.tables import ShadowRow, table
from tests.api.staging import play, started
from tests.api.test_shadow import enroll, publish
from tests.installation import Installation
from tests.runtime.kit import tenure


@pytest.fixture
def played(prepared_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """An account that went through a story of which everything was in shadow, and the command before its database."""
    file = tmp_path / "shadow.db"
    shutil.copy(prepared_sqlite, file)
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{file}")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    database = Database(f"sqlite:///{file}")
    made = Installation(database)
    publish(made)
    account = {"name": "Acme Ltd", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm", "facts": {"arr": 90_000}}
    made.client.put("/v1/accounts/acme", json=account)
    made.client.put("/v1/accounts/acme/contacts/ann", json={"name": "Ann Lee", "email": "ann@example.com", "roles": ["champion"]})
    enroll(made)
    play(made, started(made, "story"), days=10)
    yield made
    database.close()


def the(step: str, kind: str = "mail") -> str:
    """The id of what a step would have done, as a program reads it."""
    found = [each["id"] for each in json.loads(tenure("shadow", "--step", step, "--json").output) if each["kind"] == kind]
    assert len(found) == 1
    return str(found[0])


def test_what_would_have_gone_out_is_listed_newest_first(played: Installation) -> None:
    lines = tenure("shadow").output.splitlines()
    assert "Acme Ltd: mail 'training' to Ann Lee" in lines[0]
    assert "story / farewell, version 1: next in its track" in lines[1]
    assert any("Mon 5 Jan 2026, 10:00  Acme Ltd: mail 'welcome' to Ann Lee" in line for line in lines)
    assert any("post 'wins' to #wins" in line for line in lines)
    assert any("task 'welcome-call' to" in line for line in lines)
    assert len(tenure("shadow", "--limit", "1").output.splitlines()) < len(lines)
    assert tenure("shadow", "--account", "nobody").output == "nothing in shadow is recorded of what is asked\n"
    assert tenure("shadow", "--since", "2027-01-01").output == "nothing in shadow is recorded of what is asked\n"


def test_one_record_is_shown_with_its_words(played: Installation) -> None:
    shown = tenure("shadow", "show", the("send-welcome")[:8]).output
    assert "Welcome to Meridian Campaigns, Ann" in shown
    assert "Hello Ann" in shown or "Ann," in shown


def test_people_agree_and_disagree_and_the_report_counts_them(played: Installation) -> None:
    assert "agrees" in tenure("shadow", "agree", the("send-welcome"), "--as", "csm").output
    said = tenure("shadow", "disagree", the("farewell"), "--as", "director", "--note", "Not before they have answered.").output
    assert "disagrees: Not before they have answered." in said
    report = tenure("shadow", "report").output
    assert next(line for line in report.splitlines() if "all steps" in line).split()[-4:] == ["2", "1", "1", "50%"]
    assert "100%" in next(line for line in report.splitlines() if "send-welcome" in line)
    assert "Not before they have answered." in report
    assert "enterprise" in tenure("shadow", "report", "--by-segment").output
    figures = json.loads(tenure("shadow", "report", "--journey", "story", "--json").output)
    assert {each["step"]: each["agreement"] for each in figures["steps"]}["send-welcome"] == 1.0
    assert [each["note"] for each in figures["disagreements"]] == ["Not before they have answered."]
    assert len(tenure("shadow", "--verdict", "open").output) < len(tenure("shadow").output)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["shadow", "--verdict", "maybe"], "a verdict is open, agree or disagree, not 'maybe'"),
        (["shadow", "agree", "nothing", "--as", "csm"], "there is no shadow 'nothing'"),
        (["shadow", "show", ""], "several ids begin with ''; write more of it"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(played: Installation, words: list[str], says: str) -> None:
    assert says in " ".join(tenure(*words, code=2).output.split())


def test_only_one_of_us_judges_and_only_they_change_it(played: Installation) -> None:
    id = the("send-welcome")
    assert "nobody active has the id 'nobody'" in tenure("shadow", "agree", id, "--as", "nobody", code=2).output
    tenure("shadow", "agree", id, "--as", "csm")
    said = " ".join(tenure("shadow", "disagree", id, "--as", "vp", code=2).output.split())
    assert "csm has judged this already (agree), and is the only one who can change it" in said
    with played.database.read() as session:
        row = session.execute(table(ShadowRow).select().where(table(ShadowRow).c.id == id)).one()
    assert (row.verdict, row.judged_by) == ("agree", "csm")
