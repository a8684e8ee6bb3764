"""`tenure why`, as somebody types it who has to answer a customer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.api.staging import play, started
from tests.conftest import NewDatabase
from tests.installation import Installation
from tests.runtime.kit import tenure


@pytest.fixture
def lived(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    """A small customer in the second week of its onboarding, on a database that the command line asks too."""
    database = new_database("sqlite")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_DATABASE_URL", database.url)
    monkeypatch.setenv("COLUMNS", "160")
    installation = Installation(database)
    installation.sign_up(arr=5000)
    play(installation, started(installation, "onboarding"), days=9)
    return installation


def ask(*words: str, says: str = "", code: int = 0) -> Result:
    result = tenure("why", *words, code=code)
    assert says in " ".join(result.output.split()), result.output
    return result


def test_a_mail_is_told_as_a_short_story(lived: Installation) -> None:
    (sent,) = lived.client.get("/v1/accounts/acme/why?step=send-product-tour").json()["entries"]
    said = ask("acme", "--step", "send-product-tour", says="Acme Ltd (acme), newest first. Times are Europe/Berlin.").output
    assert "Tue 6 Jan 2026, 09:01  sent: mail 'product-tour' to Ann Lee, onboarding / send-product-tour" in said
    assert len(sent["story"]) > 5
    rest = " ".join(said.split())
    for sentence in sent["story"]:
        assert sentence in rest
        rest = rest.split(sentence, 1)[1]
    assert f"{sent['rule']['place']}, version 1: {sent['rule']['text']}" in rest
    assert f"http://127.0.0.1:8321/messages/{sent['id']}" in rest


def test_lines_are_at_most_a_hundred_columns_wide(lived: Installation) -> None:
    lines = ask("acme", "--journey", "onboarding").output.splitlines()
    assert len(lines) > 50
    assert [line for line in lines if len(line) > 100 and "http" not in line] == []


def test_the_newest_come_first_and_the_rest_is_announced(lived: Installation) -> None:
    said = ask("acme", "--limit", "2", says="There is more: ask with --limit, or --until an earlier day.").output
    assert said.count(" sent: ") == 2
    assert "Mon 5 Jan" not in said.split("There is more")[0].split("\n\n")[1].splitlines()[0]
    ask("acme", "--until", "2026-01-05", says="Mon 5 Jan 2026, 10:00 sent: mail 'welcome'")
    ask("acme", "--until", "2026-01-04", says="Nothing is written down of what is asked.")


def test_what_did_not_happen_is_told_too(lived: Installation) -> None:
    ask("acme", "--step", "welcome_call", says='Never for SMB: it asks for account.segment != "smb".')
    ask("acme", "--journey", "growth", says="so far not entered: journey 'growth'")
    ask("acme", "--step", "first-value-prompt", says="still to come")


def test_programs_get_json_with_moments_as_the_api_writes_them(lived: Installation) -> None:
    told = json.loads(ask("acme", "--step", "send-welcome", "--json").stdout)
    assert told == lived.client.get("/v1/accounts/acme/why?step=send-welcome").json()


def test_without_a_console_no_address_of_it_is_given(lived: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_CONSOLE", "off")
    assert "http" not in ask("acme", "--step", "send-welcome").output


def test_an_account_is_called_by_its_id_or_name_in_whatever_case(lived: Installation) -> None:
    for called in ("acme", "ACME", "acme ltd"):
        ask(called, "--step", "send-welcome", says="Acme Ltd (acme)")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("acne",), "there is no account 'acne'; did you mean 'acme'?"),
        (("acme", "--step", "welcom-call"), "there is no step 'welcom-call'; did you mean"),
        (("acme", "--journey", "onbording"), "there is no journey 'onbording'; did you mean 'onboarding'?"),
        (("acme", "--template", "welcom"), "there is no template 'welcom'; did you mean 'welcome'?"),
        (("acme", "--message", "7"), "there is no message '7'"),
        (("acme", "--since", "monday"), "'monday' is not a day like 2026-01-05"),
    ],
)
def test_what_is_not_there_is_said_with_what_was_perhaps_meant(lived: Installation, words: tuple[str, ...], says: str) -> None:
    ask(*words, says=says, code=2)


def test_a_database_that_was_never_migrated_says_what_to_run(lived: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TENURE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    ask("acme", says="run `tenure db upgrade`", code=3)
