"""`tenure hold`, `holds`, `resume`, `publish --propose`, `approve` and `rollback`, as CS ops type them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from database.engine import Database
from runtime import holding
from tests.channels.kit import closed_port
from tests.conftest import NewDatabase
from tests.installation import Clock, Installation
from tests.runtime.kit import own_folder, printed

BY = ("--as", "Cara@example.com", "--reason", "They are moving offices")


@pytest.fixture
def running(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    """Two accounts that signed up nine days ago; Temporal is away."""
    database: Database = new_database("sqlite")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_DATABASE_URL", database.url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{closed_port()}")
    monkeypatch.setenv("COLUMNS", "200")
    made = Installation(database, Clock(datetime.now(UTC) - timedelta(days=9)))
    for account in ("acme", "globex"):
        made.sign_up(account)
    for nudge in list(made.nudges):
        made.take_turn(nudge)
    return made


def tenure_json(*words: str) -> Any:
    return json.loads(printed(*words, "--json"))


def test_an_account_is_held_shown_foreseen_and_let_go(running: Installation) -> None:
    said = printed("hold", "acme", *BY, "--until", "2100-03-01", "--resume", "send")
    assert re.match(r"held: acme, until 2100-02-28 23:00 UTC, then all is sent \(since .* by csm: They are moving offices\); \d+ run", said)
    assert "acme, until 2100-02-28 23:00 UTC" in printed("holds")
    assert printed("holds", "globex") == "nothing is held\n"
    foreseen = tenure_json("resume", "acme", "--preview")
    assert foreseen["sums"]["runs"] == len(foreseen["runs"]) > 0
    assert sum(foreseen["sums"]["at_once"].values()) + foreseen["sums"]["later"] > 0
    preview = printed("resume", "acme", "--preview")
    assert f"{foreseen['sums']['runs']} runs go on: at once" in preview
    assert "lifted" not in preview
    assert printed("resume", "acme", "--as", "csm").startswith("lifted:")
    assert printed("holds") == "nothing is held\n"


def test_everything_is_held_and_one_journey_of_all_accounts(running: Installation) -> None:
    assert printed("hold", "--everything", *BY).startswith("held: everything, until somebody lifts it, then durations are shifted")
    assert printed("hold", "--journey", "onboarding", *BY).startswith("held: the journey onboarding of all accounts")
    assert len(tenure_json("holds", "acme")) == 2
    foreseen = tenure_json("resume", "--everything", "--preview")
    assert foreseen["sums"]["still_held"] == len([run for run in foreseen["runs"] if run["journey"] == "onboarding"]) == 2
    printed("resume", "--everything", "--as", "csm", "--then", "skip")
    printed("resume", "--hold", tenure_json("holds")[0]["id"], "--as", "csm")
    assert tenure_json("holds") == []


def test_of_a_class_of_mail_nothing_is_shifted(running: Installation) -> None:
    said = printed("hold", "--class", "commercial", *BY)
    assert said.startswith(
        "held: commercial mail of all accounts, until somebody lifts it, then what waits leaves in its readers' next hours"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("hold", "acme"), "say who holds it and why"),
        (("hold", *BY), "name an account, a --journey or a --class, or say --everything"),
        (("hold", "acme", "--everything", *BY), "name an account, a --journey or a --class, or say --everything"),
        (("hold", "acme", "--journey", "renewal", "--class", "growth", *BY), "not both at once"),
        (("hold", "nobody", *BY), "there is no account 'nobody'"),
        (("hold", "acme", "--as", "nobody", "--reason", "x"), "nobody active has the id or mail address 'nobody'"),
        (("hold", "acme", *BY, "--until", "soon"), "'soon' is not a day like 2026-03-01"),
        (("hold", "acme", *BY, "--until", "2001-01-01"), "'2001-01-01' lies in the past"),
        (("hold", "acme", *BY, "--until", "2100-01-01T09:00"), "needs its time zone"),
        (("hold", "acme", *BY, "--resume", "sent"), "did you mean 'send'?"),
        (("hold", "--journey", "renewl", *BY), "did you mean 'renewal'?"),
        (("hold", "acme", "--class", "grwth", *BY), "did you mean 'growth'?"),
        (("resume", "acme"), "say who lifts it"),
        (("resume", "--as", "csm"), "name an account"),
        (("resume", "acme", "--as", "csm"), "no hold of acme is in force"),
        (("resume", "--hold", "7", "--as", "csm"), "there is no hold '7'"),
        (("holds", "nobody"), "there is no account 'nobody'"),
    ],
)
def test_a_fault_is_a_sentence_and_changes_nothing(running: Installation, words: tuple[str, ...], says: str) -> None:
    assert says in printed(*words, code=2)
    assert holding.standing(running.database, running.clock.now) == []


def test_a_hold_of_a_part_is_lifted_by_naming_the_part(running: Installation) -> None:
    printed("hold", "acme", "--journey", "onboarding", *BY)
    said = printed("resume", "acme", "--as", "csm", code=2)
    assert "no hold of acme is in force; these are (name one with --hold):" in said
    assert "the journey onboarding of acme" in said
    printed("resume", "acme", "--journey", "onboarding", "--as", "csm")
    assert tenure_json("holds") == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own_folder(tmp_path)


def change(folder: Path, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text()
    assert before in text
    (folder / name).write_text(text.replace(before, after))


SURVEY = ("journeys/onboarding.yaml", "onboarding-survey, at: day 28", "onboarding-survey, at: day 27")


def test_going_back_is_one_command_that_says_what_changes(running: Installation, folder: Path) -> None:
    change(folder, *SURVEY)
    printed("publish", "--as", "director")
    assert "send-onboarding-survey moves from day 27 to day 28" in printed("rollback", "--preview")
    assert "by director: changed onboarding" in printed("publications").splitlines()[0]
    said = printed("rollback", "--as", "vp")
    assert "send-onboarding-survey moves from day 27 to day 28" in said
    assert "changed journey onboarding, version 3" in said
    assert re.search(r"by vp, rolls back to \d+: changed onboarding", printed("publications").splitlines()[0])
    assert "nothing was published as revision 99" in printed("rollback", "--to", "99", code=2)


def test_what_moves_runs_is_shown_before_it_is_rolled_back_and_takes_its_token(running: Installation, folder: Path) -> None:
    change(folder, *SURVEY)
    token = re.findall(r"--token (\w+)", printed("publish", "--runs", "move-now", code=4))[0]
    printed("publish", "--runs", "move-now", "--token", token)
    for nudge in [nudge for nudge in running.nudges if nudge.begins]:
        running.take_turn(nudge)
    shown = printed("rollback", "--runs", "move-now", code=4)
    found = re.search(r"to publish just this: tenure (rollback --to \d+ --runs move-now --token \w+)", shown)
    assert found, shown
    assert "changed journey onboarding, version 3" in printed(*found[1].split())


def test_four_eyes_from_the_policy_to_the_approval(running: Installation, folder: Path) -> None:
    change(folder, "journeys/policies/publishing.yaml", "four_eyes: false", "four_eyes: true")
    assert "changed policy publishing" in printed("publish")
    change(folder, *SURVEY)
    assert "tenure publish --propose --as <you>" in printed("publish", code=2)
    assert "say who proposes it" in printed("publish", "--propose", code=2)
    said = printed("publish", "--propose", "--as", "cara@example.com")
    (command,) = re.findall(r"tenure (approve \w+) --as <who>", said)
    assert "send-onboarding-survey moves from day 28 to day 27" in said
    id = command.split()[1]
    assert f"{id}  " in printed("proposals")
    assert "moves from day 28 to day 27" in printed("proposals", id)
    assert "Cara Stein proposed it; somebody else approves" in printed(*command.split(), "--as", "csm", code=2)
    assert "onboarding: 2 stay" in printed(*command.split(), "--as", "director", "--preview")
    assert "changed journey onboarding, version 2" in printed(*command.split(), "--as", "dirk@example.com")
    assert tenure_json("proposals")[0]["state"].startswith("published as revision")
    assert "tenure rollback --propose --as <you>" in printed("rollback", code=2)
    assert "proposed as" in printed("rollback", "--propose", "--as", "vp")
    assert "there is no proposal '7'" in printed("approve", "7", "--as", "vp", code=2)
