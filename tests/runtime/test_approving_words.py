"""Packs of rules, from the folder to the send: what they refuse, who approves, and what is kept of what was sent, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from channels.sendgrid import SendGrid
from database import definitions
from database.tables import ApprovedWordsRow, MessageRow, table
from domain.composing import Message as Composed
from domain.composing import body_hash
from domain.faults import FaultyText
from runtime import approving_words, folders, previewing
from runtime.approving_words import MayNotApprove
from runtime.publishing import publish_folder
from tests import fakes
from tests.api.staging import started
from tests.conftest import NewDatabase
from tests.fakes import Fault, Provider
from tests.installation import Installation
from tests.runtime.kit import Folder

messages, approved_words = table(MessageRow), table(ApprovedWordsRow)
FINANCIAL = "financial: {approved_by: [cco, vp]}\n"
ASKED = "is not approved as it is now, which the financial pack asks for"


class Words(Folder):
    """Texts that are published, with or without somebody having approved them."""

    def publish(self, installed: Installation) -> list[str]:
        return [change.name for change in publish_folder(installed.database, self.root, installed.clock.now).changes]

    def slip_in(self, installed: Installation) -> None:
        """Publishes what no check has seen, as a restored database may hold it."""
        with installed.database.write() as session:
            definitions.publish(session, folders.read(self.root), installed.clock.now)

    def approve(self, installed: Installation, by: str, *names: str) -> list[str]:
        """The names of what was approved anew."""
        published = previewing.load(self.root)
        with installed.database.write() as session:
            return [mail.path for mail, is_new in approving_words.approve(session, published, names, by, installed.clock.now) if is_new]


@pytest.fixture
def folder(tmp_path: Path) -> Words:
    return Words(tmp_path / "definitions")


@pytest.fixture
def sendgrid() -> Iterator[Provider]:
    provider = fakes.sendgrid()
    yield provider
    provider.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def installed(request: pytest.FixtureRequest, new_database: NewDatabase, sendgrid: Provider) -> Installation:
    """An installation with a team that sends through SendGrid."""
    made = Installation(new_database(request.param))
    made.channels = replace(made.channels, mail=SendGrid("key", sendgrid.url))
    return made


def welcome(installed: Installation, **more: Any) -> dict[str, Any]:
    """Signs acme up and takes the turn that welcomes it; what is kept of the mail."""
    installed.sign_up(**more)
    installed.take_turn(started(installed, "onboarding"))
    with installed.database.read() as session:
        return dict(session.execute(select(messages).where(messages.c.template == "welcome")).one()._mapping)


def test_words_are_published_once_somebody_approved_them(installed: Installation, folder: Words) -> None:
    folder.write("journeys/policies/packs.yaml", FINANCIAL)
    with pytest.raises(FaultyText) as refused:
        folder.publish(installed)
    assert f"templates/email/welcome.de.md:1:1: email/welcome.de {ASKED}: `tenure approve-words email/welcome.de`" in str(refused.value)
    assert {fault.mark.file.split("/")[1] for fault in refused.value.faults} == {"email"}
    mails = folder.approve(installed, "cco")
    assert {"email/welcome", "email/welcome.de", "email/usage-report.mjml"} <= set(mails)
    assert "packs" in folder.publish(installed)

    folder.change("templates/email/welcome.md", "Hello {{", "Good day {{")
    with pytest.raises(FaultyText) as refused:
        folder.publish(installed)
    assert [fault.mark.file for fault in refused.value.faults] == ["templates/email/welcome.md"]
    assert folder.approve(installed, "vp", "email/welcome") == ["email/welcome"]
    assert folder.publish(installed) == ["email/welcome"]

    folder.change("templates/layouts/letter.mjml", "28px", "30px")  # whoever approved a mail approved how it looks
    with pytest.raises(FaultyText) as refused:
        folder.publish(installed)
    assert "templates/email/heard-you.md" in {fault.mark.file for fault in refused.value.faults}
    assert "templates/email/welcome.md" not in {fault.mark.file for fault in refused.value.faults}


def test_who_approved_what_when_is_kept(installed: Installation, folder: Words) -> None:
    folder.write("journeys/policies/packs.yaml", FINANCIAL)
    installed.clock.now += timedelta(hours=3)
    assert folder.approve(installed, "vp", "email/welcome") == ["email/welcome", "email/welcome.de"]
    assert folder.approve(installed, "cco", "email/welcome") == []
    template = previewing.load(folder.root).words.templates["email", "welcome.de"]
    with installed.database.read() as session:
        kept = {row.name: row for row in session.execute(select(approved_words))}
    row = kept["email/welcome.de"]
    assert (row.hash, row.approved_by, row.role, row.approved_at) == (template.hash, "vp", "vp", installed.clock.now)
    assert set(kept) == {"email/welcome", "email/welcome.de"}


def test_not_everybody_approves(installed: Installation, folder: Words) -> None:
    installed.client.put("/v1/people/gone", json={"name": "Gone", "email": "gone@example.com", "roles": ["cco"], "active": False})
    folder.write("journeys/policies/packs.yaml", FINANCIAL)
    published = previewing.load(folder.root)
    for by, name, sentence in (
        ("csm", "email/welcome", "Cara Stein may not approve words: that takes one of cco, vp"),
        ("nobody", "email/welcome", "nobody active has the id 'nobody'"),
        ("", "email/welcome", "nobody active has the id ''"),
        ("gone", "email/welcome", "nobody active has the id 'gone'"),
        ("cco", "email/wellcome", "no mail is called 'email/wellcome'; did you mean 'email/welcome'?"),
        ("cco", "slack/wins", "no mail is called 'slack/wins'"),
    ):
        with installed.database.write() as session, pytest.raises(MayNotApprove) as refused:
            list(approving_words.approve(session, published, [name], by, installed.clock.now))
        assert str(refused.value).startswith(sentence)


def test_without_the_pack_there_is_nothing_to_approve(installed: Installation, folder: Words) -> None:
    with pytest.raises(MayNotApprove, match="words need no approval here"):
        folder.approve(installed, "cco")
    assert folder.publish(installed) == []


def test_words_that_nobody_approved_are_not_sent_however_they_came(installed: Installation, folder: Words, sendgrid: Provider) -> None:
    folder.write("journeys/policies/packs.yaml", FINANCIAL)
    folder.slip_in(installed)
    row = welcome(installed)
    assert (row["state"], row["reason"]) == ("failed", f"email/welcome {ASKED}: `tenure approve-words email/welcome`")
    assert sendgrid.accepted == []


def test_words_that_were_approved_are_sent(installed: Installation, folder: Words, sendgrid: Provider) -> None:
    folder.write("journeys/policies/packs.yaml", FINANCIAL)
    folder.approve(installed, "cco")
    folder.publish(installed)
    row = welcome(installed)
    assert (row["state"], len(sendgrid.accepted)) == ("accepted", 1)


@pytest.mark.parametrize("column", ["subject", "text", "html", None])
def test_words_that_somebody_changed_after_their_approval_are_not_sent(
    installed: Installation, folder: Words, sendgrid: Provider, column: str | None
) -> None:
    folder.write("journeys/policies/packs.yaml", FINANCIAL)
    folder.approve(installed, "cco")
    folder.publish(installed)
    sendgrid.faults.append(Fault(429, {"Retry-After": "60"}))
    row = welcome(installed)
    assert (row["state"], row["filled_hash"]) == ("planned", row["body_hash"])
    if column:
        made = Composed(**{name: row[name] for name in ("subject", "text", "html")} | {column: "Sure to double your money"})
        with installed.database.write() as session:
            session.execute(update(messages).values({column: "Sure to double your money", "body_hash": body_hash(made)}))
    installed.clock.pass_by(minutes=2)
    installed.take_turn(started(installed, "onboarding"))
    after = installed.client.get(f"/v1/messages/{row['id']}").json()
    assert after["state"] == ("failed" if column else "accepted")
    assert after["reason"] == (
        "its words are not those of email/welcome that were approved, which the financial pack asks for" if column else None
    )
    assert len(sendgrid.accepted) == (0 if column else 1)


def test_a_fact_about_health_is_not_sent_however_it_came(installed: Installation, folder: Words, sendgrid: Provider) -> None:
    folder.write("journeys/policies/packs.yaml", "healthcare: true\n")
    folder.change("journeys/policies/vocabulary.yaml", "    industry: {type: text,", "    industry: {type: text, phi: true,")
    folder.change("templates/email/welcome.md", "Hello {{", "{% if account.industry %}{% endif %}Hello {{")
    with pytest.raises(FaultyText, match="'account.industry' is about somebody's health"):
        folder.publish(installed)
    folder.slip_in(installed)
    row = welcome(installed)
    assert (row["state"], row["reason"]) == (
        "failed",
        "email/welcome says account.industry, which is phi: the healthcare pack keeps that out of messages",
    )
    assert (row["text"], row["html"], sendgrid.accepted) == (None, None, [])


def test_what_was_sent_is_kept_byte_for_byte(installed: Installation, sendgrid: Provider) -> None:
    name = "Grüße & Söhne <GmbH> 株式会社 🎉"
    row = welcome(installed, account={"id": "acme", "name": name, "time_zone": "Europe/Berlin", "owner": "csm", "facts": {"arr": 90_000}})
    (delivered,) = sendgrid.accepted
    sent = {part["type"]: part["value"] for part in delivered.body["content"]}
    assert (row["subject"], row["text"], row["html"]) == (delivered.subject, sent["text/plain"], sent["text/html"])
    body = f"{delivered.subject}\x1f{sent['text/plain']}\x1f{sent['text/html']}"
    assert row["body_hash"] == hashlib.sha256(body.encode()).hexdigest()
    assert name in sent["text/plain"]
    with installed.database.read() as session:
        assert row["template_hash"] == installed.office.definitions.at(session, 1).words.templates["email", "welcome"].hash
    shown = installed.client.get(f"/v1/messages/{row['id']}").json()
    assert (shown["subject"], shown["text"], shown["html"]) == (row["subject"], row["text"], row["html"])


def test_a_contact_reads_their_own_language_else_the_accounts(installed: Installation, sendgrid: Provider) -> None:
    for id, account_reads, contact_reads, subject in (
        ("a", None, None, "Welcome to"),
        ("b", "de", None, "Willkommen bei"),
        ("c", "de", "en-US", "Welcome to"),
        ("d", None, "de-AT", "Willkommen bei"),
        ("e", "fr", "xx", "Welcome to"),
    ):
        facts = {"arr": 90_000} | ({"language": account_reads} if account_reads else {})
        contact: dict[str, Any] = {"id": f"{id}-ann", "name": "Ann Lee", "email": f"ann@{id}.example.com", "roles": ["champion", "admin"]}
        contact |= {"facts": {"language": contact_reads}} if contact_reads else {}
        account = {"id": id, "name": "Acme", "time_zone": "Europe/Berlin", "owner": "csm", "facts": facts}
        installed.sign_up(id, account=account, contacts=[contact])
        installed.take_turn(started(installed, "onboarding", id))
        assert sendgrid.accepted[-1].subject.startswith(subject)
        assert sendgrid.accepted[-1].to == f"ann@{id}.example.com"
        assert sendgrid.accepted[-1].body["from"] == {"email": "cara@example.com", "name": "Cara Stein"}
