"""`tenure messages`, `tenure arm` and `tenure disarm`, as operators type them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from activities import complaining
from channels.sendgrid_events import read
from database import installations, reports
from database.tables import MessageRow, table
from domain.reports import Report, ReportName
from runtime import settings
from runtime.settings import BadSettings
from tests import signing
from tests.api.staging import onboard
from tests.conftest import NewDatabase
from tests.installation import START, Installation
from tests.runtime.kit import tenure

WHO = ("--as", "cara@example.com", "--why", "They said so")


@pytest.fixture
def installed(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An installation whose welcome mail is in doubt, and the command line on its database."""
    database = new_database("sqlite")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_DATABASE_URL", database.url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    made = Installation(database)
    onboard(made)
    messages = table(MessageRow)
    with database.write() as session:
        session.execute(update(messages).values(state="in_doubt", reason="SendGrid answered 502"))
    with made.client:
        yield made


def test_a_message_in_doubt_is_shown_and_settled_once(installed: Installation) -> None:
    (found,) = json.loads(tenure("messages", "in-doubt", "--json").output)
    assert (found["account_id"], found["step"], found["reason"]) == ("acme", "send-welcome", "SendGrid answered 502")
    tenure("messages", "in-doubt", says="waits for a person")
    id = found["id"]
    tenure("messages", "settle", id, "sent", code=2, says="say who you are and why")
    tenure("messages", "settle", id, "sennt", *WHO, code=2, says="did you mean 'sent'?")
    tenure("messages", "settle", id, "sent", "--as", "nobody@example.com", "--why", "x", code=2, says="nobody active")
    tenure("messages", "settle", "none", "sent", *WHO, code=2, says="there is no message 'none'")
    tenure("messages", "settle", id, "sent", *WHO, says="settled: it was sent")
    tenure("messages", "settle", id, "skip", *WHO, code=2, says="this message is accepted, not in doubt")
    tenure("messages", "in-doubt", says="no message is in doubt")


def test_what_could_not_be_used_is_shown(installed: Installation) -> None:
    tenure("messages", "quarantined", says="everything that providers told could be used")
    batch = read(signing.batch({"event": "bounce", "timestamp": 1767603600, "message_id": "somebody-elses"}, {"event": "read_aloud"}))
    faults = {id: (each.fault, each.raw) for id, each in batch.unreadable.items()}
    with installed.database.write() as session:
        reports.store(session, "sendgrid", batch.reports, faults, START)
    shown = tenure("messages", "quarantined").output
    assert "sendgrid bounced: no message of ours is known by what it names" in shown
    assert "sendgrid unreadable: there is no event 'read_aloud' that we know" in shown
    assert len(json.loads(tenure("messages", "quarantined", "--json").output)) == 2


def test_sending_is_disarmed_and_armed_and_the_doctor_says_so(installed: Installation) -> None:
    tenure("disarm", *WHO, code=2, says="no worker has looked at this database yet")
    installations.recognise(installed.database, START)
    tenure("disarm", code=2, says="say who you are and why")
    tenure("disarm", *WHO, says="sending is DISARMED: nothing leaves, messages stay planned; since ")
    tenure("disarm", *WHO, code=2, says="sending is disarmed already")
    report = {each["what"]: each for each in json.loads(tenure("doctor", "--json", code=1).output)}
    assert not report["Sending"]["well"]
    assert report["Sending"]["words"].endswith("by csm: They said so; `tenure arm` arms it")
    assert not report["Messages in doubt"]["well"], "the mail has been in doubt for long"
    assert report["Spam reports"]["words"] == "none"
    assert json.loads(tenure("arm", *WHO, "--json").output)["armed"] is True
    report = {each["what"]: each for each in json.loads(tenure("doctor", "--json", code=1).output)}
    assert report["Sending"]["well"]


def test_spam_reports_are_shown_and_what_they_hold_is_let_go(installed: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    now, message = datetime.now(UTC), table(MessageRow)
    with installed.database.write() as session:
        (welcome,) = session.execute(select(message)).mappings().all()
        mail = {**welcome, "operational": False, "state": "accepted", "settled_at": now - timedelta(days=2)}
        session.execute(insert(message), [{**mail, "id": f"mail-{number}", "provider_id": None} for number in range(1190)])
        told = {f"r{number}": Report(f"r{number}", ReportName.COMPLAINED, now, f"mail-{number}") for number in range(5)}
        reports.store(session, "sendgrid", told, {}, now)
    (found,) = [each for each in json.loads(tenure("doctor", "--json", code=1).output) if each["what"] == "Spam reports"]
    words = "spam reports are 0.42 % of the last 30 days' mail (5 of 1,190)"
    assert found == {"what": "Spam reports", "well": False, "words": words}
    complaining.look(installed.database, installed.office, now)
    assert "event='commercial mail is held'" in capsys.readouterr().out
    tenure("doctor", code=1, says="commercial mail is held: `tenure holds`")
    tenure("holds", says="commercial mail of all accounts, until somebody lifts it")
    tenure("holds", says=f"by tenure: {words}; once that is looked into, `tenure resume --class commercial` lifts it")
    tenure("resume", "--class", "commercial", "--as", "cara@example.com", says="lifted:")
    tenure("holds", says="nothing is held")
    tenure("hold", "--class", "comercial", *WHO[:2], "--reason", "x", code=2, says="did you mean 'commercial'?")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SENDGRID_WEBHOOK_KEYS", "not a key", "TENURE_SENDGRID_WEBHOOK_KEYS: that is no public key"),
        ("SENDGRID_WEBHOOK_KEYS", f"{signing.PUBLIC},AAAA", "that is no public key"),
        ("INBOUND_SECRET", "short", "24 letters and digits or more (5 characters)"),
        ("INBOUND_SECRET", "with/slashes/and/so/on/and/on", "it is part of an address"),
        ("MAILS_PER_SECOND", "-1", "TENURE_MAILS_PER_SECOND"),
    ],
)
def test_a_setting_that_cannot_be_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"TENURE_{name}", value)
    with pytest.raises(BadSettings) as caught:
        settings.load()
    assert words in str(caught.value)
    assert value not in str(caught.value) or name == "MAILS_PER_SECOND"


def test_two_keys_are_good_while_one_takes_the_others_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENURE_SENDGRID_WEBHOOK_KEYS", f" {signing.PUBLIC} , {signing.public(signing.OTHER_KEY)}")
    assert settings.load().webhook_keys == [signing.PUBLIC, signing.public(signing.OTHER_KEY)]
